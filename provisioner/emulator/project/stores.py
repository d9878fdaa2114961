"""Memory stores: addressed by name only, definition fixed at creation, deletion final.

Source: azure-rest-api-specs, ai-foundry memory-stores (routes.tsp, models.tsp); Microsoft Learn:
memory-usage. What is in a store (items, scopes, updates, search) is the room `memory`.
"""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Final

from provisioner.emulator.project import store_rows
from provisioner.emulator.project.departed_rows import departed_place, remember_place
from provisioner.emulator.project.regions import check_region
from provisioner.emulator.project.request_members import given_description, metadata_of, object_of, refuse_unknown
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal, bad_request, not_found
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


FEATURE: Final = "MemoryStores=V1Preview"
ALL: Final = "/memory_stores"  # the paths
ONE: Final = f"{ALL}/{{name}}"
NAME_MAX: Final = 256
# azure-rest-api-specs, models.tsp: MemoryStoreDefaultOptions
DEFAULT_OPTIONS: Final = {
    "user_profile_enabled": True,
    "user_profile_details": "",
    "chat_summary_enabled": True,
    "procedural_memory_enabled": True,
    "default_ttl_seconds": 0,
}


def create_store(call: Call) -> Reply:
    document = call.document()
    refuse_unknown(document, {"name", "definition", "description", "metadata"}, strict=call.switches.strict)
    name = _name_of(document)
    check_region(call)
    if (
        store_rows.find(call.state, call.project, name) is not None
    ):  # Azure/kars: a second create is answered 409, never an upsert
        raise Refusal(409, "conflict", f"Memory store '{name}' already exists.")
    now = int(call.now)
    store: Json = {
        "object": "memory_store",
        "id": _new_id(),
        "created_at": now,
        "updated_at": now,
        "name": name,
        **given_description(document),
        "metadata": metadata_of(document) or {},
        "definition": _definition_of(document),
    }
    store_rows.insert(call.state, call.project, store)
    return Reply(body=store)


def list_stores(call: Call) -> Reply:
    page = page_of(call.query, lambda cursor: _place(call, cursor))
    return Reply(body=envelope(store_rows.page_of_bodies(call.state, call.project, page), page))


def read_store(call: Call) -> Reply:
    return Reply(body=load(_the_row(call)["body"]))


def update_store(call: Call) -> Reply:
    """Description and metadata only. assumed: a definition is ignored; strict refuses it."""
    document, row = call.document(), _the_row(call)
    if "definition" in document and call.switches.strict:
        raise bad_request("The definition of a memory store cannot be changed.", param="definition")
    refuse_unknown(document, {"description", "metadata", "definition"}, strict=call.switches.strict)
    return Reply(body=edit_store(call, row, document))


def edit_store(call: Call, row: Row, document: Json) -> Json:
    store = load(row["body"])
    if "description" in document:
        store.pop("description", None)
        store.update(given_description(document))
    if "metadata" in document:  # assumed: replaced as a whole
        store["metadata"] = metadata_of(document) or {}
    store["updated_at"] = int(call.now)
    store_rows.save(call.state, row["id"], store)
    return store


def delete_store(call: Call) -> Reply:
    """With everything in it. Agents that name it are not asked."""
    row = _the_row(call)
    store_rows.delete(call.state, row["id"])
    remember_place(call.state, "stores", call.project, row["id"], row["name"], row["store_id"])
    return Reply(body={"object": "memory_store.deleted", "name": row["name"], "deleted": True})


def find_row(call: Call, name: str) -> Row:
    row = store_rows.find(call.state, call.project, name)
    if row is None:
        raise not_found(f"Memory store '{name}' not found.")
    return row


def _the_row(call: Call) -> Row:
    return find_row(call, call.params["name"])


def _place(call: Call, cursor: str) -> int | None:
    place = store_rows.place(call.state, call.project, cursor)
    return departed_place(call.state, "stores", call.project, cursor) if place is None else place


def _name_of(document: Json) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_MAX:
        raise bad_request(f"'name' is required, with at most {NAME_MAX} characters.", param="name")
    if set(name) & set("/:?#\\") or not name.isprintable():  # assumed: what cannot stand in a path
        raise bad_request("'name' may not contain any of / : ? # \\.", param="name")
    return name


def _definition_of(document: Json) -> Json:
    """Whether the two models are what they should be, or exist, is not looked at (azure-sdk-for-python#44969)."""
    definition = object_of(document, "definition")
    if definition.get("kind") != "default":
        raise bad_request("'definition.kind' must be 'default'.", param="definition.kind")
    for key in ("chat_model", "embedding_model"):
        if not isinstance(definition.get(key), str) or not definition[key]:
            raise bad_request(f"'definition.{key}' is required.", param=f"definition.{key}")
    options = object_of(definition, "options", required=False)
    _check_options(options)
    return {
        "kind": "default",
        "chat_model": definition["chat_model"],
        "embedding_model": definition["embedding_model"],
        # inferred: options read fully populated
        "options": {key: options.get(key, default) for key, default in DEFAULT_OPTIONS.items()},
    }


def _check_options(options: Json) -> None:
    for key, default in DEFAULT_OPTIONS.items():
        value = options.get(key, default)
        if type(value) is not type(default):
            sort = type(default).__name__
            raise bad_request(f"'definition.options.{key}' must be of type {sort}.", param=f"definition.options.{key}")
    if options.get("default_ttl_seconds", 0) < 0:
        message = "'definition.options.default_ttl_seconds' must not be negative."
        raise bad_request(message, param="definition.options.default_ttl_seconds")


def _new_id() -> str:
    alphabet = string.ascii_letters + string.digits
    return f"memstore_{secrets.token_hex(9)}{''.join(secrets.choice(alphabet) for _ in range(32))}"
