"""Which resources a run is about: what is targeted, with all that it needs, and what is excluded.

Patterns are held against what is declared, by its key and by the name of what is live, and against what is live and
the owner's. What is somebody else's is no part of any run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

from provisioner.model.address import Address
from provisioner.model.resource import Desired, Live
from provisioner.model.run_scope import RunScope
from provisioner.model.traits import Traits
from provisioner.reconcile.scopes import is_owned, of_one_name

State: TypeAlias = tuple[Mapping[Address, Desired], Mapping[Address, Live]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`excluded` are left out of what else would be `inside`; `everything` is what a run without limits is about."""

    inside: frozenset[Address]
    excluded: frozenset[Address]
    everything: frozenset[Address]

    @property
    def outside(self) -> tuple[Address, ...]:
        return tuple(sorted(self.everything - self.inside))


def select(
    scope: RunScope, state: State, owner: str, traits: Mapping[str, Traits], *, with_needs: bool = True
) -> Selection:
    names = _names(state, owner)
    everything = frozenset(names)
    wanted = _with_moved(_matching(scope.targets, names, traits), state[0]) if scope.targets else everything
    if with_needs:
        wanted = _with_moved(_with_needs(wanted, state[0]), state[0])
    excluded = _with_moved(_matching(scope.excludes, names, traits), state[0]) & wanted
    return Selection(inside=wanted - excluded, excluded=excluded, everything=everything)


def unmatched(scope: RunScope, state: State, owner: str, traits: Mapping[str, Traits]) -> Iterator[str]:
    """The patterns that name nothing."""
    names = _names(state, owner)
    for pattern in (*scope.targets, *scope.excludes):
        if not any(_matching((pattern,), names, traits)):
            yield pattern


def known_names(state: State, owner: str) -> list[str]:
    """Everything that a pattern may name, as people write it."""
    return sorted({str(name) for both in _names(state, owner).values() for name in both})


def live_address(address: Address, state: State, owner: str) -> Address:
    """What a person means by an address: what is live by that name, or else what stands under that key."""
    names = _names(state, owner)
    moved = next(
        (at for at, wanted in state[0].items() if address in wanted.succeeds and address not in state[0]), None
    )
    if moved is not None:
        return moved
    return address if address in names else next((at for at, both in names.items() if address in both), address)


def _names(state: State, owner: str) -> dict[Address, tuple[Address, ...]]:
    desired, live = state
    ours = {at: (at,) for at, found in live.items() if any(is_owned(it, owner) for it in of_one_name(found))}
    return {**ours, **{at: (at, wanted.key_address) if wanted.key else (at,) for at, wanted in desired.items()}}


def _matching(
    patterns: Collection[str], names: Mapping[Address, tuple[Address, ...]], traits: Mapping[str, Traits]
) -> Iterator[Address]:
    """What is written out means what is live by that name before it means a key, or is taken for a pattern."""
    for pattern in patterns:
        exact = [at for at in names if str(at) == pattern]
        exact = exact or [at for at, both in names.items() if any(str(it) == pattern for it in both)]
        yield from exact or (at for at, both in names.items() if any(_fits(it, pattern, traits) for it in both))


def _fits(address: Address, pattern: str, traits: Mapping[str, Traits]) -> bool:
    kind, _, name = pattern.partition("/")
    if traits[address.kind].case_blind:
        return fnmatchcase(address.kind, kind) and fnmatchcase(address.name.casefold(), name.casefold())
    return fnmatchcase(address.kind, kind) and fnmatchcase(address.name, name)


def _with_moved(addresses: Iterable[Address], desired: Mapping[Address, Desired]) -> frozenset[Address]:
    """What takes the place of something goes along with that."""
    found = frozenset(addresses)
    both = [{at, *wanted.succeeds} for at, wanted in desired.items() if wanted.succeeds]
    return found.union(*(it for it in both if it & found))


def _with_needs(wanted: frozenset[Address], desired: Mapping[Address, Desired]) -> frozenset[Address]:
    found = set(wanted)
    waiting = [*wanted]
    while waiting:
        entry = desired.get(waiting.pop())
        more = [it for it in entry.needs if it in desired and it not in found] if entry is not None else []
        found.update(more)
        waiting += more
    return frozenset(found)
