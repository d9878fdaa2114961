"""Items of a conversation: as clients send them, as the service keeps them.

Source: openai-python 3.54, types/responses and types/conversations.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from provisioner.emulator.project.answers.request_types import ITEM, PART, checked
from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.model.interface import Json


ROLES: Final = frozenset({"user", "assistant", "system", "developer"})
PREFIXES: Final[Mapping[str, str]] = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "memory_search_call": "mem",  # azure-sdk-for-python, azure-ai-agentserver: IdGenerator
    "reasoning": "rs",
}


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(24)}"


def items_of(value: object, *, param: str = "input") -> list[Json]:
    """What a client sent, as items of their own: a string is one message of the user."""
    if value is None:
        return []
    if isinstance(value, str):
        return [_kept({"role": "user", "content": value}, param)]
    if not isinstance(value, list):
        message = "The provided data does not match the expected schema"  # microsoft/agent-framework#5338
        raise bad_request(message, param=param, code="invalid_payload")
    return [_kept(item, f"{param}[{index}]") for index, item in enumerate(value)]


def message(text: str) -> Json:
    """What the assistant says."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": new_id("msg"), "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def function_call(name: str, arguments: str) -> Json:
    return {
        "id": new_id("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": new_id("call"),
        "name": name,
        "arguments": arguments,
    }


def _kept(item: object, where: str) -> Json:
    item = checked(item, ITEM, where)
    sort = item.get("type") or "message"
    if sort == "message":
        item = {**item, "content": _content(item, where)}
    elif sort in {"function_call", "function_call_output"} and not isinstance(item.get("call_id"), str):
        raise bad_request(f"Missing required parameter: '{where}.call_id'.", param=f"{where}.call_id")
    kept = item.get("id") or new_id(PREFIXES.get(sort, "item"))
    return {"status": "completed", **item, "id": kept, "type": sort}


def _content(item: Json, where: str) -> list[Json]:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        expected = ", ".join(f"'{name}'" for name in sorted(ROLES))
        raise bad_request(f"Invalid value: {role!r}. Supported values are: {expected}.", param=f"{where}.role")
    if isinstance(content, str):
        return [_text_part(role, content)]
    if not isinstance(content, list):
        raise bad_request(f"Missing required parameter: '{where}.content'.", param=f"{where}.content")
    return [_part(role, part, f"{where}.content[{index}]") for index, part in enumerate(content)]


def _part(role: str, part: object, where: str) -> Json:
    """Parts without a type, and those of the type `text`, are seen from some frameworks: taken for the role's own."""
    if isinstance(part, str):
        return _text_part(role, part)
    part = checked(part, PART, where)
    if part.get("type") in {None, "text"} and part.get("text") is not None:
        return _text_part(role, part["text"])
    if part.get("type") == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    return part


def _text_part(role: str, text: str) -> Json:
    if role == "assistant":
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "input_text", "text": text}
