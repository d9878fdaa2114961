"""Agents and their versions as rows. An agent's row comes with the body of its latest version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State

AGENTS: Final = Table(
    "agents",
    """
CREATE TABLE agents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  latest INTEGER NOT NULL DEFAULT 0,
  last_number INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0,  -- that were spread over several versions
  body TEXT NOT NULL,
  UNIQUE (project, name));
CREATE INDEX agents_in_order ON agents (project, id);
CREATE INDEX agents_of_kind ON agents (project, kind, id);
""",
)
VERSIONS: Final = Table(
    "versions",
    """
CREATE TABLE versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  agent INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  version TEXT NOT NULL,
  draft INTEGER NOT NULL,
  active_at REAL NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (agent, version));
CREATE INDEX versions_in_order ON versions (agent, draft, id);
""",
)
WITH_LATEST: Final = (
    "SELECT agents.*, versions.body AS latest_body, versions.active_at AS active_at "
    "FROM agents LEFT JOIN versions ON versions.id = agents.latest"
)
WITH_PROJECT: Final = (
    "SELECT a.*, p.name AS in_project, v.body AS latest_body, "
    "(SELECT count(*) FROM versions WHERE agent = a.id) AS versions "
    "FROM agents a JOIN resources p ON p.id = a.project LEFT JOIN versions v ON v.id = a.latest"
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


def count_all(state: State) -> int:
    return state.number("SELECT count(*) FROM agents")


def all_bodies(state: State) -> list[Json]:
    return [load(row["body"]) for row in state.all("SELECT body FROM agents ORDER BY id")]


def count_all_versions(state: State) -> int:
    return state.number("SELECT count(*) FROM versions")


def all_versions(state: State) -> list[Json]:
    return [load(row["body"]) for row in state.all("SELECT body FROM versions ORDER BY id")]


def page_with_projects(state: State, limit: int, first: int) -> list[Row]:
    """The latest first, each with the name of its project, its latest version and how many it has."""
    return state.all(f"{WITH_PROJECT} ORDER BY a.id DESC LIMIT ? OFFSET ?", limit, first)


def with_project(state: State, agent: int) -> Row | None:
    return state.one(f"{WITH_PROJECT} WHERE a.id = ?", agent)


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
