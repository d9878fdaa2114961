"""Resources of the management plane as rows: groups hold accounts, accounts hold projects and deployments.

Names compare without case, as ARM ids do; bodies keep the case they were made with.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.state import HIDDEN_SETTING, dump, load

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row, State

Json = dict[str, Any]

SUBSCRIPTION_ID: Final = "00000000-0000-4000-8000-000000000001"
PROVIDER: Final = "Microsoft.CognitiveServices"
GROUP, ACCOUNT, PROJECT, DEPLOYMENT = "group", "account", "project", "deployment"
LEAVES: Final = frozenset({DEPLOYMENT})  # what certainly has nothing below it: looking costs a walk over all
# A deployment that is being changed goes on serving; one that is being made does not yet (azure-openai-proxy#104).
SERVING: Final = frozenset({"Succeeded", "Accepted"})
DELETING: Final = "Deleting"
FIND: Final = "SELECT * FROM resources WHERE kind = ? AND parent = ? AND name = ?"


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


def find(state: State, kind: str, parent: int, name: str) -> Resource | None:
    row = state.one(FIND, kind, parent, name)
    return None if row is None else _resource(row)


def children(state: State, kind: str, parent: int, *, after: int = 0, limit: int = -1) -> list[Resource]:
    sql = "SELECT * FROM resources WHERE kind = ? AND parent = ? AND id > ? ORDER BY id LIMIT ?"
    return [_resource(row) for row in state.all(sql, kind, parent, after, limit)]


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
        sql = "UPDATE resources SET region = ?, usage = ?, capacity = ? WHERE id = ?"
        state.run(sql, *_columns(charge), resource.row)
    state.run("UPDATE resources SET body = ? WHERE id = ?", dump(body), resource.row)
    return Resource(row=resource.row, kind=resource.kind, parent=resource.parent, name=resource.name, body=body)


def delete(state: State, row: int) -> None:
    """With everything below it, and the secrets of all of that."""
    found = state.one("SELECT kind FROM resources WHERE id = ?", row)
    if found is not None and found["kind"] not in LEAVES:
        for child in state.all("SELECT id FROM resources WHERE parent = ?", row):
            delete(state, child["id"])
    forget_secret(state, row)
    state.run("DELETE FROM resources WHERE id = ?", row)


def keep_secret(state: State, row: int, secret: Json) -> None:
    """Beside the body, so that it is in nothing that is shown. One that was there is written over."""
    state.set(f"{HIDDEN_SETTING}{row}", dump(secret))


def secret_of(state: State, row: int) -> Json:
    return load(state.setting(f"{HIDDEN_SETTING}{row}") or "{}")


def forget_secret(state: State, row: int) -> None:
    state.run("DELETE FROM settings WHERE name = ?", f"{HIDDEN_SETTING}{row}")


def by_row(state: State, row: int) -> Resource | None:
    found = state.one("SELECT * FROM resources WHERE id = ?", row)
    return None if found is None else _resource(found)


def the_group(call: Call) -> Resource:
    check_subscription(call)
    name = call.params["group"]
    group = find(call.state, GROUP, 0, name)
    if group is None:
        message = f"Resource group '{name}' could not be found."
        raise Refusal(404, "ResourceGroupNotFound", message)
    if group.properties["provisioningState"] == DELETING and call.method not in {"GET", "HEAD", "DELETE"}:
        message = f"The resource group '{name}' is in deprovisioning state and cannot perform this operation."
        raise Refusal(409, "ResourceGroupBeingDeleted", message)
    return group


def the_account(call: Call, *, for_write: bool = False) -> Resource:
    """The account named in the path. Writing a child of a missing one is ParentResourceNotFound."""
    group = the_group(call)
    name = call.params["account"]
    account = find(call.state, ACCOUNT, group.row, name)
    if account is None:
        if for_write:
            message = "Can not perform requested operation on nested resource. Parent resource"
            raise Refusal(404, "ParentResourceNotFound", f"{message} '{name}' not found.")
        raise missing(f"{PROVIDER}/accounts/{name}", group.name)
    return account


def missing(what: str, group: str) -> Refusal:
    message = f"The Resource '{what}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    return Refusal(404, "ResourceNotFound", message)


def check_subscription(call: Call) -> None:
    asked = call.params["subscription"]
    if asked.lower() != SUBSCRIPTION_ID:
        raise Refusal(404, "SubscriptionNotFound", f"The subscription '{asked}' could not be found.")


def check_name(name: str, pattern: str, sort: str) -> None:
    if not re.fullmatch(pattern, name):
        raise Refusal(400, "InvalidResourceName", f"The {sort} name '{name}' is not valid; it must match {pattern}.")


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def system_data(call: Call, before: Json | None = None) -> Json:
    who, when = call.caller.object_id or "emulator", stamp(call.now)
    created = before or {"createdBy": who, "createdByType": "Application", "createdAt": when}
    return {
        **created,
        "lastModifiedBy": who,
        "lastModifiedByType": "Application",
        "lastModifiedAt": when,
    }


def new_etag() -> str:
    return f'"{uuid.uuid4()}"'


def _resource(row: Row) -> Resource:
    return Resource(row=row["id"], kind=row["kind"], parent=row["parent"], name=row["name"], body=load(row["body"]))


def _columns(charge: Charge | None) -> tuple[str | None, str | None, int]:
    return (None, None, 0) if charge is None else (charge.region, charge.usage, charge.capacity)
