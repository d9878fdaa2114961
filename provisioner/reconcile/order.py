"""Which change must wait for which.

    create, update   deployment ─> store ─> agent      what is needed comes first
    delete           agent ─> store ─> deployment      what needs it goes first

The arrows come from the references found in the resources, never from a list of kinds. Only deletes wait for what
leaves, and what stays waits for no delete: so the arrows make no circle where the references make none. A replace
counts as staying: references are by name, and whoever needs it still may be waiting for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from provisioner.model.address import Address
from provisioner.model.plan import Action, Change


def predecessors(changes: Iterable[Change]) -> dict[Address, frozenset[Address]]:
    """For each change, the changes that must have ended before it starts."""
    by_address = {change.address: change for change in changes}
    leaving: dict[Address, set[Address]] = {}
    for change in by_address.values():
        for needed in change.before.needs if change.before else ():
            leaving.setdefault(needed, set()).add(change.address)
    return {address: frozenset(_waits_for(change, by_address, leaving)) for address, change in by_address.items()}


def _waits_for(
    change: Change, changes: Mapping[Address, Change], leaving: Mapping[Address, set[Address]]
) -> Iterable[Address]:
    if change.action is Action.DELETE:
        yield from leaving.get(change.address, set()) - {change.address}
        return
    for needed in change.needs:
        if needed in changes and needed != change.address and changes[needed].action is not Action.DELETE:
            yield needed


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes level by level, each level sorted by address: equal input gives equal output."""
    by_address = {change.address: change for change in changes}
    sorter = TopologicalSorter(predecessors(by_address.values()))
    sorter.prepare()
    ordered: list[Change] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(by_address[address] for address in ready)
        sorter.done(*ready)
    return tuple(ordered)
