"""Whether the capacity that a plan asks for is there.

Quota is counted by subscription, region and usage name, over all accounts; of some models by subscription alone, since
May 2026. The plan is gone through in its own order, as the account is written one at a time: what a change frees is
there for those after it.
Source: Microsoft Learn, Azure OpenAI quota; Foundry Models quotas and limits. assumed: that a region tells what is left
of what all of them share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from provisioner.kinds import TRAITS
from provisioner.kinds.deployment import SECTION
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Document
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.model.words import joined
from provisioner.preflight.deployments import sku_of, wish_of
from provisioner.preflight.facts import Catalogue, Facts, Unknown, Usage
from provisioner.reconcile.capacity import way_out
from provisioner.reconcile.order import predecessors

_NOTHING: Final = ("", 0)


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    for change, diagnostic in shortfalls(plan, desired, facts):
        if change.action is not Action.REPLACE:  # see `replace`
            yield diagnostic


def shortfalls(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[tuple[Change, Diagnostic]]:
    """Each change that takes more than there is, or of which that cannot be known."""
    if isinstance(facts.catalogue, Unknown) or isinstance(facts.usages, Unknown):
        return
    ledger = _Ledger(facts.catalogue, facts.usages)
    for change in plan.changes:
        if change.address.kind == SECTION and change.action is not Action.RELEASE:
            lack = ledger.book(change)
            if lack is not None:
                remedy = way_out(change, plan.changes, TRAITS, predecessors(plan.changes))
                hint = remedy or _remedy(lack, _least(change, facts.catalogue))
                yield change, _told(lack, change, desired[change.address], str(facts.region), hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    """`free` None where the service does not say; `takers` are those of the plan that have theirs before, and `unsure`
    the ones that free nobody knows how much of what.
    """

    usage: str
    needs: int
    held: int
    free: int | None
    takers: tuple[Address, ...] = ()
    unsure: tuple[Address, ...] = ()


@dataclass
class _Ledger:
    """What is left of each quota while the plan is gone through."""

    catalogue: Catalogue
    usages: Mapping[str, Usage]
    taken: dict[str, int] = field(default_factory=dict)
    takers: dict[str, list[Address]] = field(default_factory=dict)
    unsure: list[Address] = field(default_factory=list)

    def book(self, change: Change) -> _Lack | None:
        """What the change lacks, if anything; nothing is booked for one that cannot be made."""
        before, after = self._held(change.before.fields if change.before else None), self._held(change.after)
        if before is None:
            self.unsure.append(change.address)
        usage, wanted = after or _NOTHING
        held = before[1] if before is not None and before[0] == usage else 0
        lack = self._lack(usage, wanted - held, held, sure=before is not None) if usage else None
        if lack is not None and lack.free is not None and not lack.unsure:
            return lack
        if before is not None:  # or else what it takes may be what it has already
            self._move(before, after or _NOTHING, change.address)
        return lack

    def _held(self, fields: Document | None) -> tuple[str, int] | None:
        """Of which quota, and how much; None where that is not known."""
        if fields is None:
            return _NOTHING
        wish = wish_of(fields)
        sku = sku_of(wish, self.catalogue)
        if sku is None or not sku.usage:
            return None
        capacity = wish.capacity if wish.capacity is not None else sku.capacity.default
        return (self._names.get(sku.usage.casefold(), sku.usage), capacity) if capacity is not None else None

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """As the usages spell them: the catalogue may do it in other letters."""
        return {name.casefold(): name for name in self.usages}

    def _lack(self, usage: str, needs: int, held: int, *, sure: bool) -> _Lack | None:
        if needs <= 0 or not sure:
            return None
        known = self.usages.get(usage)
        if known is None or known.used is None or known.limit is None:
            return _Lack(usage=usage, needs=needs, held=held, free=None)
        free = max(0, known.limit - known.used - self.taken.get(usage, 0))
        if needs <= free:
            return None
        takers = tuple(self.takers.get(usage, ()))
        return _Lack(usage=usage, needs=needs, held=held, free=free, takers=takers, unsure=tuple(self.unsure))

    def _move(self, before: tuple[str, int], after: tuple[str, int], address: Address) -> None:
        for (usage, amount), sign in ((before, -1), (after, 1)):
            if usage:
                self.taken[usage] = self.taken.get(usage, 0) + sign * amount
        if after[0] and (before[0] != after[0] or after[1] > before[1]):
            self.takers.setdefault(after[0], []).append(address)


def _least(change: Change, catalogue: Catalogue) -> int:
    """What one deployment of its sort has to have."""
    sku = sku_of(wish_of(change.after or {}), catalogue)
    return (sku.capacity.minimum if sku is not None else None) or 1


def _told(lack: _Lack, change: Change, wanted: Desired, region: str, hint: str) -> Diagnostic:
    where = wanted.at("sku", "capacity")
    if lack.free is None:
        message = (
            f"Whether there is quota for {change.address} is not known: the service does not say how much of "
            f"{lack.usage} is left in {region}."
        )
        return Diagnostic(code="quota-unknown", message=message, severity=Severity.NOTE, where=where)
    holds = f"you hold {lack.held} in this deployment"
    earlier = f" after {joined(lack.takers)} of the same plan" if lack.takers else ""
    maybe = f" Some may come free with {joined(lack.unsure)}." if lack.unsure else ""
    return Diagnostic(
        code="insufficient-quota",
        message=f"{change.address} needs {lack.needs}, free {lack.free}{earlier}, {holds} (quota {lack.usage} in "
        f"{region}).{maybe}",
        hint=hint,
        severity=Severity.WARNING if lack.unsure else Severity.ERROR,
        where=where,
    )


def _remedy(lack: _Lack, least: int) -> str:
    most = lack.held + (lack.free or 0)
    lower = f"Lower `sku.capacity` to {most} at most, free" if most >= least else "Free"
    return (
        f"{lower} some in another deployment of the subscription in this region, use another sku, or ask for more in "
        "the portal, under Quota. Usage figures may lag by a quarter of an hour."
    )
