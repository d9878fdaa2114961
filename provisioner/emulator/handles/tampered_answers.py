"""Answers that are not so: what a service says that did nothing, or says it wrong, or never stops saying it.

Nothing is drawn by lot: a lie changes the answer that would have been given in the places that the fault names.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response, StreamingResponse

from provisioner.emulator.control import operation_rows, operations
from provisioner.emulator.wire.pointers import Nowhere, changed, removed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.faults import Misfortune
    from provisioner.emulator.world.state import State

CHUNK: Final = 64 * 2**10  # bytes, of the filling of a huge answer


@contextmanager
def forgotten(state: State) -> Iterator[None]:
    """A transaction that is taken back; only what a client was given to poll stays, and ends well."""
    with state.transaction(writes=True, keeps=False):
        begun = operation_rows.count(state)
        yield
        promised = operation_rows.since(state, begun)
    if promised:
        with state.transaction(writes=True):
            operations.promise(state, promised)


def shown_at(call: Call) -> str:
    """Where the object that a write is about can be read: the path itself, or under it the name in the body."""
    if call.method != "POST":
        return call.path
    name = call.document().get("name")
    return f"{call.path.rstrip('/')}/{name}" if isinstance(name, str) and name else call.path


def object_in(content: bytes) -> bytes:
    """What was read there: of a page (versions of an agent) its first entry; nothing when there is none."""
    body = json.loads(content)
    if not isinstance(body, dict) or body.get("object") != "list":
        return content
    return json.dumps(body["data"][0]).encode() if body["data"] else b""


def instead(response: Response, content: bytes) -> Response:
    """The same answer with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(content, status_code=response.status_code, headers=headers)


def edited(response: Response, fault: Misfortune) -> tuple[Response, str]:
    """With other values at the places that the fault names, or none; and why, where that cannot be."""
    if not fault.set and not fault.remove:
        return response, ""
    if isinstance(response, StreamingResponse) or not response.body:
        return response, "The answer has no JSON body to change."
    try:
        body: Any = json.loads(bytes(response.body))
        for pointer, value in fault.set.items():
            body = changed(body, pointer, value)
        for pointer in fault.remove:
            body = removed(body, pointer)
    except Nowhere as error:
        return response, str(error)
    except ValueError:
        return response, "The answer has no JSON body to change."
    return instead(response, json.dumps(body).encode()), ""


def drawn_out(response: Response, fault: Misfortune) -> Response:
    """The answer filled with blanks to so many bytes, or with a long pause in its middle. Nothing of it is kept.

    Its length is not told beforehand: a client finds out by reading.
    """
    if isinstance(response, StreamingResponse) or (not fault.size_bytes and not fault.stall_s):
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    pieces = _pieces(bytes(response.body), fault)
    return StreamingResponse(pieces, status_code=response.status_code, headers=headers)


async def _pieces(content: bytes, fault: Misfortune) -> AsyncIterator[bytes]:
    half = len(content) // 2
    yield content[:half]
    if fault.stall_s:
        await asyncio.sleep(fault.stall_s)
    yield content[half:]
    for start in range(len(content), fault.size_bytes, CHUNK):
        await asyncio.sleep(0)  # a client that has gone away is noticed only between two steps
        yield b" " * min(CHUNK, fault.size_bytes - start)
