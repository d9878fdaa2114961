"""Operations of the management plane as rows. One is over when the clock says so, and settled when somebody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import Row, State

OPERATIONS: Final = Table(
    "operations",
    """
CREATE TABLE operations (         -- writes of the management plane that take time
  id TEXT PRIMARY KEY,
  account INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  verb TEXT NOT NULL,
  started REAL NOT NULL,
  due REAL NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0,
  error TEXT);
CREATE INDEX operations_under_way ON operations (settled, account, due);
""",
)
UNDER_WAY: Final = "settled = 0 AND started <= ? AND due > ?"  # a start in the future: the clock was set back
DUE: Final = "settled = 0 AND (due <= ? OR started > ?)"


def find(state: State, key: str) -> Row | None:
    return state.one("SELECT * FROM operations WHERE id = ?", key)


def is_busy(state: State, account: int, now: float) -> bool:
    sql = f"SELECT 1 FROM operations WHERE {UNDER_WAY} AND account = ? LIMIT 1"  # noqa: S608
    return state.one(sql, now, now, account) is not None


def unsettled(state: State, resource: int, verb: str | None = None) -> Row | None:
    sql = "SELECT * FROM operations WHERE settled = 0 AND resource = ? AND (? IS NULL OR verb = ?)"
    return state.one(sql, resource, verb, verb)


def is_due(state: State, now: float) -> bool:
    return state.one(f"SELECT 1 FROM operations WHERE {DUE} LIMIT 1", now, now) is not None  # noqa: S608


def due(state: State, now: float) -> list[Row]:
    return state.all(f"SELECT * FROM operations WHERE {DUE} ORDER BY due", now, now)  # noqa: S608


def settle(state: State, key: str) -> None:
    state.run("UPDATE operations SET settled = 1 WHERE id = ?", key)


def count(state: State) -> int:
    return state.number("SELECT max(rowid) FROM operations")


def since(state: State, begun: int) -> list[Row]:
    return state.all("SELECT * FROM operations WHERE rowid > ?", begun)


def insert(
    state: State,
    key: str,
    *,
    account: int,
    resource: int,
    verb: str,
    started: float,
    due: float,
    error: Json | None = None,
) -> None:
    state.run(
        "INSERT INTO operations (id, account, resource, verb, started, due, error) VALUES (?, ?, ?, ?, ?, ?, ?)",
        key,
        account,
        resource,
        verb,
        started,
        due,
        None if error is None else dump(error),
    )
