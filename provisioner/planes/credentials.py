"""Tokens, for both audiences, from azure-identity."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.failures import nothing_listens
from provisioner.planes.loopback import is_deserted

if TYPE_CHECKING:  # importing azure-identity costs a quarter of a second: only commands that need a token pay it
    from azure.core.credentials import AccessToken, TokenCredential

_FRESH_S: Final = 300
_IDENTITY_ENDPOINT: Final = "IDENTITY_ENDPOINT"  # where a managed identity, or a local Foundry, gives tokens


@contextmanager
def default_credential() -> Iterator[TokenCredential]:
    """Whoever is signed in here: environment, workload or managed identity, Azure CLI, …"""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - see above

    try:
        credential = DefaultAzureCredential()
    except (ImportError, ValueError) as error:  # a setting that it does not understand, a broker that is not there
        raise PlaneError(sign_in_failure(error)) from error
    with credential:
        yield credential


class Tokens:
    """Bearer tokens of one scope, asked for when needed and kept until five minutes before they expire.

    A credential itself, so that the SDK's clients share what was asked for. `now` counts from the epoch, as expiry
    times do.
    """

    def __init__(self, credential: TokenCredential, scope: str, *, now: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._scope = scope
        self._now = now
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def bearer(self) -> str:
        """Raises PlaneError when nobody is signed in."""
        return self.get_token().token

    def get_token(
        self,
        *scopes: str,  # noqa: ARG002 - the protocol's; ours is one scope only
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **more: Any,  # noqa: ARG002
    ) -> AccessToken:
        """Raises PlaneError when nobody is signed in. `claims` answer a challenge, so the kept token will not do."""
        with self._lock:
            if claims or self._token is None or self._token.expires_on - self._now() < _FRESH_S:
                self._token = self._fetch(claims=claims, tenant_id=tenant_id, enable_cae=enable_cae)
            return self._token

    def _fetch(self, *, claims: str | None, tenant_id: str | None, enable_cae: bool) -> AccessToken:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - imported with the credential anyway

        try:
            found = self._credential.get_token(self._scope, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae)
            found.token.encode("ascii")  # or else no header can carry it
        # beside its own errors azure-identity lets those of msal (ValueError) and of the system (OSError) through
        except (AzureError, ValueError, OSError) as error:
            raise PlaneError(sign_in_failure(error)) from error
        return found


def sign_in_failure(error: Exception, environ: Mapping[str, str] = os.environ) -> Failure:
    identity = environ.get(_IDENTITY_ENDPOINT, "")
    if is_deserted(identity):
        return nothing_listens(identity)
    first = str(error).strip().splitlines()
    return Failure(
        message=f"No token could be had: {first[0] if first else type(error).__name__}",
        code="not-signed-in",
        advice="Sign in with `az login`, or set the AZURE_… variables of your pipeline's identity. "
        "To try without Azure, add --local.",
    )
