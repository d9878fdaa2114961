"""Which live store an entry means, where one takes the place of another under a name of its own.

The key in the manifest is the logical name. What is live by it is the store of the owner that carries the key. Where
one is being filled from another, the other is in use until the mark of the new one says that it is filled; from then on
the new one is. So where an edit is taken back in between, the one that was in use is meant again, whole as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provisioner.model.address import Address
from provisioner.model.document import digest, only
from provisioner.model.redact import redacted
from provisioner.model.resource import Desired, Live, OnReplace
from provisioner.model.traits import Traits
from provisioner.model.written import as_written
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord, identity_print
from provisioner.reconcile.migrations import is_filled, shadows, source_of
from provisioner.reconcile.scopes import is_owned

_DIGITS: Final = 6
_LONGEST_NAME: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """`at` is what the entry means, which takes the place of `sources`, that which is in use first."""

    at: Address
    sources: tuple[Address, ...] = ()


def successions(
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    owner: str,
    traits: Mapping[str, Traits],
    *,
    anew: Collection[Address] = (),
    begins: bool,
) -> dict[Address, Succession]:
    """By the address of each entry that means more than that, or another one. Where it `begins`, what must be made anew
    side by side gets the name of one that is not there yet; `anew` are those that the command wants to.
    """
    beside = shadows(desired, live, owner)
    found: dict[Address, Succession] = {}
    for at, wanted in sorted(desired.items()):
        lives = _candidates(wanted, desired, live, owner) if traits[at.kind].migrates and not wanted.external else []
        if not lives:
            continue
        starts = begins and at not in beside and _is_beside(wanted)
        taken = {*live, *desired} if starts else None
        it = _succession(wanted, _States.of(lives), traits[at.kind], taken, anew=at in anew)
        if it != Succession(at=at):
            found[at] = it
    return found


def _is_beside(wanted: Desired) -> bool:
    return wanted.lifecycle.on_replace is OnReplace.SIDE_BY_SIDE and not wanted.lifecycle.suspend


def _candidates(
    wanted: Desired, desired: Mapping[Address, Desired], live: Mapping[Address, Live], owner: str
) -> list[Live]:
    """All that are the owner's and the entry's, those that say so first."""

    def says_so(it: Live) -> bool:
        return it.marker is not None and it.marker.key == wanted.key_address.name

    def is_meant(at: Address, it: Live) -> bool:
        if at == wanted.address or at in wanted.succeeds:
            return True
        is_shadow = it.marker is not None and it.marker.is_shadow
        return says_so(it) and not is_shadow and at.kind == wanted.address.kind and at not in desired

    found = [it for at, it in sorted(live.items()) if not it.odd and is_owned(it, owner) and is_meant(at, it)]
    return sorted(found, key=lambda it: not says_so(it))


@dataclass(frozen=True, slots=True, kw_only=True)
class _States:
    """What is in use; what was filled into that and is still there; and what is being filled, and used by nobody."""

    in_use: Live
    pending: tuple[Live, ...]
    making: tuple[Live, ...]

    @classmethod
    def of(cls, lives: Sequence[Live]) -> _States:
        making = tuple(it for it in lives if source_of(it, lives) is not None and not is_filled(it))
        ready = [it for it in lives if it not in making] or [*lives]
        copied = {it.marker.copy_of for it in ready if it.marker is not None and is_filled(it)}
        in_use = next((it for it in ready if identity_print(it) not in copied), ready[0])
        source = source_of(in_use, ready)
        return cls(in_use=in_use, pending=(source,) if source is not None else (), making=making)


def _succession(
    wanted: Desired, states: _States, traits: Traits, taken: Container[Address] | None, *, anew: bool
) -> Succession:
    """What was begun is ended first, and what follows from the entry now is begun afterwards."""
    in_use, making = states.in_use, states.making
    if states.pending:
        return _of(in_use.address, *states.pending, *making)
    if not (anew or _must_be_made_anew(wanted, in_use, traits)):
        return _of(in_use.address, *making)
    begun = next((it for it in making if not _must_be_made_anew(wanted, it, traits)), None)
    if begun is not None:
        return _of(begun.address, in_use, *making)
    if taken is not None:
        return _of(successor_address(wanted, in_use, traits, taken), in_use, *making)
    return _of(in_use.address, *making)


def _of(at: Address, *sources: Live) -> Succession:
    return Succession(at=at, sources=tuple(it.address for it in sources if it.address != at))


def _must_be_made_anew(wanted: Desired, found: Live, traits: Traits) -> bool:
    fields = compare(
        wanted.fields,
        found.fields,
        record=AppliedRecord(found.marker.applied) if found.marker is not None else None,
        ignore=wanted.lifecycle.ignore,
        traits=traits,
        baseline=found.baseline,
        written=wanted.written,
    )
    return any(field.forces_replace for field in fields)


def successor_address(wanted: Desired, source: Live, traits: Traits, taken: Container[Address]) -> Address:
    """The key, and what tells this definition from others; where somebody is called that, it is told once more."""
    told: list[object] = [redacted(as_written(only(wanted.fields, traits.immutable), wanted.written))]
    key = wanted.key_address
    while True:
        name = f"{key.name[: _LONGEST_NAME - _DIGITS - 1]}-{digest(told)[:_DIGITS]}"
        address = Address(key.kind, name)
        if address not in taken:
            return address
        told.append(source.identity)
