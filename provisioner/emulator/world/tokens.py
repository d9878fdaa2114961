"""Tokens as a managed identity gets them, and their check.

Tokens live in the machine's time, not in the emulator's clock: the client that caches one cannot know that
a test moved the clock.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Final

import jwt

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
