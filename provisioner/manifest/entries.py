"""Entries: one resource each, as its file says it and in normal form."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from provisioner.kinds import KINDS
from provisioner.manifest.env import Variables
from provisioner.manifest.inline import inline_files
from provisioner.manifest.limits import MOST_TOLD, Resource
from provisioner.manifest.misfits import Misfit, is_everything
from provisioner.manifest.schema import entry_shape
from provisioner.manifest.sound import sound_in
from provisioner.manifest.unit import Unit
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Finding
from provisioner.model.document import Document, Path
from provisioner.model.resource import Reference
from provisioner.model.words import found
from provisioner.reconcile.write_only import sealed

OURS: Final = ("external", "lifecycle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`value` is the entry with its variables; `fields` the normal form of what is sound in it.

    `known` is what kinds are asked about: see `sound_in`. None where there is nothing to ask about.
    """

    address: Address
    unit: Unit
    value: Document
    fields: Document
    references: tuple[Reference, ...]
    external: bool
    known: Document | None
    findings: tuple[Misfit, ...]
    problems: tuple[Diagnostic, ...] = ()

    @property
    def path(self) -> Path:
        return (self.address.kind, self.address.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything the files say. `entries` holds a resource twice when it is defined twice; `by_address` the first.

    `complete` is False when a file could not be read: what seems to be missing may be in it. `endpoint` is the project
    endpoint that the command gives, `allow_hosts` what hosts beside Azure's it lets tokens go to. `environ` is the
    environment without any `.env` file; where it is `pinned`, the manifest may not say otherwise.
    """

    units: tuple[Unit, ...]
    entries: tuple[Entry, ...]
    by_address: Mapping[Address, Entry]
    variables: Variables
    project_needed: bool
    complete: bool
    endpoint: str | None = None
    allow_hosts: Collection[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    pinned: bool = False


def entries_of(units: Sequence[Unit]) -> Iterator[Entry]:
    """None at all where there are more than there may be."""
    addresses = [(unit, Address(section, name)) for unit in units for section in KINDS for name in _in(unit, section)]
    if units and not units[0].budget.take(Resource.RESOURCES, len(addresses)):
        return
    told = 0
    for unit, address in addresses:
        entry = _entry(unit, address, most=MOST_TOLD - told)
        told += len(entry.findings)
        yield entry


def named_as_declared(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries with those references spelt as what they name, which mean the same in other letters."""
    declared = {_folded(entry.address): entry.address for entry in reversed(entries)}
    for entry in entries:
        if any(it.case_blind for it in entry.references):
            spelt = (
                replace(it, target=declared.get(_folded(it.target), it.target)) if it.case_blind else it
                for it in entry.references
            )
            yield replace(entry, references=tuple(spelt))
        else:
            yield entry


def _folded(address: Address) -> Address:
    return Address(address.kind, address.name.casefold())


def _in(unit: Unit, section: str) -> Collection[str]:
    names = unit.root.get(section)
    return names if isinstance(names, dict) else ()


def _entry(unit: Unit, address: Address, *, most: int) -> Entry:
    """`most` things that do not fit are found in it."""
    at = (address.kind, address.name)
    shape = entry_shape(address.kind)
    problems = list(unit.convert(shape.schema, at))
    value = unit.root[address.kind][address.name]
    external = isinstance(value, dict) and value.get("external", False) is not False
    if not external:
        value, file_problems = inline_files(unit, at, value)
        problems += file_problems
    findings = tuple(islice(_external_misfits(value), MOST_TOLD) if external else shape.misfits(value, most))
    is_ours = isinstance(value, dict) and not external and is_everything(findings)
    fields, references = _normal(address.kind, sound_in(value, findings) if is_ours else {})
    return Entry(
        address=address,
        unit=unit,
        value=value if isinstance(value, dict) else {},
        fields=fields,
        references=references,
        external=external,
        known=sound_in(value, findings, unit.unknown_in(at)) if is_ours else None,
        findings=findings,
        problems=tuple(problems),
    )


def _normal(section: str, entry: Document) -> tuple[Document, tuple[Reference, ...]]:
    theirs = {key: inner for key, inner in entry.items() if key not in OURS}
    if not theirs:
        return {}, ()
    fields = sealed(KINDS[section].desired(theirs), KINDS[section].traits)
    return fields, tuple(KINDS[section].references(fields))


def _external_misfits(value: Document) -> Iterator[Misfit]:
    for key, inner in value.items():
        if key == "external":
            if inner is not True:
                message = f"`external` is {found(inner)}; it must be true or false."
                finding = Finding(path=(key,), code="wrong-type", message=message, hint="Write `external: true`.")
                yield Misfit(finding, at_key=False)
        else:
            message = f"it is external, so `{key}` ({found(inner)}) cannot be said about it."
            hint = f"Remove `{key}`, or remove `external` to manage the resource here."
            yield Misfit(Finding(path=(key,), code="external-key", message=message, hint=hint), at_key=True)
