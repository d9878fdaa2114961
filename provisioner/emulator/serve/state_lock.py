"""Whether somebody else uses the same state file. That is safe, and mostly not meant: so it is told, not refused.

Who comes first holds a lock of SQLite on a file beside the state for as long as it runs. It goes with its process,
however that ends, and works on every system that the state works on.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.emulator.world.file_ownership import require_own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL)"
NAME = re.compile(r"https://127\.0\.0\.1:[0-9]{1,5}, process [0-9]{1,10}")


@contextmanager
def claimed(state: str, address: str) -> Iterator[str]:
    """The other's name, as in "https://127.0.0.1:8443, process 4242"; nothing when there is none. Raises StateError
    where the lock is not ours.
    """
    if state == ":memory:":
        yield ""
        return
    file = Path(state).expanduser()
    lock = file.with_name(f"{file.name}.lock")
    require_own_database(lock)
    with closing(sqlite3.connect(lock, isolation_level=None, timeout=0)) as connection:
        yield _other(connection, f"{address}, process {os.getpid()}")


def _other(connection: sqlite3.Connection, name: str) -> str:
    try:
        connection.execute("PRAGMA synchronous = OFF")  # the lock counts, not what is written
        if not _is_plain(connection):
            return ""
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(SCHEMA)
        connection.execute("INSERT OR REPLACE INTO holder VALUES (1, ?)", (name,))
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")  # held: others may read who we are, and not be it
    except sqlite3.Error:
        pass  # somebody is it; or the lock cannot be used at all, which is no reason not to start
    else:
        return ""
    with suppress(sqlite3.Error):
        row = connection.execute("SELECT name FROM holder").fetchone()
        if row is None:
            return "still starting"
        return str(row[0]) if NAME.fullmatch(str(row[0])) else "whose name cannot be read"
    return ""


def _is_plain(connection: sqlite3.Connection) -> bool:
    """Whether nothing in the file acts by itself, as triggers and views do."""
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")}
    return found <= {SCHEMA.replace(" IF NOT EXISTS", "")}
