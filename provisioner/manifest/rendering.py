"""A manifest in one environment, as one document: its files and the environment have become one, and what entries keep
in files of their own is put in. References to variables stay as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.manifest.check_schema import SECTION as CHECKS
from provisioner.manifest.declared import SECTION
from provisioner.manifest.draft import Options, resolved_file
from provisioner.manifest.env import Variables
from provisioner.manifest.environments import Environments
from provisioner.manifest.fmt_order import HEAD
from provisioner.manifest.given import Setting
from provisioner.manifest.inline import put_in
from provisioner.manifest.limits import Budget
from provisioner.manifest.load import loaded_with, uncollected
from provisioner.manifest.reading import read_files
from provisioner.manifest.references import VAR, has_variable, references
from provisioner.manifest.schema import EXTENSION
from provisioner.manifest.settled import SettledFile, settled
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Json, Path, dotted, lookup
from provisioner.model.policy import Policy
from provisioner.model.rendered import From, Rendered, SetBy

_ORDER: Final = (*HEAD, *KINDS, CHECKS)
_OF_VARIABLES: Final = frozenset({"env-unset", "variable-unset"})


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
        overlaid = Environments(found.files, budget, complete=found.complete).chosen(
            options.environment, options.environ
        )
        loaded = loaded_with(found, overlaid, options, budget)
        told = tuple(problem for problem in loaded.diagnostics if problem.code not in _OF_VARIABLES)
        if loaded.manifest is None:
            return Rendering(rendered=None, diagnostics=told)
        said = settled(found, overlaid, options, Budget())
        parts = [_Part(it, said.variables) for it in said.files]
        if unknown := [*_unknown_rules(parts)]:
            return Rendering(rendered=None, diagnostics=(*told, *unknown))
        held = said.variables.settings
        document = _with_declarations(_whole(parts), held)
        rendered = Rendered(document=document, origin=_Origins(document, parts, held), environment=overlaid.environment)
        return Rendering(rendered=rendered, diagnostics=told)


class _Part:
    """One file as it is written; `held` are the files that its values were put in from, by the values' paths."""

    def __init__(self, file: SettledFile, variables: Variables) -> None:
        self.source = file.source
        self.root, self.held = put_in(resolved_file(file.source, (), variables), Budget())
        self._settings = file.put_in

    def origin(self, path: Path) -> From:
        ways = [path[:end] for end in range(1, len(path) + 1)]
        if file := next((self.held[way] for way in ways if way in self.held), None):
            return From(where=Location(file=file, path=dotted(path)))
        settings = next((self._settings[way] for way in ways if way in self._settings), ())
        return From(where=self.source.value_at(path), variables=tuple(map(_set_by, settings)))


def _set_by(setting: Setting) -> SetBy:
    if setting.is_from_outside:
        return SetBy(variable=setting.declaration.name, outside=setting.by.partition(" ")[0])
    return SetBy(variable=setting.declaration.name, where=setting.where)


class _Origins:
    def __init__(self, document: Json, parts: Sequence[_Part], settings: Mapping[str, Setting]) -> None:
        self._document = document
        self._parts = parts
        self._settings = settings

    def __call__(self, path: Path) -> From:
        if path[0] == SECTION:  # which is printed as no file says it
            declared = self._settings[path[1]] if len(path) > 1 else next(iter(self._settings.values()))
            return From(where=replace(declared.declaration.where, path=dotted(path)))
        if path[0] not in KINDS and isinstance(lookup(self._document, path[:-1]), list):
            return self._of_item(path)
        return next(part for part in self._parts if lookup(part.root, path) is not ABSENT).origin(path)

    def _of_item(self, path: Path) -> From:
        """Of a list in the head, which is made of those of all files."""
        item = lookup(self._document, path)
        lists = [(part, said) for part in self._parts if isinstance(said := lookup(part.root, path[:-1]), list)]
        part, said = next(((part, said) for part, said in lists if item in said), lists[0])
        return part.origin((*path[:-1], str(said.index(item))) if item in said else path[:-1])


def _with_declarations(whole: Json, settings: Mapping[str, Setting]) -> Json:
    """With those of the variables that it still names: the sensitive ones, and those that are not set. What a sensitive
    one holds is left out.
    """
    named = {it.name for it in references(whole) if it.source == VAR}
    kept = {name: _declaration(setting) for name, setting in settings.items() if name in named}
    if not kept:
        return whole
    return _ordered({**whole, SECTION: kept})


def _declaration(setting: Setting) -> Json:
    declaration = setting.declaration
    said: Json = {"type": declaration.type}
    if setting.is_sensitive:
        return {**said, "sensitive": True}
    return {**said, "enum": [*declaration.enum]} if declaration.enum else said


def _whole(parts: Sequence[_Part]) -> Json:
    """All files as one: what several say is the same, and of lists in the head it is what any of them says."""
    whole: Json = {}
    for part in parts:
        for key, value in part.root.items():
            if not key.startswith(EXTENSION) and value is not None:
                together = _narrowed if key == "policy" else _together
                whole[key] = together(whole.get(key, ABSENT), value, is_head=key not in KINDS)
    return _ordered({key: value for key, value in whole.items() if value != {}})


def _ordered(whole: Json) -> Json:
    """As `fmt` would have it."""
    return {key: whole[key] for key in sorted(whole, key=lambda it: _ORDER.index(it) if it in _ORDER else len(HEAD))}


def _unknown_rules(parts: Sequence[_Part]) -> Iterator[Diagnostic]:
    """Of which several files say something: the stricter is known only where no variable says it."""
    rules = [(part, policy) for part in parts if isinstance(policy := part.root.get("policy"), dict)]
    for number, (part, policy) in enumerate(rules):
        for rule, value in policy.items():
            others = [said for _, other in rules[:number] if (said := other.get(rule, value)) != value]
            if others and has_variable([value, *others]):
                yield Diagnostic(
                    code="conflict",
                    message=f"`policy.{rule}` is said in several files, and a variable has a part in it, so which one "
                    "is the stricter is not known here.",
                    hint="Say it in one file, or write the values themselves.",
                    where=part.source.value_at(("policy", rule)),
                )


def _narrowed(first: Any, other: Any, *, is_head: bool) -> Any:
    """Policies as one: the stricter of each rule."""
    if not (isinstance(first, dict) and isinstance(other, dict)):
        return _together(first, other, is_head=is_head)
    both = {rule: other[rule] for rule in other if rule in first and first[rule] != other[rule]}
    rules = Policy.of({rule: first[rule] for rule in both}).narrowed(Policy.of(both)).rules
    stricter = {rule: sorted(value) if isinstance(value := rules[rule], frozenset) else value for rule in both}
    return {**first, **other, **stricter}


def _together(first: Any, other: Any, *, is_head: bool) -> Any:
    if first is ABSENT:
        return other
    if isinstance(first, dict) and isinstance(other, dict):
        united = {key: _together(first.get(key, ABSENT), inner, is_head=is_head) for key, inner in other.items()}
        return {**first, **united} if is_head else {**other, **first}
    if is_head and isinstance(first, list) and isinstance(other, list):
        return [*first, *(item for item in other if item not in first)]
    return first
