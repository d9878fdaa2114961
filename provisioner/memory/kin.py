"""Stores that hold the same memories, as one was filled from the other: a migration is under way, or was broken off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from provisioner.model.resource import Live
from provisioner.reconcile.marker import identity_print

Key = Callable[[Live], str]


def kin(store: Live, stores: Iterable[Live], key: Key) -> tuple[Live, ...]:
    """Those that the store was copied to or from. `key` is the entry that a store belongs to."""
    every = tuple(stores)
    return tuple(it for it in every if it.address != store.address and _are_kin(store, it, every, key))


def _are_kin(one: Live, other: Live, every: tuple[Live, ...], key: Key) -> bool:
    if one.marker is None or other.marker is None or one.marker.owner != other.marker.owner:
        return False
    sources = [_source(one, every), _source(other, every)]
    if any(sources):  # which say more than names do
        return other in sources[:1] or one in sources[1:] or (sources[0] is not None and sources[0] == sources[1])
    return key(one) == key(other)


def _source(copy: Live, every: Iterable[Live]) -> Live | None:
    """What it is a copy of, where that is there."""
    said = copy.marker.copy_of if copy.marker is not None else ""
    return next((it for it in every if said and identity_print(it) == said), None)
