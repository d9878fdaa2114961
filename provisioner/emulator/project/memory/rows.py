"""Stores as the runtime sees them, and their memories as rows. What has expired is not there, purged or not."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from provisioner.emulator.model import Memory, MemoryKind, Wishes
from provisioner.emulator.project.objects import remember_place
from provisioner.emulator.project.stores import find_row
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row, State

Json = dict[str, Any]

KINDS: Final[tuple[MemoryKind, ...]] = get_args(MemoryKind)
NEVER: Final = 1e18
LIVE: Final = "store = ? AND scope = ? AND expires > ?"
PLACES: Final = "memories"  # of deleted ones, for lists


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    row: int
    project: int
    name: str
    chat_model: str  # names of deployments
    embedding_model: str
    wishes: Wishes
    ttl_s: int  # 0: never

    def wants(self, kind: MemoryKind) -> bool:
        wishes = self.wishes
        wanted = {"user_profile": wishes.user_profile, "chat_summary": wishes.chat_summary}
        return wanted.get(kind, wishes.procedural)

    def expiry(self, updated: float) -> float:
        """Counts from the last update of each memory. Source: Microsoft Learn, memory-usage."""
        return updated + self.ttl_s if self.ttl_s else NEVER


def the_store(call: Call, name: str) -> Store:
    return _store(find_row(call, name))


def store_of(state: State, row: int) -> Store:
    found = state.one("SELECT * FROM stores WHERE id = ?", row)
    if found is None:  # the rows of a store go with it
        raise LookupError(row)
    return _store(found)


def live(state: State, store: int, scope: str, now: float) -> list[Row]:
    """Oldest first."""
    return state.all(f"SELECT * FROM memories WHERE {LIVE} ORDER BY id", store, scope, now)  # noqa: S608


def count(state: State, store: int, scope: str, now: float) -> int:
    return state.number(f"SELECT count(*) FROM memories WHERE {LIVE}", store, scope, now)  # noqa: S608


def find(state: State, store: int, memory_id: str, now: float) -> Row | None:
    sql = "SELECT * FROM memories WHERE store = ? AND memory_id = ? AND expires > ?"
    return state.one(sql, store, memory_id, now)


def find_in_project(state: State, project: int, memory_id: str) -> Row | None:
    """In whatever store."""
    sql = "SELECT m.* FROM memories m JOIN stores s ON s.id = m.store WHERE m.memory_id = ? AND s.project = ?"
    return state.one(sql, memory_id, project)


def insert(state: State, store: Store, scope: str, *, kind: str, content: str, now: float) -> Json:
    memory_id = f"mem_{secrets.token_hex(16)}"  # assumed: what ids look like
    state.run(
        "INSERT INTO memories (store, scope, memory_id, kind, content, updated, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
        store.row,
        scope,
        memory_id,
        kind,
        content,
        now,
        store.expiry(now),
    )
    return _item(memory_id, now, scope, content, kind)


def rewrite(state: State, store: Store, row: Row, content: str, now: float) -> Json:
    sql = "UPDATE memories SET content = ?, updated = ?, expires = ? WHERE id = ?"
    state.run(sql, content, now, store.expiry(now), row["id"])
    return _item(row["memory_id"], now, row["scope"], content, row["kind"])


def delete(state: State, row: Row) -> Json:
    state.run("DELETE FROM memories WHERE id = ?", row["id"])
    remember_place(state, PLACES, row["store"], row["id"], row["memory_id"])
    return item_of(row)


def purge(state: State, store: int, now: float) -> None:
    """What has expired is gone for good; in a write transaction."""
    state.run("DELETE FROM memories WHERE store = ? AND expires <= ?", store, now)


def item_of(row: Row) -> Json:
    return _item(row["memory_id"], row["updated"], row["scope"], row["content"], row["kind"])


def memory_of(row: Row) -> Memory:
    return Memory(memory_id=row["memory_id"], kind=row["kind"], content=row["content"])


def _item(memory_id: str, updated: float, scope: str, content: str, kind: str) -> Json:
    """Source: azure-rest-api-specs, ai-foundry memory-stores (models.tsp: MemoryItem)."""
    return {"memory_id": memory_id, "updated_at": int(updated), "scope": scope, "content": content, "kind": kind}


def _store(row: Row) -> Store:
    definition = load(row["body"])["definition"]
    options = definition["options"]
    return Store(
        row=row["id"],
        project=row["project"],
        name=row["name"],
        chat_model=definition["chat_model"],
        embedding_model=definition["embedding_model"],
        wishes=Wishes(
            user_profile=options["user_profile_enabled"],
            user_profile_details=options["user_profile_details"],
            chat_summary=options["chat_summary_enabled"],
            procedural=options["procedural_memory_enabled"],
        ),
        ttl_s=options["default_ttl_seconds"],
    )
