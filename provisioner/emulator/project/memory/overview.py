"""What is in a store, at a glance: for the page and the state, not for the wire, which lists no scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.emulator.project.memory import rows

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    project: int  # row
    store: int  # row
    store_name: str
    name: str
    memories: int
    waiting: int  # updates not yet done


def scopes_of(state: State, now: float, *, store: int | None = None) -> list[Scope]:
    """Of one store or of all, in the order of stores, then by name."""
    return [
        Scope(
            project=row["project"],
            store=row["id"],
            store_name=row["name"],
            name=row["scope"],
            memories=row["memories"],
            waiting=row["waiting"],
        )
        for row in rows.scopes(state, now, store)
    ]


def memories_in(state: State, store: int, scope: str, now: float, *, limit: int = 100) -> list[Json]:
    """As they read on the wire, the latest first."""
    return [rows.item_of(row) for row in rows.latest(state, store, scope, now, limit)]
