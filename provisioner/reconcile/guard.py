"""The safety questions: what may not happen unless it was said in so many words.

Limits are absolute, not shares: a Foundry project often holds fewer than ten things, where no percentage bites.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Path, dotted
from provisioner.model.migration import Part
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Live, Reference
from provisioner.model.traits import Traits
from provisioner.model.words import guess, joined, listed, quoted
from provisioner.model.write_only import version_of
from provisioner.reconcile.policies import exceeds, forbidden

_UNPROTECT_ENTRY: Final = "If this is meant, set `lifecycle: {prevent_destroy: false}` in its manifest entry."
_UNPROTECT_LIVE: Final = (
    "If this is meant, put its entry back with `lifecycle: {prevent_destroy: false}` and apply that first; then remove "
    "the entry."
)
_UNPROTECT_TO_DESTROY: Final = (
    "If this is meant, set `lifecycle: {prevent_destroy: false}` in its manifest entry and apply that first; then "
    "destroy."
)
_KEEP: Final = "To have them moved into the new one, set `lifecycle: {on_replace: migrate}` in its manifest entry. "
_NAMED_AT_MOST: Final = 5


def refusals(
    changes: Sequence[Change], desired: Mapping[Address, Desired], allow: Allowances, *, destruction: bool = False
) -> Iterator[Diagnostic]:
    for change in changes:
        wanted = desired.get(_successor(change) or change.address)
        yield from _protected_from_destruction(change, wanted) if destruction else _protected(change, wanted)
        yield from _loses_data(change, wanted, allow)
        if not destruction:
            yield from _still_referred(change, desired)
        yield from _not_adopted(change, wanted, allow)
    yield from _too_many_deletes(changes, allow)
    yield from forbidden(changes, allow.policy, destruction=destruction)


def _successor(change: Change) -> Address | None:
    """What takes the place of something that goes."""
    way = change.migration
    return way.target if way is not None and way.part is Part.RETIRE else None


def left_behind(changes: Sequence[Change], desired: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    """By a store that moves: whoever names it, and is not this manifest's to be moved along."""
    for change in changes:
        others = [it for it in change.referrers if it not in desired or desired[it].external]
        if (successor := _successor(change)) is None or not others:
            continue
        names, theirs = ("names", "It goes") if len(others) == 1 else ("name", "They go")
        yield Diagnostic(
            code="left-behind",
            message=f"{_some(others)} {names} {change.address}, which goes once all that it holds is in {successor}. "
            f"{theirs} on without memory, as this manifest does not manage {'it' if len(others) == 1 else 'them'}.",
            hint=f"Have {'it' if len(others) == 1 else 'them'} use {successor.name} first, or migrate in place: "
            "`lifecycle: {on_replace: migrate}`.",
            severity=Severity.WARNING,
        )


def put_off(wanted: Desired) -> Diagnostic:
    return Diagnostic(
        code="put-off",
        message=f"{wanted.key_address} was edited again while a migration of it is under way; this ends that one, to "
        f"{wanted.address.name} as it is live.",
        hint="Run this once more afterwards: then the new edit is planned.",
        severity=Severity.WARNING,
        where=wanted.where,
    )


def nothing_declared(changes: Sequence[Change], desired: Mapping[Address, Desired], owner: str) -> Iterator[Diagnostic]:
    """An empty manifest is more often a bad merge than a wish. What would only be released stays as it is, so that is
    no reason to refuse.
    """
    deleted = [change.address for change in changes if change.action is Action.DELETE]
    if deleted and all(wanted.external for wanted in desired.values()):
        yield Diagnostic(
            code="nothing-declared",
            message=f'The manifest declares nothing of its own, so all that "{owner}" owns would be deleted: '
            f"{_some(deleted)}.",
            hint="If this is meant, say so: provisioner destroy. If not, put the entries back.",
        )


def name_of_others(
    changes: Sequence[Change], unchanged: Collection[Address], desired: Mapping[Address, Desired], owner: str
) -> Iterator[Diagnostic]:
    """Whoever takes the name of another manifest gets all that is its deleted. What is live cannot tell a new name from
    new contents, so it is said and not refused.
    """
    theirs = [change.address for change in changes if change.action in (Action.DELETE, Action.RELEASE)]
    known = any(address in desired for address in unchanged) or any(_is_of(change, owner) for change in changes)
    if theirs and not known and any(not wanted.external for wanted in desired.values()):
        yield Diagnostic(
            code="name-of-others",
            message=f'Nothing that "{owner}" owns is declared here, and all of it would go: {_some(theirs)}. The name '
            "may be that of another manifest.",
            hint="After a change of `name`, put the old one back, or choose one that owns nothing.",
            severity=Severity.WARNING,
        )


def _is_of(change: Change, owner: str) -> bool:
    """Whether it is about something that is the owner's and stays."""
    marker = change.before.marker if change.before is not None else None
    return marker is not None and marker.owner == owner and change.action not in (Action.DELETE, Action.RELEASE)


def unreadable_object(wanted: Desired, found: Live) -> Diagnostic:
    return Diagnostic(
        code="unreadable-object",
        message=f"{wanted.address} exists, but what the service shows of it cannot be read: {found.odd}.",
        hint="Look at it in the portal, then plan again; or declare it `external: true` to only refer to it.",
        where=wanted.where,
    )


def live_twice(wanted: Desired, other: Live, traits: Traits) -> Diagnostic:
    """A change is of one object: that which is declared would be managed, and the other left behind without a word."""
    return Diagnostic(
        code="live-twice",
        message=f"{wanted.address} is there twice, as each `{dotted(traits.scope)}` may have one of that name, and the "
        f'one that is not declared belongs to "{other.marker.owner if other.marker else ""}".',
        hint="Delete that one, in the portal say, then plan again.",
        where=wanted.where,
    )


def one_at_a_time(changes: Sequence[Change], owner: str) -> Iterator[Diagnostic]:
    """A plan has one change of a name; of two that are the owner's the other would stay without a word."""
    for change in changes:
        other = change.before.namesake if change.before is not None else None
        if other is None or other.marker is None or other.marker.owner != owner:
            continue
        yield Diagnostic(
            code="live-twice",
            message=f'{change.address} is there twice, and both belong to "{owner}"; this plan is about one of them.',
            hint="Run this once more afterwards: then the other one is planned.",
            severity=Severity.WARNING,
        )


def unreadable_stranger(found: Live) -> Diagnostic:
    return Diagnostic(
        code="unreadable-object",
        message=f"{found.address} cannot be read: {found.odd}. Whose it is is not known, so it is left alone.",
        hint="Look at it in the portal.",
        severity=Severity.WARNING,
    )


def left_external(found: Live, owner: str) -> Diagnostic:
    return Diagnostic(
        code="left-external",
        message=f'{found.address} carries the mark of "{owner}", but the manifest declares it external, so it is left '
        "as it is.",
        severity=Severity.WARNING,
    )


def left_out(change: Change) -> Diagnostic:
    goes_on = ", and what refers to it goes on with it" if change.referrers else ""
    return Diagnostic(
        code="left-out",
        message=f"{change.address} would be {_participle(change)}{_because(change)}; --no-delete leaves it as it is"
        f"{goes_on}.",
        severity=Severity.WARNING,
    )


def left_with_owner(found: Live, theirs: str) -> Diagnostic:
    return Diagnostic(
        code="not-taken-over",
        message=f'{found.address} belongs to "{theirs}" and is not declared here, so it is not taken over and stays as '
        "it is.",
        hint=f'Declare it here to take it over, or remove it with a manifest named "{theirs}".',
        severity=Severity.WARNING,
    )


def ignored_difference(wanted: Desired, paths: Sequence[Path]) -> Diagnostic:
    return Diagnostic(
        code="ignored-difference",
        message=f"{wanted.address} differs from the manifest and is left as it is, as `lifecycle.ignore` says: "
        f"{joined(map(dotted, paths))}.",
        severity=Severity.WARNING,
        where=wanted.where,
    )


def untold_secret(wanted: Desired, paths: Sequence[Path], traits: Traits) -> Diagnostic:
    versions = [f"`{dotted(version_of(path))}`" for path in paths if path in traits.write_only]
    meanwhile = "A new one is written as soon as anything else of it changes."
    return Diagnostic(
        code="secret-not-compared",
        message=f"{wanted.address} has secrets that the service does not show; whether they are the declared ones is "
        f"not known: {joined(map(dotted, paths))}.",
        hint=f"Declare {joined(versions)}: when that changes, they are written again." if versions else meanwhile,
        severity=Severity.WARNING,
        where=wanted.where,
    )


def idle_allowances(plan: Plan, allow: Allowances) -> tuple[Address, ...]:
    """What was named as allowed to lose data though no change needs that: often a slip of the pen."""
    migrated = {way.source for change in plan.changes if (way := change.migration) is not None}
    losing = {change.address for change in plan.changes if change.loses_data} | migrated
    return tuple(sorted(allow.data_loss - losing - set(plan.left_out)))


def missing_external(wanted: Desired) -> Diagnostic:
    return Diagnostic(
        code="external-missing",
        message=f"{wanted.address} is declared external, but it does not exist.",
        hint="Ask its owner to create it, correct the name, or remove `external: true` to have it managed here.",
        where=wanted.where,
    )


def missing_reference(wanted: Desired, reference: Reference, *, noun: str, known: Sequence[str]) -> Diagnostic:
    """Said and not refused: it may be made before it is used, by whoever it belongs to."""
    there = f"There are: {listed(known)}." if known else f"There is no {noun}."
    return Diagnostic(
        code="reference-missing",
        message=f"{wanted.address} uses the {noun} {quoted(reference.target.name)} (`{dotted(reference.path)}`), which "
        "is neither declared nor live.",
        hint=f"{guess(reference.target.name, known)}{there} Correct the name, declare it, or have it made first.",
        severity=Severity.WARNING,
        where=wanted.at(*reference.path),
    )


def foreign_owner(wanted: Desired, theirs: str, ours: str) -> Diagnostic:
    return Diagnostic(
        code="foreign-owner",
        message=f'{wanted.address} exists and belongs to the manifest named "{theirs}", not to "{ours}".',
        hint=f'If this manifest was once named "{theirs}", add --take-over {theirs}. Otherwise rename it here, declare '
        f'it `external: true`, or have "{theirs}" release it with `on_remove: keep`.',
        where=wanted.where,
    )


def _protected(change: Change, wanted: Desired | None) -> Iterator[Diagnostic]:
    """An entry that says so decides; where it says nothing, or is gone, the live marker does."""
    said = wanted.lifecycle.prevent_destroy if wanted is not None else None
    if change.destroys and (_is_marked_protected(change) if said is None else said):
        yield _protection(change, wanted, _UNPROTECT_ENTRY if wanted is not None else _UNPROTECT_LIVE)


def _protected_from_destruction(change: Change, wanted: Desired | None) -> Iterator[Diagnostic]:
    """Both must agree that it may go."""
    said = wanted is not None and wanted.lifecycle.prevent_destroy is True
    if change.destroys and (said or _is_marked_protected(change)):
        yield _protection(change, wanted, _UNPROTECT_TO_DESTROY if wanted is not None else _UNPROTECT_LIVE)


def _is_marked_protected(change: Change) -> bool:
    return change.before is not None and change.before.marker is not None and change.before.marker.prevent_destroy


def _protection(change: Change, wanted: Desired | None, hint: str) -> Diagnostic:
    return Diagnostic(
        code="prevent-destroy",
        message=f"{change.address} would be {_participle(change)}, but it is protected by `prevent_destroy`.",
        hint=hint,
        where=wanted.where if wanted else None,
    )


def _loses_data(change: Change, wanted: Desired | None, allow: Allowances) -> Iterator[Diagnostic]:
    if not change.loses_data or change.address in allow.data_loss:
        return
    verb = "refers" if len(change.referrers) == 1 else "refer"
    named = f" {joined(change.referrers)} {verb} to it." if change.referrers else ""
    yield Diagnostic(
        code="data-loss",
        message=f"{change.address} would be {_participle(change)}{_because(change, 'on a live store')}; "
        f"{_memories(change)} would be destroyed.{named}",
        hint=f"{_KEEP if change.action is Action.REPLACE else ''}If this is meant, name it: --allow-data-loss "
        f"{change.address}",
        where=wanted.where if wanted else None,
    )


def _memories(change: Change) -> str:
    if change.holding is None or not change.holding.scopes:
        return "every memory of every scope in it"
    return f"{change.holding.words}, and those of scopes that are not known,"


def with_holdings(plan: Plan, changes: Sequence[Change], desired: Mapping[Address, Desired]) -> Plan:
    """The plan with these in the place of its changes, of which more is known; its refusals say so, too."""
    said: dict[Diagnostic, Diagnostic] = {}
    for before, after in zip(plan.changes, changes, strict=True):
        told = (_loses_data(it, desired.get(it.address), plan.allow) for it in (before, after))
        said |= zip(*told, strict=True)
    return replace(plan, changes=tuple(changes), refusals=tuple(said.get(it, it) for it in plan.refusals))


def _still_referred(change: Change, desired: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    """By what this manifest declares: it would fail the next time it is used. Where a manifest must define what it
    names this cannot be, and where data is lost that is refused already.
    """
    users = [it for it in change.referrers if it in desired and not desired[it].external]
    if change.action is Action.DELETE and users and not change.loses_data:
        yield Diagnostic(
            code="still-referred",
            message=f"{change.address} would be deleted, but {_some(users)} "
            f"{'refers' if len(users) == 1 else 'refer'} to it.",
            hint="Keep its entry, or remove the references first.",
            where=desired[users[0]].where,
        )


def _not_adopted(change: Change, wanted: Desired | None, allow: Allowances) -> Iterator[Diagnostic]:
    if change.is_adoption and not allow.adopt and allow.policy.allow_adopt:
        yield Diagnostic(
            code="needs-adopt",
            message=f"{change.address} exists already and no manifest owns it.",
            hint="Add --adopt to manage it from here on, or declare it `external: true` to only refer to it.",
            where=wanted.where if wanted else None,
        )


def _too_many_deletes(changes: Sequence[Change], allow: Allowances) -> Iterator[Diagnostic]:
    """A replacement deletes, too."""
    counts = [
        (sum(change.action is action and change.gives_up for change in changes), noun)
        for action, noun in ((Action.DELETE, "deletion"), (Action.REPLACE, "replacement"))
    ]
    total = sum(count for count, _ in counts)
    if allow.max_deletes is None or total <= allow.max_deletes or exceeds(changes, allow.policy):
        return
    named = joined(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count)
    yield Diagnostic(
        code="too-many-deletes",
        message=f"{named} {'is' if total == 1 else 'are'} planned, more than the {allow.max_deletes} that "
        f"{'is' if allow.max_deletes == 1 else 'are'} allowed at once.",
        hint=f"Check that the manifest is whole; if this is meant, add --max-deletes {total}",
    )


def _participle(change: Change) -> str:
    if change.action is Action.MIGRATE:
        return "migrated, which makes it anew"
    return "deleted" if change.action is Action.DELETE else "replaced"


def _because(change: Change, where: str = "in place") -> str:
    fixed = [field.name for field in change.fields if field.forces_replace]
    return f" because {joined(fixed)} cannot change {where}" if fixed else ""


def _some(names: Sequence[object]) -> str:
    more = [f"{len(names) - _NAMED_AT_MOST} more"] if len(names) > _NAMED_AT_MOST else []
    return joined([*names[:_NAMED_AT_MOST], *more])
