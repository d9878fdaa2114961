"""What a declared fault does to one request: to the world, to the call, to the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provisioner.emulator.handles import world_changes
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.faults import Asked
from provisioner.emulator.world.options import StateError
from provisioner.emulator.world.switches import changed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.faults import Fault, Misfortune

    HangUp = Callable[[Scope, Receive], Awaitable[None]]


def strike(call: Call) -> Fault | None:
    past = call.world.past
    asked = Asked(method=call.method, path=unquote(call.path), query=call.query, now=call.now)
    return call.world.faults.strike(asked, lambda seconds: past.at(call.now - seconds) is not None)


def change_world(call: Call, fault: Fault) -> None:
    """An effect that cannot be is told with the fault; the request goes on."""
    try:
        with call.state.transaction(writes=True):
            for name, document in world_changes.wanted(fault.do):
                world_changes.EFFECTS[name](call, document)
    except (Refusal, StateError) as error:
        fault.problem = str(error)


def bent(call: Call, fault: Misfortune) -> Call:
    """The call as the fault has it: other switches, an older state, a write that will fail."""
    world = call.world
    if fault.switches:
        world = replace(world, switches=changed(world.switches, fault.switches))
    if fault.stale_s:
        world = replace(world, state=world.past.at(call.now - fault.stale_s) or world.state)
    return replace(call, world=world, operation_error=fault.operation_error, is_forgotten=fault.without_effect)


class Truncated:
    """An answer that ends too early, whatever its headers promised."""

    def __init__(self, response: Response, size: int | None, hang_up: HangUp) -> None:
        self.status_code = response.status_code
        self.headers = response.headers
        self._response = response
        promised = int(response.headers.get("content-length", 2))
        self._left = promised // 2 if size is None else size
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def cut(message: Message) -> None:
            if message["type"] == "http.response.body":
                body = message.get("body", b"")[: max(0, self._left)]
                self._left -= len(body)
                message = {**message, "body": body, "more_body": True}
            await send(message)

        await self._response(scope, receive, cut)
        await self._hang_up(scope, receive)
