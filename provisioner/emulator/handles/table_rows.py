"""Whole tables, whatever is in them: taken and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.world.state import HIDDEN_SETTING, SECRETS, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import State


def bodies(state: State, table: str) -> Iterator[Json]:
    for row in state.all(f"SELECT body FROM {table} ORDER BY id"):  # noqa: S608
        yield load(row["body"])


def content(state: State, table: str) -> Json:
    return _taken(state, f"SELECT * FROM {table}")  # noqa: S608


def open_settings(state: State) -> Json:
    """All but the secrets."""
    taken = _taken(state, "SELECT * FROM settings")
    at = taken["columns"].index("name")
    return {**taken, "rows": [row for row in taken["rows"] if not is_secret(row[at])]}


def is_secret(setting: object) -> bool:
    return setting in SECRETS or str(setting).startswith(HIDDEN_SETTING)


def insert(state: State, table: str, names: Sequence[str], values: Sequence[object]) -> None:
    marks = ", ".join("?" for _ in names)
    state.run(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", *values)  # noqa: S608


def defer_checks(state: State) -> None:
    """Rows may come before those that they belong to, until the end of the transaction."""
    state.run("PRAGMA defer_foreign_keys = ON")


def holds_together(state: State) -> bool:
    return state.one("PRAGMA foreign_key_check") is None


def _taken(state: State, sql: str) -> Json:
    found = state.all(sql)
    return {"columns": list(found[0].keys()) if found else [], "rows": [list(row) for row in found]}
