"""Which fields have which types; null stands for a field that is not there.

Source: openai-python 3.54, types/responses/response_create_params.py and types/chat/completion_create_params.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.model.interface import Json

Types = type | tuple[type, ...]
Shape = dict[str, Types]

NUMBER: Final = (int, float)
# What an agent's definition and a request have in common
SETTINGS: Final[Shape] = {
    "instructions": str,
    "text": dict,
    "tools": list,
    "tool_choice": (str, dict),
    "temperature": NUMBER,
    "top_p": NUMBER,
    "reasoning": dict,
    "structured_inputs": dict,
}
RESPONSE: Final[Shape] = {
    **SETTINGS,
    "conversation": (str, dict),
    "previous_response_id": str,
    "store": bool,
    "stream": bool,
    "background": bool,
    "parallel_tool_calls": bool,
    "truncation": str,
    "user": str,
    "max_output_tokens": int,
    "max_tool_calls": int,
    "prompt_cache_key": str,
    "safety_identifier": str,
}
CHAT: Final[Shape] = {
    "tools": list,
    "tool_choice": (str, dict),
    "response_format": dict,
    "stream": bool,
    "stream_options": dict,
}
MESSAGE: Final[Shape] = {"role": str, "content": (str, list), "tool_calls": list, "tool_call_id": str}
CALL: Final[Shape] = {"id": str, "function": dict}
CALLED: Final[Shape] = {"name": str, "arguments": str}
TOOL: Final[Shape] = {"type": str, "function": dict, "search_options": dict}
FUNCTION: Final[Shape] = {"name": str, "description": str, "parameters": dict, "strict": bool}
FORMAT: Final[Shape] = {"type": str, "name": str, "schema": dict, "json_schema": dict, "strict": bool}
CHOICE: Final[Shape] = {"type": str, "name": str, "function": dict}
INPUT: Final[Shape] = {"required": bool}
ITEM: Final[Shape] = {"type": str, "role": str, "id": str, "call_id": str, "name": str, "arguments": str}
PART: Final[Shape] = {"type": str, "text": str}


def checked(value: object, shape: Mapping[str, Types], where: str = "") -> Json:
    """The value, when it is an object of this shape; raises Refusal otherwise. Other fields are left alone."""
    if not isinstance(value, dict):
        raise _wrong(where or "body", dict)
    for name, types in shape.items():
        found = value.get(name)
        if found is not None and not _fits(found, types):
            raise _wrong(f"{where}.{name}" if where else name, types)
    return value


def _fits(value: object, types: Types) -> bool:
    """True is no number here."""
    return isinstance(value, types) and (not isinstance(value, bool) or types is bool)


def _wrong(where: str, types: Types) -> Exception:
    expected = " or ".join(kind.__name__ for kind in (types if isinstance(types, tuple) else (types,)))
    message = f"Invalid type for '{where}': expected {expected}."
    return bad_request(message, param=where, code="invalid_type")
