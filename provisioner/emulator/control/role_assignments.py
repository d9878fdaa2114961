"""Roles are given and taken at any scope, by whoever may; what they are, and what the caller may do there, is read.

Source: azure-rest-api-specs, Microsoft.Authorization 2022-04-01 (routes, shapes, filters); azure-cli#8599,
terraform-provider-azurerm#28557 (a second one of the kind), Azure-Landing-Zones#2040 (what cannot be changed),
azure-cli#2458 (a wrong shape), modern-web-app-pattern-dotnet#129 (another type). assumed: codes and words of the rest,
that any principal is one of the directory, and that an assignment outlives the resource that it is on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resource_rows import by_arm_id, has_identity
from provisioner.emulator.control.resources import SUBSCRIPTION_ID, check_subscription, missing, the_group
from provisioner.emulator.control.role_bodies import assignment, definition, permission
from provisioner.emulator.wire.actions import scope_of
from provisioner.emulator.wire.auth import check_management_role
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world import access, role_rows
from provisioner.emulator.world.facts import roles
from provisioner.emulator.world.tokens import OBJECT_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.facts.roles import Permission
    from provisioner.emulator.world.role_rows import Assignment

GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TERM: Final = re.compile(
    r"(?P<at>atScope\(\))|principalId\s+eq\s+'?(?P<principal>[^'\s]+)'?|assignedTo\('(?P<assignee>[^']+)'\)",
    re.IGNORECASE,
)
NAMED: Final = re.compile(r"roleName\s+eq\s+'([^']*)'", re.IGNORECASE)
WRITE: Final = "Microsoft.Authorization/roleAssignments/write"
DELETE: Final = "Microsoft.Authorization/roleAssignments/delete"


def list_assignments(call: Call) -> Reply:
    """At the scope, above it and below it; at and above it only with atScope()."""
    check_subscription(call)
    scope, terms = scope_of(call), _terms(call)
    found = [it for it in access.everything(call.world) if all(fits(it) for fits in terms)]
    shown = (
        _shown(it)
        for it in found
        if access.is_within(scope, it.scope) or (not _is_at_scope(call) and access.is_within(it.scope, scope))
    )
    return Reply(body={"value": list(shown)})


def read_assignment(call: Call) -> Reply:
    found = _find(call)
    if found is None:
        message = f"The role assignment '{call.params['assignment']}' is not found."
        raise Refusal(404, "RoleAssignmentNotFound", message)
    return Reply(body=_shown(found))


def write_assignment(call: Call) -> Reply:
    """It counts after a while, and is listed at once."""
    scope, name, given = _scope_for_write(call), call.params["assignment"], _properties_of(call)
    principal, role = given["principalId"], _role_of(given["roleDefinitionId"])
    check_management_role(call, WRITE, scope, about_role=role)
    if not GUID.fullmatch(name):
        message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        raise Refusal(400, "InvalidRoleAssignmentId", message)
    wanted = assignment(
        name,
        scope,
        principal,
        role,
        when=call.now,
        in_force=call.now + call.switches.role_seconds,
        sort=_sort_of(call, principal, given.get("principalType")),
        by=call.caller.object_id,
        given=given,
    )
    return _stored(call, wanted)


def delete_assignment(call: Call) -> Reply:
    """200 with what it was, 204 when there was none. assumed: it counts no more from then on."""
    scope, found = scope_of(call), role_rows.find(call.state, call.params["assignment"])
    if found is None or found.scope != scope.lower():
        check_management_role(call, DELETE, scope)
        return Reply(status=204)
    check_management_role(call, DELETE, scope, about_role=found.role)
    role_rows.delete(call.state, found.name)
    return Reply(body=found.body)


def list_definitions(call: Call) -> Reply:
    """`roleName eq '...'`, as az asks; other filters are about roles that there are not here."""
    wanted = NAMED.search(call.query.get("$filter", ""))
    found = [role for role in roles.ALL if wanted is None or role.name.lower() == wanted[1].lower()]
    return Reply(body={"value": [definition(role) for role in found]})


def read_definition(call: Call) -> Reply:
    found = roles.BY_ID.get(call.params["definition"].lower())
    if found is None:
        message = f"The specified role definition with ID '{call.params['definition']}' does not exist."
        raise Refusal(404, "RoleDefinitionDoesNotExist", message)
    return Reply(body=definition(found))


def list_permissions(call: Call) -> Reply:
    """One entry for each grant of the caller that is in force; none when there is none."""
    held = access.permissions(call.world, call.caller.object_id, scope_of(call))
    left = (_left(call, it) for it in held)
    return Reply(body={"value": [permission(it) for it in left if it.actions or it.data_actions]})


def _left(call: Call, held: Permission) -> Permission:
    """What the switches of the planes leave of it."""
    if call.switches.management_role != "granted":
        held = replace(held, actions=(), not_actions=())
    if call.switches.data_role != "granted":
        held = replace(held, data_actions=(), not_data_actions=())
    return held


def _stored(call: Call, wanted: Assignment) -> Reply:
    existing = role_rows.find(call.state, wanted.name)
    if existing is None:
        if any(_what(it) == _what(wanted) for it in role_rows.of_principal(call.state, wanted.principal)):
            raise Refusal(409, "RoleAssignmentExists", "The role assignment already exists.")
        return Reply(status=201, body=role_rows.put(call.state, wanted).body)
    if _what(existing) != _what(wanted):
        message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise Refusal(400, "RoleAssignmentUpdateNotPermitted", message)
    made = {key: existing.body["properties"][key] for key in ("createdOn", "createdBy")}
    body = {**wanted.body, "properties": {**wanted.body["properties"], **made}}
    return Reply(body=role_rows.put(call.state, replace(wanted, in_force=existing.in_force, body=body)).body)


def _what(it: Assignment) -> tuple[str, str, str]:
    return it.scope.lower(), it.principal.lower(), it.role.lower()


def _find(call: Call) -> Assignment | None:
    wanted, scope = call.params["assignment"].lower(), scope_of(call)
    everything = access.everything(call.world)
    return next((it for it in everything if it.name.lower() == wanted and it.scope == scope.lower()), None)


def _shown(it: Assignment) -> Json:
    if it.body:
        return it.body
    return assignment(it.name, it.scope, it.principal, it.role, when=0, in_force=0, sort="Group").body


def _scope_for_write(call: Call) -> str:
    """As the resource spells it. An agent of a project is one without being a resource."""
    check_subscription(call)
    asked = scope_of(call)
    if "group" not in call.params:
        return f"/subscriptions/{SUBSCRIPTION_ID}"
    group = the_group(call)
    if "name" not in call.params:
        return group.arm_id
    of, _, agent = asked.partition("/agents/")
    found = by_arm_id(call.state, of)
    if found is None:
        raise missing(of.partition("/providers/")[2], group.name)
    return f"{found.arm_id}/agents/{agent}" if agent else found.arm_id


def _properties_of(call: Call) -> Json:
    properties = call.document().get("properties")
    given = properties if isinstance(properties, dict) else {}
    principal, role = given.get("principalId"), given.get("roleDefinitionId")
    if not isinstance(principal, str) or not GUID.fullmatch(principal) or not isinstance(role, str):
        raise Refusal(400, "BadRequestFormat", "The request was incorrectly formatted.")
    return given


def _role_of(definition_id: str) -> str:
    """Of an id of whatever scope the GUID at its end counts."""
    role = definition_id.rpartition("/")[2].lower()
    if not GUID.fullmatch(role):
        raise Refusal(400, "InvalidRoleDefinitionId", f"The role definition ID '{role}' is not valid.")
    if role not in roles.BY_ID:
        message = f"The specified role definition with ID '{role}' does not exist."
        raise Refusal(404, "RoleDefinitionDoesNotExist", message)
    return role


def _sort_of(call: Call, principal: str, given: object) -> str:
    """Of those that are known here it is known what they are."""
    is_service = principal.lower() == OBJECT_ID or has_identity(call.state, principal)
    known = "ServicePrincipal" if is_service else None
    if known and given not in {None, known}:
        message = (
            f"The PrincipalId '{principal}' has type '{known}' , which is different from specified PrinciaplType "
            f"'{given}'."
        )
        raise Refusal(400, "UnmatchedPrincipalType", message)
    return known or str(given or "User")


def _is_at_scope(call: Call) -> bool:
    return "atscope()" in call.query.get("$filter", "").lower()


def _terms(call: Call) -> list[Callable[[Assignment], bool]]:
    asked = call.query.get("$filter", "").strip()
    return [_term(text) for text in re.split(r"\s+and\s+", asked, flags=re.IGNORECASE)] if asked else []


def _term(text: str) -> Callable[[Assignment], bool]:
    found = TERM.fullmatch(text.strip())
    if found is None:
        raise Refusal(400, "InvalidFilter", f"The filter '{text}' is not supported.")
    wanted = {(found["principal"] or "").lower()}
    if found["assignee"]:  # of whoever the group of all is part of, as well
        wanted = {found["assignee"].lower(), access.EVERYONE}
    return lambda it: bool(found["at"]) or it.principal in wanted


SUBSCRIPTION: Final = "/subscriptions/{subscription}"
GROUP: Final = f"{SUBSCRIPTION}/resourceGroups/{{group}}"
RESOURCE: Final = f"{GROUP}/providers/{{namespace}}/{{type}}/{{name}}"
BELOW: Final = f"{RESOURCE}/{{type2}}/{{name2}}"
SCOPES: Final = (SUBSCRIPTION, GROUP, RESOURCE, BELOW, f"{BELOW}/{{type3}}/{{name3}}")
ROLES: Final = "/providers/Microsoft.Authorization"
FAMILY: Final = Family(
    tables=(role_rows.ROLE_ASSIGNMENTS,),
    routes=(
        Route(method="GET", path=f"{ROLES}/roleDefinitions", handler=list_definitions, by_role=False),
        Route(method="GET", path=f"{ROLES}/roleDefinitions/{{definition}}", handler=read_definition, by_role=False),
        *(
            Route(method=method, path=f"{scope}{ROLES}/{what}", handler=handler, by_role=by_role)
            for scope in SCOPES
            for method, what, handler, by_role in (
                ("GET", "roleAssignments", list_assignments, True),
                ("GET", "roleAssignments/{assignment}", read_assignment, True),
                ("PUT", "roleAssignments/{assignment}", write_assignment, False),
                ("DELETE", "roleAssignments/{assignment}", delete_assignment, False),
                ("GET", "roleDefinitions", list_definitions, True),
                ("GET", "roleDefinitions/{definition}", read_definition, True),
                ("GET", "permissions", list_permissions, False),
            )
        ),
    ),
)
