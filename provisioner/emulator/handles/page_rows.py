"""What the page shows, across families: each with the names of what it is in, and how much is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provisioner.emulator.world.state import Row, State

PROJECTS: Final = (
    "SELECT p.*, a.name AS account, (SELECT count(*) FROM stores WHERE project = p.id) AS stores, "
    "(SELECT count(*) FROM agents WHERE project = p.id) AS agents "
    "FROM resources p JOIN resources a ON a.id = p.parent WHERE p.kind = 'project' ORDER BY p.id"
)
STORES: Final = "SELECT s.*, p.name AS in_project FROM stores s JOIN resources p ON p.id = s.project"
AGENTS: Final = (
    "SELECT a.*, p.name AS in_project, v.body AS latest_body, "
    "(SELECT count(*) FROM versions WHERE agent = a.id) AS versions "
    "FROM agents a JOIN resources p ON p.id = a.project LEFT JOIN versions v ON v.id = a.latest"
)


def projects(state: State, limit: int, first: int) -> list[Row]:
    return state.all(f"{PROJECTS} LIMIT ? OFFSET ?", limit, first)


def stores(state: State, limit: int, first: int) -> list[Row]:
    return state.all(f"{STORES} ORDER BY s.id DESC LIMIT ? OFFSET ?", limit, first)


def store(state: State, row: int) -> Row | None:
    return state.one(f"{STORES} WHERE s.id = ?", row)


def agents(state: State, limit: int, first: int) -> list[Row]:
    return state.all(f"{AGENTS} ORDER BY a.id DESC LIMIT ? OFFSET ?", limit, first)


def agent(state: State, row: int) -> Row | None:
    return state.one(f"{AGENTS} WHERE a.id = ?", row)
