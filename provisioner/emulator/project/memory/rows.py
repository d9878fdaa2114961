"""Stores as the runtime sees them, and their memories as rows. What has expired is not there, purged or not."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from provisioner.emulator.model import Memory, MemoryKind, Wishes
from provisioner.emulator.project import store_rows
from provisioner.emulator.project.departed_rows import remember_place
from provisioner.emulator.project.stores import find_row
from provisioner.emulator.world.state import dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State


MEMORIES: Final = Table(
    "memories",
    """
CREATE TABLE memories (           -- what stores hold; the expired are not there, whether purged or not
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  store INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  memory_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  content TEXT NOT NULL,
  updated REAL NOT NULL,
  expires REAL NOT NULL,
  UNIQUE (store, memory_id));
CREATE INDEX memories_in_order ON memories (store, scope, id);
""",
)
MEMORY_UPDATES: Final = Table(
    "memory_updates",
    """
CREATE TABLE memory_updates (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  update_id TEXT NOT NULL UNIQUE,
  store INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  items TEXT NOT NULL,
  starts REAL NOT NULL,
  due REAL NOT NULL,
  status TEXT NOT NULL,           -- waiting, completed, failed, superseded
  superseded_by TEXT,
  result TEXT,
  error TEXT);
CREATE INDEX memory_updates_by_due ON memory_updates (status, due);
CREATE INDEX memory_updates_of_scope ON memory_updates (store, scope, status);
""",
)
MEMORY_SEARCHES: Final = Table(
    "memory_searches",
    """
CREATE TABLE memory_searches (    -- so that one can be continued
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  search_id TEXT NOT NULL UNIQUE,
  store INTEGER NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  query TEXT NOT NULL,
  shown TEXT NOT NULL);
CREATE INDEX memory_searches_of_store ON memory_searches (store, scope);
""",
)
KINDS: Final[tuple[MemoryKind, ...]] = get_args(MemoryKind)
NEVER: Final = 1e18
LIVE: Final = "store = ? AND scope = ? AND expires > ?"
PLACES: Final = "memories"  # of deleted ones, for lists
WAITING: Final = "waiting"  # of an update; then completed, failed or superseded
NEXT: Final = "SELECT * FROM memory_updates WHERE status = 'waiting' AND due <= ? ORDER BY due, id LIMIT 1"


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
    found = store_rows.by_row(state, row)
    if found is None:  # the rows of a store go with it
        raise LookupError(row)
    return _store(found)


def live(state: State, store: int, scope: str, now: float) -> list[Row]:
    """Oldest first."""
    return state.all(f"SELECT * FROM memories WHERE {LIVE} ORDER BY id", store, scope, now)  # noqa: S608


def count(state: State, store: int, scope: str, now: float) -> int:
    return state.number(f"SELECT count(*) FROM memories WHERE {LIVE}", store, scope, now)  # noqa: S608


def count_kept(state: State, store: int, scope: str) -> int:
    """With what has expired and is not purged yet; the index alone tells."""
    return state.number("SELECT count(*) FROM memories WHERE store = ? AND scope = ?", store, scope)


def count_all(state: State, now: float) -> int:
    return state.number("SELECT count(*) FROM memories WHERE expires > ?", now)


def all_items(state: State, now: float) -> list[Json]:
    """Of whatever store and scope."""
    return [item_of(row) for row in state.all("SELECT * FROM memories WHERE expires > ? ORDER BY id", now)]


def latest(state: State, store: int, scope: str, now: float, limit: int) -> list[Row]:
    return state.all(f"SELECT * FROM memories WHERE {LIVE} ORDER BY id DESC LIMIT ?", store, scope, now, limit)  # noqa: S608


def page_of_memories(
    state: State, store: int, scope: str, now: float, *, kinds: Sequence[str], page: Page
) -> list[Row]:
    marks = ", ".join("?" * len(kinds))
    sql = f"SELECT * FROM memories WHERE {LIVE} AND kind IN ({marks}) AND {page.sql}"  # noqa: S608
    return state.all(sql, store, scope, now, *kinds, *page.values)


def place(state: State, store: int, memory_id: str) -> int | None:
    row = state.one("SELECT id FROM memories WHERE store = ? AND memory_id = ?", store, memory_id)
    return None if row is None else int(row["id"])


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


def delete_scope(state: State, store: int, scope: str) -> None:
    """Updates that wait end superseded, by none."""
    state.run("DELETE FROM memories WHERE store = ? AND scope = ?", store, scope)
    state.run("DELETE FROM memory_searches WHERE store = ? AND scope = ?", store, scope)
    sql = "UPDATE memory_updates SET status = 'superseded', items = 'null' WHERE status = ? AND store = ? AND scope = ?"
    state.run(sql, WAITING, store, scope)


def is_known(state: State, store: int, scope: str, now: float) -> bool:
    """Whether the scope has memories, or an update that waits."""
    sql = "SELECT 1 FROM memory_updates WHERE store = ? AND scope = ? AND status = 'waiting' LIMIT 1"
    return (
        state.one(f"SELECT 1 FROM memories WHERE {LIVE} LIMIT 1", store, scope, now) is not None  # noqa: S608
        or state.one(sql, store, scope) is not None
    )


def count_scopes(state: State, store: int, now: float) -> int:
    sql = (
        "SELECT count(*) FROM (SELECT scope FROM memories WHERE store = ? AND expires > ?"
        " UNION SELECT scope FROM memory_updates WHERE store = ? AND status = 'waiting')"
    )
    return state.number(sql, store, now, store)


def scopes(state: State, now: float, store: int | None) -> list[Row]:
    """Of one store or of all: how many memories each has, and how many updates wait."""
    return state.all(
        "SELECT s.project, s.id, s.name, c.scope, sum(c.memories) AS memories, sum(c.waiting) AS waiting FROM ("
        " SELECT store, scope, count(*) AS memories, 0 AS waiting FROM memories WHERE expires > ? GROUP BY store, scope"
        " UNION ALL"
        " SELECT store, scope, 0, count(*) FROM memory_updates WHERE status = 'waiting' GROUP BY store, scope"
        ") c JOIN stores s ON s.id = c.store WHERE ? IS NULL OR s.id = ? GROUP BY s.id, c.scope ORDER BY s.id, c.scope",
        now,
        store,
        store,
    )


def next_update(state: State, now: float) -> Row | None:
    """The first that is due."""
    return state.one(NEXT, now)


def find_update(state: State, store: int, update_id: str) -> Row | None:
    return state.one("SELECT * FROM memory_updates WHERE update_id = ? AND store = ?", update_id, store)


def insert_update(
    state: State, store: int, scope: str, update_id: str, *, items: str, starts: float, due: float
) -> None:
    state.run(
        "INSERT INTO memory_updates (update_id, store, scope, items, starts, due, status) VALUES (?, ?, ?, ?, ?, ?, ?)",
        update_id,
        store,
        scope,
        items,
        starts,
        due,
        WAITING,
    )


def not_started(state: State, store: int, scope: str, now: float) -> list[Row]:
    sql = "SELECT * FROM memory_updates WHERE store = ? AND scope = ? AND status = ? AND starts > ? ORDER BY id"
    return state.all(sql, store, scope, WAITING, now)


def supersede(state: State, update: int, by: str) -> None:
    sql = "UPDATE memory_updates SET status = 'superseded', superseded_by = ?, items = 'null' WHERE id = ?"
    state.run(sql, by, update)


def is_waiting(state: State, update: int) -> bool:
    row = state.one("SELECT status FROM memory_updates WHERE id = ?", update)
    return row is not None and row["status"] == WAITING


def close_update(state: State, update: int, status: str, *, result: Json | None, error: Json | None) -> None:
    sql = "UPDATE memory_updates SET status = ?, result = ?, error = ?, items = 'null' WHERE id = ?"
    told = [None if document is None else dump(document) for document in (result, error)]
    state.run(sql, status, *told, update)


def find_search(state: State, store: int, scope: str, search_id: str) -> Row | None:
    sql = "SELECT * FROM memory_searches WHERE search_id = ? AND store = ? AND scope = ?"
    return state.one(sql, search_id, store, scope)


def insert_search(
    state: State, store: int, scope: str, search_id: str, *, query: str, shown: Mapping[str, int]
) -> None:
    sql = "INSERT INTO memory_searches (search_id, store, scope, query, shown) VALUES (?, ?, ?, ?, ?)"
    state.run(sql, search_id, store, scope, query, json.dumps(shown))


def forget_searches(state: State, store: int, scope: str, *, kept: int) -> None:
    """All but the latest."""
    oldest = "SELECT id FROM memory_searches WHERE store = ? AND scope = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
    row = state.one(oldest, store, scope, kept)
    if row is not None:
        sql = "DELETE FROM memory_searches WHERE store = ? AND scope = ? AND id <= ?"
        state.run(sql, store, scope, row["id"])


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
