"""Desired and live in, a plan out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Document, Path, leaves, lies_under, lookup, only, overlay, without
from provisioner.model.plan import Change, FieldChange, Plan, Referred
from provisioner.model.resource import Condition, Desired, Live, Marker, OnRemove
from provisioner.model.traits import Traits
from provisioner.reconcile import guard
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import record_of, spelt_as_live
from provisioner.reconcile.order import in_order
from provisioner.reconcile.referrers import named_alike, referrers
from provisioner.reconcile.remarks import ignored_differences, remarks_on, untold_secrets
from provisioner.reconcile.scopes import beside, going, meant, of_one_name
from provisioner.reconcile.write_only import with_writes

_REASONS: Final[Mapping[Condition, str]] = {
    Condition.READY: "",
    Condition.FAILED: "its last write failed",
    Condition.PENDING: "it is still being made",
}


def make_plan(
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    *,
    owner: str,
    traits: Mapping[str, Traits],
    allow: Allowances | None = None,
) -> Plan:
    """Every change that makes the owner's live objects what the manifest says, and what forbids running them."""
    allow = allow or Allowances()
    desired, live = named_alike(desired, live, traits)
    pairs = {
        address: (wanted := desired.get(address), _counting(wanted, live.get(address), owner, traits[address.kind]))
        for address in sorted({*desired, *live})
    }
    users = _users(referrers(desired, live, owner), pairs, live)
    refused = {
        address: it
        for address, pair in pairs.items()
        if (it := _refusal(*pair, owner, allow, traits[address.kind])) is not None
    }
    clear = {address: pair for address, pair in pairs.items() if address not in refused}
    found = {
        address: _change(*pair, owner, traits[address.kind], users.get(address, ())) for address, pair in clear.items()
    }
    changes = [_beside(change, live.get(address), traits) for address, change in found.items() if change is not None]
    left_out = [change for change in changes if allow.no_delete and change.destroys]
    ordered = in_order([change for change in changes if not (allow.no_delete and change.destroys)], traits)
    unchanged = [address for address, change in found.items() if change is None and address in desired]
    ours = [address for address in unchanged if not desired[address].external]
    warnings = list(guard.name_of_others(changes, ours, desired, owner))
    warnings += [it for at, (wanted, _) in clear.items() for it in _left_alone(wanted, live.get(at), owner, allow)]
    warnings += guard.one_at_a_time(ordered, owner)
    warnings += [it for at in unchanged for it in _unseen_on_unchanged(*clear[at], traits[at.kind])]
    return Plan(
        owner=owner,
        changes=ordered,
        unchanged=tuple(unchanged),
        refusals=(
            *refused.values(),
            *guard.refusals(ordered, desired, allow),
            *guard.nothing_declared(ordered, desired, owner),
        ),
        warnings=(*warnings, *map(guard.left_out, left_out)),
        left_out=tuple(change.address for change in left_out),
        referred=_referred(ordered, desired, live),
        allow=allow,
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
    allow = allow or Allowances()
    desired, live = named_alike(desired, live, traits)
    external = {address: wanted for address, wanted in desired.items() if wanted.external}
    users = referrers(external, live, owner)
    removals = {
        address: removal
        for address in sorted(live)
        if (removal := _removal(going(live[address], owner), owner, traits[address.kind], users.get(address, ())))
        is not None
    }
    removed = [_beside(it, live[address], traits) for address, it in removals.items() if address not in external]
    changes = in_order(removed, traits)
    return Plan(
        owner=owner,
        changes=changes,
        refusals=tuple(guard.refusals(changes, desired, allow, destruction=True)),
        warnings=(
            *(guard.left_external(live[at], owner) for at in removals if at in external),
            *(guard.unreadable_stranger(it) for at in sorted(live) for it in of_one_name(live[at]) if it.odd),
            *guard.one_at_a_time(changes, owner),
        ),
        destruction=True,
        allow=allow,
    )


def _referred(
    changes: Sequence[Change], desired: Mapping[Address, Desired], live: Mapping[Address, Live]
) -> tuple[Referred, ...]:
    touched = {change.address for change in changes}
    named = {needed for change in changes for needed in change.needs} - touched
    own = {address: wanted for address in named if (wanted := desired.get(address)) and not wanted.external}
    return tuple(Referred(live=live[address], wanted=own.get(address)) for address in sorted(named & live.keys()))


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


def _change(
    wanted: Desired | None, found: Live | None, owner: str, traits: Traits, users: tuple[Address, ...]
) -> Change | None:
    if wanted is None:
        return _removal(found, owner, traits, users) if found is not None else None
    if wanted.external:
        return None
    if found is None:
        return Change(
            action=Action.CREATE,
            address=wanted.address,
            after=wanted.fields,
            declared=without(wanted.fields, wanted.lifecycle.ignore),
            marker=_marker_for(wanted, None, owner, traits, over="0"),
            needs=wanted.needs,
            wanted=wanted,
        )
    return _alteration(wanted, found, owner, traits, users)


def _marker_for(wanted: Desired, found: Live | None, owner: str, traits: Traits, *, over: str) -> Marker:
    declared = without(wanted.fields, wanted.lifecycle.ignore)
    return Marker(
        owner=owner,
        applied=record_of(
            declared,
            traits,
            whose=wanted.address,
            over=over,
            before=found.marker if found else None,
            written=wanted.written,
        ),
        prevent_destroy=_prevents_destroy(wanted, found, traits),
        on_remove=wanted.lifecycle.on_remove,
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


def _alteration(wanted: Desired, found: Live, owner: str, traits: Traits, users: tuple[Address, ...]) -> Change | None:
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
    replaces = any(field.forces_replace for field in fields)
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
        referrers=users if replaces else (),
        reason=_REASONS[found.condition],
        wanted=wanted,
    )
    if not _says_something(change):
        return None
    return with_writes(replace(change, remarks=tuple(remarks_on(change, wanted, traits))), traits)


def _says_something(change: Change) -> bool:
    return bool(change.fields or change.is_adoption or change.lifecycle_fields or change.reason)


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
