"""Desired and live in, a plan out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Document, Path, leaves, lies_under, only, overlay, without
from provisioner.model.plan import Action, Change, FieldChange, Plan
from provisioner.model.resource import Condition, Desired, Live, Marker, OnRemove
from provisioner.model.traits import Traits
from provisioner.reconcile.compare import compare
from provisioner.reconcile.guard import (
    Allowances,
    foreign_owner,
    missing_external,
    refusals,
    unreadable_object,
    unreadable_stranger,
)
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.order import in_order

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
    users = _users(desired.values(), live.values())
    changes: list[Change] = []
    unchanged: list[Address] = []
    refused: list[Diagnostic] = []
    for address in sorted({*desired, *live}):
        wanted, found = desired.get(address), live.get(address)
        refusal = _refusal(wanted, found, owner)
        if refusal is not None:
            refused.append(refusal)
            continue
        change = _change(wanted, found, owner, traits[address.kind], tuple(sorted(users.get(address, ()))))
        if change is not None:
            changes.append(change)
        elif wanted is not None:
            unchanged.append(address)
    ordered = in_order(changes)
    refused.extend(refusals(ordered, desired, allow or Allowances()))
    return Plan(
        owner=owner,
        changes=ordered,
        unchanged=tuple(unchanged),
        refusals=tuple(refused),
        warnings=tuple(_unread(desired, live)),
    )


def _unread(desired: Mapping[Address, Desired], live: Mapping[Address, Live]) -> Iterator[Diagnostic]:
    """What is live, cannot be read and is not declared: it may be the owner's, so it is never deleted."""
    return (unreadable_stranger(live[it]) for it in sorted(live) if live[it].odd and it not in desired)


def _users(desired: Iterable[Desired], live: Iterable[Live]) -> dict[Address, set[Address]]:
    """Who names whom, in the manifest or on the service, the owner's and others'."""
    users: dict[Address, set[Address]] = {}
    named = [(it.address, it.needs) for it in desired] + [(it.address, it.needs) for it in live]
    for address, needs in named:
        for needed in needs:
            users.setdefault(needed, set()).add(address)
    return users


def _refusal(wanted: Desired | None, found: Live | None, owner: str) -> Diagnostic | None:
    if wanted is None:
        return None
    if wanted.external:
        return missing_external(wanted) if found is None else None
    if found is not None and found.odd:
        return unreadable_object(wanted, found)
    if found is not None and found.marker is not None and found.marker.owner != owner:
        return foreign_owner(wanted, found.marker.owner, owner)
    return None


def _change(
    wanted: Desired | None, found: Live | None, owner: str, traits: Traits, users: tuple[Address, ...]
) -> Change | None:
    if wanted is None:
        return _removal(found, owner, traits, users) if found is not None else None
    if wanted.external:
        return None
    marker = _marker_for(wanted, owner, traits)
    if found is None:
        return Change(
            action=Action.CREATE,
            address=wanted.address,
            after=wanted.fields,
            marker=marker,
            needs=wanted.needs,
        )
    return _alteration(wanted, found, marker, traits, users)


def _marker_for(wanted: Desired, owner: str, traits: Traits) -> Marker:
    return Marker(
        owner=owner,
        applied=AppliedRecord.of(without(wanted.fields, wanted.lifecycle.ignore), traits.marker_size),
        prevent_destroy=wanted.lifecycle.prevent_destroy,
        on_remove=wanted.lifecycle.on_remove,
    )


def _removal(found: Live, owner: str, traits: Traits, users: tuple[Address, ...]) -> Change | None:
    """What the owner's manifest no longer lists; anything that is not the owner's is none of our business."""
    if found.marker is None or found.marker.owner != owner:
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


def _alteration(
    wanted: Desired, found: Live, marker: Marker, traits: Traits, users: tuple[Address, ...]
) -> Change | None:
    record = AppliedRecord(found.marker.applied) if found.marker else None
    ignore = wanted.lifecycle.ignore
    fields = compare(wanted.fields, found.fields, record=record, ignore=ignore, traits=traits)
    replaces = any(field.forces_replace for field in fields)
    change = Change(
        action=_action(found, replaces=replaces),
        address=wanted.address,
        before=found,
        after=_target(wanted, found, fields, traits, replaces=replaces),
        marker=marker,
        fields=fields,
        needs=wanted.needs,
        loses_data=replaces and traits.holds_data,
        referrers=users if replaces else (),
        reason=_REASONS[found.condition],
    )
    return change if _says_something(change) else None


def _says_something(change: Change) -> bool:
    return bool(change.fields or change.is_adoption or change.lifecycle_fields or change.reason)


def _action(found: Live, *, replaces: bool) -> Action:
    if replaces:
        return Action.REPLACE
    return Action.UPDATE if found.marker is not None else Action.ADOPT


def _target(
    wanted: Desired, found: Live, fields: tuple[FieldChange, ...], traits: Traits, *, replaces: bool
) -> Document:
    """What will be live: the declared fields over everything that is live and not ours to change."""
    ignore = wanted.lifecycle.ignore
    dropped = [field.path for field in fields if field.after is ABSENT]
    if replaces:
        dropped.extend(_reset(found.fields, traits.replace_resets))
    kept = without(found.fields, tuple(dropped))
    if replaces:  # a new object starts with what is declared for the ignored fields, where nothing live goes before
        kept = overlay(only(wanted.fields, ignore), kept)
    return overlay(kept, without(wanted.fields, ignore))


def _reset(fields: Document, subtrees: tuple[Path, ...]) -> Iterator[Path]:
    return (path for path, _ in leaves(fields) if lies_under(path, subtrees))
