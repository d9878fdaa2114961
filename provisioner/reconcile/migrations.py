"""A store that must be made anew and whose contents are kept: which changes that takes, from where it stands.

What is live tells how far an earlier run came, and nothing else is remembered.

    in place   1  the old one, perhaps with a shadow of it    move: fill the shadow, make the old one anew, fill it
               2  the shadow alone                            restore: make the new one, fill it, drop the shadow
               3  the new one and the shadow                  restore: fill it, drop the shadow

The shadow says of which object it is a copy. In 1 that is the one that is live, which is whole: where it is to stay as
it is after all, the shadow is discarded. In 3 it is another one, which may lack anything that the shadow has: where
that is to be made anew again, it is filled first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.migration import Migration, Part, Way
from provisioner.model.plan import Change
from provisioner.model.resource import Desired, Live, OnReplace
from provisioner.model.traits import Traits
from provisioner.reconcile.marker import identity_print
from provisioner.reconcile.scopes import is_owned

_SUFFIX: Final = "-shadow"
_LONGEST_NAME: Final = 256
_MIGRATING: Final = (OnReplace.MIGRATE, OnReplace.SIDE_BY_SIDE)


class Names(Protocol):
    def is_taken(self, address: Address) -> bool: ...


def shadows(desired: Mapping[Address, Desired], live: Mapping[Address, Live], owner: str) -> dict[Address, Live]:
    """Those of the owner, by the address of the entry that each belongs to; without one it is a store as any other. Of
    an external one it is still a copy, where it is one.
    """
    by_key = {it.key_address: at for at, it in desired.items()}
    found: dict[Address, Live] = {}
    for at, it in sorted(live.items()):
        if it.marker is None or not it.marker.is_shadow or not is_owned(it, owner) or at in desired:
            continue
        whose = by_key.get(Address(at.kind, it.marker.key))
        if whose is None or (desired[whose].external and not is_copy(it, live.get(whose))):
            continue
        if whose not in found or is_copy(it, live.get(whose)):
            found[whose] = it
    return found


def is_copy(shadow: Live, of: Live | None) -> bool:
    """Whether it is of this very object, and not of an earlier one of its name."""
    said = shadow.marker.copy_of if shadow.marker is not None else ""
    return of is not None and bool(said) and said == identity_print(of)


def migrates(wanted: Desired, shadow: Live | None, traits: Traits) -> bool:
    """Whether what must be made anew keeps what it holds; what was begun is ended, whatever the entry says now."""
    return traits.migrates and (shadow is not None or wanted.lifecycle.on_replace in _MIGRATING)


def is_unfinished(shadow: Live | None, found: Live | None) -> bool:
    """Whether what goes by the name, or will, is a new one that may lack what the shadow has."""
    return shadow is not None and not is_copy(shadow, found)


def in_place(change: Change, shadow: Live | None, names: Names, part: Part) -> Change:
    """The change as one that keeps what is held."""
    at, marker = change.address, change.marker
    if marker is not None and part is Part.MOVE:
        marker = replace(marker, copy_of="", run="", filled=0, scopes="")  # the new one is nobody's copy
    return replace(
        change,
        action=Action.MIGRATE,
        marker=marker,
        loses_data=False,
        migration=Migration(
            way=Way.IN_PLACE,
            source=at,
            target=shadow.address if shadow is not None else shadow_address(at, names),
            part=part,
            resumes=shadow is not None,
        ),
    )


def shadow_address(of: Address, names: Names) -> Address:
    """What nobody else is called."""
    number = 1
    while True:
        suffix = _SUFFIX if number == 1 else f"{_SUFFIX}-{number}"
        address = Address(of.kind, of.name[: _LONGEST_NAME - len(suffix)] + suffix)
        if not names.is_taken(address):
            return address
        number += 1


def beside(change: Change, source: Live, *, resumes: bool) -> Change:
    """The change that makes a store of another name from what the source is, as one that takes all of it along."""
    marker = change.marker
    if marker is not None:
        key = change.key or change.address.name
        marker = replace(marker, key=key, copy_of=identity_print(source), run="", filled=0, scopes="")
    return replace(
        change,
        action=Action.MIGRATE,
        marker=marker,
        loses_data=False,
        migration=Migration(way=Way.SIDE_BY_SIDE, source=source.address, target=change.address, resumes=resumes),
    )


def retired(source: Live, successor: Address, users: tuple[Address, ...], *, resumes: bool) -> Change:
    """The end of a store that another one takes the place of."""
    return Change(
        action=Action.DELETE,
        address=source.address,
        before=source,
        referrers=users,
        migration=Migration(
            way=Way.SIDE_BY_SIDE, source=source.address, target=successor, part=Part.RETIRE, resumes=resumes
        ),
    )


def source_of(copy: Live, lives: Iterable[Live]) -> Live | None:
    """What it is filled from, as long as that is there."""
    said = copy.marker.copy_of if copy.marker is not None else ""
    return next((it for it in lives if said and it.address != copy.address and identity_print(it) == said), None)


def is_filled(copy: Live) -> bool:
    """Whether all that its source held has been read back from it; from then on others may use it."""
    return copy.marker is not None and copy.marker.filled > 0


def given_up(copy: Live, live: Mapping[Address, Live]) -> Live | None:
    """What has all that it holds, where it is a copy that nobody uses yet."""
    return source_of(copy, live.values()) if not is_filled(copy) else None


def discarded(copy: Live, of: Address, way: Way) -> Change:
    """The end of a copy that is not needed, of what is whole."""
    return Change(
        action=Action.DELETE,
        address=copy.address,
        before=copy,
        remarks=(f"It holds copies alone, made by a migration that was not ended; {of} has all of it.",),
        migration=Migration(way=way, source=of, target=copy.address, part=Part.DISCARD, resumes=True),
    )
