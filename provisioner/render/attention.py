"""What a reviewer must see before any diff: what is lost, and what moved behind the manifest's back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.plan import Change, Plan
from provisioner.model.words import joined
from provisioner.render.safe import one_line
from provisioner.render.values import path_text
from provisioner.render.words import VERBS

DRIFTED: Final = (Origin.DRIFT, Origin.BOTH)
# What ends comes first, and what only begins last: nobody was ever hurt by overlooking a creation.
_WEIGHTS: Final = {
    Action.DELETE: 0,
    Action.REPLACE: 1,
    Action.MIGRATE: 2,
    Action.UPDATE: 3,
    Action.ADOPT: 4,
    Action.RELEASE: 5,
    Action.CREATE: 6,
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One object that goes; `words` say how, and what goes with it."""

    address: Address
    words: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The fields of one object that somebody else changed; none where only its version tells."""

    address: Address
    fields: tuple[str, ...]


def losses(plan: Plan) -> tuple[Loss, ...]:
    """Memories before all else."""
    gone = [change for change in plan.changes if change.gives_up or change.loses_data]
    return tuple(Loss(it.address, _lost(it)) for it in sorted(gone, key=lambda it: not it.loses_data))


def _lost(change: Change) -> str:
    memories = f", and {_memories(change)} destroyed" if change.loses_data else ""
    refer = "refers" if len(change.referrers) == 1 else "refer"
    users = joined([one_line(str(address)) for address in change.referrers])
    return f"{VERBS[change.action].done}{memories}{f'; {users} {refer} to it' if users else ''}"


def _memories(change: Change) -> str:
    if change.holding is None or not change.holding.scopes:
        return "every memory of every scope in it is"
    return f"{change.holding.words}, and those of scopes that are not known, are"


def drifts(plan: Plan) -> tuple[Drift, ...]:
    """Also what an update puts right unasked: it overwrites somebody's work."""
    return tuple(_drifts(plan.changes))


def _drifts(changes: Sequence[Change]) -> Iterator[Drift]:
    for change in changes:
        fields = tuple(path_text(field.path) for field in change.fields if field.origin in DRIFTED)
        if fields or is_edited_outside(change):
            yield Drift(change.address, fields)


def is_edited_outside(change: Change) -> bool:
    """Whether somebody else made the versions since our last."""
    live = change.before
    return live is not None and bool(live.marker_revision) and live.marker_revision != live.revision


def has_drifted(change: Change) -> bool:
    return is_edited_outside(change) or any(field.origin in DRIFTED for field in change.fields)


def by_weight(changes: Sequence[Change]) -> list[Change]:
    """What a reviewer must not overlook first; what is done alike to things of one kind stands together."""
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(it.address.kind for it in changes))}

    def weight(change: Change) -> tuple[int, ...]:
        return (
            not change.loses_data,
            _WEIGHTS[change.action],
            kinds[change.address.kind],
            not has_drifted(change),
        )

    return sorted(changes, key=weight)
