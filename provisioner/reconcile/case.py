"""All that a plan is made from, seen together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.resource import Desired, Live
from provisioner.model.traits import Traits
from provisioner.reconcile.held import held_back
from provisioner.reconcile.migrations import shadows
from provisioner.reconcile.referrers import named_alike, referrers
from provisioner.reconcile.scopes import going, meant
from provisioner.reconcile.selection import Selection, select

Pair: TypeAlias = "tuple[Desired | None, Live | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a plan is made from. `pairs` holds what is declared and what is live by each name; `users` who will name
    what; `held` what is not written, and why. `live` has none of the `shadows`, which are by the address of what they
    are copies of.
    """

    desired: Mapping[Address, Desired]
    live: Mapping[Address, Live]
    owner: str
    traits: Mapping[str, Traits]
    allow: Allowances
    selection: Selection
    held: Mapping[Address, str]
    pairs: Mapping[Address, Pair]
    users: Mapping[Address, tuple[Address, ...]]
    shadows: Mapping[Address, Live] = field(default_factory=dict)

    @property
    def successors(self) -> dict[Address, Address]:
        """What takes the place of what is live and to be given up."""
        return {at: it.address for it in self.desired.values() for at in it.succeeds if at not in self.desired}

    def is_taken(self, address: Address) -> bool:
        """Whether something goes by that name, or is to."""
        return address in self.pairs or any(it.address == address for it in self.shadows.values())

    def is_inside(self, address: Address) -> bool:
        """Whether the run is about it; one without limits is about what is nobody's, too."""
        return address in self.selection.inside or not self.allow.scope.is_partial


def case_of(
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    owner: str,
    traits: Mapping[str, Traits],
    allow: Allowances,
    *,
    with_needs: bool = True,
    with_shadows: bool = False,
) -> Case:
    """Of what only goes, a shadow is a store as any other: `with_shadows`."""
    desired, live = named_alike(desired, live, traits)
    beside = {} if with_shadows else shadows(desired, live, owner)
    apart = {it.address for it in beside.values()}
    live = {at: it for at, it in live.items() if at not in apart}
    selection = select(allow.scope, (desired, live), owner, traits, with_needs=with_needs)
    held = held_back(desired, selection)
    pairs = {
        address: (wanted := desired.get(address), _counting(wanted, live.get(address), owner, traits[address.kind]))
        for address in sorted({*desired, *live})
    }
    return Case(
        desired=desired,
        live=live,
        owner=owner,
        traits=traits,
        allow=allow,
        selection=selection,
        held=held,
        pairs=pairs,
        users=_users(referrers(desired, live, owner, held), pairs, live),
        shadows=beside,
    )


def _counting(wanted: Desired | None, found: Live | None, owner: str, traits: Traits) -> Live | None:
    if wanted is not None:
        return meant(wanted, found, owner, traits)
    return going(found, owner) if found is not None else None


def _users(
    named: Mapping[Address, tuple[Address, ...]],
    pairs: Mapping[Address, tuple[Desired | None, Live | None]],
    live: Mapping[Address, Live],
) -> dict[Address, tuple[Address, ...]]:
    """But for those of what is hidden: they mean what hides it."""
    return {at: by for at, by in named.items() if at not in pairs or pairs[at][1] is live.get(at)}
