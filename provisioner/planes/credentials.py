"""Tokens, for both audiences, from azure-identity."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from provisioner.model.errors import Failure, PlaneError

if TYPE_CHECKING:  # importing azure-identity costs a quarter of a second: only commands that need a token pay it
    from azure.core.credentials import AccessToken, TokenCredential

_FRESH_S: Final = 300


def default_credential() -> TokenCredential:
    """Whoever is signed in here: environment, workload or managed identity, Azure CLI, …"""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - see above

    return DefaultAzureCredential()


class Tokens:
    """Bearer tokens of one scope, asked for when needed and kept until five minutes before they expire."""

    def __init__(self, credential: TokenCredential, scope: str) -> None:
        self._credential = credential
        self._scope = scope
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def bearer(self) -> str:
        """Raises PlaneError when nobody is signed in."""
        with self._lock:
            if self._token is None or self._token.expires_on - time.time() < _FRESH_S:
                self._token = self._fetch()
            return self._token.token

    def _fetch(self) -> AccessToken:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - imported with the credential anyway

        try:
            return self._credential.get_token(self._scope)
        except AzureError as error:
            raise PlaneError(sign_in_failure(error)) from error


def sign_in_failure(error: Exception) -> Failure:
    first = str(error).strip().splitlines()
    return Failure(
        message=f"No token could be had: {first[0] if first else type(error).__name__}",
        code="not-signed-in",
        advice="Sign in with `az login`, or set the AZURE_… variables of your pipeline's identity. "
        "To try without Azure, add --local.",
    )
