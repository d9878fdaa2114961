"""`${env:NAME}` and `${env:NAME:-default}` in texts.

Only names on the allow-list are read: a manifest in a pull request must not be able to carry the pipeline's secrets
into a description or an endpoint. For the same reason no message shows a variable's value. `$${env:` stands for a
literal `${env:`; of several dollar signs one goes. An empty variable counts as unset, as an undefined one arrives
empty from most pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.manifest.files import is_folder, read_inside, shown_path
from provisioner.manifest.marks import Source
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import Path
from provisioner.model.words import quoted, shown

ALLOWED_PREFIXES: Final = ("FOUNDRY_", "PROVISIONER_")
ALLOWED_NAMES: Final = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_LOCATION")
_OPENING: Final = re.compile(r"(\$+)\{env:")
_REST: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_WHOLE: Final = re.compile(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def escape(text: str) -> str:
    """The text with every `${env:` in it made literal."""
    return _OPENING.sub(lambda match: f"${match.group()}", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What may be read, and what it says."""

    values: Mapping[str, str]
    allowed: frozenset[str] = frozenset()
    unset: Severity = Severity.ERROR

    def allows(self, name: str) -> bool:
        return name.startswith(ALLOWED_PREFIXES) or name in ALLOWED_NAMES or name in self.allowed

    def get(self, name: str) -> str | None:
        """None when it is unset, empty or not allowed."""
        return (self.values.get(name) or None) if self.allows(name) else None


def gather(
    folder: FilePath, environ: Mapping[str, str], allow: Collection[str], unset: Severity
) -> tuple[Variables, list[Diagnostic]]:
    """The environment over the `.env` file of the folder, if there is one."""
    file = folder / ".env"
    text, problem = read_inside(folder, file) if not is_folder(file) else (None, None)
    if text is None:
        problems = [problem] if problem and problem.code != "file-missing" else []
        return Variables(values=environ, allowed=frozenset(allow), unset=unset), problems
    values, problems = _dotenv(shown_path(file), text)
    set_outside = {name: value for name, value in environ.items() if value}
    return Variables(values={**values, **set_outside}, allowed=frozenset(allow), unset=unset), problems


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


class Resolver:
    """Replaces the variables of one file and notes what it could not replace.

    `unresolved` are paths whose value is unknown, so that nothing is held against it; `sole` are paths whose text was
    one variable and nothing else, which may stand for a number or a boolean.
    """

    def __init__(self, source: Source, variables: Variables, *, silent: Callable[[Path], bool]) -> None:
        self.problems: list[Diagnostic] = []
        self.unresolved: set[Path] = set()
        self.sole: dict[Path, str] = {}
        self._source = source
        self._variables = variables
        self._silent = silent

    def resolve(self, value: Any, path: Path = ()) -> Any:
        """The value with its variables replaced; the very same object where there are none."""
        if isinstance(value, str):
            return self._text(value, path) if "${env:" in value else value
        if isinstance(value, dict):
            new = {key: self.resolve(inner, (*path, key)) for key, inner in value.items()}
            return new if any(new[key] is not inner for key, inner in value.items()) else value
        if isinstance(value, list):
            items = [self.resolve(inner, (*path, str(index))) for index, inner in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> str:
        if _WHOLE.fullmatch(text):
            self.sole[path] = text
        parts: list[str] = []
        end = 0
        for opening in _OPENING.finditer(text):
            if opening.start() < end:  # inside the default of the one before
                continue
            parts.append(text[end : opening.start()])
            end = opening.end()
            if len(opening[1]) > 1:
                parts.append(opening.group()[1:])
                continue
            reference = _REST.match(text, end)
            end = reference.end() if reference else end
            parts.append(self._value(text, opening.start(), reference, path))
        return "".join(parts) + text[end:]

    def _value(self, text: str, start: int, reference: re.Match[str] | None, path: Path) -> str:
        problem = self._malformed(text, start) if reference is None else self._refusal(reference)
        if problem is not None:
            self._report(*problem, path=path)
            return text[start : reference.end() if reference else start + len("${env:")]
        assert reference is not None  # noqa: S101 - no problem, so there is one
        return self._variables.get(reference[1]) or reference[2] or ""

    @staticmethod
    def _malformed(text: str, start: int) -> tuple[str, str, str]:
        message = f"{quoted(text[start : start + 40])} is not a whole variable."
        hint = "Write ${env:NAME} or ${env:NAME:-default}; a literal ${env: is written $${env:."
        return "env-malformed", message, hint

    def _refusal(self, reference: re.Match[str]) -> tuple[str, str, str] | None:
        name, default = reference[1], reference[2]
        if not self._variables.allows(name):
            message = f"The variable {shown(name)} may not be read by a manifest."
            names = ", ".join((*(f"{prefix}*" for prefix in ALLOWED_PREFIXES), *ALLOWED_NAMES))
            return "env-not-allowed", message, f"Allowed are {names}, and the names given with --allow-env."
        value = self._variables.get(name)
        if value is None and default is None:
            message = f"The variable {shown(name)} is not set, or empty."
            return "env-unset", message, f"Set {shown(name)}, or give a default: ${{env:{shown(name)}:-default}}."
        if value is not None and _SURROGATE.search(value):
            return "env-not-text", f"The variable {shown(name)} holds bytes that are not text.", "Set it to UTF-8 text."
        return None

    def _report(self, code: str, message: str, hint: str, *, path: Path) -> None:
        self.unresolved.add(path)
        if code == "env-unset" and self._silent(path):
            return
        severity = self._variables.unset if code == "env-unset" else Severity.ERROR
        where = self._source.value_at(path)
        self.problems.append(Diagnostic(code=code, message=message, hint=hint, severity=severity, where=where))
