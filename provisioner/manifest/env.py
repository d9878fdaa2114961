"""`${env:NAME}` and `${env:NAME:-default}` in texts.

Only names on the allow-list are read, and of these none that looks like a secret's: a manifest in a pull request must
not be able to carry the pipeline's secrets into a description or an endpoint. For the same reason no message shows a
variable's value. `$${env:` stands for a literal `${env:`; of several dollar signs one goes. An empty variable counts as
unset, as an undefined one arrives empty from most pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.manifest.files import is_folder, read_inside, shown_path
from provisioner.manifest.limits import MOST_TOLD, Budget, Resource, bounded, untold
from provisioner.manifest.places import Source
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import Path, lies_under
from provisioner.model.invisible import SURROGATES
from provisioner.model.secrets import is_secret
from provisioner.model.words import quoted, shown
from provisioner.model.written import OPENING

ALLOWED_PREFIXES: Final = ("FOUNDRY_", "PROVISIONER_")
ALLOWED_NAMES: Final = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_LOCATION")
MAX_DOTENV_BYTES: Final = 256_000  # its parser takes four times as long for twice as much
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMED: Final = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)")
_WHOLE: Final = re.compile(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}")
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")
_NUMBERED: Final = re.compile(r"(?<=[A-Za-z])[0-9]+(?=_|$)|_[0-9]+(?=_|$)")  # KEY1, TOKEN_2
_SECRET_ALONE: Final = frozenset({
    "auth", "bearer", "cert", "certificate", "certs", "conn", "connstr", "cookie", "creds", "dsn", "jwt",
    "kubeconfig", "mnemonic", "otp", "pat", "pem", "pfx", "pin", "private", "pw", "sas", "sig",
    "signature", "totp", "webhook",
})  # fmt: skip
_SECRET_IN_URLS: Final = frozenset({"sas", "webhook", "dsn"})
_SECRET_ENDS: Final = ("key", "token", "secret", "password", "passphrase", "pwd", "credential", "credentials")


@lru_cache(maxsize=1024)
def looks_secret(name: str) -> bool:
    """Whether a variable of the name may hold a secret. More names than of fields: what is wrongly held for one can be
    allowed, and nobody chooses them for a manifest's sake.
    """
    plain = _NUMBERED.sub("", name)
    return _tells_secret(plain) or _tells_secret(plain.upper())  # names ignore case in some places


def _is_public(name: str) -> bool:
    return name in ALLOWED_NAMES or (name.startswith(ALLOWED_PREFIXES) and not looks_secret(name))


def _tells_secret(name: str) -> bool:
    words = [word.lower() for word in name.split("_") if word]
    if not words:
        return False
    if not is_secret(f"secret_{words[-1]}"):  # such as _NAME and _VERSION: only about one, but for what holds its own
        return words[-1] in ("url", "uri") and not _SECRET_IN_URLS.isdisjoint(words)
    # a key is one wherever it stands: KEY_OLD, API_KEY_PROD
    keys = (end for end, word in enumerate(words, 1) if word in ("key", "keys") and words[end : end + 1] != ["vault"])
    return (
        is_secret(name)
        or not _SECRET_ALONE.isdisjoint(words)
        or any(is_secret("_".join(words[:end])) for end in keys)
        or any(word.endswith(_SECRET_ENDS) and word not in _SECRET_ENDS for word in words)
    )


def has_variable(value: object) -> bool:
    """Whether a variable stands in a text of the value, as it is written."""
    if isinstance(value, str):
        return any(len(opening[1]) == 1 for opening in OPENING.finditer(value))
    if isinstance(value, Mapping):
        return any(map(has_variable, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_variable, value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What may be read, and what it says."""

    values: Mapping[str, str]
    allowed: frozenset[str] = frozenset()
    unset: Severity = Severity.ERROR

    def allows(self, name: str) -> bool:
        return name in self.allowed or _is_public(name)

    def is_private(self, text: str) -> bool:
        """Whether the text names a variable that may be read only because it is allowed by name."""
        return not all(_is_public(found.group(1)) for found in _NAMED.finditer(text))

    def get(self, name: str) -> str | None:
        """None when it is unset, empty or not allowed."""
        return (self.values.get(name) or None) if self.allows(name) else None


def gather(
    folder: FilePath,
    environ: Mapping[str, str],
    allow: Collection[str],
    unset: Severity,
    budget: Budget | None = None,
) -> tuple[Variables, list[Diagnostic]]:
    """The environment over the `.env` file of the folder, if there is one."""
    values, problems = dotenv(folder, budget)
    if values is None:
        return Variables(values=environ, allowed=frozenset(allow), unset=unset), problems
    set_outside = {name: value for name, value in environ.items() if value}
    variables = Variables(values={**values, **set_outside}, allowed=frozenset(allow), unset=unset)
    return variables, [*bounded(problems)]


def dotenv(folder: FilePath, budget: Budget | None = None) -> tuple[dict[str, str] | None, list[Diagnostic]]:
    """What the folder's `.env` file sets; None where there is none, or it cannot be read."""
    file = folder / ".env"
    text, problem = None, None
    if not is_folder(file):
        text, problem = read_inside(folder, file, budget or Budget(), limit=MAX_DOTENV_BYTES)
    if text is None:
        return None, [problem] if problem and problem.code != "file-missing" else []
    return _dotenv(shown_path(file), text)


def _dotenv(file: str, text: str) -> tuple[dict[str, str], list[Diagnostic]]:
    from io import StringIO  # noqa: PLC0415 - as the next

    from dotenv.parser import parse_stream  # noqa: PLC0415 - costs 30 ms, and most runs have no .env

    values: dict[str, str] = {}
    problems = []
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            where = Location(file=file, line=binding.original.line)
            message = "This line of the .env file is not NAME=value."
            hint = "Correct it, or make it a comment with `#`."
            problem = Diagnostic(
                code="dotenv-syntax", message=message, hint=hint, severity=Severity.WARNING, where=where
            )
            problems.append(problem)
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values, problems


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
        problems=tuple(resolver.problems),
    )


class _Resolver:
    """Keeps what comes to light while one value is walked through."""

    def __init__(self, source: Source, variables: Variables, waived: tuple[Path, ...], budget: Budget) -> None:
        self.unresolved: set[Path] = set()
        self.sole: dict[Path, str] = {}
        self.written: dict[Path, str] = {}
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
            return self._text(value, path) if "${env:" in value else value
        if isinstance(value, dict):
            new = {key: self.resolved(inner, (*path, key)) for key, inner in value.items()}
            return new if any(new[key] is not inner for key, inner in value.items()) else value
        if isinstance(value, list):
            items = [self.resolved(inner, (*path, str(index))) for index, inner in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> str:
        if self._budget.is_spent:
            return text
        self.written[path] = text
        if _WHOLE.fullmatch(text):
            self.sole[path] = text
        parts: list[str] = []
        end = brace = 0
        for opening in OPENING.finditer(text):
            if opening.start() < end:  # inside the default of the one before
                continue
            parts.append(text[end : opening.start()])
            end = opening.end()
            if len(opening[1]) > 1:
                parts.append(opening.group()[1:])
                continue
            if 0 <= brace < end:
                brace = text.find("}", end)
            reference = _reference(text, end, brace)
            end = brace + 1 if reference else end
            if reference is None:
                self._report("env-malformed", path, text[opening.start() : opening.start() + 40])
            value = self._value(text[opening.start() : end], reference, path)
            if not self._spend(len(value), path):
                return text
            parts.append(value)
        return "".join(parts) + text[end:]

    def _spend(self, length: int, path: Path) -> bool:
        for what, amount in ((Resource.VARIABLES, 1), (Resource.CHARACTERS, length)):
            if not self._budget.take(what, amount):
                self._problems.append(self._budget.exceeded(what, self._source.value_at(path)))
                return False
        return True

    def _value(self, written: str, reference: tuple[str, str | None] | None, path: Path) -> str:
        if reference is None:
            return written
        name, default = reference
        value = self._variables.get(name)
        if not self._variables.allows(name):
            self._report("env-not-allowed", path, name)
        elif value is None and default is None:
            self._report("env-unset", path, name)
        elif value is not None and _SURROGATE.search(value):
            self._report("env-not-text", path, name)
        else:
            return value or default or ""
        return written

    def _report(self, code: str, path: Path, said: str) -> None:
        self.unresolved.add(path)
        if code == "env-unset" and lies_under(path, self._waived):
            return
        severity = self._variables.unset if code == "env-unset" else Severity.ERROR
        if len(self._problems) >= MOST_TOLD:
            self._more += 1
            self._more_is_error = self._more_is_error or severity is Severity.ERROR
            return
        message, hint = _told(code, said)
        where = self._source.value_at(path)
        self._problems.append(Diagnostic(code=code, message=message, hint=hint, severity=severity, where=where))


def _reference(text: str, start: int, brace: int) -> tuple[str, str | None] | None:
    """Name and default of what stands between the opening and the next brace; None when it is no variable."""
    name = _NAME.match(text, start)
    if name is None or brace < name.end():
        return None
    if name.end() == brace:
        return name.group(), None
    return (name.group(), text[name.end() + 2 : brace]) if text.startswith(":-", name.end()) else None


def _told(code: str, said: str) -> tuple[str, str]:
    """Message and hint for a variable's name, or for what is none; never the variable's value."""
    if code == "env-malformed":
        message = f"{quoted(said)} is not a whole variable."
        return message, "Write ${env:NAME} or ${env:NAME:-default}; a literal ${env: is written $${env:."
    name = shown(said)
    if code == "env-unset":
        return f"The variable {name} is not set, or empty.", f"Set {name}, or give a default: ${{env:{name}:-default}}."
    if code == "env-not-text":
        return f"The variable {name} holds bytes that are not text.", "Set it to UTF-8 text."
    if name.startswith(ALLOWED_PREFIXES):
        message = f"The variable {name} may not be read by a manifest: its name says that it holds a secret."
        return message, f"What a manifest reads is shown in plans. If it is no secret, pass --allow-env {name}."
    names = ", ".join((*(f"{prefix}*" for prefix in ALLOWED_PREFIXES), *ALLOWED_NAMES))
    message = f"The variable {name} may not be read by a manifest."
    return message, f"Allowed are {names}, and the names given with --allow-env."
