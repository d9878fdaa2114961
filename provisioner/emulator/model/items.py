"""Items as real clients send them, read into entries.

Seen in the wild: a plain string, messages with and without `type`, string content, arrays of `input_text`,
`output_text` or `text` parts, function calls and their outputs, no items at all. Anything else is passed over,
as the service does with items that are no message.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.model.interface import Entry, ToolCall, ToolOutput, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_PARTS: Final = frozenset({"input_text", "output_text", "text"})
IMAGE_PARTS: Final = frozenset({"input_image", "image_url"})
# OpenAI, images and vision: 85 tokens, and 170 for each tile of 512 pixels unless the detail is low. Nobody looks at
# the image here: it is taken for one of 1024 by 1024, which has four.
LOW_DETAIL_TOKENS: Final = 85
IMAGE_TOKENS: Final = 85 + 4 * 170
CHARACTERS_PER_TOKEN: Final = 4


def token_estimate(*texts: str) -> int:
    return sum(math.ceil(len(text) / CHARACTERS_PER_TOKEN) for text in texts)


def conversation_of(items: object) -> tuple[Entry, ...]:
    """A plain string is one turn of the user; None is an empty conversation."""
    if isinstance(items, str):
        return (Turn("user", items),)
    return tuple(_entries(items)) if isinstance(items, list) else ()


def text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(text for text in map(_part, content) if text)


def image_tokens_of(content: object) -> int:
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return sum(_image_tokens(part) for part in parts if part.get("type") in IMAGE_PARTS)


def _image_tokens(part: dict[str, Any]) -> int:
    """Responses have the detail beside the URL, chat completions inside."""
    image = part.get("image_url")
    detail = image.get("detail") if isinstance(image, dict) else part.get("detail")
    return LOW_DETAIL_TOKENS if detail == "low" else IMAGE_TOKENS


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type", "text") not in TEXT_PARTS:
        return ""
    return _string(part.get("text"))


def _entries(items: list[Any]) -> Iterator[Entry]:
    for item in items:
        if isinstance(item, dict):
            entry = _entry(item)
            if entry is not None:
                yield entry


def _entry(item: dict[str, Any]) -> Entry | None:
    match item.get("type", "message"):
        case "message" if isinstance(item.get("role"), str):
            content = item.get("content")
            return Turn(item["role"], text_of(content), image_tokens_of(content))
        case "function_call":
            return ToolCall(
                name=_string(item.get("name")),
                arguments=_string(item.get("arguments")),
                call_id=_string(item.get("call_id")),
            )
        case "function_call_output":
            return ToolOutput(call_id=_string(item.get("call_id")), output=_output(item.get("output")))
        case _:
            return None


def _output(value: object) -> str:
    if isinstance(value, str):
        return value
    return text_of(value) or json.dumps(value)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
