"""Desired and live in, a plan out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Document, Path, leaves, lies_under, lookup, only, overlay, without
from provisioner.model.migration import Part, Way
from provisioner.model.plan import Change, FieldChange, Plan, Referred
from provisioner.model.resource import Condition, Desired, Live, Marker, OnRemove
from provisioner.model.traits import Traits
from provisioner.reconcile import guard
from provisioner.reconcile.case import Case, Pair, case_of
from provisioner.reconcile.compare import compare
from provisioner.reconcile.held import (
    SUSPENDED,
    as_suspended,
    left_suspended,
    needed,
    promised,
    softened,
    still_named,
)
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import record_of, spelt_as_live
from provisioner.reconcile.migrations import beside as beside_source
from provisioner.reconcile.migrations import (
    discarded,
    given_up,
    in_place,
    is_filled,
    is_unfinished,
    migrates,
    retired,
)
from provisioner.reconcile.order import in_order
from provisioner.reconcile.referrers import referrers
from provisioner.reconcile.remarks import ignored_differences, remarks_on, untold_secrets
from provisioner.reconcile.renames import renamed
from provisioner.reconcile.scopes import beside, going, of_one_name
from provisioner.reconcile.write_only import with_writes

_REASONS: Final[Mapping[Condition, str]] = {
    Condition.READY: "",
    Condition.FAILED: "its last write failed",
    Condition.PENDING: "it is still being made",
}
_ASKED: Final = "replacement was asked for"

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
        removal = _removal(going(found, case.owner), case.owner, case.traits[at.kind], users.get(at, ()))
        if removal is not None:
            wanted = case.desired.get(at)
            yield replace(_beside(removal, found, case.traits), key=wanted.key if wanted is not None else "")


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
        return None if _is_put_off(wanted, found, case) else _alteration(wanted, found, case)
    made = _creation(wanted, case.owner, traits)
    shadow = case.shadows.get(address)
    return made if shadow is None else in_place(replace(made, referrers=users), shadow, case, Part.RESTORE)


def _leaving(found: Live, case: Case, users: tuple[Address, ...]) -> Change | None:
    successor = case.successors.get(found.address)
    if successor is None:
        return _removal(found, case.owner, case.traits[found.address.kind], users)
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
    change = _alteration(wanted, source, case)
    return beside_source(change, source, resumes=found is not None) if change is not None else None


def _is_put_off(wanted: Desired, found: Live, case: Case) -> bool:
    """Whether it would be made anew before what it takes the place of is gone: that comes first."""
    if _source(wanted, case) is None:
        return False
    change = _alteration(wanted, found, case)
    return change is not None and change.destroys


def _source(wanted: Desired, case: Case) -> Live | None:
    """What is in use, and to be given up for what the entry means."""
    lives = (case.live[at] for at in wanted.succeeds if at in case.live)
    return next((it for it in lives if given_up(it, case.live) is None), None)


def _creation(wanted: Desired, owner: str, traits: Traits) -> Change:
    return Change(
        action=Action.CREATE,
        address=wanted.address,
        after=wanted.fields,
        declared=without(wanted.fields, wanted.lifecycle.ignore),
        marker=_marker_for(wanted, None, owner, traits, over="0"),
        needs=wanted.needs,
        key=wanted.key,
        wanted=wanted,
    )


def _marker_for(wanted: Desired, found: Live | None, owner: str, traits: Traits, *, over: str) -> Marker:
    """What a migration wrote stays."""
    declared = without(wanted.fields, wanted.lifecycle.ignore)
    was = found.marker if found is not None else None
    return replace(
        was or Marker(owner=owner),
        owner=owner,
        applied=record_of(
            declared,
            traits,
            whose=wanted.address,
            over=over,
            before=was,
            written=wanted.written,
        ),
        prevent_destroy=_prevents_destroy(wanted, found, traits),
        on_remove=wanted.lifecycle.on_remove,
        is_shadow=False,
    )


def _prevents_destroy(wanted: Desired, found: Live | None, traits: Traits) -> bool:
    """What the entry says; where it says nothing, what the live object says. A store that is adopted holds data that
    nobody here knows, so it starts protected.
    """
    said = wanted.lifecycle.prevent_destroy
    if said is not None:
        return said
    if found is None:
        return False
    return found.marker.prevent_destroy if found.marker is not None else traits.holds_data


def _removal(found: Live, owner: str, traits: Traits, users: tuple[Address, ...]) -> Change | None:
    """What the owner's manifest no longer lists; anything that is not the owner's is none of our business."""
    if found.marker is None or found.marker.owner != owner or found.odd:
        return None
    if found.marker.on_remove is OnRemove.KEEP:
        return Change(action=Action.RELEASE, address=found.address, before=found, after=found.fields)
    return Change(
        action=Action.DELETE,
        address=found.address,
        before=found,
        loses_data=traits.holds_data,
        referrers=users,
    )


def _alteration(wanted: Desired, found: Live, case: Case) -> Change | None:
    owner, traits = case.owner, case.traits[wanted.address.kind]
    shadow = case.shadows.get(wanted.address)
    record = AppliedRecord(found.marker.applied) if found.marker else None
    ignore = wanted.lifecycle.ignore
    fields = compare(
        wanted.fields,
        found.fields,
        record=record,
        ignore=ignore,
        traits=traits,
        baseline=found.baseline,
        written=wanted.written,
    )
    is_unended = is_unfinished(shadow, found)
    is_asked = wanted.address in case.allow.replace and not is_unended  # then, that is what was asked for
    is_another = found.address != wanted.address
    replaces = is_asked or is_another or any(field.forces_replace for field in fields)
    users = case.users.get(wanted.address, ())
    marker = _marker_for(wanted, found, owner, traits, over="0" if replaces else found.revision)
    change = Change(
        action=_action(found, marker, replaces=replaces),
        address=wanted.address,
        before=found,
        after=_target(wanted, found, fields, traits, replaces=replaces),
        declared=without(wanted.fields, ignore),
        marker=marker,
        fields=fields,
        needs=wanted.needs,
        loses_data=replaces and traits.holds_data,
        referrers=users if replaces or is_unended else (),
        reason="; ".join(filter(None, (_REASONS[found.condition], _ASKED if is_asked else ""))),
        key=wanted.key,
        wanted=wanted,
    )
    if is_another:
        return with_writes(replace(change, remarks=tuple(remarks_on(change, wanted, traits))), traits)
    if is_unended or (replaces and migrates(wanted, shadow, traits)):
        change = in_place(change, shadow, case, Part.MOVE if replaces else Part.RESTORE)
    if not _says_something(change):
        return None
    return with_writes(replace(change, remarks=tuple(remarks_on(change, wanted, traits))), traits)


def _says_something(change: Change) -> bool:
    is_more = change.is_adoption or change.migration is not None
    return bool(change.fields or is_more or change.lifecycle_fields or change.reason)


def _action(found: Live, marker: Marker, *, replaces: bool) -> Action:
    if replaces:
        return Action.REPLACE
    return Action.UPDATE if found.marker is not None and found.marker.owner == marker.owner else Action.ADOPT


def _unseen_on_unchanged(wanted: Desired | None, found: Live | None, traits: Traits) -> Iterator[Diagnostic]:
    """What may differ though nothing is to be changed."""
    if wanted is None or found is None or wanted.external:
        return
    if paths := ignored_differences(wanted, found.fields, traits):
        yield guard.ignored_difference(wanted, paths)
    if paths := untold_secrets(wanted, found.fields, traits):
        yield guard.untold_secret(wanted, paths, traits)


def _target(
    wanted: Desired, found: Live, fields: tuple[FieldChange, ...], traits: Traits, *, replaces: bool
) -> Document:
    """What will be live: the declared fields over everything that is live and not ours to change, in the spelling of
    what is live.
    """
    ignore = wanted.lifecycle.ignore
    dropped = [field.path for field in fields if field.after is ABSENT]
    if replaces:
        dropped.extend(_reset(found.fields, traits.replace_resets))
    whole = tuple(
        path for path, rule in traits.rules.items() if rule.whole and lookup(wanted.fields, path) is not ABSENT
    )
    theirs = tuple(path for path in ignore if lies_under(path, whole))
    kept = overlay(without(found.fields, (*dropped, *whole)), only(found.fields, theirs))
    if replaces:  # a new object starts with what is declared for the ignored fields, where nothing live goes before
        kept = overlay(only(wanted.fields, ignore), kept)
    return overlay(kept, spelt_as_live(without(wanted.fields, ignore), found.fields, traits))


def _reset(fields: Document, subtrees: tuple[Path, ...]) -> Iterator[Path]:
    return (path for path, _ in leaves(fields) if lies_under(path, subtrees))
