"""Where deleted objects stood, so that a client may delete while it pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.world.state import State

DEPARTED: Final = Table(
    "departed",
    """
CREATE TABLE departed (           -- where deleted objects stood, for clients that delete while they page
  family TEXT NOT NULL,
  parent INTEGER NOT NULL,
  key TEXT NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (family, parent, key)) WITHOUT ROWID;
""",
)


def remember_place(state: State, family: str, parent: int, row: int, *keys: str) -> None:
    for key in keys:
        sql = "INSERT OR REPLACE INTO departed (family, parent, key, id) VALUES (?, ?, ?, ?)"
        state.run(sql, family, parent, key, row)


def departed_place(state: State, family: str, parent: int, key: str) -> int | None:
    row = state.one("SELECT id FROM departed WHERE family = ? AND parent = ? AND key = ?", family, parent, key)
    return None if row is None else int(row["id"])
