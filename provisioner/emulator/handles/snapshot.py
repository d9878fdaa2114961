"""The whole state as one JSON document, and back. Without secrets: tokens belong to an emulator, not to a state."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.world.state import HIDDEN_SETTING, SCHEMA_VERSION, TABLES, load

if TYPE_CHECKING:
    from provisioner.emulator.world.state import State

Json = dict[str, Any]
SECRETS: Final = f"(name IN ('token_secret', 'identity_header') OR name LIKE '{HIDDEN_SETTING}%')"


class WrongSnapshot(ValueError):  # noqa: N818  it is the caller's
    pass


def take(state: State) -> Json:
    tables = {table: _rows(state, f"SELECT * FROM {table}") for table in TABLES}  # noqa: S608
    tables["settings"] = _rows(state, f"SELECT * FROM settings WHERE NOT {SECRETS}")  # noqa: S608
    return {"format": SCHEMA_VERSION, "tables": tables}


def restore(state: State, document: Json) -> None:
    """All or nothing, inside a write transaction. Raises WrongSnapshot."""
    tables = document.get("tables")
    if document.get("format") != SCHEMA_VERSION or not isinstance(tables, dict):
        raise WrongSnapshot(f"Send what GET /_emulator/state gave: format {SCHEMA_VERSION}, and its tables.")
    unknown = sorted(tables.keys() - {*TABLES, "settings"})
    if unknown:
        raise WrongSnapshot(f"There is no table '{unknown[0]}'.")
    state.clear()
    state.run(f"DELETE FROM settings WHERE NOT {SECRETS}")  # noqa: S608
    state.run("PRAGMA defer_foreign_keys = ON")
    try:
        for table, rows in tables.items():
            _fill(state, table, rows)
        _check_bodies(state)
    except (sqlite3.Error, OverflowError, TypeError, ValueError) as error:
        raise WrongSnapshot(f"The snapshot does not fit together: {error}.") from error
    if state.one("PRAGMA foreign_key_check") is not None:
        raise WrongSnapshot("The snapshot does not fit together: something belongs to what is not in it.")


def _check_bodies(state: State) -> None:
    """Objects are kept as JSON; half a one would be noticed only when somebody reads it."""
    for table in TABLES:
        if any(row["name"] == "body" for row in state.all(f"PRAGMA table_info({table})")):
            for row in state.all(f"SELECT body FROM {table}"):  # noqa: S608
                if not isinstance(load(row["body"]), dict):
                    raise WrongSnapshot(f"A row of table '{table}' has a body that is no object.")


def _rows(state: State, sql: str) -> Json:
    found = state.all(sql)
    return {"columns": list(found[0].keys()) if found else [], "rows": [list(row) for row in found]}


def _fill(state: State, table: str, content: object) -> None:
    columns, rows = _parts(table, content)
    known = {row["name"] for row in state.all(f"PRAGMA table_info({table})")}
    if not known.issuperset(columns):
        raise WrongSnapshot(f"Table '{table}' has the columns {', '.join(sorted(known))}.")
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        if len(row) != len(columns):
            raise WrongSnapshot(f"A row of table '{table}' has {len(row)} values for {len(columns)} columns.")
        if table != "settings" or not _is_secret(row[columns.index("name")]):
            state.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *row)  # noqa: S608


def _is_secret(setting: object) -> bool:
    return setting in {"token_secret", "identity_header"} or str(setting).startswith(HIDDEN_SETTING)


def _parts(table: str, content: object) -> tuple[list[str], list[list[object]]]:
    columns, rows = (content.get("columns"), content.get("rows")) if isinstance(content, dict) else (None, None)
    fits = isinstance(columns, list) and all(isinstance(name, str) for name in columns)
    if not fits or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise WrongSnapshot(f'Table \'{table}\' is {{"columns": [...], "rows": [[...], ...]}}.')
    return columns, rows  # type: ignore[return-value]  # looked at above
