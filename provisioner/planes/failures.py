"""From what a plane answers to a Failure: the service's code, message and request id, and what to do about it.

The data plane answers in three shapes: an `error` envelope, a bare `statusCode`/`message` for anything wrong with the
token (azure-sdk-for-python#44412), or something else altogether. None of them may break us.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from provisioner.model.errors import Failure
from provisioner.planes.advice import ADVICE, NETWORK_CLOSED, NO_SERVICE, is_network_closed
from provisioner.planes.clouds import is_loopback
from provisioner.planes.documents import is_too_deep

# The libraries look at where a redirect leads, though told not to follow it, and break on what is no URL: before they
# do, it is called this.
MOVED_TO: Final = "Provisioner-Moved-To"
_RAW_LIMIT: Final = 600
_REQUEST_IDS: Final = ("x-request-id", "x-ms-request-id", "apim-request-id")
_DEEPEST: Final = 5  # errors within errors that are looked at


def failure_from(status: int, body: bytes, headers: Mapping[str, str], *, by_status: Mapping[int, str]) -> Failure:
    """Read an error answer, whatever its shape. The service's message is kept whole, in its own words. `by_status`
    advises where the code does not. `headers` ignore case.
    """
    document = _parsed(body)
    error = document.get("error")
    error = error if isinstance(error, Mapping) else {}
    code = str(error.get("code") or "")
    inner = list(_details(error, _DEEPEST))
    message = error.get("message") or document.get("message") or _raw(body) or f"HTTP {status} without a body"
    if 300 <= status < 400:
        code, message = code or "redirected", _redirect(headers)
    told = [f"{detail.get('code') or 'detail'}: {detail['message']}" for detail in inner if detail.get("message")]
    codes = (code, *(str(detail.get("code")) for detail in inner))
    return Failure(
        message="\n".join([str(message), *told]).replace("\r\n", "\n"),
        code=code,
        status=status,
        request_id=_request_id(error, headers),
        advice=next((ADVICE[known] for known in codes if known in ADVICE), "")
        or _advice(status, str(message), by_status, is_ours=bool(document) or not body.strip()),
    )


def _advice(status: int, message: str, by_status: Mapping[int, str], *, is_ours: bool) -> str:
    """Where no code tells. Azure's refusals are JSON, or empty."""
    if is_network_closed(status, message):
        return NETWORK_CLOSED
    return by_status.get(status, "") if is_ours or status not in (401, 403) else NO_SERVICE


def unreachable(url: str, error: BaseException, *, hung: bool = False) -> Failure:
    """No answer came. Whether that is a matter of trust is told by its code, `untrusted-certificate`. `hung` where it
    was waited for in vain.
    """
    host = urlsplit(url).hostname or url
    if is_caused_by(error, ssl.SSLCertVerificationError):
        advice = "Its certificate is not trusted here; name the CA that signed it in SSL_CERT_FILE."
        return Failure(message=_silence(host, error), code="untrusted-certificate", advice=advice)
    if is_loopback(url) and not _is_impossible(url) and is_caused_by(error, ConnectionRefusedError):
        return nothing_listens(url)
    advice = "Check the endpoint, the network and the proxy settings."
    if hung:
        advice = f"{advice} To wait longer for an answer, add --timeout SECONDS."
    return Failure(message=_silence(host, error), code="unreachable", advice=advice)


def nothing_listens(url: str) -> Failure:
    """A local Foundry that was stopped leaves its addresses behind in the environment of a shell."""
    return Failure(
        message=f"Nothing listens at {urlsplit(url).netloc} on this machine any more.",
        code="nothing-listens",
        advice="If a local Foundry was there, start it again (`provisioner emulator`), or unset the variables that it "
        "gave you (FOUNDRY_PROJECT_ENDPOINT, IDENTITY_ENDPOINT, …). To try without Azure, there is `plan --local`.",
    )


def _is_impossible(url: str) -> bool:
    """Whether no port has such a number."""
    try:
        urlsplit(url).port  # noqa: B018 - it is checked when it is asked for
    except ValueError:
        return True
    return False


def is_caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """Each library wraps the one error that tells in its own way."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        found = pending.pop()
        if isinstance(found, kind):
            return True
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            wrapped = (getattr(found, name, None) for name in ("reason", "inner_exception"))  # urllib3, azure-core
            pending += [found.__cause__, found.__context__, *wrapped, *found.args]
    return False


def _silence(host: str, error: BaseException) -> str:
    return f"{host} did not answer: {str(error) or type(error).__name__}"


def _redirect(headers: Mapping[str, str]) -> str:
    """Not the query nor a user name: they may hold a secret."""
    target = _split(headers.get(MOVED_TO) or headers.get("Location") or "")
    where = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}" if target.netloc else target.path
    return f"The service sends us elsewhere, to {where or 'nowhere'}; that is not followed, and no token goes there."


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that are no address
        return urlsplit("")


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, Mapping) and not is_too_deep(document) else {}


def _raw(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    return text if len(text) <= _RAW_LIMIT else f"{text[:_RAW_LIMIT]}…"


def _details(error: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """ARM wraps the real reason in `details`, sometimes several times."""
    details = error.get("details")
    for detail in details if isinstance(details, list) and depth else ():
        if isinstance(detail, Mapping):
            yield detail
            yield from _details(detail, depth - 1)


def _request_id(error: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    extra = error.get("additionalInfo")
    inside = extra.get("request_id") if isinstance(extra, Mapping) else None
    return request_id_in(headers) or str(inside or "")


def request_id_in(headers: Mapping[str, str]) -> str:
    """The service's own id of the request, by which its support finds it; empty where it tells none."""
    return next((found for name in _REQUEST_IDS if (found := headers.get(name))), "")
