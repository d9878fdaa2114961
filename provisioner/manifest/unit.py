"""One file on its way to becoming part of the manifest: resolved values, and how to point at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from typing import Any, Final

from provisioner.manifest.env import Resolver, Variables
from provisioner.manifest.limits import Budget
from provisioner.manifest.places import Source
from provisioner.manifest.scalars import convert
from provisioner.manifest.schema import EXTENSION, types_at
from provisioner.model.diagnostic import Diagnostic, Finding, Location, Severity
from provisioner.model.document import Document, Path, lies_under
from provisioner.model.words import quoted, shown

_CONVERTED: Final = frozenset({"integer", "number", "boolean"})


class Unit:
    """`problems` are the reader's; where it complained, nothing else does, unless only a second key is too much. Below
    the paths that are `waived`, variables may be unset.
    """

    def __init__(
        self,
        source: Source,
        problems: Iterable[Diagnostic],
        variables: Variables,
        *,
        waived: tuple[Path, ...] = (),
        budget: Budget | None = None,
    ) -> None:
        self.source = source
        self.budget = budget or Budget()
        self.texts: dict[str, tuple[str | None, Diagnostic | None]] = {}  # of the files that it names, by their path
        self._variables = variables
        places = [each.where for each in problems if each.where and each.code != "duplicate-key"]
        self._taken_places = {(where.line, where.column) for where in places}
        self._taken_paths = {where.path for where in places}
        self._resolver = Resolver(source, variables, silent=lambda path: lies_under(path, waived), budget=self.budget)
        root = source.root if isinstance(source.root, dict) else {}
        self.root: dict[str, Any] = {
            key: value if key.startswith(EXTENSION) else self._resolver.resolve(value, (key,))
            for key, value in root.items()
        }
        self._sole = _by_entry(self._resolver.sole)
        self.is_as_written = False
        self.forgotten: set[Path] = set()
        self.unknown: dict[Path, list[Path]] = {}
        for path in self._resolver.unresolved:
            self.forget(path)

    def as_written(self) -> Unit:
        """The same with no variable replaced: what is said of it can hold no variable's value."""
        twin = copy(self)
        twin.is_as_written = True
        twin.root = dict(self.source.root) if isinstance(self.source.root, dict) else {}
        twin.budget = Budget()
        twin.forgotten = set(self.forgotten)
        twin.unknown = {at: list(paths) for at, paths in self.unknown.items()}
        return twin

    @property
    def written(self) -> Mapping[Path, str]:
        """What stands in the file where values are made of variables."""
        return self._resolver.written

    def shows(self, value: str, path: Path) -> str:
        """The value for a message, or what is written in its place where it is made of variables."""
        return quoted(self.written.get(path, value))

    @property
    def file(self) -> str:
        return self.source.lines.file

    @property
    def variable_problems(self) -> Iterable[Diagnostic]:
        return self._resolver.problems

    def is_known(self, path: Path) -> bool:
        """Whether the value there is the user's, and not the remains of a variable that could not be read."""
        return path not in self.forgotten

    def may_read(self, name: str) -> bool:
        """Whether a variable of the name would be on the list."""
        return self._variables.allows(name)

    def forget(self, path: Path) -> None:
        """Hold nothing against the value there any more: it is not the user's."""
        self.forgotten.add(path)
        self.unknown.setdefault(path[:2], []).append(path)

    def unknown_in(self, at: Path) -> Iterable[Path]:
        """Where in the entry a value is not the user's, seen from the entry."""
        return [path[len(at) :] for path in self.unknown.get(at, ())]

    def convert(self, schema: Document, at: Path) -> Iterable[Diagnostic]:
        """Turn variables into numbers and booleans where the entry's schema wants those."""
        for path, text in self._sole.get(at, {}).items():
            wanted = types_at(schema, path[len(at) :])
            if not self.is_known(path) or not wanted & _CONVERTED or "string" in wanted:
                continue
            if self.is_as_written:
                self.forget(path)
                continue
            holder, key = _holder(self.root, path)
            value = convert(holder[key], wanted)
            if value is not None:
                holder[key] = value
                continue
            self.forget(path)
            yield Diagnostic(
                code="env-bad-value",
                message=f"The value of {shown(text)} is not {_words(wanted)}.",  # the value itself stays untold
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
