"""The application: three planes of routes, and what every request goes through.

What is not emulated answers 501 and names itself. The gaps:
- what a memory store holds (items, scopes, updates, search): the routes exist and answer 501;
- responses, conversations and everything under /openai/v1 and /agents/{name}/endpoint;
- agents from a manifest (import), hosted code and sessions, connections, indexes, datasets, evaluations;
- the recovery and purge of deleted accounts, ARM locks, role assignments (two switches stand for them),
  template deployments, modelCapacities and quota tiers;
- several accounts share one host: a project is found by its name, in the oldest account that has it, or in
  the one that a host name says ({account}.localhost).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from . import admin, tokens
from .control import accounts, catalogue, deployments, directory, operations, quota
from .options import StateError
from .project import agents, stores, versions
from .project import deployments as project_deployments
from .wire import auth
from .wire.call import Call, Caller, Reply
from .wire.errors import Refusal, management_error, not_found, project_error
from .wire.routing import Found, Route, Router
from .wire.versions import check_management_version, check_project_version, require_feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from starlette.types import Receive, Scope, Send

    from .faults import Misfortune
    from .world import World

Json = dict[str, Any]

ADMIN_PREFIX: Final = "/_emulator"
PROJECT_PREFIX: Final = "/api/projects/"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
CLOCK_TICK_S: Final = 0.01  # how often a held answer looks at the clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Plane:
    name: str
    router: Router
    guard: Callable[[Call, Found], Call]  # refuses, or adds who is calling
    error: Callable[[Refusal, str], Json]
    headers: Callable[[str], dict[str, str]]


def guard_project(call: Call, found: Found) -> Call:
    """The order of the refusals: token, project, api-version, role, opt-in header; then the body."""
    claims = auth.project_caller(call)
    call = replace(call, caller=_caller(claims), project=_project_of(call))
    check_project_version(call)
    auth.check_data_role(call)
    if found.route.feature and (call.method != "GET" or call.switches.preview_header_on_reads):
        require_feature(call, found.route.feature, "Memory stores")
    return call


def guard_management(call: Call, found: Found) -> Call:
    if not found.route.token:
        return call
    call = replace(call, caller=_caller(auth.management_caller(call)))
    check_management_version(call)
    auth.check_management_role(call)
    return call


def guard_nothing(call: Call, found: Found) -> Call:  # noqa: ARG001
    return call


def project_headers(request_id: str) -> dict[str, str]:
    """Source: azure-sdk-for-python#44308."""
    return {"x-request-id": request_id, "x-ms-region": "local", "x-content-type-options": "nosniff"}


def management_headers(request_id: str) -> dict[str, str]:
    return {
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-ratelimit-remaining-subscription-global-reads": "16499",
    }


ADMIN: Final = Plane(
    name="admin",
    router=Router(admin.ROUTES),
    guard=guard_nothing,
    error=management_error,
    headers=lambda _: {},
)
IDENTITY: Final = Plane(
    name="identity",
    router=Router(tokens.IDENTITY_ROUTES),
    guard=guard_nothing,
    error=management_error,
    headers=lambda _: {},
)
PROJECT: Final = Plane(
    name="project",
    router=Router(
        replace(route, path=f"{PROJECT_PREFIX}{{project}}{route.path}")
        for family in (stores, versions, agents, project_deployments)
        for route in family.ROUTES
    ),
    guard=guard_project,
    error=project_error,
    headers=project_headers,
)
MANAGEMENT: Final = Plane(
    name="management",
    router=Router(
        (
            route
            for family_routes in (
                deployments.ROUTES,
                accounts.ROUTES,
                catalogue.ROUTES,
                quota.ROUTES,
                operations.ROUTES,
                directory.ROUTES,
                tokens.LOGIN_ROUTES,
            )
            for route in family_routes
        ),
        ignore_case=True,
    ),
    guard=guard_management,
    error=management_error,
    headers=management_headers,
)


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
            content = await request.body()
        except ClientDisconnect:
            return
        call = _call(self._world, request, content)
        response = await self._answer(call)
        self._log(call, response, started)
        if response is None:
            await self._drop(scope, receive)
            return
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response | None:
        """None: no answer, the connection is to be closed."""
        plane = IDENTITY if self._identity else plane_of(call.path)
        stranger = _stranger(call)
        if stranger is not None:
            return _refused(plane, call, stranger)
        if plane is ADMIN:
            return await self._serve(plane, call, delay_s=0)
        return await self._struck(plane, call, self._world.faults.strike(call.method, unquote(call.path)))

    async def _struck(self, plane: Plane, call: Call, fault: Misfortune) -> Response | None:
        delay_s = fault.delay_s + self._world.switches.latency_ms / 1000
        if fault.drop == "before":
            return None
        if fault.status is not None and not fault.after_effect:
            await asyncio.sleep(delay_s)
            return _misfortune(plane, call, fault)
        response = await self._serve(plane, call, delay_s=delay_s)
        if fault.drop == "after":
            return None
        return response if fault.status is None else _misfortune(plane, call, fault)

    async def _serve(self, plane: Plane, call: Call, *, delay_s: float) -> Response:
        try:
            found = plane.router.find(call.method, call.path)
            with self._alone(call, found.route):
                if delay_s:
                    await asyncio.sleep(delay_s)
                reply = _run(plane, call, found)
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
        while (await receive())["type"] != "http.disconnect":
            pass

    def _log(self, call: Call, response: Response | None, started: float) -> None:
        if call.path.startswith(ADMIN_PREFIX):
            return
        self._world.requests.append(
            {
                "time": call.now,
                "method": call.method,
                "path": call.path,
                "query": dict(call.query),
                "status": None if response is None else response.status_code,
                "duration_ms": round((time.perf_counter() - started) * 1000, 3),
                "audience": _audience(call),
                "request_id": call.request_id,
            }
        )


def plane_of(path: str) -> Plane:
    if path.startswith(ADMIN_PREFIX):
        return ADMIN
    return PROJECT if path.startswith(PROJECT_PREFIX) else MANAGEMENT


def is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower() in LOOPBACK or name.lower().endswith(".localhost")


def _stranger(call: Call) -> Refusal | None:
    """Only programs on this machine are answered: no page that rebinds its name to us, none of another site."""
    if not is_loopback(call.headers.get("host", "")):
        return Refusal(421, "MisdirectedRequest", "This emulator answers on loopback names only.")
    if call.method != "GET" and is_cross_site(call):
        return Refusal(403, "CrossSiteRequest", "Requests of other sites are refused.")
    return None


def is_cross_site(call: Call) -> bool:
    """A browser says where a request comes from; programs say nothing."""
    return call.headers.get("origin", call.base) != call.base or call.headers.get("sec-fetch-site") == "cross-site"


def _run(plane: Plane, call: Call, found: Found) -> Reply:
    call = replace(call, params=found.params)
    try:
        if operations.is_due(call.state, call.now):
            with call.state.transaction(writes=True):
                operations.settle(call.state, call.now)
        with call.state.transaction(writes=call.method not in {"GET", "HEAD"}):
            return found.route.handler(plane.guard(call, found))
    except StateError as error:
        raise Refusal(500, "StateError", str(error)) from error


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


def _caller(claims: tokens.Claims) -> Caller:
    return Caller(tenant_id=claims.tenant_id, object_id=claims.object_id, audience=claims.audience)


def _project_of(call: Call) -> int:
    host = call.headers.get("host", "").rpartition(":")[0]
    account = host.removesuffix(".localhost") if host.endswith(".localhost") else None
    found = accounts.find_project(call.state, call.params["project"], account)
    if found is None:  # microsoft/agent-framework#4117
        raise not_found("Project not found")
    return found


def _audience(call: Call) -> str | None:
    try:
        return call.world.tokens.read(call.headers.get("authorization", "")[7:]).audience
    except tokens.BadToken:
        return None


def _respond(reply: Reply, headers: dict[str, str]) -> Response:
    headers = {**headers, **reply.headers}
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    return JSONResponse(reply.body, status_code=reply.status, headers=headers)


def _refused(plane: Plane, call: Call, refusal: Refusal) -> Response:
    headers = {**plane.headers(call.request_id), **refusal.headers}
    return JSONResponse(plane.error(refusal, call.request_id), status_code=refusal.status, headers=headers)


def _misfortune(plane: Plane, call: Call, fault: Misfortune) -> Response:
    """A declared answer. Without a body, an error in the shape of the plane."""
    status = fault.status or 500
    if fault.body is None:
        code = {429: "rate_limit_exceeded", 500: "server_error"}.get(status, "declared_fault")
        refusal = Refusal(status, code, "A declared fault of the emulator.", kind="error", headers=fault.headers)
        return _refused(plane, call, refusal)
    headers = {**plane.headers(call.request_id), **fault.headers}
    if isinstance(fault.body, str):
        return Response(fault.body, status_code=status, headers=headers)
    return JSONResponse(fault.body, status_code=status, headers=headers)
