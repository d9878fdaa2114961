"""Memory stores as rows: found by name, listed in the order in which they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State

STORES: Final = Table(
    "stores",
    """
CREATE TABLE stores (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL,
  name TEXT NOT NULL,
  store_id TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (project, name),
  UNIQUE (project, store_id));
CREATE INDEX stores_in_order ON stores (project, id);
""",
)
WITH_PROJECT: Final = "SELECT s.*, p.name AS in_project FROM stores s JOIN resources p ON p.id = s.project"


def find(state: State, project: int, name: str) -> Row | None:
    return state.one("SELECT * FROM stores WHERE project = ? AND name = ?", project, name)


def by_row(state: State, store: int) -> Row | None:
    return state.one("SELECT * FROM stores WHERE id = ?", store)


def page_of_bodies(state: State, project: int, page: Page) -> list[Json]:
    sql = f"SELECT body FROM stores WHERE project = ? AND {page.sql}"  # noqa: S608
    return [load(row["body"]) for row in state.all(sql, project, *page.values)]


def count_all(state: State) -> int:
    return state.number("SELECT count(*) FROM stores")


def all_bodies(state: State) -> list[Json]:
    return [load(row["body"]) for row in state.all("SELECT body FROM stores ORDER BY id")]


def page_with_projects(state: State, limit: int, first: int) -> list[Row]:
    """The latest first, each with the name of its project."""
    return state.all(f"{WITH_PROJECT} ORDER BY s.id DESC LIMIT ? OFFSET ?", limit, first)


def with_project(state: State, store: int) -> Row | None:
    return state.one(f"{WITH_PROJECT} WHERE s.id = ?", store)


def place(state: State, project: int, cursor: str) -> int | None:
    """By id or name."""
    row = state.one("SELECT id FROM stores WHERE project = ? AND (store_id = ? OR name = ?)", project, cursor, cursor)
    return None if row is None else int(row["id"])


def insert(state: State, project: int, body: Json) -> None:
    sql = "INSERT INTO stores (project, name, store_id, body) VALUES (?, ?, ?, ?)"
    state.run(sql, project, body["name"], body["id"], dump(body))


def save(state: State, store: int, body: Json) -> None:
    state.run("UPDATE stores SET body = ? WHERE id = ?", dump(body), store)


def delete(state: State, store: int) -> None:
    """With everything in it."""
    state.run("DELETE FROM stores WHERE id = ?", store)
