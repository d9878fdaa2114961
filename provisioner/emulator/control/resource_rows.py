"""Resources of the management plane as rows: groups hold accounts, accounts hold projects and deployments.

Names compare without case, as ARM ids do; bodies keep the case they were made with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import HIDDEN_SETTING, dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.state import Row, State


RESOURCES: Final = Table(
    "resources",
    """
CREATE TABLE resources (          -- the management plane: groups, accounts, projects, deployments
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  parent INTEGER NOT NULL,        -- 0 for a resource group
  name TEXT NOT NULL COLLATE NOCASE,
  region TEXT,                    -- these three make the quota ledger
  usage TEXT,
  capacity INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  UNIQUE (kind, parent, name));
CREATE INDEX resources_in_order ON resources (kind, parent, id);
CREATE INDEX resources_by_name ON resources (kind, name);
CREATE INDEX ledger ON resources (region, usage, capacity);
""",
)
GROUP, ACCOUNT, PROJECT, DEPLOYMENT = "group", "account", "project", "deployment"
LEAVES: Final = frozenset({DEPLOYMENT})  # what certainly has nothing below it: looking costs a walk over all
FIND: Final = "SELECT * FROM resources WHERE kind = ? AND parent = ? AND name = ?"
WITH_HOLDER: Final = (
    "SELECT c.*, p.name AS holder FROM resources c JOIN resources p ON p.id = c.parent "
    "LEFT JOIN resources a ON a.id = p.parent AND p.kind = 'project' "
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    row: int
    kind: str
    parent: int
    name: str
    body: Json

    @property
    def arm_id(self) -> str:
        return str(self.body["id"])

    @property
    def location(self) -> str:
        return str(self.body["location"])

    @property
    def properties(self) -> Json:
        found: Json = self.body["properties"]
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """What a deployment takes from the quota ledger."""

    region: str
    usage: str
    capacity: int


def is_empty(state: State) -> bool:
    return state.one("SELECT 1 FROM resources LIMIT 1") is None


def find(state: State, kind: str, parent: int, name: str) -> Resource | None:
    return _or_none(state.one(FIND, kind, parent, name))


def by_row(state: State, row: int) -> Resource | None:
    return _or_none(state.one("SELECT * FROM resources WHERE id = ?", row))


def by_arm_id(state: State, arm_id: str) -> Resource | None:
    """Whatever its kind, unless it is deleted and waits to be had back."""
    sql = (
        "SELECT * FROM resources WHERE name = ? AND lower(json_extract(body, '$.id')) = ? AND kind NOT LIKE 'deleted %'"
    )
    return _or_none(state.one(sql, arm_id.rpartition("/")[2], arm_id.lower()))


def has_identity(state: State, principal: str) -> bool:
    """It is the identity of a resource, or of one that is an identity."""
    places = ", ".join(f"json_extract(body, '$.{place}.principalId')" for place in ("identity", "properties"))
    return state.one(f"SELECT 1 FROM resources WHERE ? IN ({places}) LIMIT 1", principal.lower()) is not None  # noqa: S608


def children(state: State, kind: str, parent: int, *, after: int = 0, limit: int = -1) -> list[Resource]:
    sql = "SELECT * FROM resources WHERE kind = ? AND parent = ? AND id > ? ORDER BY id LIMIT ?"
    return [_resource(row) for row in state.all(sql, kind, parent, after, limit)]


def grandchildren(state: State, kind: str, *parent_kinds: str) -> list[Resource]:
    """Those below every parent of these kinds, the oldest parent first."""
    marks = ", ".join("?" for _ in parent_kinds)
    parents = state.all(f"SELECT id FROM resources WHERE kind IN ({marks}) ORDER BY id", *parent_kinds)  # noqa: S608
    return [child for row in parents for child in children(state, kind, row["id"])]


def is_named(state: State, kind: str, name: str) -> bool:
    """Wherever it is."""
    return state.one("SELECT 1 FROM resources WHERE kind = ? AND name = ?", kind, name) is not None


def named(state: State, kind: str, name: str, parent: str | None = None) -> Resource | None:
    """The oldest of that name; below a parent of that name, if one is given."""
    sql = "SELECT c.* FROM resources c LEFT JOIN resources p ON p.id = c.parent WHERE c.kind = ? AND c.name = ?"
    below = "" if parent is None else " AND p.name = ?"
    return _or_none(state.one(f"{sql}{below} ORDER BY c.id", kind, name, *([] if parent is None else [parent])))


def named_below(state: State, kind: str, name: str, account: str, project: str | None) -> Resource | None:
    """In the account of that name, or in its project; a project's own goes before its account's."""
    sql = (
        f"{WITH_HOLDER} WHERE c.kind = ? AND c.name = ? AND coalesce(a.name, p.name) = ? "
        "AND (? IS NULL OR p.name = ?) ORDER BY p.kind = 'account', c.id"
    )
    return _or_none(state.one(sql, kind, name, account, project, project))


def page_with_holders(state: State, kind: str, limit: int, first: int) -> list[tuple[Resource, str]]:
    """A page of all of a kind, each with the name of what it is below."""
    sql = f"{WITH_HOLDER} WHERE c.kind = ? ORDER BY c.id LIMIT ? OFFSET ?"
    return [(_resource(row), row["holder"]) for row in state.all(sql, kind, limit, first)]


def of_kind(state: State, kind: str) -> Iterator[Resource]:
    for row in state.all("SELECT * FROM resources WHERE kind = ? ORDER BY id", kind):
        yield _resource(row)


def count(state: State, kind: str) -> int:
    return state.number("SELECT count(*) FROM resources WHERE kind = ?", kind)


def account_of(state: State, project: int) -> int:
    return state.number("SELECT parent FROM resources WHERE id = ?", project)


def find_project(state: State, name: str, account: str | None) -> int | None:
    """The project plane names no account on loopback: the first account that has the project answers."""
    named = "p.body LIKE '%\"isDefault\":true%'" if name == "_project" else "p.name = ?"
    of_account = "AND a.name = ?" if account else ""
    sql = (
        "SELECT p.id FROM resources p JOIN resources a ON a.id = p.parent "  # noqa: S608
        f"WHERE p.kind = 'project' AND {named} {of_account} ORDER BY p.id LIMIT 1"
    )
    values = [*([] if name == "_project" else [name]), *([account] if account else [])]
    row = state.one(sql, *values)
    return None if row is None else int(row["id"])


def insert(state: State, kind: str, parent: int, body: Json, charge: Charge | None = None) -> Resource:
    row = state.run(
        "INSERT INTO resources (kind, parent, name, region, usage, capacity, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        kind,
        parent,
        body["name"],
        *_columns(charge),
        dump(body),
    )
    return Resource(row=row, kind=kind, parent=parent, name=body["name"], body=body)


def update(state: State, resource: Resource, body: Json, charge: Charge | None = None) -> Resource:
    """Without a charge the ledger stays as it is."""
    if charge is not None:
        recharge(state, resource.row, charge)
    state.run("UPDATE resources SET body = ? WHERE id = ?", dump(body), resource.row)
    return Resource(row=resource.row, kind=resource.kind, parent=resource.parent, name=resource.name, body=body)


def recharge(state: State, row: int, charge: Charge) -> None:
    sql = "UPDATE resources SET region = ?, usage = ?, capacity = ? WHERE id = ?"
    state.run(sql, *_columns(charge), row)


def turn_into(state: State, row: int, kind: str) -> None:
    """What is below it stays there."""
    state.run("UPDATE resources SET kind = ? WHERE id = ?", kind, row)


def delete(state: State, row: int) -> None:
    """With everything below it, and the secrets of all of that."""
    found = state.one("SELECT kind FROM resources WHERE id = ?", row)
    if found is not None and found["kind"] not in LEAVES:
        for child in state.all("SELECT id FROM resources WHERE parent = ?", row):
            delete(state, child["id"])
    forget_secret(state, row)
    state.run("DELETE FROM resources WHERE id = ?", row)


def delete_others(state: State, parent: int, kind: str) -> None:
    """All below it that are not of that kind."""
    for child in state.all("SELECT id FROM resources WHERE parent = ? AND kind <> ?", parent, kind):
        delete(state, child["id"])


def held_in_project(state: State, row: int) -> dict[str, int]:
    """How many rows each table has for it."""
    sql = "SELECT count(*) FROM {} WHERE project = ?"
    return {table: state.number(sql.format(table), row) for table in _of_projects(state)}


def empty_project(state: State, row: int) -> None:
    for table in _of_projects(state):
        state.run(f"DELETE FROM {table} WHERE project = ?", row)  # noqa: S608  a name of ours


def _of_projects(state: State) -> list[str]:
    return [table.name for table in state.tables if "project" in state.columns(table)]


def keep_secret(state: State, row: int, secret: Json) -> None:
    """Beside the body, so that it is in nothing that is shown. One that was there is written over."""
    state.set(f"{HIDDEN_SETTING}{row}", dump(secret))


def secret_of(state: State, row: int) -> Json:
    return load(state.setting(f"{HIDDEN_SETTING}{row}") or "{}")


def with_secrets(state: State) -> list[tuple[Resource, str]]:
    sql = "SELECT r.*, s.value AS secret FROM resources r JOIN settings s ON s.name = ? || r.id"
    return [(_resource(row), row["secret"]) for row in state.all(sql, HIDDEN_SETTING)]


def give_back(state: State, secrets: Iterable[tuple[Resource, str]]) -> None:
    """To the resources that are as they were."""
    for before, secret in secrets:
        if by_row(state, before.row) == before:
            state.set(f"{HIDDEN_SETTING}{before.row}", secret)


def forget_secret(state: State, row: int) -> None:
    state.run("DELETE FROM settings WHERE name = ?", f"{HIDDEN_SETTING}{row}")


def charge_of(state: State, row: int) -> Charge | None:
    found = state.one("SELECT region, usage, capacity FROM resources WHERE id = ?", row)
    if found is None:
        return None
    return Charge(region=found["region"], usage=found["usage"], capacity=found["capacity"])


def used(state: State, region: str, usage: str) -> int:
    """Of an allowance, by all accounts."""
    return state.number("SELECT sum(capacity) FROM resources WHERE region = ? AND usage = ?", region, usage)


def used_by_usage(state: State, region: str) -> dict[str, int]:
    sql = "SELECT usage, sum(capacity) AS total FROM resources WHERE region = ? GROUP BY usage"
    return {row["usage"]: row["total"] for row in state.all(sql, region)}


def _or_none(row: Row | None) -> Resource | None:
    return None if row is None else _resource(row)


def _resource(row: Row) -> Resource:
    return Resource(row=row["id"], kind=row["kind"], parent=row["parent"], name=row["name"], body=load(row["body"]))


def _columns(charge: Charge | None) -> tuple[str | None, str | None, int]:
    return (None, None, 0) if charge is None else (charge.region, charge.usage, charge.capacity)
