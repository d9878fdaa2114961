"""What was said before: in a conversation, or up to a response."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from provisioner.emulator.project.answers import rows
from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


def find_conversation(call: Call, conversation_id: str) -> Row | None:
    return rows.find_conversation(call.state, call.project, conversation_id)


def the_conversation(call: Call, conversation_id: str) -> Row:
    row = find_conversation(call, conversation_id)
    if row is None:
        raise not_found(f"Conversation with id '{conversation_id}' not found.")
    return row


def find_response(call: Call, response_id: str) -> Row | None:
    return rows.find_response(call.state, call.project, response_id)


def the_response(call: Call) -> Row:
    response_id = call.params["response"]
    row = find_response(call, response_id)
    if row is None:
        raise not_found(f"Response with id '{response_id}' not found.")
    return row


def said_until(call: Call, response_id: str) -> list[Json]:
    """The items of a response and of those before it, oldest first. A deleted one ends the chain."""
    if find_response(call, response_id) is None:
        message = f"Previous response with id '{response_id}' not found."
        raise bad_request(message, param="previous_response_id", code="previous_response_not_found")
    chain = rows.chain(call.state, call.project, response_id)
    return [item for row in chain for item in (*json.loads(row["input"]), *load(row["body"])["output"])]
