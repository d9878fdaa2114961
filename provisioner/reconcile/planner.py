"""Desired and live in, a plan out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.migration import Part, Way
from provisioner.model.plan import Change, Plan, Referred
from provisioner.model.resource import Desired, Live
from provisioner.model.traits import Traits
from provisioner.reconcile import guard
from provisioner.reconcile.case import Case, Pair, case_of
from provisioner.reconcile.changes import alteration, creation, removal
from provisioner.reconcile.held import (
    SUSPENDED,
    as_suspended,
    left_suspended,
    needed,
    promised,
    softened,
    still_named,
)
from provisioner.reconcile.migrations import beside as beside_source
from provisioner.reconcile.migrations import (
    discarded,
    given_up,
    in_place,
    is_filled,
    retired,
)
from provisioner.reconcile.order import in_order
from provisioner.reconcile.referrers import referrers
from provisioner.reconcile.remarks import ignored_differences, untold_secrets
from provisioner.reconcile.renames import renamed
from provisioner.reconcile.scopes import beside, going, of_one_name

_Found: TypeAlias = "Change | Diagnostic | None"


def make_plan(
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    *,
    owner: str,
    traits: Mapping[str, Traits],
    allow: Allowances | None = None,
) -> Plan:
    """Every change that makes the owner's live objects what the manifest says, and what forbids running them."""
    case = case_of(desired, live, owner, traits, allow or Allowances())
    found = {address: _found(address, pair, case) for address, pair in case.pairs.items()}
    found |= {it.address: it for it in _discarded(found, case)}
    every = [it for it in found.values() if isinstance(it, Change)]
    changes = [change for change in every if change.address not in case.held]
    left_out = [change for change in changes if case.allow.no_delete and change.destroys]
    ordered = in_order([change for change in changes if not (case.allow.no_delete and change.destroys)], traits)
    unchanged = tuple(at for at, it in found.items() if it is None and at in case.desired and at not in case.held)
    return Plan(
        owner=owner,
        changes=ordered,
        unchanged=unchanged,
        refusals=tuple(_refusals(found, every, ordered, case)),
        warnings=(*_warnings(found, changes, ordered, case), *map(guard.left_out, left_out)),
        left_out=tuple(change.address for change in left_out),
        suspended=tuple(_suspended(found, case)),
        scope=case.allow.scope,
        out_of_scope=case.selection.outside if case.allow.scope.is_partial else (),
        referred=_referred(ordered, case.desired, case.live),
        allow=case.allow,
    )


def make_destruction(
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    *,
    owner: str,
    traits: Mapping[str, Traits],
    allow: Allowances | None = None,
) -> Plan:
    """The end of everything the owner has, but for what the manifest declares external: that is left alone."""
    case = case_of(desired, live, owner, traits, allow or Allowances(), with_needs=False, with_shadows=True)
    external = {address: wanted for address, wanted in case.desired.items() if wanted.external}
    users = referrers(external, case.live, owner, case.held)
    removals = {it.address: it for it in _removals(case, users)}
    removed = {at: it for at, it in removals.items() if at not in external}
    changes = in_order([it for at, it in removed.items() if at not in case.held], traits)
    return Plan(
        owner=owner,
        changes=changes,
        refusals=(
            *guard.refusals(changes, case.desired, case.allow, destruction=True),
            *still_named(changes, case.desired, case.held),
        ),
        warnings=(*_left_of(removals, external, case), *guard.one_at_a_time(changes, owner)),
        suspended=tuple(
            as_suspended(case.desired[at], case.live[at], None) for at in removed if case.held.get(at) is SUSPENDED
        ),
        scope=case.allow.scope,
        out_of_scope=case.selection.outside if case.allow.scope.is_partial else (),
        destruction=True,
        allow=case.allow,
    )


def _removals(case: Case, users: Mapping[Address, tuple[Address, ...]]) -> Iterator[Change]:
    """Of all that is the owner's, with the keys of the manifest."""
    for at, found in sorted(case.live.items(), key=lambda it: it[0]):
        gone = removal(going(found, case.owner), case.owner, case.traits[at.kind], users.get(at, ()))
        if gone is not None:
            wanted = case.desired.get(at)
            yield replace(_beside(gone, found, case.traits), key=wanted.key if wanted is not None else "")


def _left_of(
    removals: Mapping[Address, Change], external: Mapping[Address, Desired], case: Case
) -> Iterator[Diagnostic]:
    """What a destruction leaves as it is, and one might have thought it would go."""
    for at in removals:
        if at in external and case.is_inside(at):
            yield guard.left_external(case.live[at], case.owner)
        elif case.held.get(at) is SUSPENDED:
            yield left_suspended(case.live[at], case.desired[at])
    if not case.allow.scope.is_partial:
        yield from (
            guard.unreadable_stranger(it) for at in sorted(case.live) for it in of_one_name(case.live[at]) if it.odd
        )


def _referred(
    changes: Sequence[Change], desired: Mapping[Address, Desired], live: Mapping[Address, Live]
) -> tuple[Referred, ...]:
    touched = {change.address for change in changes}
    named = {needed for change in changes for needed in change.needs} - touched
    own = {address: wanted for address in named if (wanted := desired.get(address)) and not wanted.external}
    return tuple(Referred(live=live[address], wanted=own.get(address)) for address in sorted(named & live.keys()))


def _found(address: Address, pair: Pair, case: Case) -> Change | Diagnostic | None:
    """What is to be done to it, or why it may not be touched; None where nothing is to be done."""
    traits = case.traits[address.kind]
    refusal = _refusal(*pair, case.owner, case.allow, traits)
    if refusal is not None:
        return refusal
    change = _change(address, pair, case)
    return _beside(change, case.live.get(address), case.traits) if change is not None else None


def _discarded(found: Mapping[Address, _Found], case: Case) -> Iterator[Change]:
    """The shadows of what stays as it is."""
    for at, shadow in case.shadows.items():
        it = found[at]
        goes_on = isinstance(it, Diagnostic) or (it is not None and it.migration is not None)
        if at not in case.held and not goes_on:
            yield discarded(shadow, at, Way.IN_PLACE)


def _refusals(
    found: Mapping[Address, _Found], every: Sequence[Change], changes: Sequence[Change], case: Case
) -> Iterator[Diagnostic]:
    yield from (it for at, it in found.items() if isinstance(it, Diagnostic) and at not in case.held)
    free = {address: wanted for address, wanted in case.desired.items() if address not in case.held}
    yield from guard.refusals(changes, free, case.allow)
    yield from guard.nothing_declared(changes, case.desired, case.owner)
    yield from needed(changes, case.desired, case.live, case.held)
    if case.allow.scope.targets:
        yield from promised(every, case.desired, case.live, case.selection)
    yield from still_named(changes, case.desired, case.held)


def _warnings(
    found: Mapping[Address, _Found], going: Sequence[Change], changes: Sequence[Change], case: Case
) -> Iterator[Diagnostic]:
    every = [it for it in found.values() if isinstance(it, Change)]
    unchanged = [at for at, it in found.items() if it is None and at in case.desired]
    ours = [at for at in unchanged if not case.desired[at].external]
    if any(change.after is None or change.action is Action.RELEASE for change in going):
        yield from guard.name_of_others(every, ours, case.desired, case.owner)
    yield from renamed(every, case.desired, case.traits, among=case.selection.inside)
    for at, it in found.items():
        if isinstance(it, Diagnostic) and case.held.get(at) is SUSPENDED:
            yield softened(it)
    for at, (wanted, _) in case.pairs.items():
        if not isinstance(found[at], Diagnostic) and case.is_inside(at):
            yield from _left_alone(wanted, case.live.get(at), case.owner, case.allow)
            yield from _put_off(wanted, case)
    yield from guard.one_at_a_time(changes, case.owner)
    yield from guard.left_behind(changes, case.desired)
    for at in unchanged:
        if at not in case.held:
            yield from _unseen_on_unchanged(*case.pairs[at], case.traits[at.kind])


def _put_off(wanted: Desired | None, case: Case) -> Iterator[Diagnostic]:
    found = case.live.get(wanted.address) if wanted is not None and not wanted.external else None
    if wanted is not None and found is not None and is_filled(found) and _is_put_off(wanted, found, case):
        yield guard.put_off(wanted)


def _suspended(found: Mapping[Address, _Found], case: Case) -> Iterator[Change]:
    for at, why in sorted(case.held.items()):
        if why is SUSPENDED:
            it = found[at]
            change = as_suspended(case.desired[at], case.live.get(at), it if isinstance(it, Change) else None)
            yield replace(change, remarks=(it.message,)) if isinstance(it, Diagnostic) else change


def _beside(change: Change, found: Live | None, traits: Mapping[str, Traits]) -> Change:
    """With a word about what is there, has its name and is left alone."""
    other = found if change.before is None else change.before.namesake
    return replace(change, remarks=(*change.remarks, *beside(other, traits[change.address.kind])))


def _refusal(
    wanted: Desired | None, found: Live | None, owner: str, allow: Allowances, traits: Traits
) -> Diagnostic | None:
    if wanted is None:
        return None
    if wanted.external:
        return guard.missing_external(wanted) if found is None else None
    return _unmanageable(wanted, found, owner, allow, traits) if found is not None else None


def _unmanageable(wanted: Desired, found: Live, owner: str, allow: Allowances, traits: Traits) -> Diagnostic | None:
    if found.odd:
        return guard.unreadable_object(wanted, found)
    if found.marker is not None and found.marker.owner not in {owner, *allow.take_over}:
        return guard.foreign_owner(wanted, found.marker.owner, owner)
    other = found.namesake
    if other is not None and other.marker is not None and other.marker.owner in {owner, *allow.take_over}:
        return guard.live_twice(wanted, other, traits)
    return None


def _left_alone(wanted: Desired | None, found: Live | None, owner: str, allow: Allowances) -> Iterator[Diagnostic]:
    """What the manifest does not declare, and one might have thought it would be touched."""
    if wanted is not None or found is None:
        return
    for each in of_one_name(found):
        if each.odd:
            yield guard.unreadable_stranger(each)
        elif each.marker is not None and each.marker.owner in allow.take_over - {owner}:
            yield guard.left_with_owner(each, each.marker.owner)


def _change(address: Address, pair: Pair, case: Case) -> Change | None:
    wanted, found = pair
    traits, users = case.traits[address.kind], case.users.get(address, ())
    if wanted is None:
        return _leaving(found, case, users) if found is not None else None
    if wanted.external:
        return None
    if (moved := _moved(wanted, found, case)) is not None:
        return moved
    if found is not None:
        return None if _is_put_off(wanted, found, case) else alteration(wanted, found, case)
    made = creation(wanted, case.owner, traits)
    shadow = case.shadows.get(address)
    return made if shadow is None else in_place(replace(made, referrers=users), shadow, case, Part.RESTORE)


def _leaving(found: Live, case: Case, users: tuple[Address, ...]) -> Change | None:
    successor = case.successors.get(found.address)
    if successor is None:
        return removal(found, case.owner, case.traits[found.address.kind], users)
    if successor in case.held:
        return None
    if (whole := given_up(found, case.live)) is not None:
        return discarded(found, whole.address, Way.SIDE_BY_SIDE)
    return retired(found, successor, users, resumes=successor in case.live)


def _moved(wanted: Desired, found: Live | None, case: Case) -> Change | None:
    """What takes the place of another, as long as it is not filled: what uses that one must not be moved before."""
    source = _source(wanted, case)
    if source is None or (found is not None and is_filled(found)):
        return None
    change = alteration(wanted, source, case)
    return beside_source(change, source, resumes=found is not None) if change is not None else None


def _is_put_off(wanted: Desired, found: Live, case: Case) -> bool:
    """Whether it would be made anew before what it takes the place of is gone: that comes first."""
    if _source(wanted, case) is None:
        return False
    change = alteration(wanted, found, case)
    return change is not None and change.destroys


def _source(wanted: Desired, case: Case) -> Live | None:
    """What is in use, and to be given up for what the entry means."""
    lives = (case.live[at] for at in wanted.succeeds if at in case.live)
    return next((it for it in lives if given_up(it, case.live) is None), None)


def _unseen_on_unchanged(wanted: Desired | None, found: Live | None, traits: Traits) -> Iterator[Diagnostic]:
    """What may differ though nothing is to be changed."""
    if wanted is None or found is None or wanted.external:
        return
    if paths := ignored_differences(wanted, found.fields, traits):
        yield guard.ignored_difference(wanted, paths)
    if paths := untold_secrets(wanted, found.fields, traits):
        yield guard.untold_secret(wanted, paths, traits)
