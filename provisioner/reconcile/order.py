"""Which change must wait for which.

    create, update   deployment ─> store ─> agent      what is needed comes first
    delete           agent ─> store ─> deployment      what needs it goes first

The arrows come from the references found in the resources, never from a list of kinds. Only deletes wait for what
leaves, and what stays waits for no delete: so the arrows make no circle where the references make none. A replace
counts as staying: references are by name, and whoever needs it still may be waiting for it. What holds people's data
and is given up goes after that which takes its place, and after copies of it that are not needed.

Among what the arrows leave open, what frees capacity goes before what takes from the same quota: a decrease, a move
to another quota, and the delete of what nothing refers to any more, before an increase or a create. This is a
preference and no arrow: where the one fails, the other is tried all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from graphlib import TopologicalSorter

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.migration import Part
from provisioner.model.plan import Change
from provisioner.model.traits import Traits
from provisioner.reconcile.capacity import Pools


def predecessors(changes: Iterable[Change]) -> dict[Address, frozenset[Address]]:
    """For each change, the changes that must have ended before it starts."""
    by_address = {change.address: change for change in changes}
    leaving: dict[Address, set[Address]] = {}
    for change in by_address.values():
        for needed in change.before.needs if change.before else ():
            leaving.setdefault(needed, set()).add(change.address)
    for change in by_address.values():
        if (whole := _whole(change)) is not None:
            leaving.setdefault(whole, set()).add(change.address)
    return {address: frozenset(_waits_for(change, by_address, leaving)) for address, change in by_address.items()}


def _waits_for(
    change: Change, changes: Mapping[Address, Change], leaving: Mapping[Address, set[Address]]
) -> Iterable[Address]:
    if change.action is Action.DELETE:
        yield from leaving.get(change.address, set()) - {change.address}
        if change.migration is not None and change.migration.part is Part.RETIRE and change.migration.target in changes:
            yield change.migration.target
        return
    if change.action is Action.MIGRATE:
        yield from (at for at in leaving.get(change.address, ()) if _whole(changes[at]) == change.address)
    for needed in change.needs:
        if needed in changes and needed != change.address and changes[needed].action is not Action.DELETE:
            yield needed


def _whole(change: Change) -> Address | None:
    """What has all that a copy holds which is discarded: that goes first, as long as this is seen."""
    way = change.migration
    return way.source if way is not None and way.part is Part.DISCARD else None


def in_order(changes: Iterable[Change], traits: Mapping[str, Traits]) -> tuple[Change, ...]:
    """The changes level by level, each level sorted by address: equal input gives equal output."""
    by_address = {change.address: change for change in changes}
    waits = predecessors(by_address.values())
    pools = Pools(by_address.values(), traits, waits)
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    ordered: list[Change] = []
    ready: set[Address] = set()
    while sorter.is_active():
        ready.update(sorter.get_ready())
        going = pools.first_of(ready)
        ordered.extend(by_address[address] for address in sorted(going))
        ready -= going
        sorter.done(*going)
        pools.ended(going)
    return tuple(ordered)


def in_lanes(changes: Iterable[Change], lane_of: Callable[[str], str]) -> dict[Address, frozenset[Address]]:
    """What each change waits for when the kinds of one lane are written one at a time, in the order given, which must
    be one that the predecessors allow. Kinds without a lane do not wait for each other.
    """
    waits = dict(predecessors(changes := tuple(changes)))
    last: dict[str, Address] = {}
    for change in changes:
        address = change.address
        if lane := lane_of(address.kind):
            waits[address] |= {last[lane]} if lane in last else frozenset()
            last[lane] = address
    return waits
