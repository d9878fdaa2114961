"""Updates: asked for, waited for, looked at. What becomes of one is in `extraction`.

Source: azure-rest-api-specs, ai-foundry memory-stores (routes.tsp, models.tsp); azure-ai-projects 2.10,
begin_update_memories and samples/memories.
"""

from __future__ import annotations

import json
import secrets
from math import ceil
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from provisioner.emulator.project.memory import requests, rows
from provisioner.emulator.project.memory.limits import check_rate, check_scopes
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory.requests import Items
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


FIELDS: Final = ("scope", "items", "update_delay", "previous_update_id")


def update_memories(call: Call) -> Reply:
    """202, and never completed at once."""
    check_rate(call, "update")
    name = call.params["name"]
    rows.the_store(call, name)
    document = requests.body_of(call, *FIELDS)
    body = submit_update(
        call,
        name,
        document.get("scope"),
        document.get("items"),
        document.get("update_delay"),
        previous_update_id=document.get("previous_update_id"),
    )
    # azure-rest-api-specs promises the header; azure-ai-projects writes its own in its place
    version = call.query["api-version"]
    path = call.path.rsplit("/", 1)[0]
    place = f"{call.base}{path}/{quote(name, safe='')}/updates/{body['update_id']}?api-version={version}"
    return Reply(status=202, body=body, headers={"Operation-Location": place, "Retry-After": "1"})


def submit_update(
    call: Call,
    store_name: str,
    scope: object,
    items: object,
    update_delay: object = None,
    *,
    previous_update_id: object = None,
) -> Json:
    """Queue an update, inside a write transaction; returns its document. Refuses what the route refuses.

    One that still waits for the same store and scope is superseded, and its items are carried into this one:
    "the new update will cancel the first update and cover both sets of messages" (azure-ai-projects,
    sample_memory_advanced.py). assumed: also when previous_update_id names another one, or none.
    """
    store, scope = rows.the_store(call, store_name), requests.scope_of(scope)
    given, delay_s = requests.items_of(items), requests.delay_of(update_delay)
    _check_previous(call, store, scope, requests.id_of(previous_update_id, "previous_update_id"))
    check_scopes(call.state, store, scope, call.now)
    update_id = f"memupd_{secrets.token_hex(16)}"  # assumed: what ids look like
    earlier = _supersede(call, store, scope, update_id)
    starts = call.now + delay_s
    rows.insert_update(
        call.state,
        store.row,
        scope,
        update_id,
        items=json.dumps(requests.joined(earlier, given)),
        starts=starts,
        due=starts + call.switches.update_seconds,
    )
    return {"update_id": update_id, "status": "queued"}


def read_update(call: Call) -> Reply:
    """200 whatever became of it, with a time to come back while it is under way.

    Whole seconds, as JavaScript and the Azure CLI take no fractions; without the header Python waits 30 s.
    """
    store, asked = rows.the_store(call, call.params["name"]), call.params["update"]
    row = rows.find_update(call.state, store.row, asked)
    if row is None:
        raise not_found(f"Memory update '{asked}' not found.")
    body = _described(row, call.now)
    if requests.is_courteous(call) and body["result"]:
        body["memories"] = _told(body["result"])
    return Reply(body=body, headers={} if row["status"] != rows.WAITING else _come_back(row, call.now))


def _described(row: Row, now: float) -> Json:
    """Without an `error` unless it failed: there are clients that only look whether the key is there."""
    body: Json = {
        "update_id": row["update_id"],
        "status": _status(row, now),
        "superseded_by": row["superseded_by"],
        "result": None if row["result"] is None else load(row["result"]),
    }
    return body if row["error"] is None else {**body, "error": load(row["error"])}


def _status(row: Row, now: float) -> str:
    if row["status"] != rows.WAITING:
        return str(row["status"])
    return "queued" if now < row["starts"] else "in_progress"


def _told(result: Json) -> list[Json]:
    """The courtesy of the preview: what is remembered now, each with its `content`."""
    kept = [operation["memory_item"] for operation in result["memory_operations"] if operation["kind"] != "delete"]
    return [{**item, "memory_item": item} for item in kept]


def _come_back(row: Row, now: float) -> dict[str, str]:
    left_ms = max(10, ceil((row["due"] - now) * 1000))
    return {"Retry-After": "1", **({"retry-after-ms": str(left_ms)} if left_ms < 1000 else {})}


def _check_previous(call: Call, store: Store, scope: str, previous: str | None) -> None:
    """assumed: it must be one of the same store and scope; what became of it does not matter."""
    if previous is None:
        return
    found = rows.find_update(call.state, store.row, previous)
    if found is None or found["scope"] != scope:
        raise bad_request(f"Previous update '{previous}' not found.", param="previous_update_id")


def _supersede(call: Call, store: Store, scope: str, by: str) -> Items:
    """What still waits steps back; returns its items. One that has started goes on."""
    earlier: Items = None
    for row in rows.not_started(call.state, store.row, scope, call.now):
        earlier = requests.joined(earlier, json.loads(row["items"]))
        rows.supersede(call.state, row["id"], by)
    return earlier
