"""A manifest in one environment, as one document: its files and the environment have become one, and what entries keep
in files of their own is put in. References to variables stay as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.manifest.draft import Options, resolved_file
from provisioner.manifest.env import Variables
from provisioner.manifest.environments import Environments
from provisioner.manifest.inline import put_in
from provisioner.manifest.limits import Budget
from provisioner.manifest.load import loaded_with, uncollected
from provisioner.manifest.places import Source
from provisioner.manifest.reading import read_files
from provisioner.manifest.schema import EXTENSION
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Json, Path, dotted, lookup
from provisioner.model.rendered import Rendered

_HEAD: Final = ("version", "name", "project", "preflight")
_ORDER: Final = (*_HEAD, *KINDS)
_OF_VARIABLES: Final = frozenset({"env-unset"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """`rendered` is None exactly when a diagnostic is an error."""

    rendered: Rendered | None
    diagnostics: tuple[Diagnostic, ...]


def render(paths: Sequence[FilePath], options: Options) -> Rendering:
    """The manifest has to be valid, but for variables that are not set: they are still to come."""
    options = replace(options, unset=Severity.WARNING, project_needed=False)
    with uncollected():
        budget = Budget()
        found = read_files(paths, options, budget)
        overlaid = Environments(found.files, budget).chosen(options.environment, options.environ)
        loaded = loaded_with(found, overlaid, options, budget)
        told = tuple(problem for problem in loaded.diagnostics if problem.code not in _OF_VARIABLES)
        if loaded.manifest is None:
            return Rendering(rendered=None, diagnostics=told)
        parts = [_Part(it.source, found.variables) for it in overlaid.files]
        rendered = Rendered(document=_whole(parts), origin=_Origins(parts), environment=overlaid.environment)
        return Rendering(rendered=rendered, diagnostics=told)


class _Part:
    """One file as it is written; `held` are the files that its values were put in from, by the values' paths."""

    def __init__(self, source: Source, variables: Variables) -> None:
        self.source = source
        self.root, self.held = put_in(resolved_file(source, (), variables), Budget())

    def origin(self, path: Path) -> Location:
        for end in range(1, len(path) + 1):
            if file := self.held.get(path[:end]):
                return Location(file=file, path=dotted(path))
        return self.source.value_at(path)


class _Origins:
    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts

    def __call__(self, path: Path) -> Location:
        return next(part for part in self._parts if lookup(part.root, path) is not ABSENT).origin(path)


def _whole(parts: Sequence[_Part]) -> Json:
    """All files as one: what several say is the same, and of lists in the head it is what any of them says."""
    whole: Json = {}
    for part in parts:
        for key, value in part.root.items():
            if not key.startswith(EXTENSION) and value is not None:
                whole[key] = _together(whole.get(key, ABSENT), value, is_head=key not in KINDS)
    ordered = sorted(whole, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_HEAD))
    return {key: whole[key] for key in ordered if whole[key] != {}}


def _together(first: Any, other: Any, *, is_head: bool) -> Any:
    if first is ABSENT:
        return other
    if isinstance(first, dict) and isinstance(other, dict):
        united = {key: _together(first.get(key, ABSENT), inner, is_head=is_head) for key, inner in other.items()}
        return {**first, **united} if is_head else {**other, **first}
    if is_head and isinstance(first, list) and isinstance(other, list):
        return [*first, *(item for item in other if item not in first)]
    return first
