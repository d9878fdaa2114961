"""Signing in to Azure with what GitHub says of the job, without a secret and without an action of others.

A job with `permissions: id-token: write` may ask GitHub for a token that says which repository and which environment,
branch or event it runs for. azure-identity exchanges it for one of the identity that AZURE_CLIENT_ID names, if a
federated credential of that identity names the same subject. Sources: GitHub's "OpenID Connect reference" and
azure-identity's WorkloadIdentityCredential.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from provisioner.cli.files import replace_own
from provisioner.model.errors import ProvisionerError

FILE: Final = "AZURE_FEDERATED_TOKEN_FILE"
_WHO: Final = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_OTHERWISE: Final = (FILE, "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")
_ASK: Final = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_AUDIENCE: Final = "api://AzureADTokenExchange"
_LIFE_S: Final = 240  # a token of GitHub's is good for five minutes, and azure-identity reads the file each time
_TIMEOUT_S: Final = 30


def may_not_ask(environ: Mapping[str, str]) -> bool:
    """Whether the job is to sign in that way, and has no right to."""
    return (
        all(environ.get(name) for name in _WHO)
        and not all(environ.get(name) for name in _ASK)
        and not any(environ.get(name) for name in _OTHERWISE)
    )


@contextmanager
def signed_in(
    folder: Path, environ: MutableMapping[str, str] = os.environ, *, life_s: float = _LIFE_S
) -> Iterator[None]:
    """While this is open, azure-identity finds GitHub's token; nobody but this user can read it, and nothing of it is
    left. Where the job is not to sign in that way, or does so otherwise, nothing is done.
    """
    if not all(environ.get(name) for name in (*_WHO, *_ASK)) or any(environ.get(name) for name in _OTHERWISE):
        yield
        return
    file = folder / "github.token"
    url, bearer = (environ[name] for name in _ASK)

    def renew() -> None:
        replace_own(file, _asked(url, bearer), 0o600)

    renew()
    environ[FILE] = str(file)
    try:
        with _renewing(renew, life_s):
            yield
    finally:
        del environ[FILE]
        file.unlink(missing_ok=True)


@contextmanager
def _renewing(renew: Callable[[], None], life_s: float) -> Iterator[None]:
    """An apply may need new tokens of Azure after an hour. One that cannot be had is told when it is used."""
    over = threading.Event()

    def again() -> None:
        while not over.wait(life_s):
            with suppress(ProvisionerError):
                renew()

    thread = threading.Thread(target=again, name="token of GitHub", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _asked(url: str, bearer: str) -> str:
    import httpx  # noqa: PLC0415 - only who signs in pays for it

    try:
        answer = httpx.get(
            url, params=_with_audience(url), headers={"Authorization": f"Bearer {bearer}"}, timeout=_TIMEOUT_S
        )
        token = answer.raise_for_status().json()["value"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, TypeError) as error:
        raise ProvisionerError(
            "GitHub gave no token to sign in to Azure with.", "Run the job again; it needs `id-token: write`."
        ) from error
    if not isinstance(token, str):
        raise ProvisionerError("GitHub gave no token to sign in to Azure with.", "Run the job again.")
    return token


def _with_audience(url: str) -> dict[str, str]:
    """httpx puts these in the place of the query that is there."""
    from urllib.parse import parse_qsl, urlsplit  # noqa: PLC0415

    return {**dict(parse_qsl(urlsplit(url).query)), "audience": _AUDIENCE}
