"""The only mutable truth: one SQLite database, in memory or in a file that outlives the process.

Several emulators may use one file: writers take turns (BEGIN IMMEDIATE), a write that is under way on an
account is a row with a due time, so neither a second process nor a crash can confuse the first.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.file_ownership import keeps_modes, require_own_database
from provisioner.emulator.world.options import StateError
from provisioner.emulator.world.tables import Table, bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.emulator.model.interface import Json

Row = sqlite3.Row

APPLICATION_ID: Final = 0x466E6472  # "Fndr": tells our files from other programs' databases
SCHEMA_VERSION: Final = 2
BUSY_TIMEOUT_MS: Final = 10_000

SETTINGS: Final = Table(
    "settings",
    """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
""",
)
OF_SQLITE: Final = frozenset(
    {
        "CREATE TABLE sqlite_sequence(name,seq)",
        "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
        "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
    }
)
SECRETS: Final = {
    "token_secret": (re.compile("[0-9a-f]{64}"), lambda: secrets.token_hex(32)),
    "identity_header": (re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), lambda: str(uuid.uuid4())),
}
HIDDEN_SETTING: Final = "secret:"  # and a row: what a resource was given and never shows; in no snapshot either


class State:
    """Open one per emulator, use it from one thread at a time, close it. `tables` are all that there are to be, but for
    that of the settings; a file of an emulator that did not have one yet gets it.
    """

    def __init__(self, location: str, tables: Iterable[Table]) -> None:
        self.location = location
        self.tables = tuple(tables)
        self._all_tables = (SETTINGS, *self.tables)
        try:
            self._connection = _open(location, self._all_tables)
        except (sqlite3.DatabaseError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise StateError(f"The state file '{location}' cannot be used: {why}.") from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.close()
            raise StateError(
                f"The state file '{location}' is damaged or is no state file ({error}). "
                "It was left as it is; name another file, or move this one away."
            ) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def number(self, sql: str, *values: object) -> int:
        row = self.one(sql, *values)
        return int(row[0]) if row and row[0] is not None else 0

    def run(self, sql: str, *values: object) -> int:
        """Returns the id of the row that was inserted."""
        return self._connection.execute(sql, values).lastrowid or 0

    @contextmanager
    def transaction(self, *, writes: bool, keeps: bool = True) -> Iterator[None]:
        """All or nothing; nothing anyhow without `keeps`. Writers queue across processes; readers see one moment."""
        try:
            self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT" if keeps else "ROLLBACK")
        except sqlite3.DatabaseError as error:
            raise StateError(f"The state file '{self.location}' cannot be used: {error}.") from error

    @property
    def changes(self) -> int:
        """Grows with every row that is written."""
        return self._connection.total_changes

    def copy(self) -> State:
        """As it is now, in memory."""
        twin = State(":memory:", self.tables)
        self._connection.backup(twin._connection)
        return twin

    def columns(self, table: Table) -> list[str]:
        return [row["name"] for row in self.all(f"PRAGMA table_info({table.name})")]

    def setting(self, name: str) -> str | None:
        row = self.one("SELECT value FROM settings WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def set(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)

    def clear(self) -> None:
        """Empty the world, inside a transaction. Secrets stay, so tokens that were given out still hold."""
        for table in self.tables:
            self.run(f"DELETE FROM {table.name}")  # noqa: S608  a name of ours
        marks = ", ".join("?" for _ in SECRETS)
        self.run(f"DELETE FROM settings WHERE name NOT IN ({marks})", *SECRETS)  # noqa: S608

    def _prepare(self) -> None:
        if self._is_current() and not self._lacking_tables() and not self._lacking():
            return
        with self.transaction(writes=True):
            is_new = not self._is_current()
            for table in self._lacking_tables():  # no other process was faster
                for statement in table.statements:
                    self.run(statement)
            if is_new:
                self.run(f"PRAGMA application_id = {APPLICATION_ID}")
                self.run(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for name in self._lacking():
                self.set(name, SECRETS[name][1]())

    def _lacking_tables(self) -> list[Table]:
        there = {row["name"] for row in self.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return [table for table in self._all_tables if table.name not in there]

    def _lacking(self) -> list[str]:
        """Secrets that are not there, or not as we make them: they go into headers and environments."""
        return [name for name, (form, _) in SECRETS.items() if not form.fullmatch(self.setting(name) or "")]

    def _is_current(self) -> bool:
        """False for an empty file; StateError for one that is not ours to touch."""
        owner = self.number("PRAGMA application_id")
        version = self.number("PRAGMA user_version")
        if owner == 0 and self.number("SELECT count(*) FROM sqlite_master") == 0:
            return False
        if owner != APPLICATION_ID:
            raise StateError(
                f"The state file '{self.location}' is another program's database. "
                "It was left as it is; name another file."
            )
        if version != SCHEMA_VERSION:
            raise StateError(
                f"The state file '{self.location}' has format {version}, this emulator reads format "
                f"{SCHEMA_VERSION}. Use the version that wrote it, or name another file."
            )
        return True


def load(text: str) -> Json:
    document: Json = json.loads(text)
    return document


def dump(document: Json) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _open(location: str, tables: Iterable[Table]) -> sqlite3.Connection:
    if location != ":memory:":
        path = Path(location).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        require_own_database(path)
        path.touch(mode=0o600)  # it holds the secret that tokens are signed with
        if not keeps_modes(path):  # a checkout, or whoever copied it, lets others read it
            with suppress(PermissionError):  # of a disk that has no modes
                path.chmod(0o600)
        location = str(path)
    connection = sqlite3.connect(
        location, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")
        if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
            _check(connection, tables)
        elif connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """That it holds tables of ours, each whole, and nothing that acts by itself (triggers, views), and is whole."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        return  # it is refused anyway
    found = {bare(sql) for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    ours = [set(table.statements) for table in tables if not found.isdisjoint(table.statements)]
    if found - OF_SQLITE != set().union(*ours):
        raise sqlite3.DatabaseError("its tables are not those of a local Foundry")
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise sqlite3.DatabaseError(damage)
