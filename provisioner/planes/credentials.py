"""Tokens, for both audiences, from azure-identity."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, Final

from provisioner.model.caller import Caller
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.attempts import LOG as ATTEMPTS
from provisioner.planes.failures import nothing_listens
from provisioner.planes.loopback import is_deserted

if TYPE_CHECKING:  # importing azure-identity costs a quarter of a second: only commands that need a token pay it
    from azure.core.credentials import AccessToken, TokenCredential
    from typing_extensions import Self

_FRESH_S: Final = 300
_KEPT_S: Final = 5  # how long what went wrong is what others hear, too
_CLAIMS: Final = {"object_id": "oid", "tenant": "tid", "audience": "aud"}
_LATEST: Final = 1e12  # seconds; a number beyond is none of a clock
_IDENTITY_ENDPOINT: Final = "IDENTITY_ENDPOINT"  # where a managed identity, or a local Foundry, gives tokens


class SignIn:
    """Whoever is signed in here, as azure-identity finds out: environment, workload or managed identity, Azure CLI, …

    Nobody is asked before a token is needed, or asked for ahead.
    """

    def __init__(self, find: Callable[[], TokenCredential] | None = None) -> None:
        self._find = find or _default_credential
        self._found: TokenCredential | None = None
        self._tokens: dict[str, Tokens] = {}
        self._finding = threading.Lock()  # held while azure-identity is imported, which nobody else is to wait for
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        """Who is still being looked for is not waited for."""
        if isinstance(self._found, AbstractContextManager):
            self._found.__exit__(None, None, None)

    def tokens(self, scope: str) -> Tokens:
        """The same ones for the same scope."""
        with self._lock:
            return self._tokens.setdefault(scope, Tokens(self, scope))

    def ahead(self, *scopes: str) -> None:
        """Ask for their tokens side by side, while the caller does something else. What goes wrong is told to whoever
        needs the token; a command that ends without one waits for nothing.
        """
        for scope in scopes:
            threading.Thread(target=self.tokens(scope).ahead, name=f"token of {scope}", daemon=True).start()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Raises PlaneError where the settings of the environment make no sense, and what azure-identity raises."""
        return self._credential().get_token(*scopes, **options)

    def chain(self) -> tuple[str, ...]:
        """The classes of azure-identity that are asked, in their order, without what stands for one that lacks its
        settings. Raises as `get_token` does.
        """
        credential = self._credential()
        names = (type(each).__name__ for each in getattr(credential, "credentials", (credential,)))
        return tuple(name for name in names if not name.startswith("Failed"))

    def _credential(self) -> TokenCredential:
        with self._finding:
            if self._found is None:
                self._found = self._find()
            return self._found


def _default_credential() -> TokenCredential:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - see above

    try:
        return DefaultAzureCredential(**_logged())
    except (ImportError, ValueError) as error:  # a setting that it does not understand, a broker that is not there
        raise PlaneError(sign_in_failure(error)) from error


def _logged() -> dict[str, Any]:
    """Only where requests are logged is anything else than azure-identity's own said."""
    if not ATTEMPTS.isEnabledFor(logging.DEBUG):
        return {}
    from provisioner.planes.sign_in_log import LoggedTransport  # noqa: PLC0415 - it is azure-core's

    return {"transport": LoggedTransport()}


def claims_in(token: str) -> Mapping[str, Any]:
    """What a token says of itself, unverified, so that nothing may be allowed for it; empty where it cannot be read."""
    try:
        claims = json.loads(urlsafe_b64decode(f"{token.split('.')[1]}=="))
    except (ValueError, LookupError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def caller_in(token: str) -> Caller:
    """Source: Microsoft Learn, access token claims: `idtyp` is optional, `scp` is in tokens of users alone."""
    claims = claims_in(token)
    told = {name: claims[key] for name, key in _CLAIMS.items() if isinstance(claims.get(key), str)}
    is_app, is_user = claims.get("idtyp") == "app", "scp" in claims or claims.get("idtyp") == "user"
    expires = claims.get("exp")
    return Caller(
        **told,
        sort="ServicePrincipal" if is_app else "User" if is_user else "",
        expires=float(expires) if isinstance(expires, (int, float)) and abs(expires) < _LATEST else None,
    )


class Tokens:
    """Bearer tokens of one scope, asked for when needed and kept until five minutes before they expire.

    A credential itself, so that the SDK's clients share what was asked for. `now` counts from the epoch, as expiry
    times do.
    """

    def __init__(
        self, credential: TokenCredential | SignIn, scope: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._credential = credential
        self._scope = scope
        self._now = now
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._failed: Exception | None = None
        self._failed_at = 0.0

    def ahead(self) -> None:
        """Have a token before somebody needs one. What goes wrong is told to whoever does."""
        with suppress(Exception):
            self.get_token()

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
        if not claims and (kept := self._kept()) is not None:
            return kept
        with self._lock:
            if claims or (kept := self._kept()) is None:
                self._raise_kept()
                try:
                    self._token = self._fetch(claims=claims, tenant_id=tenant_id, enable_cae=enable_cae)
                except Exception as error:
                    self._failed, self._failed_at = error, self._now()
                    raise
                return self._token
            return kept

    def _kept(self) -> AccessToken | None:
        """The token of before, while it lasts."""
        kept = self._token
        return kept if kept is not None and kept.expires_on - self._now() >= _FRESH_S else None

    def _raise_kept(self) -> None:
        """Many requests wait for one token: where nobody is signed in, that is found out once for all of them."""
        if self._failed is not None and self._now() - self._failed_at < _KEPT_S:
            raise self._failed

    def _fetch(
        self, *, claims: str | None = None, tenant_id: str | None = None, enable_cae: bool = False
    ) -> AccessToken:
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
        "To try without Azure, there is `plan --local`.",
    )
