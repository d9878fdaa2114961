"""Role assignments as rows: who has which role where, from when on. Scopes are ids of the management plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import Row, State

ROLE_ASSIGNMENTS: Final = Table(
    "role_assignments",
    """
CREATE TABLE role_assignments (   -- of the management plane: who has which role where
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  scope TEXT NOT NULL,            -- in lower case, as are the next two
  principal TEXT NOT NULL,
  role TEXT NOT NULL,
  in_force REAL NOT NULL,         -- when it begins to count
  body TEXT NOT NULL);
CREATE INDEX role_assignments_of ON role_assignments (principal);
""",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    name: str
    scope: str
    principal: str
    role: str
    in_force: float
    body: Json


def every(state: State) -> list[Assignment]:
    return [_assignment(row) for row in state.all("SELECT * FROM role_assignments ORDER BY id")]


def of_principal(state: State, principal: str) -> list[Assignment]:
    rows = state.all("SELECT * FROM role_assignments WHERE principal = ? ORDER BY id", principal.lower())
    return [_assignment(row) for row in rows]


def find(state: State, name: str) -> Assignment | None:
    row = state.one("SELECT * FROM role_assignments WHERE name = ?", name)
    return None if row is None else _assignment(row)


def put(state: State, assignment: Assignment) -> Assignment:
    """In the place of the one of that name, if there is one."""
    state.run(
        "INSERT INTO role_assignments (name, scope, principal, role, in_force, body) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET in_force = excluded.in_force, body = excluded.body",
        assignment.name,
        assignment.scope.lower(),
        assignment.principal.lower(),
        assignment.role.lower(),
        assignment.in_force,
        dump(assignment.body),
    )
    return assignment


def delete(state: State, name: str) -> None:
    state.run("DELETE FROM role_assignments WHERE name = ?", name)


def _assignment(row: Row) -> Assignment:
    return Assignment(
        name=row["name"],
        scope=row["scope"],
        principal=row["principal"],
        role=row["role"],
        in_force=row["in_force"],
        body=load(row["body"]),
    )
