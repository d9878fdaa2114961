"""Conversations: items in order, of which a response reads and to which it adds.

Both doors see the same conversations of a project (assumed). Source: openai-python 3.54, resources/conversations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.project.answers import rows
from provisioner.emulator.project.answers.conversation_items import items_of, new_id
from provisioner.emulator.project.answers.history import the_conversation
from provisioner.emulator.project.answers.target import the_enabled_agent
from provisioner.emulator.project.request_members import metadata_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row

ITEMS_AT_ONCE: Final = 20


def create_conversation(call: Call) -> Reply:
    if "name" in call.params:
        the_enabled_agent(call, call.params["name"])
    document = call.document()
    items = _given_items(document)
    body: Json = {
        "id": new_id("conv"),
        "object": "conversation",
        "created_at": int(call.now),
        "metadata": metadata_of(document) or {},
    }
    rows.append(call.state, rows.insert_conversation(call.state, call.project, body), items)
    return Reply(body=body)


def list_conversations(call: Call) -> Reply:
    page = page_of(call.query, lambda cursor: _place(call, cursor))
    return Reply(body=envelope(rows.page_of_conversations(call.state, call.project, page), page))


def read_conversation(call: Call) -> Reply:
    return Reply(body=load(_here(call)["body"]))


def update_conversation(call: Call) -> Reply:
    row = _here(call)
    body = {**load(row["body"]), "metadata": metadata_of(call.document()) or {}}
    rows.save_conversation(call.state, row["id"], body)
    return Reply(body=body)


def delete_conversation(call: Call) -> Reply:
    row = _here(call)
    rows.delete_conversation(call.state, row["id"])
    return Reply(body={"id": row["conversation_id"], "object": "conversation.deleted", "deleted": True})


def create_items(call: Call) -> Reply:
    row, items = _here(call), _given_items(call.document(), required=True)
    rows.append(call.state, row["id"], items)
    ids = [item["id"] for item in items]
    body = {"object": "list", "data": items, "first_id": ids[0], "last_id": ids[-1], "has_more": False}
    return Reply(body=body)


def list_items(call: Call) -> Reply:
    conversation = _here(call)["id"]
    page = page_of(call.query, lambda cursor: _place_of_item(call, conversation, cursor))
    return Reply(body=envelope(rows.page_of_items(call.state, conversation, page), page))


def read_item(call: Call) -> Reply:
    return Reply(body=load(_the_item(call)["body"]))


def delete_item(call: Call) -> Reply:
    """Answers the conversation, without the item."""
    rows.delete_item(call.state, _the_item(call)["id"])
    return read_conversation(call)


def _given_items(document: Json, *, required: bool = False) -> list[Json]:
    given = document.get("items")
    if given is not None and not isinstance(given, list):
        raise bad_request("'items' must be a list.", param="items", code="invalid_payload")
    if required and not given:
        message = "Missing required parameter: 'items'."
        raise bad_request(message, param="items", code="missing_required_parameter")
    if given is not None and len(given) > ITEMS_AT_ONCE:
        raise bad_request(f"'items' can have at most {ITEMS_AT_ONCE} entries.", param="items")
    return items_of(given, param="items")


def _here(call: Call) -> Row:
    return the_conversation(call, call.params["conversation"])


def _the_item(call: Call) -> Row:
    item_id = call.params["item"]
    row = rows.find_item(call.state, _here(call)["id"], item_id)
    if row is None:
        raise not_found(f"Item with id '{item_id}' not found.")
    return row


def _place(call: Call, cursor: str) -> int | None:
    row = rows.find_conversation(call.state, call.project, cursor)
    return None if row is None else int(row["id"])


def _place_of_item(call: Call, conversation: int, cursor: str) -> int | None:
    row = rows.find_item(call.state, conversation, cursor)
    return None if row is None else int(row["id"])
