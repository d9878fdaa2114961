"""The draft of a manifest: its files with their variables, and their entries, one resource each, in normal form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, TypeAlias

from provisioner.kinds import KINDS
from provisioner.kinds.live_names import Names
from provisioner.manifest.env import Variables, resolve
from provisioner.manifest.limits import MOST_TOLD, Budget
from provisioner.manifest.misfits import Misfit, is_everything
from provisioner.manifest.places import Source
from provisioner.manifest.schema import EXTENSION, entry_shape
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Finding, Location, Severity
from provisioner.model.document import ABSENT, UNKNOWN, Document, Json, Path, lookup
from provisioner.model.resource import Reference
from provisioner.model.words import found, quoted
from provisioner.model.write_only import sealed
from provisioner.model.written import Texts, Written

OURS: Final = ("external", "live_name", "lifecycle")
Text: TypeAlias = tuple[str | None, Diagnostic | None]  # or why there is none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManifestFile:
    """One file of the manifest: what it says, and how to point at it.

    `root` is what it says, with its variables replaced; `filled` puts what its entries bring along from outside in its
    place, too. `sole` and `written` are what stands there where variables do: see `Resolved`. `unknown` are the paths
    whose value is not the user's, but the remains of a variable or file that could not be read: nothing is held against
    it. `reported` are the places and paths of which the reader complains; where it does, nothing else does. `texts` are
    those of the files that it names, by their path; `held` are the places that named them.
    """

    source: Source
    root: Json
    variables: Variables
    sole: Mapping[Path, str]
    written: Mapping[Path, str]
    unknown: frozenset[Path]
    reported: frozenset[tuple[str, int, int] | str]
    variable_problems: tuple[Diagnostic, ...]
    content_problems: tuple[Diagnostic, ...] = ()
    texts: Mapping[str, Text] = field(default_factory=dict)
    held: frozenset[Path] = frozenset()
    is_as_written: bool = False

    @property
    def name(self) -> str:
        return self.source.lines.file

    def as_written(self) -> ManifestFile:
        """The same with no variable replaced: what is said of it can hold no variable's value."""
        root = dict(self.source.root) if isinstance(self.source.root, dict) else {}
        return replace(self, root=root, content_problems=(), is_as_written=True)

    def shows(self, value: str, path: Path) -> str:
        """The value for a message, or what is written in its place where it is made of variables."""
        return quoted(self.written.get(path, value))

    def is_known(self, path: Path) -> bool:
        """Whether the value there is the user's."""
        return path not in self.unknown

    def told(self, finding: Finding, at: Path = (), *, at_key: bool = False, subject: str = "") -> Iterator[Diagnostic]:
        """The finding at its place; nothing where the value is unknown or the reader has complained already."""
        path = (*at, *finding.path)
        where = self.source.key_at(path) if at_key else self.source.value_at(path)
        if self.is_known(path) and not self._is_reported(finding.code, where):
            yield Diagnostic(
                code=finding.code,
                message=f"{subject}{finding.message}",
                hint=finding.hint,
                severity=finding.severity,
                where=where,
            )

    def _is_reported(self, code: str, where: Location) -> bool:
        if code == "missing-key":  # it stands at what lacks the key, which may be fine itself
            return False
        return (where.file, where.line, where.column) in self.reported or where.path in self.reported

    def error(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str,
        *,
        at_key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Iterator[Diagnostic]:
        return self.told(Finding(path=path, code=code, message=message, hint=hint, severity=severity), at_key=at_key)


def resolved_file(
    source: Source,
    problems: Iterable[Diagnostic],
    variables: Variables,
    *,
    waived: tuple[Path, ...] = (),
    budget: Budget | None = None,
) -> ManifestFile:
    """The file with its variables; below the paths that are `waived` they may be unset. `problems` are the reader's."""
    root = source.root if isinstance(source.root, dict) else {}
    ours = {key: value for key, value in root.items() if not key.startswith(EXTENSION)}
    resolved = resolve(ours, source, variables, waived=waived, budget=budget)
    # that there is a second key says nothing against the first
    places = [each.where for each in problems if each.where and each.code != "duplicate-key"]
    return ManifestFile(
        source=source,
        root={**root, **resolved.value},
        variables=variables,
        sole=resolved.sole,
        written=resolved.written,
        unknown=resolved.unresolved,
        reported=frozenset({*((it.file, it.line, it.column) for it in places), *(it.path for it in places)}),
        variable_problems=resolved.problems,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`value` is the entry with its variables; `fields` the normal form of what is sound in it.

    `known` is what kinds are asked about: see `sound_in`. None where there is nothing to ask about. `written` are the
    texts that stand in it where variables made a value.
    """

    address: Address
    file: ManifestFile
    value: Document
    fields: Document
    references: tuple[Reference, ...]
    external: bool
    known: Document | None
    findings: tuple[Misfit, ...]
    written: Texts

    @property
    def path(self) -> Path:
        return (self.address.kind, self.address.name)

    @property
    def live(self) -> Address:
        """Which live object it is: that of its key, unless it says another name that can be known."""
        name = self.value.get("live_name")
        is_said = isinstance(name, str) and name and self.file.is_known((*self.path, "live_name"))
        return Address(self.address.kind, name) if is_said else self.address  # type: ignore[arg-type]

    def told(self, finding: Finding, *, at_key: bool = False, subject: str = "") -> Iterator[Diagnostic]:
        """As the file's; the finding's path begins in the entry."""
        return self.file.told(finding, self.path, at_key=at_key, subject=subject)

    def error(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str,
        *,
        at_key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Iterator[Diagnostic]:
        """As the file's; the path begins in the entry."""
        return self.file.error(code, (*self.path, *path), message, hint, at_key=at_key, severity=severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command says beside the files: see `load`. `environ` is the environment without any `.env` file."""

    environ: Mapping[str, str]
    allow_env: Collection[str] = ()
    unset: Severity = Severity.ERROR
    project_needed: bool = True
    endpoint: str | None = None
    allow_hosts: Collection[str] = ()
    pinned: bool = False
    environment: str | None = None

    @property
    def waived(self) -> tuple[Path, ...]:
        """Below these, a variable may be unset."""
        if not self.project_needed:
            return (("project",),)
        return (("project", "endpoint"),) if self.endpoint is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything the files say. `entries` holds a resource twice when it is defined twice; `by_address` the first.

    `complete` is False when a file could not be read: what seems to be missing may be in it.
    """

    files: tuple[ManifestFile, ...]
    entries: tuple[Entry, ...]
    by_address: Mapping[Address, Entry]
    variables: Variables
    options: Options
    complete: bool


def sections_of(file: ManifestFile) -> Iterator[tuple[str, Json]]:
    """Each kind's entries by their names, as they are given."""
    for section in KINDS:
        if isinstance(named := file.root.get(section), dict):
            yield section, named


def is_external(value: object) -> bool:
    return isinstance(value, dict) and value.get("external", False) is not False


def entries_of(files: Iterable[ManifestFile]) -> Iterator[Entry]:
    told = 0
    for file in files:
        unknown, written = _by_entry(file.unknown), _by_entry(file.written)
        for section, named in sections_of(file):
            for name in named:
                entry = _entry(file, Address(section, name), unknown.get((section, name), ()), most=MOST_TOLD - told)
                if paths := written.get((section, name)):
                    entry = replace(entry, written=_texts(entry, paths))
                told += len(entry.findings)
                yield entry


def _texts(entry: Entry, paths: Iterable[Path]) -> dict[Path, Written]:
    """But for names of files: what stands there is what the file holds."""
    texts: dict[Path, Written] = {}
    for path in paths:
        place = (*entry.path, *path)
        text, value = entry.file.written[place], lookup(entry.value, path)
        if value is not ABSENT and not isinstance(value, (dict, list)) and place not in entry.file.held:
            texts[path] = Written(text, is_private=entry.file.variables.is_private(text))
    return {**texts, **dict(_respelt(texts, entry.fields))}


def _respelt(texts: Texts, fields: Document) -> Iterator[tuple[Path, Written]]:
    """The texts once more at their places in the normal form, where that spells keys in a way of its own."""
    spellings: dict[int, dict[str, str]] = {}
    for path, text in texts.items():
        if lookup(fields, path) is ABSENT and (found := _alike(fields, path, spellings)):
            yield found, text


def _alike(here: object, path: Path, spellings: dict[int, dict[str, str]]) -> Path | None:
    """The path as it is spelt here. `spellings` are kept, as each takes time with the number of keys."""
    spelt: list[str] = []
    for step in path:
        key: str | None = step
        if isinstance(here, Mapping) and step not in here:
            if id(here) not in spellings:
                spellings[id(here)] = {_folded_key(str(each)): str(each) for each in here}
            key = spellings[id(here)].get(_folded_key(step))
        if key is None or (here := lookup({"": here}, ("", key))) is ABSENT:
            return None
        spelt.append(key)
    return tuple(spelt)


def _folded_key(key: str) -> str:
    return key.replace("_", "").casefold()


def _by_entry(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """As they are seen from the entries in which they are."""
    grouped: dict[Path, list[Path]] = {}
    for path in paths:
        grouped.setdefault(path[:2], []).append(path[2:])
    return grouped


def named_as_declared(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries with those references spelt as the keys that they mean: in other letters, or by an id, which names
    what is live.
    """
    by_key = {entry.address: entry.address for entry in reversed(entries)}
    by_live = {entry.live: entry.address for entry in reversed(entries)}
    keys, lives = Names(by_key), Names(by_live)
    for entry in entries:
        if any(it.case_blind or it.by_id for it in entry.references):
            spelt = (replace(it, target=(lives if it.by_id else keys).meant(it)) for it in entry.references)
            yield replace(entry, references=tuple(spelt))
        else:
            yield entry


def _entry(file: ManifestFile, address: Address, unknown: Iterable[Path], *, most: int) -> Entry:
    """`most` things that do not fit are found in it; its `unknown` paths begin in it."""
    value = file.root[address.kind][address.name]
    external = is_external(value)
    findings = tuple(
        islice(_external_misfits(value), MOST_TOLD) if external else entry_shape(address.kind).misfits(value, most)
    )
    is_ours = isinstance(value, dict) and not external and is_everything(findings)
    fields, references = _normal(address.kind, sound_in(value, findings) if is_ours else {})
    return Entry(
        address=address,
        file=file,
        value=value if isinstance(value, dict) else {},
        fields=fields,
        references=references,
        external=external,
        known=sound_in(value, findings, unknown) if is_ours else None,
        findings=findings,
        written={},
    )


def _normal(section: str, entry: Document) -> tuple[Document, tuple[Reference, ...]]:
    theirs = {key: inner for key, inner in entry.items() if key not in OURS}
    if not theirs:
        return {}, ()
    fields = sealed(KINDS[section].desired(theirs), KINDS[section].traits)
    return fields, tuple(KINDS[section].references(fields))


def _external_misfits(value: Document) -> Iterator[Misfit]:
    for key, inner in value.items():
        if key == "live_name":
            if not isinstance(inner, str):
                message = f"`live_name` is {found(inner)}; it must be text."
                finding = Finding(path=(key,), code="wrong-type", message=message, hint="Quote it.")
                yield Misfit(finding, at_key=False)
        elif key == "external":
            if inner is not True:
                message = f"`external` is {found(inner)}; it must be true or false."
                finding = Finding(path=(key,), code="wrong-type", message=message, hint="Write `external: true`.")
                yield Misfit(finding, at_key=False)
        else:
            message = f"it is external, so `{key}` ({found(inner)}) cannot be said about it."
            hint = f"Remove `{key}`, or remove `external` to manage the resource here."
            yield Misfit(Finding(path=(key,), code="external-key", message=message, hint=hint), at_key=True)


def sound_in(value: Json, misfits: Iterable[Misfit], unknown: Iterable[Path] = ()) -> Json:
    """The entry without unknown keys, and with UNKNOWN in the place of what does not fit, of what is said under a wrong
    name, and of the paths that are `unknown`. Paths into it lead where they did.
    """
    blanks = [*unknown]
    wrong: list[Path] = []
    for misfit in misfits:
        if misfit.finding.code == "unknown-key":
            wrong.append(misfit.finding.path)
        elif misfit.finding.code in {"wrong-type", "bad-value"}:
            blanks.append(misfit.finding.path)
        if misfit.finding.code != "missing-key":
            blanks += misfit.keys
    if not (blanks or wrong):
        return value
    sound: Json = _copied(value)
    for path in wrong:
        holder = _holder(sound, path)
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
    for path in blanks:
        _blank(sound, path)
    return sound


def _copied(value: Any) -> Any:
    """Each part for itself: what an alias has put in two places may be wrong in one."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _holder(value: Any, path: Path) -> Any:
    for step in path[:-1]:
        value = _member(value, step)
    return value


def _member(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[int(step)] if isinstance(value, list) and step.isdecimal() and int(step) < len(value) else None


def _blank(value: Any, path: Path) -> None:
    """At the path, or where the way to it ends."""
    for depth, step in enumerate(path, 1):
        if isinstance(value, dict) and (depth == len(path) or step not in value):
            value[step] = UNKNOWN
            return
        if isinstance(value, list) and depth == len(path) and int(step) < len(value):
            value[int(step)] = UNKNOWN
            return
        value = _member(value, step)
