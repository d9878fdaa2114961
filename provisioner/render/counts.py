"""How many of each kind a plan does what to: the table above every long form of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from provisioner.model.action import Action
from provisioner.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Counts:
    """`columns` are actions and what is not done, of which there is any; each row is a kind with a number for each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def counts(plan: Plan) -> Counts:
    """Nothing where nothing is to be done."""
    if not plan.changes and not plan.left_out:
        return Counts((), ())
    done = Counter((change.address.kind, change.action.value) for change in plan.changes)
    done.update((address.kind, "left out") for address in plan.left_out)
    done.update((change.address.kind, "suspended") for change in plan.suspended)
    done.update((address.kind, "unchanged") for address in plan.unchanged)
    kinds = sorted({kind for kind, _ in done})
    names = (*(action.value for action in Action), "left out", "suspended", "unchanged")
    columns = tuple(name for name in names if any(done[kind, name] for kind in kinds))
    return Counts(columns, tuple((kind, tuple(done[kind, name] for name in columns)) for kind in kinds))
