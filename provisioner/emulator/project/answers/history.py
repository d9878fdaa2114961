"""What was said before: conversations and responses as rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.world.state import dump, load

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row

Json = dict[str, Any]


def find_conversation(call: Call, conversation_id: str) -> Row | None:
    sql = "SELECT * FROM conversations WHERE project = ? AND conversation_id = ?"
    return call.state.one(sql, call.project, conversation_id)


def the_conversation(call: Call, conversation_id: str) -> Row:
    row = find_conversation(call, conversation_id)
    if row is None:
        raise not_found(f"Conversation with id '{conversation_id}' not found.")
    return row


def append(call: Call, conversation: int, items: list[Json]) -> None:
    for item in items:
        sql = "INSERT OR IGNORE INTO conversation_items (conversation, item_id, body) VALUES (?, ?, ?)"
        call.state.run(sql, conversation, item["id"], dump(item))


def items_in(call: Call, conversation: int) -> list[Json]:
    sql = "SELECT body FROM conversation_items WHERE conversation = ? ORDER BY id"
    return [load(row["body"]) for row in call.state.all(sql, conversation)]


def find_response(call: Call, response_id: str) -> Row | None:
    return call.state.one("SELECT * FROM responses WHERE project = ? AND response_id = ?", call.project, response_id)


def the_response(call: Call) -> Row:
    response_id = call.params["response"]
    row = find_response(call, response_id)
    if row is None:
        raise not_found(f"Response with id '{response_id}' not found.")
    return row


def keep_response(call: Call, response: Json, given: list[Json]) -> None:
    sql = "INSERT INTO responses (project, response_id, previous, input, body) VALUES (?, ?, ?, ?, ?)"
    previous = response["previous_response_id"]
    call.state.run(sql, call.project, response["id"], previous, json.dumps(given), dump(response))


def said_until(call: Call, response_id: str) -> list[Json]:
    """The items of a response and of those before it, oldest first. A deleted one ends the chain."""
    if find_response(call, response_id) is None:
        message = f"Previous response with id '{response_id}' not found."
        raise bad_request(message, param="previous_response_id", code="previous_response_not_found")
    sql = (
        "WITH RECURSIVE chain (step, previous, input, body) AS ("
        "SELECT 0, previous, input, body FROM responses WHERE project = ? AND response_id = ? UNION ALL "
        "SELECT step + 1, r.previous, r.input, r.body FROM chain JOIN responses r "
        "ON r.project = ? AND r.response_id = chain.previous) SELECT input, body FROM chain ORDER BY step DESC"
    )
    rows = call.state.all(sql, call.project, response_id, call.project)
    return [item for row in rows for item in (*json.loads(row["input"]), *load(row["body"])["output"])]
