"""The planes: which routes, who may use them, and how each refuses. The families bring the routes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import identity, resource_rows
from provisioner.emulator.control.resource_rows import ACCOUNT
from provisioner.emulator.handles import admin, families
from provisioner.emulator.project import network
from provisioner.emulator.serve import first_day
from provisioner.emulator.wire import allowed_hosts, auth
from provisioner.emulator.wire.actions import data_action, management_action
from provisioner.emulator.wire.call import Call, Caller
from provisioner.emulator.wire.errors import Refusal, management_error, not_found, project_error
from provisioner.emulator.wire.routing import Found, Router
from provisioner.emulator.wire.versions import (
    check_management_version,
    check_project_version,
    refuse_version,
    require_feature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world import tokens


ADMIN_PREFIX: Final = "/_emulator"
PROJECT_PREFIX: Final = "/api/projects/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plane:
    name: str
    router: Router
    guard: Callable[[Call, Found], Call]  # refuses, or adds who is calling
    error: Callable[[Refusal, str], Json]
    headers: Callable[[str], dict[str, str]]


def guard_project(call: Call, found: Found) -> Call:
    """The order of the refusals: token, project, network, api-version, role, opt-in header; then the body."""
    claims = auth.project_caller(call)
    call = replace(call, caller=_caller(claims), project=_project_of(call))
    network.check(call)
    (check_project_version if found.route.versioned else refuse_version)(call)
    auth.check_data_role(call, *data_action(call, found, _arm_id(call)))
    if found.route.feature and (call.method != "GET" or call.switches.preview_header_on_reads):
        require_feature(call, found.route.feature, "Memory stores")
    return call


def guard_management(call: Call, found: Found) -> Call:
    if not found.route.token:
        return call
    call = replace(call, caller=_caller(auth.management_caller(call)))
    check_management_version(call)
    if found.route.by_role:
        auth.check_management_role(call, *management_action(call, found))
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
    router=Router((*admin.ROUTES, *first_day.ROUTES), is_whole=True),
    guard=guard_nothing,
    error=management_error,
    headers=lambda _: {},
)
IDENTITY: Final = Plane(
    name="identity",
    router=Router(identity.IDENTITY_ROUTES),
    guard=guard_nothing,
    error=management_error,
    headers=lambda _: {},
)
PROJECT: Final = Plane(
    name="project",
    router=Router(
        replace(route, path=f"{PROJECT_PREFIX}{{project}}{route.path}")
        for family in families.every()
        for route in family.project_routes
    ),
    guard=guard_project,
    error=project_error,
    headers=project_headers,
)
MANAGEMENT: Final = Plane(
    name="management",
    router=Router(
        (route for family in families.every() for route in family.routes),
        ignore_case=True,
    ),
    guard=guard_management,
    error=management_error,
    headers=management_headers,
)


def plane_of(path: str) -> Plane:
    if path == "/" or path.startswith(ADMIN_PREFIX):
        return ADMIN
    return PROJECT if path.startswith(PROJECT_PREFIX) else MANAGEMENT


def _caller(claims: tokens.Claims) -> Caller:
    return Caller(tenant_id=claims.tenant_id, object_id=claims.object_id, audience=claims.audience)


def _arm_id(call: Call) -> str:
    project = resource_rows.by_row(call.state, call.project)
    return "" if project is None else project.arm_id


def _project_of(call: Call) -> int:
    host, name = allowed_hosts.name_of(call.headers.get("host", "")), call.params["project"]
    first = host.partition(".")[0]
    account = host.removesuffix(".localhost") if host.endswith(".localhost") else None
    if account is None and not allowed_hosts.is_loopback(host):  # a name of the cloud, if there is such an account here
        account = first if resource_rows.is_named(call.state, ACCOUNT, first) else None
    found = resource_rows.find_project(call.state, name, account)
    if found is None:  # microsoft/agent-framework#4117
        raise not_found("Project not found")
    return found
