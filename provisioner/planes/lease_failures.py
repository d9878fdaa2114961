"""What is wrong where a lock cannot be taken or kept, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError

from provisioner.model.errors import Failure
from provisioner.model.lock import LockSettings
from provisioner.planes.failures import unreachable

ROLE: Final = "Storage Blob Data Contributor"
_LONGEST: Final = 600
_SKEW_S: Final = 300
# Source of all codes: learn.microsoft.com, "Blob Storage error codes" and "Lease Blob".
_MISSING: Final = frozenset({"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"})
_SIGNED_OUT: Final = frozenset({"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"})
_LOST: Final[Mapping[str, str]] = {
    "LeaseIsBrokenAndCannotBeRenewed": "somebody broke it, as `provisioner lock release` does",
    "LeaseIdMismatchWithLeaseOperation": "it had ended, and another run has taken it",
    "LeaseIdMismatchWithBlobOperation": "it had ended, and another run has taken it",
    "LeaseNotPresentWithLeaseOperation": "it had ended",
    "LeaseNotPresentWithBlobOperation": "it had ended",
    "LeaseLost": "it had ended",
    "BlobNotFound": "its blob was deleted",
    "ContainerNotFound": "its container was deleted",
}


def is_lost(failure: Failure) -> bool:
    """Whether a holder that is told so holds it no more, whatever comes later."""
    return failure.status in (404, 409, 412)


def lost_because(failure: Failure) -> str:
    """As the end of a sentence."""
    return _LOST.get(failure.code) or failure.message.rstrip(".")


def diagnosed(error: Exception, code: str, where: LockSettings, *, today: datetime | None = None) -> Failure:
    """`code` is the service's."""
    if not isinstance(error, HttpResponseError):
        return _named(unreachable(where.account_url, error), where)
    response: Any = error.response
    headers = response.headers if response is not None else {}
    status, said = error.status_code or 0, _said(error)
    failure = Failure(message=said, code=code, status=status, request_id=str(headers.get("x-ms-request-id") or ""))
    known, advice = _known(code, status, where)
    skew = _skew_s(headers.get("Date"), today or datetime.now(timezone.utc)) if status in (401, 403) else 0.0
    if abs(skew) > _SKEW_S:
        known, ahead = "lock-clock", "ahead of" if skew > 0 else "behind"
        advice = (
            f"This machine's clock is {abs(skew) / 60:.0f} minutes {ahead} the service's: set it, then sign in again."
        )
    return _named(
        Failure(
            message=failure.message,
            code=known or code or "lock-unavailable",
            status=status,
            request_id=failure.request_id,
            advice=advice,
        ),
        where,
    )


def _named(failure: Failure, where: LockSettings) -> Failure:
    host = urlsplit(where.account_url).netloc
    message = failure.message if host in failure.message else f"{host}, container {where.container}: {failure.message}"
    return Failure(
        message=f"The lock cannot be used: {message}",
        code=failure.code,
        status=failure.status,
        request_id=failure.request_id,
        advice=failure.advice or "Check `lock.azure_blob` in the manifest, the network and the proxy settings.",
    )


def _known(code: str, status: int, where: LockSettings) -> tuple[str, str]:
    account, container = shlex.quote(where.account), shlex.quote(where.container)
    if code in _MISSING:
        return "lock-container-missing", (
            "Correct `lock.azure_blob.container`, or make it, as bicep/ does:\n"
            f"az storage container create --name {container} --account-name {account} --auth-mode login"
        )
    if code in _SIGNED_OUT or status == 401:
        return "lock-not-signed-in", (
            "The storage account does not take the token: sign in again (`az login`), to the tenant that the account "
            "belongs to."
        )
    if status == 403:
        return "lock-not-allowed", (
            f"Whoever runs this needs the role {ROLE} on the container; Owner and Contributor do not include it, and a "
            "fresh grant takes some minutes to work. Where the account's network lets only some in, this machine must "
            f"be among them.\n{_grant(account, container)}"
        )
    return "", ""


def _grant(account: str, container: str) -> str:
    scope = f'"$(az storage account show --name {account} --query id --output tsv)/blobServices/default/containers/'
    return f'az role assignment create --role "{ROLE}" --assignee OBJECT_ID --scope {scope}{container}"'


def _said(error: HttpResponseError) -> str:
    """The service's first sentence; what follows repeats ids that are told beside it."""
    first = next((line for line in (error.message or "").splitlines() if line.strip()), "")
    return (first or f"HTTP {error.status_code}")[:_LONGEST]


def _skew_s(date: str | None, today: datetime) -> float:
    """By how much our clock is ahead of the service's; 0 where that is not told."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return (today - (theirs if theirs.tzinfo else theirs.replace(tzinfo=timezone.utc))).total_seconds()
