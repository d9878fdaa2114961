"""From files to a checked manifest.

Files are read; the environment that is chosen is laid over them; variables are put in; what entries keep in files of
their own is put in its place; the whole is checked.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from provisioner.kinds import KINDS
from provisioner.kinds.live_names import Names
from provisioner.manifest.checks import PLAIN_RULES, RULES
from provisioner.manifest.codes import CODES
from provisioner.manifest.declared_checks import declared_checks
from provisioner.manifest.draft import (
    Draft,
    Entry,
    ManifestFile,
    Options,
    entries_of,
    named_as_declared,
    resolved_file,
    sections_of,
)
from provisioner.manifest.env import Variables, gather
from provisioner.manifest.environments import Environments
from provisioner.manifest.inline import filled
from provisioner.manifest.laying import Overlaid, told_of_new, told_where_taken_out
from provisioner.manifest.limits import Budget, Resource, bounded
from provisioner.manifest.places import PlacelessSource, Source
from provisioner.manifest.project import OVERRIDDEN, Head, ProjectSettings, head_conflicts, head_misfits, overrides
from provisioner.manifest.reader import read
from provisioner.manifest.reading import Files, read_files
from provisioner.manifest.settled import settled, unset, with_sensitive
from provisioner.manifest.variables import words_of
from provisioner.model.address import Address
from provisioner.model.check import Check
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import Document, Json, dotted
from provisioner.model.document import Path as DocumentPath
from provisioner.model.lock import LockSettings
from provisioner.model.migration import Way
from provisioner.model.policy import Policy
from provisioner.model.resource import Desired, Lifecycle, OnRemove, OnReplace
from provisioner.model.scopes import declared_scopes
from provisioner.model.words import printable, quoted
from provisioner.preflight.settings import Settings

__all__ = ["Loaded", "Manifest", "ProjectSettings", "load", "load_entries", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`name` is the owner id. `resources` go by the names of what is live. Texts from files are inlined, variables
    replaced. `overrides` are the warnings that a reviewer of the plan must see, too: where the project is another one
    than the environment says. `preflight` is what it says of the checks that are part of a plan, `policy` what it and
    the command let a run do at most, `lock` what it has runs take before they write. `environment` is the one of its
    own that is chosen, if it has any; `sensitive` are its sensitive variables, with their types. `checks` are for
    afterwards.
    """

    name: str
    project: ProjectSettings
    resources: Mapping[Address, Desired]
    overrides: tuple[Diagnostic, ...] = ()
    preflight: Settings = field(default_factory=Settings)
    environment: str | None = None
    sensitive: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    lock: LockSettings | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """`manifest` is None exactly when a diagnostic is an error. Diagnostics are sorted by place. `project` is what can
    be told of the project all the same: None where no file could be read.
    """

    manifest: Manifest | None
    diagnostics: tuple[Diagnostic, ...]
    project: ProjectSettings | None = None


def load(
    paths: Sequence[Path],
    *,
    environ: Mapping[str, str],
    allow_env: Collection[str] = (),
    variables: Sequence[tuple[str, str]] = (),
    variable_files: Sequence[Path] = (),
    unset: Severity = Severity.ERROR,
    project_needed: bool = True,
    endpoint: str | None = None,
    allow_hosts: Collection[str] = (),
    pinned: bool = False,
    environment: str | None = None,
    policy: Policy | None = None,
) -> Loaded:
    """Read files and folders as one manifest and check all of it; raises nothing a user could cause.

    `allow_env` are variables beyond the allow-list. `variables` are names and texts that win over the `variable_files`,
    of which the later ones win. `unset` is how bad an unset variable is, and a setting that
    neither manifest nor environment gives; with WARNING the manifest may hold the reference's own text. Without
    `project_needed` the `project:` block may lack anything. `endpoint` is the project's, whatever the manifest says; it
    must have no `endpoint_fault`. `allow_hosts` are hosts beside Azure's that the manifest may name. With `pinned` the
    project must be the one that `environ` says, and a `.env` file may not say another. `environment` is the one of the
    manifest's that is chosen; left out, `environ` or the manifest chooses. `policy` narrows the manifest's.
    """
    options = Options(
        environ=environ,
        allow_env=allow_env,
        variables=variables,
        variable_files=variable_files,
        unset=unset,
        project_needed=project_needed,
        endpoint=endpoint,
        allow_hosts=allow_hosts,
        pinned=pinned,
        environment=environment,
        policy=policy or Policy(),
    )
    with uncollected():
        return _load(paths, options)


@contextmanager
def uncollected() -> Iterator[None]:
    """A third of the time would go to looking for garbage among values that are all in use."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(paths: Sequence[Path], options: Options) -> Loaded:
    budget = Budget()
    found = read_files(paths, options, budget)
    overlaid = Environments(found.files, budget, complete=found.complete).chosen(options.environment, options.environ)
    return loaded_with(found, overlaid, options, budget)


def loaded_with(found: Files, overlaid: Overlaid, options: Options, budget: Budget) -> Loaded:
    """The files with one environment, checked."""
    problems = [*found.problems, *bounded(overlaid.problems)]
    if budget.is_spent or not overlaid.is_usable:
        return _given_up(problems, ())
    said = settled(found, overlaid, options, budget)
    problems += said.problems
    files: list[ManifestFile] = []
    for each in said.files:
        if budget.is_spent:
            return _given_up(problems, files)
        waived, put_in = options.waived, {at: words_of(those) for at, those in each.put_in.items()}
        file = resolved_file(each.source, each.problems, said.variables, waived=waived, budget=budget, put_in=put_in)
        files.append(file)
    if budget.is_spent:
        return _given_up(problems, files)
    if too_many := _too_many(files, budget):
        return _given_up([*problems, too_many], files)
    draft = _draft([filled(file, budget) for file in files], said.variables, options, complete=found.complete)
    if budget.is_spent:
        return _given_up([*problems, *(it for file in draft.files for it in file.content_problems)], files)
    return _finished(draft, problems, overlaid)


def _too_many(files: Sequence[ManifestFile], budget: Budget) -> Diagnostic | None:
    """Asked before any entry is looked at."""
    number = sum(len(named) for file in files for _, named in sections_of(file))
    if budget.take(Resource.RESOURCES, number):
        return None
    first = next(file for file in files if file.source.root is not None)
    return budget.exceeded(Resource.RESOURCES, first.source.key_at(()))


def _given_up(problems: Iterable[Diagnostic], files: Iterable[ManifestFile]) -> Loaded:
    """There is more than is read, and nothing is said of what may be missing from the rest."""
    of_variables = (problem for file in files for problem in file.variable_problems)
    return Loaded(manifest=None, diagnostics=tidied([*problems, *of_variables]))


def _finished(draft: Draft, problems: Iterable[Diagnostic], overlaid: Overlaid | None = None) -> Loaded:
    head = Head(draft)
    checked = _checked(draft, head)
    if overlaid is not None and overlaid.new:
        checked = told_of_new(checked, overlaid, draft.entries)
    if overlaid is not None and overlaid.layers:
        checked = told_where_taken_out(checked, overlaid)
    diagnostics = tidied([*problems, *checked])
    project = head.settings if draft.files else None
    if any(each.is_error for each in diagnostics):
        return Loaded(manifest=None, diagnostics=diagnostics, project=project)
    names = Names({entry.address: entry.live for entry in draft.by_address.values() if entry.live != entry.address})
    resources = {entry.live: _desired(entry, names) for entry in draft.by_address.values()}
    overridden = tuple(each for each in diagnostics if each.code == OVERRIDDEN)
    manifest = Manifest(
        name=head.name,
        project=head.settings,
        resources=resources,
        overrides=overridden,
        preflight=head.preflight,
        environment=overlaid.environment if overlaid is not None else None,
        sensitive=draft.variables.sensitive,
        policy=head.policy,
        lock=head.lock,
        checks=declared_checks(draft, names),
    )
    return Loaded(manifest=manifest, diagnostics=diagnostics, project=project)


def load_entries(
    name: str,
    entries: Mapping[Address, Document],
    external: Collection[Address] = (),
    *,
    file: str,
    environ: Mapping[str, str],
    allow_env: Collection[str] = (),
    sensitive: Mapping[str, str] | None = None,
    variables: Sequence[tuple[str, str]] = (),
    variable_files: Sequence[Path] = (),
) -> Loaded:
    """Entries that were kept in a file of another sort, checked as a manifest's are: variables are read, and no files.
    `external` is what they name beside each other, `sensitive` are the types of the variables in them, which are all
    that `variables` and `variable_files` may set. Problems are told with the path, as there are no lines.
    """
    options = Options(
        environ=environ,
        allow_env=allow_env,
        variables=variables,
        variable_files=variable_files,
        project_needed=False,
    )
    with uncollected():
        return _load_entries(_root(name, entries, external), file, sensitive or {}, options)


def _root(name: str, entries: Mapping[Address, Document], external: Collection[Address]) -> Json:
    root: Json = {"version": 1, "name": name}
    for address in external:
        root.setdefault(address.kind, {})[address.name] = {"external": True}
    for address, entry in entries.items():
        root.setdefault(address.kind, {})[address.name] = entry
    return root


def _load_entries(root: Json, file: str, sensitive: Mapping[str, str], options: Options) -> Loaded:
    budget = Budget()
    variables, problems = gather(Path(), options.environ, options.allow_env, options.unset, budget)
    variables, told = with_sensitive(variables, sensitive, file, options, budget)
    problems += told
    manifest = resolved_file(PlacelessSource(root, file=file), (), variables, waived=options.waived, budget=budget)
    too_many = None if budget.is_spent else _too_many([manifest], budget)
    if budget.is_spent:
        return _placeless(_given_up([*problems, *([too_many] if too_many else [])], [manifest]))
    draft = _draft([filled(manifest, budget, names_files=False)], variables, options, complete=True)
    return _placeless(_finished(draft, problems))


def _placeless(loaded: Loaded) -> Loaded:
    told = (
        replace(it, where=None, message=f"`{it.where.path}`: {it.message}") if it.where and it.where.path else it
        for it in loaded.diagnostics
    )
    return replace(loaded, diagnostics=tuple(told))


def refused(text: str) -> dict[Address, Diagnostic]:
    """The resources of a manifest's text that cannot stand in it, each with the first error in it."""
    source, problems = read(text, file="")
    if source is None:
        return {}
    options = Options(environ={}, project_needed=False)
    budget = Budget()
    variables, source = unset(Variables(values={}, unset=Severity.WARNING), source, budget)
    file = resolved_file(source, problems, variables, budget=budget)
    if _too_many([file], budget):
        return {}
    draft = _draft([filled(file, budget)], variables, options, complete=True)
    places = {dotted(entry.path): entry.address for entry in draft.entries}
    found: dict[Address, Diagnostic] = {}
    for rule in (*PLAIN_RULES, *RULES):
        for problem in rule(draft):
            address = _innermost(places, problem.where.path) if problem.is_error and problem.where else None
            if address is not None:
                found.setdefault(address, problem)
    return found


def _innermost(places: Mapping[str, Address], path: str) -> Address | None:
    """The resource in which the path is. Names may hold dots, so the longest one wins."""
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path)


def _draft(files: Iterable[ManifestFile], variables: Variables, options: Options, *, complete: bool) -> Draft:
    ours = tuple(file for file in files if file.source.root is not None)
    entries = tuple(named_as_declared(tuple(entries_of(ours))))
    by_address: dict[Address, Entry] = {}
    for entry in entries:
        by_address.setdefault(entry.address, entry)
    return Draft(
        files=ours,
        entries=entries,
        by_address=by_address,
        variables=variables,
        options=options,
        complete=complete and all(isinstance(file.source.root, dict) for file in ours),
    )


def _checked(draft: Draft, head: Head) -> Iterator[Diagnostic]:
    yield from head_conflicts(draft)
    yield from head.problems()
    yield from overrides(draft, head)
    for rule in PLAIN_RULES:
        yield from bounded(rule(draft))
    problems = _by_the_rules(draft)
    if problems and any(file.written for file in draft.files):
        budget = Budget()
        as_written = [filled(file.as_written(), budget) for file in draft.files]
        twin = _draft(as_written, draft.variables, draft.options, complete=draft.complete)
        written = {
            (file.source.value_at(path).file, dotted(path)): text
            for file in draft.files
            for path, text in file.written.items()
        }
        yield from _unvalued(problems, _by_the_rules(twin), written)
    else:
        yield from problems


def _by_the_rules(draft: Draft) -> list[Diagnostic]:
    heads = (problem for file in draft.files for problem in head_misfits(file))
    return [*bounded(heads), *(problem for rule in RULES for problem in bounded(rule(draft)))]


def _unvalued(
    problems: Iterable[Diagnostic], as_written: Iterable[Diagnostic], written: Mapping[tuple[str, str], str]
) -> Iterator[Diagnostic]:
    """`problems` in the words of `as_written`; `written` is what stands in a file, at a path, where a variable does.

    Whatever a rule says, it may have seen a value that came from `${env:…}`. So when something is wrong, the rules are
    asked a second time about the manifest as it is written, with no variable replaced: what they say then cannot hold a
    value. Where only the value is to blame, the words are the same for every value.
    """
    problems = list(problems)
    same = set(as_written) & set(problems)
    spare: dict[tuple[str, Location | None], list[Diagnostic]] = defaultdict(list)
    for each in as_written:
        if each not in same:
            spare[each.code, each.where].append(each)
    for problem in problems:
        others = spare[problem.code, problem.where]
        if problem in same or problem.code == "more-problems":
            yield problem
        elif others:
            yield replace(others.pop(0), severity=problem.severity)
        else:
            yield _in_words_of_its_code(problem, written)


def _in_words_of_its_code(problem: Diagnostic, written: Mapping[tuple[str, str], str]) -> Diagnostic:
    where = problem.where
    text = written.get((where.file, where.path)) if where else None
    cause = f"{quoted(text)} stands here" if text is not None else "A variable has a part in it"
    return replace(
        problem,
        message=f"{CODES[problem.code]} {cause}; what variables hold is not shown.",
        hint="Look at what the variable holds, and at what is wanted here.",
    )


def tidied(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted, each once, and safe to print: kinds and parsers quote names as they find them."""
    unique = {each.order: each for each in sorted(problems, key=lambda each: each.order)}
    return tuple(replace(each, message=printable(each.message), hint=printable(each.hint)) for each in unique.values())


def _desired(entry: Entry, names: Names) -> Desired:
    """From here on, everything goes by the names of what is live."""
    kind = KINDS[entry.address.kind]
    return Desired(
        address=entry.live,
        fields=names.fields(kind, entry.fields),
        needs=frozenset(names.of(reference.target) for reference in entry.references),
        lifecycle=_lifecycle(entry.value.get("lifecycle") or {}),
        external=entry.external,
        key=entry.address.name if entry.live != entry.address else "",
        where=entry.file.source.key_at(entry.path),
        places=partial(_place, entry.file.source, entry.path),
        entry=names.entry(kind, entry.fields, entry.value, entry.written),
        written=entry.written,
        scopes=declared_scopes(entry.value) if kind.traits.holds_data else (),
    )


def _place(source: Source, entry: DocumentPath, path: DocumentPath) -> Location:
    return source.value_at((*entry, *path))


def _lifecycle(said: Document) -> Lifecycle:
    return Lifecycle(
        prevent_destroy=said.get("prevent_destroy"),
        on_remove=OnRemove.KEEP if said.get("on_remove") == OnRemove.KEEP.value else OnRemove.DELETE,
        ignore=tuple(tuple(path.split(".")) for path in said.get("ignore", ())),
        suspend=said.get("suspend") is True,
        on_replace=_on_replace(said.get("on_replace", OnReplace.REFUSE.value)),
    )


def _on_replace(said: str | Document) -> OnReplace:
    if isinstance(said, str):
        return OnReplace(said)
    return OnReplace.SIDE_BY_SIDE if said["migrate"] == Way.SIDE_BY_SIDE.value else OnReplace.MIGRATE
