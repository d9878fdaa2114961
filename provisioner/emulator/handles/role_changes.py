"""Roles are given and taken behind everybody's back, by words for whose and where. Taking one makes roles count.

{"take": {"role": "Foundry User"}}                                  the signed-in identity's, wherever it has it
{"give": {"role": "Foundry User", "principal": "project", "scope": "account", "after_s": 300}}
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.managed_identities import principals_of
from provisioner.emulator.control.resource_rows import ACCOUNT, PROJECT
from provisioner.emulator.control.resources import DEFAULT_ACCOUNT, DEFAULT_GROUP, DEFAULT_PROJECT, SUBSCRIPTION_ID
from provisioner.emulator.control.role_assignments import GUID
from provisioner.emulator.control.role_bodies import assignment
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world import access, role_rows
from provisioner.emulator.world.facts import roles
from provisioner.emulator.world.switches import NUMBER_MAX
from provisioner.emulator.world.tokens import OBJECT_ID

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.role_rows import Assignment

KEYS: Final = frozenset({"role", "principal", "scope", "account", "project", "after_s"})
PRINCIPALS: Final = ("caller", "project", "account")
SCOPES: Final = ("subscription", "group", "account", "project")


def show(call: Call) -> Reply:
    """Who has which role where, and since when it counts."""
    return Reply(body={"roles": [_told(call, it) for it in access.everything(call.world)]})


def change(call: Call) -> Reply:
    document = call.document()
    if len(document) != 1 or not document.keys() <= {"give", "take"}:
        raise _wrong('Send {"give": {"role": ...}} or {"take": {"role": ...}}.')
    ((verb, wanted),) = document.items()
    if not isinstance(wanted, dict) or not wanted.keys() <= KEYS:
        raise _wrong(f'"{verb}" is a map of {", ".join(sorted(KEYS))}.')
    (_give if verb == "give" else _take)(call, wanted)
    return show(call)


def _give(call: Call, wanted: Json) -> None:
    """Once more is no change but of the time from which on it counts."""
    role, scope = _role(wanted.get("role")), _scope(call, wanted, wanted.get("scope", "subscription"))
    in_force = call.now + _seconds(wanted.get("after_s", call.switches.role_seconds))
    for principal in _principals(call, wanted):
        held = role_rows.of_principal(call.state, principal)
        same = next((it for it in held if it.scope == scope.lower() and it.role == role), None)
        given = same or assignment(str(uuid.uuid4()), scope, principal, role, when=call.now, in_force=in_force)
        role_rows.put(call.state, replace(given, in_force=in_force))


def _take(call: Call, wanted: Json) -> None:
    role = None if "role" not in wanted else _role(wanted["role"])
    scope = None if "scope" not in wanted else _scope(call, wanted, wanted["scope"]).lower()
    for principal in _principals(call, wanted):
        for it in role_rows.of_principal(call.state, principal):
            if role in {None, it.role} and scope in {None, it.scope}:
                role_rows.delete(call.state, it.name)
    call.world.switches = replace(call.world.switches, roles="assigned")


def _role(name: object) -> str:
    found = roles.named(name) if isinstance(name, str) and name else None
    if found is None:
        raise _wrong(f"There is no role {name!r}; there are: {', '.join(role.name for role in roles.ALL)}.")
    return found.id


def _principals(call: Call, wanted: Json) -> list[str]:
    named = wanted.get("principal", "caller")
    if named == "caller":
        return [OBJECT_ID]
    if named in PRINCIPALS:
        return principals_of((_project if named == "project" else _account)(call, wanted).body)
    if isinstance(named, str) and GUID.fullmatch(named):
        return [named.lower()]
    raise _wrong(f"A principal is one of {', '.join(PRINCIPALS)}, or an id, not {named!r}.")


def _scope(call: Call, wanted: Json, named: object) -> str:
    subscription = f"/subscriptions/{SUBSCRIPTION_ID}"
    if named == "subscription":
        return subscription
    if named == "group":
        return f"{subscription}/resourceGroups/{DEFAULT_GROUP}"
    if named in SCOPES:
        return (_project if named == "project" else _account)(call, wanted).arm_id
    if isinstance(named, str) and named.startswith("/"):
        return named.rstrip("/")
    raise _wrong(f"A scope is one of {', '.join(SCOPES)}, or the id of a resource, not {named!r}.")


def _account(call: Call, wanted: Json) -> Resource:
    name = str(wanted.get("account", DEFAULT_ACCOUNT))
    return _found(resource_rows.named(call.state, ACCOUNT, name), ACCOUNT, name)


def _project(call: Call, wanted: Json) -> Resource:
    name = str(wanted.get("project", DEFAULT_PROJECT))
    found = resource_rows.named(call.state, PROJECT, name, str(wanted.get("account", DEFAULT_ACCOUNT)))
    return _found(found, PROJECT, name)


def _found(found: Resource | None, kind: str, name: str) -> Resource:
    if found is None:
        raise Refusal(404, "NotFound", f"There is no {kind} '{name}'.")
    return found


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= NUMBER_MAX:
        raise _wrong(f'"after_s" is a number of seconds from 0 to {NUMBER_MAX}, not {value!r}.')
    return value


def _told(call: Call, it: Assignment) -> Json:
    role = roles.BY_ID.get(it.role)
    return {
        "name": it.name,
        "role": role.name if role else it.role,
        "role_id": it.role,
        "principal": it.principal,
        "who": _who(call, it.principal),
        "scope": it.scope,
        "in_force": it.in_force <= call.now,
    }


def _who(call: Call, principal: str) -> str:
    """A word for it, where there is one."""
    known = {OBJECT_ID: "caller", access.EVERYONE: "everyone"}
    if principal in known:
        return known[principal]
    held = (it for kind in (PROJECT, ACCOUNT) for it in resource_rows.of_kind(call.state, kind))
    return next((f"{it.kind} {it.name}" for it in held if principal in principals_of(it.body)), "")


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)
