"""What moved behind the manifest's back: live values that are neither what was applied nor what is declared now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, Path
from provisioner.model.plan import Change, FieldChange, Plan, Target

_MOVED: Final = (Origin.DRIFT, Origin.BOTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`drifted` are the plan's changes with nothing but the fields that moved; `absent` is declared and not live:
    deleted, or not applied yet. Both are sorted by address.
    """

    owner: str
    target: Target | None = None
    drifted: tuple[Change, ...] = ()
    absent: tuple[Address, ...] = ()

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
        return replace(self, drifted=drifted, absent=tuple(it for it in self.absent if it in addresses))


def drift_in(plan: Plan) -> Drift:
    """A plan knows who moved each field; what it refuses is nobody's drift."""
    changes = sorted(plan.changes, key=lambda change: change.address)
    moved = [replace(change, fields=tuple(it for it in change.fields if it.origin in _MOVED)) for change in changes]
    return Drift(
        owner=plan.owner,
        target=plan.target,
        drifted=tuple(change for change in moved if change.fields),
        absent=tuple(change.address for change in changes if change.action is Action.CREATE),
    )


def as_live(declared: Document, fields: Iterable[FieldChange]) -> Document:
    """The declared fields with the live values where these moved."""
    result: Any = declared
    for field in fields:
        result = _with(result, field.path, field.before)
    return result  # type: ignore[no-any-return]


def _with(value: Any, path: Path, new: object) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(value, (list, tuple)) and step.isdecimal() and int(step) < len(value):
        index = int(step)
        return [*value[:index], _with(value[index], rest, new) if rest else new, *value[index + 1 :]]
    holder = value if isinstance(value, dict) else {}
    inner = _with(holder.get(step, {}), rest, new) if rest else new
    if inner is ABSENT or (rest and inner == {} and step not in holder):
        return {key: each for key, each in holder.items() if key != step}
    return {**holder, step: inner}
