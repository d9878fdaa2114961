"""A finished response, told again as the events of a stream.

Source: openai-python 3.54, types/responses/*_event.py, and what its ResponseStream insists on. The whole answer is
known before the first event leaves: the events come as the service's do, its pauses do not.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.model.interface import Json

PIECE: Final = re.compile(r"\s*\S+|\s+$")  # about a token: a word and what is before it


def events_of(response: Json, *, after: int = -1) -> tuple[str, ...]:
    """`after` leaves out what a client that lost its stream has seen."""
    numbered = enumerate(_events(response))
    return tuple(_sse({**event, "sequence_number": number}) for number, event in numbered if number > after)


def pieces(text: str) -> list[str]:
    return PIECE.findall(text)


def data_event(document: Json | str) -> str:
    """An event without a name, as chat completions stream them."""
    return f"data: {document if isinstance(document, str) else json.dumps(document)}\n\n"


def _events(response: Json) -> Iterator[Json]:
    begun = {**response, "status": "in_progress", "completed_at": None, "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(response["output"]):
        yield from _item(item, index)
    yield {"type": f"response.{response['status']}", "response": response}


def _item(item: Json, index: int) -> Iterator[Json]:
    begun = {**item, "status": "in_progress"}
    match item["type"]:
        case "message":
            yield _added({**begun, "content": []}, index)
            for number, part in enumerate(item["content"]):
                yield from _part(part, {"item_id": item["id"], "output_index": index, "content_index": number})
        case "function_call":
            yield _added({**begun, "arguments": ""}, index)
            yield from _arguments(item, {"item_id": item["id"], "output_index": index})
        case _:
            yield _added({**begun, **dict.fromkeys({"memories", "results"} & item.keys())}, index)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _added(item: Json, index: int) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def _part(part: Json, where: Json) -> Iterator[Json]:
    yield {"type": "response.content_part.added", **where, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **where, "part": part}


def _arguments(item: Json, where: Json) -> Iterator[Json]:
    for piece in pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    name, arguments = item["name"], item["arguments"]
    yield {"type": "response.function_call_arguments.done", **where, "name": name, "arguments": arguments}


def _sse(event: Json) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
