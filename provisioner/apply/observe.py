"""Read live state: every list once, side by side, and a closer look only where a list does not tell enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from provisioner.apply.workers import side_by_side
from provisioner.kinds import Kind, Service
from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError, Unreadable
from provisioner.model.resource import Desired, Live
from provisioner.reconcile.meaning import is_in_scope

T = TypeVar("T")


def observe(
    kinds: Mapping[str, Kind],
    service: Service,
    desired: Mapping[Address, Desired],
    *,
    parallelism: int,
    closely: bool = False,
) -> dict[Address, Live]:
    """Everything live, of every kind. Where a list leaves unclear whose it is or what it says, what is declared is
    looked at once more; `closely`, all is. Of several in different scopes, the one in the declared scope counts. Raises
    Unreadable with what each plane said.
    """
    parts = [partial(_listed, part) for kind in kinds.values() for part in kind.lists(service)]
    listed = [found for part in _all(parts, at_once=len(parts)) for found in part]
    named: dict[Address, list[Live]] = {}
    for found in _named_as_declared(listed, kinds, desired):
        named.setdefault(_folded(found.address, kinds), []).append(found)
    counting = (_in_scope(group, desired.get(group[0].address), kinds) for group in named.values())
    live = {found.address: found for found in counting}
    assumed = {address: Desired(address=address) for address in live} if closely else {}
    looks = [
        partial(kinds[address.kind].inspect, service, wanted, live.get(address))
        for address, wanted in {**assumed, **desired}.items()
        if _may_be_looked_at(kinds[address.kind], wanted, live.get(address))
    ]
    live.update({found.address: found for found in _all(looks, at_once=parallelism) if found is not None})
    return live


def _may_be_looked_at(kind: Kind, wanted: Desired, found: Live | None) -> bool:
    """Of an external one only whether it is there."""
    if wanted.external and found is not None:
        return False
    return not (found is not None and found.odd) and kind.is_unclear(wanted, found)


def _named_as_declared(
    listed: Iterable[Live], kinds: Mapping[str, Kind], desired: Mapping[Address, Desired]
) -> Iterator[Live]:
    """Where names ignore case, a live object goes by the spelling of the manifest: a second one cannot be meant."""
    declared = {
        Address(address.kind, address.name.casefold()): address
        for address in desired
        if kinds[address.kind].traits.case_blind
    }
    for found in listed:
        spelt = declared.get(Address(found.address.kind, found.address.name.casefold()), found.address)
        yield found if spelt == found.address else replace(found, address=spelt)


def _in_scope(group: Sequence[Live], wanted: Desired | None, kinds: Mapping[str, Kind]) -> Live:
    """Of several of one name that in the declared scope, with what else there is; where nothing is declared, or nothing
    is there, the last, which hides the others.
    """
    last = group[-1]
    if len(group) == 1:
        return last
    traits = kinds[last.address.kind].traits
    declared = last.fields if wanted is None or wanted.external else wanted.fields
    found = next((it for it in reversed(group) if is_in_scope(it.fields, declared, traits)), last)
    others = (it for it in reversed(group) if not is_in_scope(it.fields, found.fields, traits))
    return replace(found, namesake=next(others, None))


def _listed(part: Callable[[], Iterable[Live]]) -> list[Live]:
    return list(part())


def _folded(address: Address, kinds: Mapping[str, Kind]) -> Address:
    """Equal for names that mean the same live object."""
    return Address(address.kind, address.name.casefold()) if kinds[address.kind].traits.case_blind else address


def _all(tasks: Sequence[Callable[[], T]], *, at_once: int) -> list[T]:
    """The results, when every task has one; else what every plane said. A bug is raised as it is."""
    ended = side_by_side(tasks, name="read", at_once=at_once)
    failures = [each.error for each in ended if isinstance(each.error, PlaneError)]
    results = [each.result for each in ended if not isinstance(each.error, PlaneError)]
    if failures:
        raise Unreadable(tuple(_told_once(failures)))
    return results


def _told_once(failures: Iterable[PlaneError]) -> Iterable[PlaneError]:
    """Several requests may have met the same obstacle; what differs is their ids."""
    first: dict[Failure, PlaneError] = {}
    for each in failures:
        first.setdefault(replace(each.failure, request_id=""), each)
    return first.values()
