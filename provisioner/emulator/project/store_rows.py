"""Memory stores as rows: found by name, listed in the order in which they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.world.state import dump, load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State


def find(state: State, project: int, name: str) -> Row | None:
    return state.one("SELECT * FROM stores WHERE project = ? AND name = ?", project, name)


def by_row(state: State, store: int) -> Row | None:
    return state.one("SELECT * FROM stores WHERE id = ?", store)


def page_of_bodies(state: State, project: int, page: Page) -> list[Json]:
    sql = f"SELECT body FROM stores WHERE project = ? AND {page.sql}"  # noqa: S608
    return [load(row["body"]) for row in state.all(sql, project, *page.values)]


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
