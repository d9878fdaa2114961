"""What moved behind the manifest's back: live values that are neither what was applied nor what is declared now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.document import Document, with_value
from provisioner.model.migration import Migration, Part, Way
from provisioner.model.plan import Change, FieldChange, Plan, Target

_MOVED: Final = (Origin.DRIFT, Origin.BOTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`drifted` are the plan's changes with nothing but the fields that moved; `absent` is declared and not live:
    deleted, or not applied yet. Both are sorted by address. `migrating` are the stores of which a migration is under
    way, which is nobody's drift.
    """

    owner: str
    target: Target | None = None
    drifted: tuple[Change, ...] = ()
    absent: tuple[Address, ...] = ()
    migrating: tuple[Address, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.drifted or self.absent)

    @property
    def fields(self) -> int:
        return sum(len(change.fields) for change in self.drifted)

    def only(self, addresses: Collection[Address]) -> Drift:
        """Of these; of all where there are none."""
        if not addresses:
            return self
        drifted = tuple(change for change in self.drifted if change.address in addresses)
        absent, migrating = (tuple(it for it in each if it in addresses) for each in (self.absent, self.migrating))
        return replace(self, drifted=drifted, absent=absent, migrating=migrating)


def drift_in(plan: Plan) -> Drift:
    """A plan knows who moved each field; what it refuses is nobody's drift."""
    changes = sorted((*plan.changes, *plan.suspended), key=lambda change: change.address)
    moved = [replace(change, fields=tuple(it for it in change.fields if it.origin in _MOVED)) for change in changes]
    return Drift(
        owner=plan.owner,
        target=plan.target,
        drifted=tuple(change for change in moved if change.fields),
        absent=tuple(change.address for change in changes if change.action is Action.CREATE),
        migrating=tuple(sorted({_moved_to(it.migration) for it in changes if it.migration and it.migration.resumes})),
    )


def _moved_to(migration: Migration) -> Address:
    """What the entry means by then."""
    stays = migration.way is Way.IN_PLACE or migration.part is Part.DISCARD
    return migration.source if stays else migration.target


def as_live(declared: Document, fields: Iterable[FieldChange]) -> Document:
    """The declared fields with the live values where these moved."""
    result: Any = declared
    for field in fields:
        result = with_value(result, field.path, field.before)
    return result  # type: ignore[no-any-return]
