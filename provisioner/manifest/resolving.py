"""A file's values with what the environment holds, and with what sensitive variables do.

`${env:NAME}` and `${env:NAME:-default}` are replaced, and of `${var.NAME}` what `variables` left: sensitive variables,
and those of which there is nothing to be put in, which is told. No message shows what one holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.manifest.declared import LIST, MAPPING, STRING, WORDS, Declaration
from provisioner.manifest.env import ALLOWED_NAMES, ALLOWED_PREFIXES, Variables, is_of_variable
from provisioner.manifest.given import PLAIN, SECRET, Setting, meant, spelling, spelt
from provisioner.manifest.limits import MOST_TOLD, Budget, Resource, untold
from provisioner.manifest.places import Source
from provisioner.manifest.references import ENV, VAR, Part, Reference, parts
from provisioner.manifest.yaml_values import MAX_DEPTH
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import ABSENT, Path, lies_under
from provisioner.model.invisible import SURROGATES
from provisioner.model.words import quoted, shown
from provisioner.model.written import may_refer

_SURROGATE: Final = re.compile(f"[{SURROGATES}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A value with its variables replaced; the very same objects where there are none.

    `unresolved` are paths whose value is unknown, so that nothing is held against it; `sole` are paths whose text was
    one variable and nothing else, which may stand for a number or a boolean; `written` is what stands in the file where
    a value was made of variables.
    """

    value: Any
    unresolved: frozenset[Path]
    sole: Mapping[Path, str]
    written: Mapping[Path, str]
    secrets: Mapping[Path, tuple[str, ...]]
    problems: tuple[Diagnostic, ...]


def resolve(
    value: object, source: Source, variables: Variables, *, waived: tuple[Path, ...] = (), budget: Budget | None = None
) -> Resolved:
    """The value, which stands in the source, with its variables; below the `waived` paths they may be unset."""
    resolver = _Resolver(source, variables, waived, budget or Budget())
    new = resolver.resolved(value, ())
    return Resolved(
        value=new,
        unresolved=frozenset(resolver.unresolved),
        sole=resolver.sole,
        written=resolver.written,
        secrets=resolver.secrets,
        problems=tuple(resolver.problems),
    )


class _Resolver:
    """Keeps what comes to light while one value is walked through."""

    def __init__(self, source: Source, variables: Variables, waived: tuple[Path, ...], budget: Budget) -> None:
        self.unresolved: set[Path] = set()
        self.sole: dict[Path, str] = {}
        self.written: dict[Path, str] = {}
        self.secrets: dict[Path, tuple[str, ...]] = {}
        self._problems: list[Diagnostic] = []
        self._more = 0
        self._more_is_error = False
        self._source = source
        self._variables = variables
        self._waived = waived
        self._budget = budget

    @property
    def problems(self) -> list[Diagnostic]:
        if not self._more:
            return self._problems
        return [*self._problems, untold(self._more, self._problems[-1].where, is_error=self._more_is_error)]

    def resolved(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else value
        if isinstance(value, dict):
            new = {key: self.resolved(inner, (*path, key)) for key, inner in value.items()}
            return new if any(new[key] is not inner for key, inner in value.items()) else value
        if isinstance(value, list):
            items = [self.resolved(inner, (*path, str(index))) for index, inner in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> Any:
        if self._budget.is_spent:
            return text
        found = [*parts(text)]
        if may_refer(text):
            self.written[path] = text
        elif len(found) == 1 and found[0] == text:  # nothing that is ours
            return text
        only = found[0] if len(found) == 1 else None
        if isinstance(only, Reference) and only.name:
            if only.source == VAR:
                is_left = self._take(Resource.VARIABLES, 1, path)
                return self._variable(only, path, is_whole=True) if is_left else text
            self.sole[path] = text
        return self._joined(found, path)

    def _joined(self, found: Sequence[Part], path: Path) -> str:
        result = []
        for part in found:
            if isinstance(part, str):
                result.append(part)
                continue
            if not self._take(Resource.VARIABLES, 1, path):
                break
            result.append(self._value(part, path))
            if not self._take(Resource.CHARACTERS, len(result[-1]), path):
                break
        return "".join(result)

    def _value(self, reference: Reference, path: Path) -> str:
        if not reference.name:
            self._report("env-malformed" if reference.source == ENV else "variable-malformed", path, reference.near)
            return reference.written
        if reference.source == VAR:
            return spelling(self._variable(reference, path, is_whole=False))
        return self._of_environment(reference, path)

    def _of_environment(self, reference: Reference, path: Path) -> str:
        name, default = reference.name, reference.default
        value = self._variables.get(name)
        if not self._variables.allows(name):
            self._report("env-not-allowed", path, name)
        elif value is None and default is None:
            self._report("env-unset", path, name)
        elif value is not None and _SURROGATE.search(value):
            self._report("env-not-text", path, name)
        else:
            return value or default or ""
        return reference.written

    def _variable(self, reference: Reference, path: Path, *, is_whole: bool) -> Any:
        """What a sensitive variable holds; the reference itself where there is nothing to be put in."""
        name = reference.name
        setting = self._variables.settings.get(name)
        if setting is None:
            if name in self._variables.declared.broken:
                self.unresolved.add(path)
            else:
                self._report("variable-undeclared", path, name)
        elif setting.value is ABSENT:
            if setting.is_bad:
                self.unresolved.add(path)
            else:
                self._report("variable-unset", path, name)
        elif setting.is_sensitive:
            return self._secret(setting, path, is_whole=is_whole)
        else:
            self.unresolved.add(path)  # why it was not put in has been told
        return reference.written

    def _secret(self, setting: Setting, path: Path, *, is_whole: bool) -> Any:
        """What it holds; where it may not stand at all, something that is the same whatever it holds."""
        name, kind, value = setting.declaration.name, setting.declaration.type, setting.value
        self.secrets[path] = (*self.secrets.get(path, ()), name)
        if not is_whole and kind in (LIST, MAPPING):
            self._report("variable-in-text", path, name)
            return ""
        if path[0] not in KINDS or len(path) < len(("section", "name", "field")):
            return setting.stand_in
        if setting.in_manifest and isinstance(value, str) and "${" in value:
            value = self._joined([*parts(value)], path)
            value = value if kind == STRING else spelt(value, kind)
            if value is None:
                self._report("variable-value", path, name)
                return ""
        return self._put_in(setting, value, path) if is_whole else value

    def _put_in(self, setting: Setting, value: Any, path: Path) -> Any:
        if len(path) + setting.height > MAX_DEPTH:
            self._report("too-deep", path, setting.declaration.name)
            return ""
        if self._take(Resource.VALUES, setting.size - 1, path) and self._take(
            Resource.CHARACTERS, setting.length, path
        ):
            return value
        return ""

    def _take(self, what: Resource, amount: int, path: Path) -> bool:
        if self._budget.take(what, amount):
            return True
        self._problems.append(self._budget.exceeded(what, self._source.value_at(path)))
        return False

    def _report(self, code: str, path: Path, said: str) -> None:
        self.unresolved.add(path)
        is_unset = code in {"env-unset", "variable-unset"}
        if is_unset and lies_under(path, self._waived):
            return
        severity = self._variables.unset if is_unset else Severity.ERROR
        if len(self._problems) >= MOST_TOLD:
            self._more += 1
            self._more_is_error = self._more_is_error or severity is Severity.ERROR
            return
        message, hint = self._told(code, said)
        where = self._source.value_at(path)
        self._problems.append(Diagnostic(code=code, message=message, hint=hint, severity=severity, where=where))

    def _told(self, code: str, said: str) -> tuple[str, str]:
        """Message and hint for a variable's name, or for what is none; never the variable's value."""
        if code == "variable-undeclared":
            return f"The variable {quoted(said)} is not declared.", meant(said, self._variables.declared)
        if code in {"variable-unset", "variable-value", "variable-in-text", "too-deep"}:
            return _told_of_declared(code, self._variables.declared.by_name[said])
        return _told(code, said)


def _told_of_declared(code: str, it: Declaration) -> tuple[str, str]:
    subject = f"The variable {quoted(it.name)}, {it.place},"
    if code == "variable-unset":
        prefix = SECRET if it.is_sensitive else PLAIN
        hint = f"Set {prefix}{it.name}, or give --var {it.name}=… or a --var-file."
        return f"{subject} is not set, and has no default.", hint
    if code == "variable-in-text":
        return f"{subject} is {WORDS[it.type]}, and stands inside a text here.", "Let it be the whole value."
    if code == "too-deep":
        return f"{subject} is nested so deep that it has no room here: {MAX_DEPTH} levels are allowed.", "Flatten it."
    return f"{subject} does not hold {WORDS[it.type]} here.", "Correct what it takes from the environment."


_MALFORMED: Final = {
    "env-malformed": "Write ${env:NAME} or ${env:NAME:-default}; a literal ${env: is written $${env:.",
    "variable-malformed": "Write ${var.NAME}; a literal ${var. is written with two dollar signs.",
}


def _told(code: str, said: str) -> tuple[str, str]:
    if code in _MALFORMED:
        return f"{quoted(said)} is not a whole variable.", _MALFORMED[code]
    name = shown(said)
    if code == "env-unset":
        return f"The variable {name} is not set, or empty.", f"Set {name}, or give a default: ${{env:{name}:-default}}."
    if code == "env-not-text":
        return f"The variable {name} holds bytes that are not text.", "Set it to UTF-8 text."
    if is_of_variable(name):
        message = f"{name} sets a variable of the manifest, and is not read by itself."
        begin = len(PLAIN) if name.upper().startswith(PLAIN) else len(SECRET)
        return message, f"Declare the variable, and write ${{var.{name[begin:] or 'NAME'}}}."
    if name.startswith(ALLOWED_PREFIXES):
        message = f"The variable {name} may not be read by a manifest: its name says that it holds a secret."
        return message, f"What a manifest reads is shown in plans. If it is no secret, pass --allow-env {name}."
    names = ", ".join((*(f"{prefix}*" for prefix in ALLOWED_PREFIXES), *ALLOWED_NAMES))
    message = f"The variable {name} may not be read by a manifest."
    return message, f"Allowed are {names}, and the names given with --allow-env."
