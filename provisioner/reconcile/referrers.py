"""Who will name a resource once the plan is done.

What the plan deletes names nothing any more, and what it points elsewhere names only the new place. What is not ours
goes on naming what it names today.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.model.address import Address
from provisioner.model.resource import Desired, Live, OnRemove


def referrers(
    desired: Mapping[Address, Desired], live: Mapping[Address, Live], owner: str
) -> dict[Address, tuple[Address, ...]]:
    """For each resource that is named, those that name it, sorted."""
    found: dict[Address, list[Address]] = {}
    for address in sorted({*desired, *live}):
        for needed in _needs_in_the_end(desired.get(address), live.get(address), owner):
            found.setdefault(needed, []).append(address)
    return {needed: tuple(users) for needed, users in found.items()}


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
