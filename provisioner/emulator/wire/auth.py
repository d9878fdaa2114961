"""Tokens at the door of each plane: the right audience, and a role behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world import access
from provisioner.emulator.world.tokens import BadToken

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.tokens import Claims

PROJECT_AUDIENCE: Final = "https://ai.azure.com"
MANAGEMENT_AUDIENCES: Final = ("https://management.core.windows.net", "https://management.azure.com")

# azure-sdk-for-python#44412, azure-sdk-for-net#50872: one body, without `error`, for every cause
UNAUTHORIZED: Final = {
    "statusCode": 401,
    "message": (
        "Unauthorized. Access token is missing, invalid, audience is incorrect "
        "(https://ai.azure.com/), or have expired."
    ),
}


def project_caller(call: Call) -> Claims:
    try:
        claims = call.world.tokens.read(_bearer(call))
    except BadToken:
        claims = None
    if claims is None or claims.audience.rstrip("/") != PROJECT_AUDIENCE:
        raise Refusal(401, "Unauthorized", str(UNAUTHORIZED["message"]), bare=UNAUTHORIZED)
    return claims


def management_caller(call: Call) -> Claims:
    """ARM's three refusals. WWW-Authenticate is left out: what it says here is not known.

    The JavaScript clients ask for a token for the endpoint that they are given: ours is as good as ARM's.
    """
    token = _bearer(call)
    if not token:
        raise Refusal(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        )
    try:
        claims = call.world.tokens.read(token)
    except BadToken as error:
        code = "ExpiredAuthenticationToken" if error.expired else "InvalidAuthenticationToken"
        raise Refusal(401, code, f"The access token is {error}.") from None
    if claims.audience.rstrip("/") not in {*MANAGEMENT_AUDIENCES, call.base}:
        raise _wrong_audience(claims.audience)
    return claims


def check_data_role(call: Call, action: str, scope: str) -> None:
    """Token fine, no data role: seen as 401, some clients report 403.

    Source: foundry-samples#692, davrous/AzureAgentToM365#3; azure-dev changelog #9205 for the 403.
    """
    status = _status_of_a_denied(call, action, scope)
    if status is None:
        return
    area = action.split("/")[3]
    raise Refusal(
        status,
        "PermissionDenied",
        f"The principal `{call.caller.object_id}` lacks the required data action `{action}` to perform "
        f"`{call.method} /api/projects/{{projectName}}/{area}` operation. For instructions on granting the "
        "necessary permissions, see https://aka.ms/FoundryPermissions.",
    )


def check_management_role(call: Call, action: str, scope: str, *, about_role: str = "") -> None:
    if call.switches.management_role == "granted" and access.may(
        call.world, call.caller.object_id, action, scope, about_role=about_role
    ):
        return
    raise Refusal(
        403,
        "AuthorizationFailed",
        f"The client '{call.caller.object_id}' with object id '{call.caller.object_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials.",
    )


def may_manage(call: Call, action: str, scope: str) -> bool:
    return access.may(call.world, call.caller.object_id, action, scope)


def _status_of_a_denied(call: Call, action: str, scope: str) -> int | None:
    """The switch denies all; then roles are looked at."""
    if call.switches.data_role != "granted":
        return 403 if call.switches.data_role == "denied-403" else 401
    if access.may(call.world, call.caller.object_id, action, scope, is_data=True):
        return None
    return int(call.switches.missing_data_role)


def _wrong_audience(audience: str) -> Refusal:
    """Source: active-directory-dotnetcore-daemon-v2#145, go-azure-helpers#51."""
    allowed = ",".join(f"'{name}/','{name}'" for name in MANAGEMENT_AUDIENCES)
    return Refusal(
        401,
        "InvalidAuthenticationTokenAudience",
        f"The access token has been obtained for wrong audience or resource '{audience}'. "
        f"It should exactly match with one of the allowed audiences {allowed}.",
    )


def _bearer(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
