"""Memories one by one, and all that a scope has. There is no list of scopes, and none across scopes.

Source: azure-rest-api-specs, ai-foundry memory-stores (routes.tsp, models.tsp; pull requests 42831, 43788).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.emulator.control.arm_family import in_project, no_such
from provisioner.emulator.project.departed_rows import departed_place
from provisioner.emulator.project.memory import limits, requests, rows
from provisioner.emulator.project.memory.models import check_embedding
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import not_found
from provisioner.emulator.wire.paging import envelope, page_of

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Edit
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


def create_item(call: Call) -> Reply:
    """assumed: a kind that the store does not extract may still be written by hand."""
    store = rows.the_store(call, call.params["name"])
    document = requests.body_of(call, "scope", "content", "kind")
    scope, kind = requests.scope_of(document.get("scope")), requests.kind_of(document.get("kind"))
    content = requests.content_of(document.get("content"))
    check_embedding(call, store)
    limits.require_room(call.state, store, scope, call.now)
    return Reply(body=rows.insert(call.state, store, scope, kind=kind, content=content, now=call.now))


def read_item(call: Call) -> Reply:
    _, row = _the_item(call)
    return Reply(body=rows.item_of(row))


def update_item(call: Call) -> Reply:
    store, row = _the_item(call)
    content = requests.content_of(requests.body_of(call, "content").get("content"))
    check_embedding(call, store)
    return Reply(body=rows.rewrite(call.state, store, row, content, call.now))


def delete_item(call: Call) -> Reply:
    _, row = _the_item(call)
    rows.delete(call.state, row)
    return Reply(body={"object": "memory_store.item.deleted", "memory_id": row["memory_id"], "deleted": True})


def list_items(call: Call) -> Reply:
    """By POST with the scope in the body (v1), or by GET with it in the query (Microsoft Learn, the preview)."""
    store = rows.the_store(call, call.params["name"])
    given = call.query if call.method == "GET" else requests.body_of(call, "scope")
    scope = requests.scope_of(given.get("scope"))
    page = page_of(call.query, lambda cursor: _place(call, store, cursor))
    kinds = [requests.kind_of(call.query["kind"])] if call.query.get("kind") else list(rows.KINDS)
    found = rows.page_of_memories(call.state, store.row, scope, call.now, kinds=kinds, page=page)
    return Reply(body=envelope([rows.item_of(row) for row in found], page, key="memory_id"))


def delete_scope(call: Call) -> Reply:
    """assumed: a scope without memories is deleted all the same, and updates that wait end superseded, by none."""
    store = rows.the_store(call, call.params["name"])
    scope = requests.scope_of(requests.body_of(call, "scope").get("scope"))
    rows.delete_scope(call.state, store.row, scope)
    body: Json = {"object": "memory_store.scope.deleted", "name": store.name, "scope": scope, "deleted": True}
    return Reply(body=body)


def _the_item(call: Call) -> tuple[Store, Row]:
    store, asked = rows.the_store(call, call.params["name"]), call.params["item"]
    row = rows.find(call.state, store.row, asked, call.now)
    if row is None:
        raise not_found(f"Memory '{asked}' not found.")
    return store, row


def _place(call: Call, store: Store, cursor: str) -> int | None:
    place = rows.place(call.state, store.row, cursor)
    return departed_place(call.state, rows.PLACES, store.row, cursor) if place is None else place


def edit_item(call: Call, edit: Edit) -> Json:
    """A memory is named by its id."""
    project = in_project(call, project=edit.project).project
    row = rows.find_in_project(call.state, project, edit.name)
    if row is None:
        raise no_such("memory", edit.name)
    if edit.changes is None:
        rows.delete(call.state, row)
        return {}
    content = str(edit.changes.get("content", row["content"]))
    return rows.rewrite(call.state, rows.store_of(call.state, row["store"]), row, content, call.now)
