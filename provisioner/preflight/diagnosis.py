"""Why somebody is not let in, told apart, each with the command that mends it: from facts to findings, for whoever
asks (a plan that cannot be read, a right that is missing, an inspection of the environment).

Codes and words of refusals: Azure Resource Manager's and the project plane's, see `planes.advice`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final
from urllib.parse import unquote

from provisioner.kinds.rights import Right, Where
from provisioner.model.caller import Caller
from provisioner.model.errors import Failure
from provisioner.planes.advice import is_network_closed
from provisioner.planes.clouds import cloud_of
from provisioner.preflight.access import CONTRIBUTOR, FOUNDRY_USER, ROLES, Assignment, Role, gives

_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PRINCIPAL: Final = re.compile(rf"(?:principal|object id) [`'](?P<id>{_GUID})[`']", re.IGNORECASE)
_ACTION: Final = re.compile(r"action [`'](?P<name>Microsoft\.CognitiveServices/[\w/-]+)[`']", re.IGNORECASE)
_TENANT: Final = re.compile(rf"must match .{{0,200}}?/(?P<id>{_GUID})", re.IGNORECASE | re.DOTALL)
_NOT_SIGNED_IN: Final = {
    "not-signed-in": "Nobody is signed in here.",
    "AuthenticationFailed": "No usable token was sent.",
    "InvalidAuthenticationToken": "The token was not accepted.",
    "ExpiredAuthenticationToken": "The token has expired.",
    "InvalidAuthenticationTokenTenant": "You are signed in to another tenant than the subscription's.",
}


class Trouble(str, Enum):
    NOT_SIGNED_IN = "not-signed-in"
    WRONG_AUDIENCE = "wrong-audience"
    ROLE_MISSING = "role-missing"
    ROLE_NOT_IN_FORCE = "role-not-in-force"
    NETWORK_CLOSED = "network-closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`says` is a sentence; `remedy` what to do, with the command, which is also by itself."""

    trouble: Trouble
    says: str
    remedy: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who asks, and at what. `account` and `project` are ARM ids, empty where nothing tells them; `assigned` are the
    roles that the caller has been given, in force or not, as far as they are known.
    """

    endpoint: str
    account: str = ""
    project: str = ""
    caller: Caller = field(default_factory=Caller)
    project_token: Caller = field(default_factory=Caller)
    assigned: tuple[Assignment, ...] = ()

    def scope(self, where: Where) -> str:
        return unquote(self.account if where is Where.ACCOUNT else self.project or self.account)


def of_failure(failure: Failure, door: Door, *, now: float) -> Diagnosis | None:
    """Why an answer refuses the caller; None where it does not, or does not tell. `now` counts from the epoch."""
    if is_network_closed(failure.status, failure.message):
        return network_closed(failure, door)
    if failure.code in {"PermissionDenied", "AuthorizationFailed"}:
        return _denied(failure, door)
    if failure.code == "InvalidAuthenticationTokenAudience":
        told = f"for {door.caller.audience}" if door.caller.audience else "for something else"
        return _wrong_audience(f"The token is not for Azure Resource Manager, but {told}.", door)
    if failure.code in _NOT_SIGNED_IN:
        tenant = _TENANT.search(failure.message) if failure.code == "InvalidAuthenticationTokenTenant" else None
        return _sign_in(_NOT_SIGNED_IN[failure.code], tenant["id"] if tenant else "")
    is_bare = failure.status == 401 and not failure.code and "access token" in failure.message.casefold()
    return _of_token(door, now) if is_bare else None


def of_right(right: Right, door: Door) -> Diagnosis:
    """Why a right is missing of which Azure says that it is not there."""
    given = next((it for it in door.assigned if gives((it,), right, door.scope(right.where))), None)
    action = f"{right.action} on the {right.where.value}"
    if given is None:
        return _give(f"no role of the signed-in identity allows {action}", role_for(right), door, right.where)
    return _wait(ROLES[given.role.casefold()], f"allows {action}", door, right.where)


def role_for(right: Right) -> Role:
    return FOUNDRY_USER if right.is_data else CONTRIBUTOR


def network_closed(failure: Failure, door: Door) -> Diagnosis:
    account = _scope_word(door.account)
    if "public access" in failure.message.casefold():
        command = f"az resource update --ids {account} --set properties.publicNetworkAccess=Enabled"
        remedy = f"Run it from where its private endpoint is reached; or, if it is to be public:\n{command}"
    else:
        parts = unquote(door.account).split("/")
        subscription, group, name = (parts[2], parts[4], parts[-1]) if len(parts) > 8 else ("", "", "")
        command = (
            f"az cognitiveservices account network-rule add --subscription {_word(subscription, '<subscription>')} "
            f"--resource-group {_word(group, '<group>')} --name {_word(name, '<account>')} --ip-address <address>"
        )
        remedy = f"Run it from inside that network, or let in this machine's public address:\n{command}"
    says = "The account's network lets nobody in from here, whatever their role."
    return Diagnosis(trouble=Trouble.NETWORK_CLOSED, says=says, remedy=remedy, command=command)


def assignment_command(principal: str, sort: str, role: Role, scope: str) -> str:
    """Names of roles change, so the command has the id."""
    typed = f" --assignee-principal-type {sort}" if principal and sort else ""
    return (
        f"az role assignment create --assignee-object-id {_word(principal, '<object id>')}{typed} "
        f"--role {role.id} --scope {_scope_word(scope)}"
    )


def _denied(failure: Failure, door: Door) -> Diagnosis:
    """The answer names the action, and mostly who asked."""
    is_data = failure.code == "PermissionDenied"
    found, who = _ACTION.search(failure.message), _PRINCIPAL.search(failure.message)
    where = Where.PROJECT if is_data else Where.ACCOUNT
    right = Right(found["name"] if found else "*", where, is_data=is_data)
    if not door.caller.object_id and who is not None:
        door = replace(door, caller=Caller(object_id=who["id"]))
    given = next((it for it in door.assigned if found and gives((it,), right, door.scope(where))), None)
    if given is not None:
        return _wait(ROLES[given.role.casefold()], "allows that", door, where)
    return _give("the signed-in identity is known and lacks a role", role_for(right), door, where)


def _give(says: str, role: Role, door: Door, where: Where) -> Diagnosis:
    command = assignment_command(door.caller.object_id, door.caller.sort, role, door.scope(where))
    data = "; Owner and Contributor do not include it" if role is FOUNDRY_USER else ""
    return Diagnosis(
        trouble=Trouble.ROLE_MISSING,
        says=f"{says[0].upper()}{says[1:]}.",
        remedy=f"Have somebody who may assign roles grant it {role.name} on the {where.value}{data}. It takes a few "
        f"minutes to work:\n{command}",
        command=command,
    )


def _wait(role: Role, what: str, door: Door, where: Where) -> Diagnosis:
    """The command finds it wherever above it was assigned, and to whichever group."""
    command = (
        f"az role assignment list --assignee {_word(door.caller.object_id, '<object id>')} --include-groups "
        f"--scope {_scope_word(door.scope(where))} --include-inherited"
    )
    return Diagnosis(
        trouble=Trouble.ROLE_NOT_IN_FORCE,
        says=f"The signed-in identity has been given {role.name}, which {what}, and it is not yet in force.",
        remedy="Assignments take a few minutes, rarely half an hour: run the same command again then. If it stays so, "
        f"sign in again, and look whether it is still there:\n{command}",
        command=command,
    )


def _sign_in(says: str, tenant: str = "") -> Diagnosis:
    command = f"az login --tenant {tenant}" if tenant else "az login"
    return Diagnosis(
        trouble=Trouble.NOT_SIGNED_IN,
        says=says,
        remedy=f"Sign in, or set the AZURE_… variables of your pipeline's identity:\n{command}",
        command=command,
    )


def _wrong_audience(says: str, door: Door) -> Diagnosis:
    command = f"az cloud set --name {cloud_of(door.endpoint).cli_name} && az login"
    return Diagnosis(
        trouble=Trouble.WRONG_AUDIENCE,
        says=says,
        remedy="Check that `endpoint` and `management_endpoint` are of the cloud that you are signed in to, and what "
        f"gives tokens here (the AZURE_… variables, IDENTITY_ENDPOINT):\n{command}",
        command=command,
    )


def _of_token(door: Door, now: float) -> Diagnosis | None:
    """The project plane has one answer for all that may be wrong with a token: what the token says tells them apart."""
    token, wanted = door.project_token, cloud_of(door.endpoint).project_scope.removesuffix("/.default")
    if token.audience and token.audience.rstrip("/") != wanted:
        return _wrong_audience(f"The token is not for {wanted}, but for {token.audience}.", door)
    if token.expires is not None and token.expires <= now:
        return _sign_in("The token has expired, or this machine's clock is ahead.")
    return None


def _scope_word(scope: str) -> str:
    return _word(unquote(scope), "<id of the account or project>")


def _word(text: str, otherwise: str) -> str:
    """As a shell takes it for one word, whatever a name holds."""
    return shlex.quote(text) if text else otherwise
