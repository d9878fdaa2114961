"""What the manifest names though nobody declares it: whether it is there, now that the lists have been read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Final

from provisioner.kinds import Kind, Service
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.resource import Desired, Live, Reference
from provisioner.reconcile.guard import missing_reference

_MOST: Final = 100  # a guess looks at every name


def missing_references(
    kinds: Mapping[str, Kind],
    service: Service,
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    *,
    apart: Collection[Address] = (),
) -> Iterator[Diagnostic]:
    """References to what is neither declared nor live; nothing of kinds that were not listed whole. An id may be that
    of another account, of which nothing is known. Those of what stands `apart` are not told.
    """
    apart = frozenset(apart)
    whole = {section for section, kind in kinds.items() if kind.lists_all(service)}
    known = {(address.kind, address.name.casefold()) for address in (*desired, *live)}
    missing = (
        (wanted, reference)
        for wanted in desired.values()
        if wanted.address not in apart
        for reference in _uncertain(kinds[wanted.address.kind], wanted)
        if reference.target.kind in whole and (reference.target.kind, reference.target.name.casefold()) not in known
    )
    told = list(islice(missing, _MOST))
    names = {section: _there(section, desired, live) for section in {reference.target.kind for _, reference in told}}
    for wanted, reference in told:
        section = reference.target.kind
        yield missing_reference(wanted, reference, noun=kinds[section].singular, known=names[section])


def _there(section: str, desired: Mapping[Address, Desired], live: Mapping[Address, Live]) -> list[str]:
    """What may be meant. What is declared external and is not there is told by itself, and would be no remedy."""
    own = {address for address, wanted in desired.items() if not wanted.external}
    return sorted(address.name for address in {*live, *own} if address.kind == section)


def _uncertain(kind: Kind, wanted: Desired) -> Iterator[Reference]:
    """Those that `manifest.references` leaves open."""
    if not wanted.external:
        yield from (it for it in kind.references(wanted.fields) if it.optional and not it.by_id)
