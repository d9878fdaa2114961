"""Tokens as a managed identity gets them, and their check.

Tokens live in the machine's time, not in the emulator's clock: the client that caches one cannot know that
a test moved the clock.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import jwt

from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call

TENANT_ID: Final = "11111111-1111-4111-8111-111111111111"
OBJECT_ID: Final = "22222222-2222-4222-8222-222222222222"
CLIENT_ID: Final = "33333333-3333-4333-8333-333333333333"
LIFETIME_S: Final = 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    audience: str
    tenant_id: str
    object_id: str
    expires_at: float


class BadToken(Exception):  # noqa: N818  the caller turns it into a refusal
    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Tokens:
    """Signs and reads. The secret belongs to the state, so tokens outlive a restart."""

    def __init__(self, secret: str, identity_header: str) -> None:
        self._secret = secret
        self.identity_header = identity_header
        self._read: dict[str, Claims] = {}  # what was verified before: a client sends one token a thousand times

    def issue(self, audience: str, *, client_id: str = CLIENT_ID, lifetime_s: int = LIFETIME_S) -> str:
        now, object_id = int(time.time()), object_id_of(client_id)
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "tid": TENANT_ID,
            "oid": object_id,
            "sub": object_id,
            "appid": client_id,
            "idtyp": "app",
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def read(self, token: str) -> Claims:
        known = self._read.get(token)
        if known is None:
            known = self._verify(token)
            if len(self._read) > 1000:
                self._read.clear()
            self._read[token] = known
        if known.expires_at <= time.time():
            raise BadToken("expired", expired=True)
        return known

    def _verify(self, token: str) -> Claims:
        try:
            found = jwt.decode(token, self._secret, algorithms=["HS256"], options={"verify_aud": False})
        except jwt.ExpiredSignatureError:
            raise BadToken("expired", expired=True) from None
        except jwt.InvalidTokenError:
            raise BadToken("invalid") from None
        return Claims(
            audience=str(found.get("aud", "")),
            tenant_id=str(found.get("tid", "")),
            object_id=str(found.get("oid", "")),
            expires_at=float(found.get("exp", 0)),
        )


def object_id_of(client_id: str) -> str:
    """Every client is somebody: whoever asks for a token with another client id is another caller."""
    return OBJECT_ID if client_id == CLIENT_ID else str(uuid.uuid5(uuid.NAMESPACE_URL, f"client:{client_id}"))


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
LOGIN_ROUTES: Final = (
    Route(method="POST", path="/{tenant}/oauth2/v2.0/token", handler=client_credentials, token=False),
    Route(
        method="GET",
        path="/{tenant}/v2.0/.well-known/openid-configuration",
        handler=openid_configuration,
        token=False,
    ),
    Route(method="GET", path="/{tenant}/.well-known/openid-configuration", handler=openid_configuration, token=False),
)
