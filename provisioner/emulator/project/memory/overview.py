"""What is in a store, at a glance: for the page and the state, not for the wire, which lists no scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioner.emulator.project.memory import rows

if TYPE_CHECKING:
    from provisioner.emulator.world.state import State

Json = dict[str, Any]


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
    found = state.all(
        "SELECT s.project, s.id, s.name, c.scope, sum(c.memories) AS memories, sum(c.waiting) AS waiting FROM ("
        " SELECT store, scope, count(*) AS memories, 0 AS waiting FROM memories WHERE expires > ? GROUP BY store, scope"
        " UNION ALL"
        " SELECT store, scope, 0, count(*) FROM memory_updates WHERE status = 'waiting' GROUP BY store, scope"
        ") c JOIN stores s ON s.id = c.store WHERE ? IS NULL OR s.id = ? GROUP BY s.id, c.scope ORDER BY s.id, c.scope",
        now,
        store,
        store,
    )
    return [
        Scope(
            project=row["project"],
            store=row["id"],
            store_name=row["name"],
            name=row["scope"],
            memories=row["memories"],
            waiting=row["waiting"],
        )
        for row in found
    ]


def memories_in(state: State, store: int, scope: str, now: float, *, limit: int = 100) -> list[Json]:
    """As they read on the wire, the latest first."""
    sql = f"SELECT * FROM memories WHERE {rows.LIVE} ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [rows.item_of(row) for row in state.all(sql, store, scope, now, limit)]
