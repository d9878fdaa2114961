"""Who will name a resource once the plan is done.

What the plan deletes names nothing any more, and what it points elsewhere names only the new place. What is not ours
goes on naming what it names today.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from provisioner.model.address import Address
from provisioner.model.resource import Desired, Live, OnRemove
from provisioner.model.traits import Traits


def referrers(
    desired: Mapping[Address, Desired], live: Mapping[Address, Live], owner: str, held: Collection[Address] = ()
) -> dict[Address, tuple[Address, ...]]:
    """For each resource that is named, those that name it, sorted. What is `held` stays as it is."""
    found: dict[Address, list[Address]] = {}
    for address in sorted({*desired, *live}):
        wanted, alive = desired.get(address), live.get(address)
        if address in held:
            needs = alive.needs if alive is not None else frozenset()
        else:
            needs = _needs_in_the_end(wanted, alive, owner)
        for needed in needs:
            found.setdefault(needed, []).append(address)
    return {needed: tuple(users) for needed, users in found.items()}


def named_alike(
    desired: Mapping[Address, Desired], live: Mapping[Address, Live], traits: Mapping[str, Traits]
) -> tuple[dict[Address, Desired], dict[Address, Live]]:
    """With what they need by the name of what is meant: where names ignore case, it may be said in other letters."""
    spelt = {_folded(address): address for address in (*live, *desired) if traits[address.kind].case_blind}

    def alike(needs: frozenset[Address]) -> frozenset[Address]:
        return frozenset(spelt.get(_folded(needed), needed) for needed in needs)

    return (
        {address: replace(it, needs=alike(it.needs)) if it.needs else it for address, it in desired.items()},
        {address: replace(it, needs=alike(it.needs)) if it.needs else it for address, it in live.items()},
    )


def _folded(address: Address) -> Address:
    return Address(address.kind, address.name.casefold())


def _needs_in_the_end(wanted: Desired | None, found: Live | None, owner: str) -> frozenset[Address]:
    alive = found.needs if found is not None else frozenset()
    if wanted is None:
        return frozenset() if _will_be_deleted(found, owner) else alive
    if wanted.external:
        return alive
    return wanted.needs | alive if wanted.lifecycle.ignore else wanted.needs  # an ignored field may hold a name


def _will_be_deleted(found: Live | None, owner: str) -> bool:
    marker = found.marker if found is not None else None
    return marker is not None and marker.owner == owner and marker.on_remove is OnRemove.DELETE
