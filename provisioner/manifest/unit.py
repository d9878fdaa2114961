"""One file on its way to becoming part of the manifest: resolved values, and how to point at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from provisioner.manifest.convert import convert
from provisioner.manifest.env import Resolver, Variables
from provisioner.manifest.marks import Source
from provisioner.manifest.schema import EXTENSION
from provisioner.manifest.walk import types_at
from provisioner.model.diagnostic import Diagnostic, Finding, Location, Severity
from provisioner.model.document import Document, Path, lies_under

_CONVERTED: Final = frozenset({"integer", "number", "boolean"})


class Unit:
    """`problems` are the reader's; where it complained, nothing else does, unless only a second key is too much. Below
    the paths that are `waived`, variables may be unset.
    """

    def __init__(
        self, source: Source, problems: Iterable[Diagnostic], variables: Variables, *, waived: tuple[Path, ...] = ()
    ) -> None:
        self.source = source
        self._variables = variables
        places = [each.where for each in problems if each.where and each.code != "duplicate-key"]
        self._taken_places = {(where.line, where.column) for where in places}
        self._taken_paths = {where.path for where in places}
        self._resolver = Resolver(source, variables, silent=lambda path: lies_under(path, waived))
        root = source.root if isinstance(source.root, dict) else {}
        self.root: dict[str, Any] = {
            key: value if key.startswith(EXTENSION) else self._resolver.resolve(value, (key,))
            for key, value in root.items()
        }
        self._sole = _by_entry(self._resolver.sole)
        self._unknown: dict[Path, list[Path]] = {}
        for path in self._resolver.unresolved:
            self._unknown.setdefault(path[:2], []).append(path)

    @property
    def file(self) -> str:
        return self.source.lines.file

    @property
    def variable_problems(self) -> Iterable[Diagnostic]:
        return self._resolver.problems

    def is_known(self, path: Path) -> bool:
        """Whether the value there is the user's, and not the remains of a variable that could not be read."""
        return path not in self._resolver.unresolved

    def may_read(self, name: str) -> bool:
        """Whether a variable of the name would be on the list."""
        return self._variables.allows(name)

    def forget(self, path: Path) -> None:
        """Hold nothing against the value there any more: it is not the user's."""
        self._resolver.unresolved.add(path)
        self._unknown.setdefault(path[:2], []).append(path)

    def unknown_in(self, at: Path) -> Iterable[Path]:
        """Where in the entry a value is not the user's, seen from the entry."""
        return [path[len(at) :] for path in self._unknown.get(at, ())]

    def convert(self, schema: Document, at: Path) -> Iterable[Diagnostic]:
        """Turn variables into numbers and booleans where the entry's schema wants those."""
        for path, text in self._sole.get(at, {}).items():
            wanted = types_at(schema, path[len(at) :])
            if not self.is_known(path) or not wanted & _CONVERTED or "string" in wanted:
                continue
            holder, key = _holder(self.root, path)
            value = convert(holder[key], wanted)
            if value is not None:
                holder[key] = value
                continue
            self.forget(path)
            yield Diagnostic(
                code="env-bad-value",
                message=f"The value of {text} is not {_words(wanted)}.",  # the value itself stays untold
                hint="Correct the variable.",
                where=self.source.value_at(path),
            )

    def told(self, finding: Finding, at: Path, *, at_key: bool = False, subject: str = "") -> Iterable[Diagnostic]:
        """The finding at its place; nothing where the value is unknown or the reader has complained already."""
        path = (*at, *finding.path)
        where = self.source.key_at(path) if at_key else self.source.value_at(path)
        if self.is_known(path) and not self._is_taken(finding.code, where):
            yield Diagnostic(
                code=finding.code,
                message=f"{subject}{finding.message}",
                hint=finding.hint,
                severity=finding.severity,
                where=where,
            )

    def _is_taken(self, code: str, where: Location) -> bool:
        if code == "missing-key":  # it stands at what lacks the key, which may be fine itself
            return False
        return (where.line, where.column) in self._taken_places or where.path in self._taken_paths

    def error(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str,
        *,
        at_key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Iterable[Diagnostic]:
        finding = Finding(path=path, code=code, message=message, hint=hint, severity=severity)
        return self.told(finding, (), at_key=at_key)

    def key_at(self, path: Path) -> Location:
        return self.source.key_at(path)


def _by_entry(sole: Mapping[Path, str]) -> dict[Path, dict[Path, str]]:
    grouped: dict[Path, dict[Path, str]] = {}
    for path, text in sole.items():
        grouped.setdefault(path[:2], {})[path] = text
    return grouped


def _holder(root: Any, path: Path) -> tuple[Any, Any]:
    *parents, last = path
    for step in parents:
        root = root[int(step)] if isinstance(root, list) else root[step]
    return root, int(last) if isinstance(root, list) else last


def _words(wanted: Collection[str]) -> str:
    if "boolean" in wanted:
        return "true or false"
    return "a number" if "number" in wanted else "a whole number"
