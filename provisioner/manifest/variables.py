"""A manifest with its plain variables put in: again a manifest, which plans the same.

A whole value takes the variable's, whatever its type. Inside a text its text is put in, and whatever in that looks like
a reference is escaped: what comes from outside is no manifest. What is written in the manifest itself, a default say,
keeps its references to the environment. References that cannot be replaced stay as they are, and so do those to
sensitive variables: see `resolving`. Places are those of the references.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from provisioner.manifest.declared import LIST, MAPPING, SECTION, Declared
from provisioner.manifest.given import Setting, spelling
from provisioner.manifest.limits import MOST_TOLD, Budget, Resource, untold
from provisioner.manifest.places import Rewritten, Source
from provisioner.manifest.references import VAR, Escaped, Part, Reference, literal_parts, parts
from provisioner.manifest.schema import EXTENSION
from provisioner.manifest.yaml_values import MAX_DEPTH
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Path
from provisioner.model.words import joined, quoted
from provisioner.model.written import OPENING, escape

_NAMED: Final = re.compile(r"\$\{var\.([A-Za-z_][A-Za-z0-9_]*)\}")  # an escaped one is no sign of a slip, either


@dataclass(frozen=True, slots=True, kw_only=True)
class Substituted:
    """`put_in` are, by the paths of the values that they have a part in, the variables and who set them."""

    source: Source
    put_in: Mapping[Path, tuple[Setting, ...]] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


def substituted(source: Source, settings: Mapping[str, Setting], budget: Budget) -> Substituted:
    """The file without its declarations, and with what its plain variables hold."""
    if not isinstance(source.root, dict):
        return Substituted(source=source)
    root = {key: value for key, value in source.root.items() if key != SECTION}
    plain = {name: _Plain(it) for name, it in settings.items() if it.value is not ABSENT and not it.is_sensitive}
    if plain:
        walk = _Walk(source, plain, budget)
        root = {key: value if key.startswith(EXTENSION) else walk.value(value, (key,)) for key, value in root.items()}
        problems = tuple(walk.problems())
        return Substituted(source=Rewritten(source, root, walk.put_in), put_in=walk.put_in, problems=problems)
    return Substituted(source=Rewritten(source, root) if SECTION in source.root else source)


def uses(declared: Declared, sources: Iterable[Source]) -> dict[str, Location]:
    """The first place where each variable stands."""
    found: dict[str, Location] = {}
    for source in sources if declared.by_name else ():
        root = source.root if isinstance(source.root, dict) else {}
        for name, path in _used({key: value for key, value in root.items() if key != SECTION}, ()):
            if name not in found:
                found[name] = source.value_at(path)
    return found


def used_in(root: object) -> set[str]:
    """All that stand anywhere in it."""
    others = {key: it for key, it in root.items() if key != SECTION} if isinstance(root, dict) else {}
    return {name for name, _ in _used(others, ())}


def _used(value: object, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, str):
        if "${var." in value:
            yield from ((name, path) for name in dict.fromkeys(_NAMED.findall(value)))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _used(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _used(inner, (*path, str(index)))


def unused(declared: Declared, used: Collection[str]) -> Iterator[Diagnostic]:
    """Whatever is declared and stands nowhere."""
    for name, declaration in declared.by_name.items():
        if name not in used:
            message = f"The variable {quoted(name)} is declared, and used nowhere."
            hint = f"Write ${{var.{name}}} where it is meant, or remove it."
            where, severity = declaration.where, Severity.WARNING
            yield Diagnostic(code="variable-unused", message=message, hint=hint, where=where, severity=severity)


class _Plain:
    """What is put in for one variable: `whole` for a whole value, `parts` inside a text."""

    __slots__ = ("is_text", "parts", "setting", "whole")

    def __init__(self, setting: Setting) -> None:
        value = setting.value
        self.setting: Final = setting
        self.is_text: Final = setting.declaration.type not in (LIST, MAPPING)
        self.whole: Final = value if setting.in_manifest else _literal(value)
        text = spelling(value) if self.is_text else ""
        self.parts: Final[tuple[Part, ...]] = tuple(parts(text) if setting.in_manifest else literal_parts(text))


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        return OPENING.sub(r"$\g<0>", value)
    if isinstance(value, dict):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(inner) for inner in value] if isinstance(value, list) else value


class _Walk:
    """Keeps what comes to light while one file is walked through."""

    def __init__(self, source: Source, plain: Mapping[str, _Plain], budget: Budget) -> None:
        self.put_in: Final[dict[Path, tuple[Setting, ...]]] = {}
        self._source = source
        self._plain = plain
        self._budget = budget
        self._problems: list[Diagnostic] = []
        self._more = 0

    def problems(self) -> Iterator[Diagnostic]:
        yield from self._problems
        if self._more:
            yield untold(self._more, self._problems[-1].where, is_error=True)

    def value(self, value: Any, path: Path) -> Any:
        """The very same where there is nothing to be put in."""
        if isinstance(value, str):
            return self._text(value, path) if "${var." in value else value
        if isinstance(value, dict):
            new = {key: self.value(inner, (*path, key)) for key, inner in value.items()}
            return new if any(new[key] is not inner for key, inner in value.items()) else value
        if isinstance(value, list):
            items = [self.value(inner, (*path, str(index))) for index, inner in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> Any:
        found = [*parts(text)]
        names = [it.name for it in found if isinstance(it, Reference) and it.source == VAR and it.name in self._plain]
        if not names or self._budget.is_spent:
            return text
        self.put_in[path] = tuple(self._plain[name].setting for name in dict.fromkeys(names))
        whole = self._plain[names[0]]
        if len(found) == 1:
            return whole.whole if self._spend([whole], path) and self._is_flat(whole, names[0], path) else text
        if bad := next((name for name in names if not self._plain[name].is_text), None):
            message = f"The variable {quoted(bad)} is a list or mapping, and stands inside a text here."
            self._report("variable-in-text", path, message, "Let it be the whole value, or take one that is a text.")
            return text
        put_in = self._spend([self._plain[name] for name in names], path)
        return self._joined(found, path) if put_in else text

    def _joined(self, found: Iterable[Part], path: Path) -> str:
        written, literal = [], ""
        for part in self._flat(found):
            if isinstance(part, str) and not isinstance(part, Escaped):
                literal += part
                continue
            if literal.endswith("$") and isinstance(part, Reference):  # it would be taken for an escape
                message = f"What a variable holds ends with `$` here, and {quoted(part.written)} follows."
                self._report("variable-value", path, message, "Write something between them.")
            written += [escape(literal), part.written]
            literal = ""
        return "".join([*written, escape(literal)])

    def _flat(self, found: Iterable[Part]) -> Iterator[Part]:
        for part in found:
            if isinstance(part, Reference) and part.source == VAR and part.name in self._plain:
                yield from self._plain[part.name].parts
            else:
                yield part

    def _is_flat(self, whole: _Plain, name: str, path: Path) -> bool:
        if len(path) + whole.setting.height <= MAX_DEPTH:
            return True
        message = f"With what the variable {quoted(name)} holds, this is nested more than {MAX_DEPTH} levels deep."
        self._report("too-deep", path, message, "Flatten it.")
        return False

    def _spend(self, those: Iterable[_Plain], path: Path) -> bool:
        held = [each.setting for each in those]
        taken = (
            (Resource.VARIABLES, len(held)),
            (Resource.CHARACTERS, sum(it.length for it in held)),
            (Resource.VALUES, sum(it.size - 1 for it in held)),
        )
        for what, amount in taken:
            if not self._budget.take(what, amount):
                self._problems.append(self._budget.exceeded(what, self._source.value_at(path)))
                return False
        return True

    def _report(self, code: str, path: Path, message: str, hint: str) -> None:
        if len(self._problems) >= MOST_TOLD:
            self._more += 1
            return
        where = self._source.value_at(path)
        self._problems.append(Diagnostic(code=code, message=message, hint=hint, where=where))


def words_of(settings: Sequence[Setting]) -> str:
    """For hints: which variables have a part in a value, and who set them."""
    said = (f"{quoted(it.declaration.name)} ({it.declaration.place}, set by {it.by})" for it in settings)
    return f"It comes from the variable{'s' if len(settings) > 1 else ''} {joined(said)}."
