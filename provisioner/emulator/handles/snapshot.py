"""The whole state as one JSON document, and back. Without secrets: tokens belong to an emulator, not to a state."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from provisioner.emulator.control import resource_rows
from provisioner.emulator.handles import table_rows
from provisioner.emulator.world.state import SCHEMA_VERSION, SETTINGS

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import State
    from provisioner.emulator.world.tables import Table


class WrongSnapshot(ValueError):  # noqa: N818  it is the caller's
    pass


def take(state: State) -> Json:
    tables = {table.name: table_rows.content(state, table.name) for table in state.tables}
    tables[SETTINGS.name] = table_rows.open_settings(state)
    return {"format": SCHEMA_VERSION, "tables": tables}


def restore(state: State, document: Json) -> None:
    """All or nothing, inside a write transaction. Raises WrongSnapshot.

    What resources were given and never show is not in a document: it stays with those that are as they were.
    """
    tables = document.get("tables")
    if document.get("format") != SCHEMA_VERSION or not isinstance(tables, dict):
        raise WrongSnapshot(f"Send what GET /_emulator/state gave: format {SCHEMA_VERSION}, and its tables.")
    known = {table.name: table for table in (*state.tables, SETTINGS)}
    unknown = sorted(tables.keys() - known.keys())
    if unknown:
        raise WrongSnapshot(f"There is no table '{unknown[0]}'.")
    secrets = resource_rows.with_secrets(state)
    state.clear()
    table_rows.defer_checks(state)
    try:
        for name, rows in tables.items():
            _fill(state, known[name], rows)
        _check_bodies(state)
        resource_rows.give_back(state, secrets)
    except (sqlite3.Error, OverflowError, TypeError, ValueError) as error:
        raise WrongSnapshot(f"The snapshot does not fit together: {error}.") from error
    if not table_rows.holds_together(state):
        raise WrongSnapshot("The snapshot does not fit together: something belongs to what is not in it.")


def _check_bodies(state: State) -> None:
    """Objects are kept as JSON; half a one would be noticed only when somebody reads it."""
    for table in state.tables:
        if "body" in state.columns(table) and not all(
            isinstance(body, dict) for body in table_rows.bodies(state, table.name)
        ):
            raise WrongSnapshot(f"A row of table '{table.name}' has a body that is no object.")


def _fill(state: State, filled: Table, content: object) -> None:
    table = filled.name
    columns, rows = _parts(table, content)
    known = set(state.columns(filled))
    if not known.issuperset(columns):
        raise WrongSnapshot(f"Table '{table}' has the columns {', '.join(sorted(known))}.")
    for row in rows:
        if len(row) != len(columns):
            raise WrongSnapshot(f"A row of table '{table}' has {len(row)} values for {len(columns)} columns.")
        if filled != SETTINGS or not table_rows.is_secret(row[columns.index("name")]):
            table_rows.insert(state, table, columns, row)


def _parts(table: str, content: object) -> tuple[list[str], list[list[object]]]:
    columns, rows = (content.get("columns"), content.get("rows")) if isinstance(content, dict) else (None, None)
    fits = isinstance(columns, list) and all(isinstance(name, str) for name in columns)
    if not fits or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise WrongSnapshot(f'Table \'{table}\' is {{"columns": [...], "rows": [[...], ...]}}.')
    return columns, rows  # type: ignore[return-value]  # looked at above
