"""The application: three planes of routes, and what every request goes through.

What is not emulated answers 501 and names itself. The gaps:
- answers of agents that are no prompt agents, tools other than functions and memory (accepted, not run), and
  what else is under /openai/v1: files, vector stores, evaluations, fine-tuning, images, audio, realtime;
- agents from a manifest (import), hosted code and sessions, what connections lead to, indexes, datasets, evaluations;
- ARM locks, custom roles, deny assignments and conditions that a client writes,
  template deployments, modelCapacities and quota tiers;
- several accounts share one host: a project is found by its name, in the oldest account that has it, or in
  the one that a host name says ({account}.localhost).
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from provisioner.emulator.control import operation_rows, operations
from provisioner.emulator.handles import fault_injection, tampered_answers
from provisioner.emulator.project import versions
from provisioner.emulator.project.memory import extraction
from provisioner.emulator.serve.planes import ADMIN, IDENTITY, PROJECT, plane_of
from provisioner.emulator.wire import allowed_hosts
from provisioner.emulator.wire.call import Call, Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world import tokens
from provisioner.emulator.world.faults import NOTHING, READS, UNSAID
from provisioner.emulator.world.options import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
    from contextlib import AbstractContextManager

    from starlette.types import Receive, Scope, Send

    from provisioner.emulator.serve.planes import Plane
    from provisioner.emulator.wire.call import Slow, Steps
    from provisioner.emulator.wire.routing import Found, Route
    from provisioner.emulator.world.faults import Fault, Misfortune
    from provisioner.emulator.world.world import World

    Answer = Response | fault_injection.Truncated


LOG: Final = logging.getLogger(__name__)  # to stderr, unless somebody says otherwise
CONTENT_MAX: Final = 64 * 2**20  # assumed: far more than any request of the service needs
TOO_LARGE: Final = "The request body is larger than 64 MB."
BODILESS: Final = frozenset({204, 205, 304})  # RFC 9110
CLOCK_TICK_S: Final = 0.01  # how often a held answer looks at the clock


class App:
    """The ASGI application of one listener. `connections` lets a fault close the caller's connection."""

    def __init__(self, world: World, connections: MutableMapping[Any, asyncio.Transport], *, identity: bool) -> None:
        self._world = world
        self._connections = connections
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        request = Request(scope, receive)
        try:
            content = await _content_of(request)
        except ClientDisconnect:
            return
        call = _call(self._world, request, content or b"")
        response = await self._answer_always(call, too_large=content is None)
        self._log(call, response, started)
        if response is None:
            await self._drop(scope, receive)
            return
        response.headers.setdefault("Date", formatdate(time.time() + self._world.switches.skew_seconds, usegmt=True))
        await response(scope, receive, send)

    async def _answer_always(self, call: Call, *, too_large: bool) -> Answer | None:
        """An error of ours is told as the plane tells its own; what happened is in the log of the process."""
        plane = IDENTITY if self._identity else plane_of(call.path)
        if too_large:
            return _refused(plane, call, Refusal(413, "RequestEntityTooLarge", TOO_LARGE))
        try:
            return await self._answer(plane, call)
        except Exception as error:
            # A damaged state can cause it as well as a fault of ours: where in our code is for those who debug it.
            LOG.error(  # noqa: TRY400
                "%s %s failed in the emulator (%s), request %s",
                call.method,
                call.path,
                type(error).__name__,
                call.request_id,
                exc_info=LOG.isEnabledFor(logging.DEBUG),
            )
            return _refused(plane, call, _internal(call))

    async def _answer(self, plane: Plane, call: Call) -> Answer | None:
        """None: no answer, the connection is to be closed."""
        stranger = allowed_hosts.refusal_of(call)
        if stranger is not None:
            return _refused(plane, call, stranger)
        if plane is ADMIN:
            return await self._serve(plane, call, delay_s=0)
        fault = fault_injection.strike(call)
        if fault is None:
            return await self._struck(plane, call, NOTHING)
        if fault.do.changes_the_world and not fault.do.after_effect:
            fault_injection.change_world(call, fault)
        response = await self._lied_to(plane, call, fault)
        if fault.do.changes_the_world and fault.do.after_effect:
            fault_injection.change_world(call, fault)
        return response

    async def _lied_to(self, plane: Plane, call: Call, fault: Fault) -> Answer | None:
        """What cannot be said is told with the fault; the answer is then as it would have been."""
        older = await self._as_it_was(plane, call) if fault.do.stale_answer else b""
        response = await self._struck(plane, call, fault.do)
        if not isinstance(response, Response):
            return response
        if fault.do.stale_answer and response.status_code < 300 and response.status_code not in BODILESS:
            fault.problem = "" if older else "There was nothing before this write."
            response = tampered_answers.instead(response, older) if older else response
        response, problem = tampered_answers.edited(response, fault.do)
        fault.problem = problem or fault.problem
        return tampered_answers.drawn_out(response, fault.do)

    async def _as_it_was(self, plane: Plane, call: Call) -> bytes:
        """The object that a write is about, as a client would read it; nothing when there is none."""
        try:
            path = tampered_answers.shown_at(call)
        except Refusal:
            return b""
        asked = replace(call, method="GET", path=path, content=b"")
        response = await self._serve(plane, asked, delay_s=0)
        return tampered_answers.object_in(bytes(response.body)) if response.status_code == 200 else b""

    async def _struck(self, plane: Plane, call: Call, fault: Misfortune) -> Answer | None:
        delay_s = fault.delay_s + self._world.switches.latency_ms / 1000
        if fault.drop == "before":
            return None
        if fault.status is not None and not fault.after_effect:
            await asyncio.sleep(delay_s)
            response = _misfortune(plane, call, fault)
        else:
            with self._remembering(call):
                response = await self._serve(plane, fault_injection.bent(call, fault), delay_s=delay_s)
            if fault.status is not None:
                response = _misfortune(plane, call, fault)
        if fault.drop == "after":
            return None
        if fault.truncate is False:
            return response
        return fault_injection.Truncated(response, None if fault.truncate is True else fault.truncate, self._hang_up)

    def _remembering(self, call: Call) -> AbstractContextManager[None]:
        """What was before a write is kept only while a fault wants to show it."""
        lag_s = self._world.faults.longest_stale_s
        if not lag_s or call.method in READS:
            return nullcontext()
        return self._world.past.of_a_write(self._world.state, self._world.clock, for_s=lag_s)

    async def _serve(self, plane: Plane, call: Call, *, delay_s: float) -> Response:
        try:
            found = plane.router.find(call.method, call.path)
            with self._alone(call, found.route):
                if delay_s:
                    await asyncio.sleep(delay_s)
                reply = await _run(plane, call, found, self._world)
        except Refusal as refusal:
            return _refused(plane, call, refusal)
        while reply.hold_until is not None and (left := reply.hold_until - call.now) > 0:  # noqa: ASYNC110  a clock that is moved rings no bell
            await asyncio.sleep(min(CLOCK_TICK_S, left))
        return _respond(reply, plane.headers(call.request_id))

    @contextmanager
    def _alone(self, call: Call, route: Route) -> Iterator[None]:
        """Of two overlapping requests to an exclusive route the second is refused."""
        if not route.exclusive or not call.switches.version_conflicts:
            yield
            return
        under_way = self._world.under_way
        if call.path in under_way:
            raise versions.overlapping(call.path)
        under_way.add(call.path)
        try:
            yield
        finally:
            under_way.discard(call.path)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        """Close the connection under the request; then there is nobody left to answer."""
        transport = self._connections.get(scope["client"])
        if transport is not None:
            transport.abort()
        await _until_gone(receive)

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        """Close the connection after what has been sent."""
        transport = self._connections.get(scope["client"])
        if transport is not None:
            transport.close()
        await _until_gone(receive)

    def _log(self, call: Call, response: Answer | None, started: float) -> None:
        if plane_of(call.path) is ADMIN:
            return
        entry = {
            "time": call.now,
            "method": call.method,
            "path": call.path,
            "query": dict(call.query),
            "status": None if response is None else response.status_code,
            "duration_ms": round((time.perf_counter() - started) * 1000, 3),
            "audience": _audience(call),
            "request_id": call.request_id,
            "correlation_id": call.headers.get("x-ms-correlation-request-id"),
            "traceparent": call.headers.get("traceparent"),
        }
        self._world.requests.append(entry)
        self._world.log.write(entry)


async def _content_of(request: Request) -> bytes | None:
    """None for too much, which is read to its end all the same: a client looks for no answer while it sends."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= CONTENT_MAX:
            parts.append(part)
        else:
            parts.clear()
    return b"".join(parts) if size <= CONTENT_MAX else None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _run(plane: Plane, call: Call, found: Found, world: World) -> Reply:
    """`world` is as it is; the call may see it as a fault has it."""
    call = replace(call, params=found.params)
    try:
        await _settle_memories(plane, world, found)
        if operation_rows.is_due(call.state, call.now):
            with call.state.transaction(writes=True):
                operations.settle(call.state, call.now)
        with _transaction(call):
            outcome = found.route.handler(plane.guard(call, found))
            if isinstance(outcome, Reply):
                return outcome
            step = _resume(partial(next, outcome))
        while not isinstance(step, Reply):
            resume = await _worked(call, outcome, step)
            with _transaction(call):
                step = _resume(resume)
    except StateError as error:
        # A busy file may be free the next time; a full or broken one will not, and a client should not ask again.
        raise Refusal(500 if "locked" in str(error) else 507, "StateError", str(error)) from error
    return step


async def _settle_memories(plane: Plane, world: World, found: Found) -> None:
    """Updates that are due become memories before anything else; for a slow model only those wait who can see it."""
    if world.thinker.is_slow and not (plane is PROJECT and found.route.waits):
        extraction.settle_meanwhile(world)
    else:
        await extraction.settle(world)


def _transaction(call: Call) -> AbstractContextManager[None]:
    if call.is_forgotten:
        return tampered_answers.forgotten(call.state)
    return call.state.transaction(writes=call.method not in READS)


async def _worked(call: Call, steps: Steps, work: Slow) -> Callable[[], Slow]:
    """Have the model do the work; returns how the handler goes on."""
    try:
        return partial(steps.send, await call.world.thinker.think(work))
    except Exception as error:  # noqa: BLE001  the handler's to judge
        return partial(steps.throw, error)


def _resume(resume: Callable[[], Slow]) -> Slow | Reply:
    try:
        return resume()
    except StopIteration as end:
        reply: Reply = end.value
        return reply


def _call(world: World, request: Request, content: bytes) -> Call:
    scope = request.scope
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Call(
        world=world,
        method=request.method,
        path=raw.decode("latin-1"),
        base=f"{scope['scheme']}://{request.headers.get('host', '')}",
        query=dict(request.query_params),
        headers=dict(request.headers),
        content=content,
        request_id=uuid.uuid4().hex,
    )


def _audience(call: Call) -> str | None:
    try:
        return call.world.tokens.read(call.headers.get("authorization", "")[7:]).audience
    except tokens.BadToken:
        return None


def _respond(reply: Reply, headers: dict[str, str]) -> Response:
    headers = {**headers, **reply.headers}
    if reply.events:
        return StreamingResponse(_one_by_one(reply.events), media_type="text/event-stream", headers=headers)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    if isinstance(reply.body, str):
        return Response(reply.body, status_code=reply.status, headers=headers, media_type="text/html")
    return JSONResponse(reply.body, status_code=reply.status, headers=headers)


async def _one_by_one(events: tuple[str, ...]) -> AsyncIterator[str]:
    for event in events:
        yield event


def _refused(plane: Plane, call: Call, refusal: Refusal) -> Response:
    headers = {**plane.headers(call.request_id), **refusal.headers}
    return JSONResponse(plane.error(refusal, call.request_id), status_code=refusal.status, headers=headers)


def _internal(call: Call) -> Refusal:
    message = f"The emulator failed at this request, {call.request_id}. Its log says why, whole with --log-level debug."
    return Refusal(500, "InternalServerError", message, kind="server_error")


def _misfortune(plane: Plane, call: Call, fault: Misfortune) -> Response:
    """A declared answer. Without a body, an error in the shape of the plane."""
    status = fault.status or 500
    if status in BODILESS:
        return Response(status_code=status, headers={**plane.headers(call.request_id), **fault.headers})
    if fault.body is UNSAID:
        code = {429: "rate_limit_exceeded", 500: "server_error"}.get(status, "declared_fault")
        refusal = Refusal(status, code, "A declared fault of the emulator.", kind="error", headers=fault.headers)
        return _refused(plane, call, refusal)
    headers = {**plane.headers(call.request_id), **fault.headers}
    if isinstance(fault.body, str):
        return Response(fault.body, status_code=status, headers=headers)
    return JSONResponse(fault.body, status_code=status, headers=headers)
