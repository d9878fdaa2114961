"""The change of one resource: from what is live, if anything is, to what its entry says, if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, Path, leaves, lies_under, lookup, only, overlay, without
from provisioner.model.migration import Part
from provisioner.model.plan import Change, FieldChange
from provisioner.model.resource import Condition, Desired, Live, Marker, OnRemove
from provisioner.model.traits import Traits
from provisioner.reconcile.case import Case
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import record_of, spelt_as_live
from provisioner.reconcile.migrations import in_place, is_unfinished, migrates
from provisioner.reconcile.remarks import remarks_on
from provisioner.reconcile.write_only import with_writes

_REASONS: Final[Mapping[Condition, str]] = {
    Condition.READY: "",
    Condition.FAILED: "its last write failed",
    Condition.PENDING: "it is still being made",
}
_ASKED: Final = "replacement was asked for"


def creation(wanted: Desired, owner: str, traits: Traits) -> Change:
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


def removal(found: Live, owner: str, traits: Traits, users: tuple[Address, ...]) -> Change | None:
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


def alteration(wanted: Desired, found: Live, case: Case) -> Change | None:
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
