"""Agents and their versions as rows. An agent's row comes with the body of its latest version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State

WITH_LATEST: Final = (
    "SELECT agents.*, versions.body AS latest_body, versions.active_at AS active_at "
    "FROM agents LEFT JOIN versions ON versions.id = agents.latest"
)


def find(state: State, project: int, name: str) -> Row | None:
    return state.one(f"{WITH_LATEST} WHERE agents.project = ? AND agents.name = ?", project, name)


def page_of_agents(state: State, project: int, page: Page, kind: str | None) -> list[Row]:
    matching = "project = ? AND kind = ?" if kind else "project = ?"
    sql = f"{WITH_LATEST} WHERE agents.id IN (SELECT id FROM agents WHERE {matching} AND {page.sql}) ORDER BY agents.id"  # noqa: S608
    rows = state.all(sql, project, *([kind] if kind else []), *page.values)
    return rows[::-1] if page.descending else rows


def place(state: State, project: int, name: str) -> int | None:
    row = state.one("SELECT id FROM agents WHERE project = ? AND name = ?", project, name)
    return None if row is None else int(row["id"])


def insert(state: State, project: int, name: str, kind: str, body: Json) -> int:
    sql = "INSERT INTO agents (project, name, kind, body) VALUES (?, ?, ?, ?)"
    return state.run(sql, project, name, kind, dump(body))


def save(state: State, agent: int, body: Json) -> None:
    state.run("UPDATE agents SET body = ? WHERE id = ?", dump(body), agent)


def delete(state: State, agent: int) -> None:
    """With every version."""
    state.run("DELETE FROM versions WHERE agent = ?", agent)
    state.run("DELETE FROM agents WHERE id = ?", agent)


def count_request(state: State, agent: int) -> None:
    state.run("UPDATE agents SET requests = requests + 1 WHERE id = ?", agent)


def last_number(state: State, agent: int) -> int:
    return state.number("SELECT last_number FROM agents WHERE id = ?", agent)


def find_version(state: State, agent: int, version: str) -> Row | None:
    return state.one("SELECT * FROM versions WHERE agent = ? AND version = ?", agent, version)


def find_published(state: State, agent: int, version: str | None = None) -> Row | None:
    """No draft: the latest, unless one is named."""
    sql = "SELECT * FROM versions WHERE agent = ? AND draft = 0 AND (? IS NULL OR version = ?) ORDER BY id DESC LIMIT 1"
    return state.one(sql, agent, version, version)


def page_of_versions(state: State, agent: int, page: Page, *, drafts: bool) -> list[Row]:
    sql = f"SELECT * FROM versions WHERE agent = ? AND draft <= ? AND {page.sql}"  # noqa: S608
    return state.all(sql, agent, int(drafts), *page.values)


def latest_versions(state: State, agent: int, limit: int) -> list[Row]:
    return state.all("SELECT * FROM versions WHERE agent = ? ORDER BY id DESC LIMIT ?", agent, limit)


def count_versions(state: State, agent: int) -> int:
    return state.number("SELECT count(*) FROM versions WHERE agent = ?", agent)


def add_version(state: State, agent: int, body: Json, *, number: int, active_at: float) -> None:
    """A draft stands for the agent only while there is nothing else; it does not use up its number."""
    draft = bool(body["draft"])
    sql = "INSERT INTO versions (agent, version, draft, active_at, body) VALUES (?, ?, ?, ?, ?)"
    row = state.run(sql, agent, body["version"], int(draft), active_at, dump(body))
    if draft:
        state.run("UPDATE agents SET latest = ? WHERE id = ? AND latest = 0", row, agent)
    else:
        state.run("UPDATE agents SET latest = ?, last_number = ? WHERE id = ?", row, number, agent)


def delete_version(state: State, agent: int, version: int) -> bool:
    """Whether the agent has one left, which is its latest then."""
    state.run("DELETE FROM versions WHERE id = ?", version)
    latest = state.number("SELECT id FROM versions WHERE agent = ? ORDER BY draft, id DESC LIMIT 1", agent)
    if latest:
        state.run("UPDATE agents SET latest = ? WHERE id = ?", latest, agent)
    return bool(latest)
