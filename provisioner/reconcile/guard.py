"""The safety questions: what may not happen unless it was said in so many words.

Limits are absolute, not shares: a Foundry project often holds fewer than ten things, where no percentage bites.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Action, Change
from provisioner.model.resource import Desired, Live

DEFAULT_MAX_DELETES = 3
_UNPROTECT_ENTRY: Final = "If this is meant, set `lifecycle: {prevent_destroy: false}` in its manifest entry."
_UNPROTECT_LIVE: Final = (
    "If this is meant, put its entry back with `lifecycle: {prevent_destroy: false}` and apply that first; then remove "
    "the entry."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What the command allowed. `max_deletes` None is no limit."""

    adopt: bool = False
    data_loss: frozenset[Address] = frozenset()
    max_deletes: int | None = DEFAULT_MAX_DELETES


def refusals(changes: Sequence[Change], desired: Mapping[Address, Desired], allow: Allowances) -> Iterator[Diagnostic]:
    for change in changes:
        wanted = desired.get(change.address)
        yield from _protected(change, wanted)
        yield from _loses_data(change, wanted, allow)
        yield from _not_adopted(change, wanted, allow)
    yield from _too_many_deletes(changes, allow)


def idle_allowances(changes: Sequence[Change], allow: Allowances) -> tuple[Address, ...]:
    """What was named as allowed to lose data though no change needs that: often a slip of the pen."""
    return tuple(sorted(allow.data_loss - {change.address for change in changes if change.loses_data}))


def missing_external(wanted: Desired) -> Diagnostic:
    return Diagnostic(
        code="external-missing",
        message=f"{wanted.address} is declared external, but it does not exist.",
        hint="Ask its owner to create it, correct the name, or remove `external: true` to have it managed here.",
        where=wanted.where,
    )


def foreign_owner(wanted: Desired, theirs: str, ours: str) -> Diagnostic:
    return Diagnostic(
        code="foreign-owner",
        message=f'{wanted.address} exists and belongs to the manifest named "{theirs}", not to "{ours}".',
        hint=f'Rename it here, declare it `external: true`, or have "{theirs}" release it with `on_remove: keep`.',
        where=wanted.where,
    )


def unreadable_object(wanted: Desired, found: Live) -> Diagnostic:
    return Diagnostic(
        code="unreadable-object",
        message=f"{wanted.address} exists, but what the service shows of it cannot be read: {found.odd}.",
        hint="Look at it in the portal, then plan again; or declare it `external: true` to only refer to it.",
        where=wanted.where,
    )


def unreadable_stranger(found: Live) -> Diagnostic:
    return Diagnostic(
        code="unreadable-object",
        message=f"{found.address} cannot be read: {found.odd}. Whose it is is not known, so it is left alone.",
        hint="Look at it in the portal.",
        severity=Severity.WARNING,
    )


def _protected(change: Change, wanted: Desired | None) -> Iterator[Diagnostic]:
    """A manifest that still lists the resource decides; once the entry is gone, the live marker does."""
    if not change.destroys:
        return
    marked = change.before is not None and change.before.marker is not None and change.before.marker.prevent_destroy
    if wanted.lifecycle.prevent_destroy if wanted is not None else marked:
        yield Diagnostic(
            code="prevent-destroy",
            message=f"{change.address} would be {_participle(change)}, but it is protected by `prevent_destroy`.",
            hint=_UNPROTECT_ENTRY if wanted is not None else _UNPROTECT_LIVE,
            where=wanted.where if wanted else None,
        )


def _loses_data(change: Change, wanted: Desired | None, allow: Allowances) -> Iterator[Diagnostic]:
    if not change.loses_data or change.address in allow.data_loss:
        return
    verb = "refers" if len(change.referrers) == 1 else "refer"
    named = f" {_listing(change.referrers)} {verb} to it." if change.referrers else ""
    fixed = [field.name for field in change.fields if field.forces_replace]
    because = f" because {_listing(fixed)} cannot change on a live store" if fixed else ""
    yield Diagnostic(
        code="data-loss",
        message=f"{change.address} would be {_participle(change)}{because}; every memory of every scope in it would "
        f"be destroyed.{named}",
        hint=f"If this is meant, name it: --allow-data-loss {change.address}",
        where=wanted.where if wanted else None,
    )


def _not_adopted(change: Change, wanted: Desired | None, allow: Allowances) -> Iterator[Diagnostic]:
    if change.is_adoption and not allow.adopt:
        yield Diagnostic(
            code="needs-adopt",
            message=f"{change.address} exists already and no manifest owns it.",
            hint="Add --adopt to manage it from here on, or declare it `external: true` to only refer to it.",
            where=wanted.where if wanted else None,
        )


def _too_many_deletes(changes: Sequence[Change], allow: Allowances) -> Iterator[Diagnostic]:
    count = sum(change.action is Action.DELETE for change in changes)
    if allow.max_deletes is not None and count > allow.max_deletes:
        yield Diagnostic(
            code="too-many-deletes",
            message=f"{count} resources would be deleted, more than the {allow.max_deletes} that are allowed at once.",
            hint=f"Check that the manifest is whole; if this is meant, add --max-deletes {count}",
        )


def _participle(change: Change) -> str:
    return "deleted" if change.action is Action.DELETE else "replaced"


def _listing(names: Sequence[object]) -> str:
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
