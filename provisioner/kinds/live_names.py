"""Between the keys of a manifest, which its references use, and the names of what is live, which requests use.

This is the only place that changes the one into the other in the fields of a resource, both ways and for every kind: by
what its `references` say. An id names what is live wherever it stands, so it stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.kinds.protocol import Kind
from provisioner.model.address import Address
from provisioner.model.document import Document, Path, lookup, with_value
from provisioner.model.resource import Desired, Reference

if TYPE_CHECKING:
    from provisioner.reconcile.successors import Succession  # which takes plans, and nobody validates with one


class Names:
    """What each address is called on the other side; what is not in it has one name."""

    def __init__(self, others: Mapping[Address, Address]) -> None:
        self._others = others
        self._folded = {_folded(address): other for address, other in others.items()}

    def __bool__(self) -> bool:
        return bool(self._others)

    def of(self, address: Address) -> Address:
        return self._others.get(address, address)

    def meant(self, reference: Reference) -> Address:
        """Of what a reference names, which may be in other letters."""
        target = reference.target
        return self._folded.get(_folded(target), target) if reference.case_blind else self.of(target)

    def fields(self, kind: Kind, fields: Document) -> Document:
        """The fields with every name that they refer by put as the other side calls it."""
        for path, text in self._spelt(kind, fields):
            fields = with_value(fields, path, text)
        return fields

    def entry(self, kind: Kind, fields: Document, entry: Document, made: Collection[Path]) -> Document | None:
        """The entry that has these fields, in the words of the other side. None where it cannot be put so: a name is
        written in another place than in the fields, or is `made` by variables.
        """
        entry = {key: value for key, value in entry.items() if key != "live_name"} if "live_name" in entry else entry
        for path, text in self._spelt(kind, fields):
            if path in made or lookup(entry, path) != lookup(fields, path):
                return None
            entry = with_value(entry, path, text)
        return entry

    def _spelt(self, kind: Kind, fields: Document) -> Iterator[tuple[Path, str]]:
        for reference in kind.references(fields) if self else ():
            meant = self.meant(reference)
            if meant.name != reference.target.name and not reference.by_id:
                behind = str(lookup(fields, reference.path))[len(reference.target.name) :]
                yield reference.path, meant.name + behind


def readdressed(
    desired: Mapping[Address, Desired], found: Mapping[Address, Succession], kinds: Mapping[str, Kind]
) -> Mapping[Address, Desired]:
    """The entries by the names of what they mean, with every name in them that refers to one."""
    if not found:
        return desired
    names = Names({at: it.at for at, it in found.items() if at != it.at})
    moved = (_moved(it, found.get(it.address), names, kinds[it.address.kind]) for it in desired.values())
    return {it.address: it for it in moved}


def _moved(wanted: Desired, succession: Succession | None, names: Names, kind: Kind) -> Desired:
    at = names.of(wanted.address)
    entry = wanted.entry
    return replace(
        wanted,
        address=at,
        succeeds=succession.sources if succession is not None else (),
        fields=names.fields(kind, wanted.fields),
        needs=frozenset(map(names.of, wanted.needs)),
        key=wanted.key if at == wanted.address else wanted.key_address.name,
        entry=names.entry(kind, wanted.fields, entry, wanted.written) if entry is not None else None,
    )


def _folded(address: Address) -> Address:
    return Address(address.kind, address.name.casefold())
