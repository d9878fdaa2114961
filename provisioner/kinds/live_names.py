"""Between the keys of a manifest, which its references use, and the names of what is live, which requests use.

This is the only place that changes the one into the other in the fields of a resource, both ways and for every kind: by
what its `references` say. An id names what is live wherever it stands, so it stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.kinds.protocol import Kind
from provisioner.model.address import Address
from provisioner.model.document import Document, lookup, with_value
from provisioner.model.resource import Reference


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
        for reference in kind.references(fields) if self else ():
            meant = self.meant(reference)
            if meant.name != reference.target.name and not reference.by_id:
                written = str(lookup(fields, reference.path))
                behind = written[len(reference.target.name) :]
                fields = with_value(fields, reference.path, meant.name + behind)
        return fields


def _folded(address: Address) -> Address:
    return Address(address.kind, address.name.casefold())
