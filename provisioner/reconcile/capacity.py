"""Capacity that resources share: what a change takes from a quota, and what it gives back to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from provisioner.model.address import Address
from provisioner.model.document import Document, dotted, lookup
from provisioner.model.errors import Failure
from provisioner.model.plan import Change
from provisioner.model.traits import Traits
from provisioner.model.words import joined

Pool: TypeAlias = tuple[str, ...]
Waits: TypeAlias = Mapping[Address, Collection[Address]]
_UNSAID: Final = 1.0  # assumed: what is taken where no capacity is declared or shown
_NO_QUOTA: Final = "InsufficientQuota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The pool that has more left after a change, and the one that has less; None where there is none."""

    frees: Pool | None = None
    takes: Pool | None = None


def flow(change: Change, traits: Traits) -> Flow:
    before = _held(change.before.fields if change.before else None, change.address.kind, traits)
    after = _held(change.after, change.address.kind, traits)
    if before is None or after is None or before[0] != after[0]:
        return Flow(frees=before[0] if before else None, takes=after[0] if after else None)
    (pool, was), (_, now) = before, after
    return Flow(frees=pool if now < was else None, takes=pool if now > was else None)


def _held(fields: Document | None, kind: str, traits: Traits) -> tuple[Pool, float] | None:
    """Which pool, and how much of it."""
    if fields is None or not traits.capacity:
        return None
    amount = lookup(fields, traits.capacity)
    is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
    return (kind, *traits.pool(fields)), float(amount) if is_number else _UNSAID  # type: ignore[arg-type]


class Pools:
    """Which changes should let others go first, while a plan is put in order."""

    def __init__(self, changes: Iterable[Change], traits: Mapping[str, Traits], waits: Waits) -> None:
        flows = {change.address: flow(change, traits[change.address.kind]) for change in changes}
        self._takes = {address: it.takes for address, it in flows.items() if it.takes is not None}
        self._frees = {address: it.frees for address, it in flows.items() if it.frees is not None}
        self._waits = waits

    def first_of(self, ready: Collection[Address]) -> set[Address]:
        """Those that no other one should precede: whoever takes from a pool lets go first what frees some of it, unless
        that waits for it in turn.
        """
        going = {address for address in ready if not self._should_wait(address)}
        return going or self.first_needed(ready)

    def first_needed(self, ready: Collection[Address]) -> set[Address]:
        """Those without which nothing that frees capacity can begin."""
        return {address for address in _with_all_before(self._frees, self._waits) if address in ready}

    def ended(self, addresses: Iterable[Address]) -> None:
        for address in addresses:
            self._frees.pop(address, None)

    def _should_wait(self, address: Address) -> bool:
        pool = self._takes.get(address)
        return pool is not None and any(it == pool for freeing, it in self._frees.items() if freeing != address)


def _with_all_before(addresses: Iterable[Address], waits: Waits) -> set[Address]:
    found: set[Address] = set()
    pending = list(addresses)
    while pending:
        address = pending.pop()
        if address not in found:
            found.add(address)
            pending.extend(waits.get(address, ()))
    return found


def lacks_quota(failure: Failure) -> bool:
    return _NO_QUOTA in (failure.code, *failure.message.replace(":", " ").split())


def way_out(change: Change, changes: Iterable[Change], traits: Mapping[str, Traits], waits: Waits) -> str:
    """What to do where the quota that a change lacks is held by what the plan frees only after it: a renamed deployment
    that is still in use. Empty where nothing of the kind is planned.
    """
    holders = sorted(_holders(change, changes, traits, waits))
    if not holders:
        return ""
    names = joined(holders)
    hold, its = ("holds", "its") if len(holders) == 1 else ("hold", "their")
    return (
        f"{names} {hold} that capacity and cannot let go of it before {change.address} is there, so running again "
        f"fails again. Do it in two steps: first leave {names} in the manifest with {its} "
        f"`{dotted(traits[change.address.kind].capacity)}` lowered, give {change.address} no more than that frees, and "
        f"apply; then remove {names}, raise {change.address}, and apply."
    )


def _holders(
    change: Change, changes: Iterable[Change], traits: Mapping[str, Traits], waits: Waits
) -> Iterator[Address]:
    pool = flow(change, traits[change.address.kind]).takes
    for other in changes if pool is not None else ():
        frees = flow(other, traits[other.address.kind]).frees == pool and other.address != change.address
        if frees and change.address in _with_all_before([other.address], waits):
            yield other.address
