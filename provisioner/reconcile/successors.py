"""Which live store an entry means, where one takes the place of another under a name of its own.

The key in the manifest is the logical name. What is live by it is the store of the owner that carries the key, and,
where there are several, that into which the others were copied. Only a store with another definition gets another name:
one that is live and is as the entry says again, an edit having been taken back, is what is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
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
from provisioner.reconcile.migrations import shadows
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
        if wanted.external or not traits[at.kind].migrates:
            continue
        lives = _candidates(wanted, desired, live, owner)
        if not lives:
            continue
        starts = begins and at not in beside and _is_beside(wanted)
        it = _succession(wanted, lives, traits[at.kind], None if not starts else {*live, *desired}, anew=at in anew)
        if it != Succession(at=at):
            found[at] = it
    return found


def _is_beside(wanted: Desired) -> bool:
    return wanted.lifecycle.on_replace is OnReplace.SIDE_BY_SIDE and not wanted.lifecycle.suspend


def _candidates(
    wanted: Desired, desired: Mapping[Address, Desired], live: Mapping[Address, Live], owner: str
) -> list[Live]:
    """All that are the owner's and the entry's, that which is in use first: neither one whose memories another one has
    by now, nor one that has not all of another's.
    """

    def is_meant(at: Address, it: Live) -> bool:
        if at == wanted.address or at in wanted.succeeds:
            return True
        marker = it.marker
        is_its = marker is not None and not marker.is_shadow and marker.key == wanted.key_address.name
        return is_its and at.kind == wanted.address.kind and at not in desired

    found = [it for at, it in sorted(live.items()) if not it.odd and is_owned(it, owner) and is_meant(at, it)]
    marks = [it.marker for it in found if it.marker is not None]
    copied = {it.copy_of for it in marks if it.copy_of and it.filled}
    begun = {it.copy_of for it in marks if it.copy_of and not it.filled}

    def is_used_less(it: Live) -> tuple[bool, bool]:
        said = it.marker.copy_of if it.marker is not None else ""
        return identity_print(it) in copied, bool(said) and said in begun

    return sorted(found, key=is_used_less)


def _succession(
    wanted: Desired, lives: list[Live], traits: Traits, taken: Container[Address] | None, *, anew: bool
) -> Succession:
    in_use = lives[0]
    fitting = next((it for it in lives if not _must_be_made_anew(wanted, it, traits)), None)
    if taken is not None and (fitting is None or (anew and len(lives) == 1)):
        at = successor_address(wanted, in_use, traits, taken)
    else:
        at = (fitting or in_use).address
    return Succession(at=at, sources=tuple(it.address for it in lives if it.address != at))


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
