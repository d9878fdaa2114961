"""Where tokens are had: the two endpoints of managed identities, and the login of Microsoft Entra."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from provisioner.emulator.control.family import Family
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.tokens import CLIENT_ID, LIFETIME_S

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call


def app_service(call: Call) -> Reply:
    """Source: Microsoft Learn, App Service managed identities (IDENTITY_ENDPOINT, IDENTITY_HEADER)."""
    if call.headers.get("x-identity-header") != call.world.tokens.identity_header:
        raise Refusal(401, "Unauthorized", "The X-IDENTITY-HEADER header is missing or wrong.")
    return _granted(call)


def metadata_service(call: Call) -> Reply:
    """Source: Microsoft Learn, Azure Instance Metadata Service: the header keeps forged requests out."""
    if call.headers.get("metadata", "").lower() != "true":
        raise Refusal(400, "invalid_request", "Required metadata header not specified")
    return _granted(call)


def client_credentials(call: Call) -> Reply:
    """Workload identity and service principals: any secret will do here."""
    form = parse_qs(call.content.decode("latin-1"))
    scope, client_id = form.get("scope", [""])[0], form.get("client_id", [CLIENT_ID])[0]
    if not scope:
        raise Refusal(400, "invalid_scope", "The request body must contain the parameter 'scope'.")
    # az asks for `https://management.core.windows.net//.default`
    token = call.world.tokens.issue(scope.removesuffix("/.default").rstrip("/"), client_id=client_id)
    expiry = {"expires_in": LIFETIME_S, "ext_expires_in": LIFETIME_S}
    return Reply(body={"token_type": "Bearer", **expiry, "access_token": token})


def openid_configuration(call: Call) -> Reply:
    authority = f"{call.base}/{call.params['tenant']}"
    return Reply(
        body={
            "issuer": f"{authority}/v2.0",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
        }
    )


def _granted(call: Call) -> Reply:
    resource = call.query.get("resource", "")
    if not urlsplit(resource).scheme:
        raise Refusal(400, "invalid_resource", "The query parameter 'resource' must name an audience.")
    client_id = call.query.get("client_id") or CLIENT_ID
    # Every client wants another of these: the sync one reads expires_on, IMDS expires_in, aio resource.
    return Reply(
        body={
            "access_token": call.world.tokens.issue(resource, client_id=client_id),
            "expires_on": str(int(time.time()) + LIFETIME_S),
            "expires_in": str(LIFETIME_S),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": client_id,
        }
    )


IDENTITY_ROUTES: Final = (
    Route(method="GET", path="/msi/token", handler=app_service, token=False),
    Route(method="GET", path="/metadata/identity/oauth2/token", handler=metadata_service, token=False),
)
FAMILY: Final = Family(
    routes=(
        Route(method="POST", path="/{tenant}/oauth2/v2.0/token", handler=client_credentials, token=False),
        Route(
            method="GET",
            path="/{tenant}/v2.0/.well-known/openid-configuration",
            handler=openid_configuration,
            token=False,
        ),
        Route(
            method="GET", path="/{tenant}/.well-known/openid-configuration", handler=openid_configuration, token=False
        ),
    )
)
