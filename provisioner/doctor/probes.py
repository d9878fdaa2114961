"""The one place of this room that looks outside: a request without a token, as a plane's client would send it."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from provisioner import __version__
from provisioner.doctor.reach import Answer, Fault, Silence
from provisioner.planes.clouds import authority_of, is_loopback
from provisioner.planes.failures import is_caused_by
from provisioner.planes.lean_httpx import httpx

_PAGE: Final = ("text/html", "application/xhtml+xml")
_HEAD_BYTES: Final = 512


def probe(
    url: str, trust: ssl.SSLContext, *, timeout_s: float, now: Callable[[], float] = time.time
) -> Answer | Silence:
    """What answers at the URL; redirects are not followed. Resolving the name may take longer than `timeout_s`."""
    try:
        with (
            httpx.Client(
                verify=trust,
                timeout=timeout_s,
                headers={"User-Agent": f"foundry-provisioner/{__version__}", "Accept": "application/json"},
                trust_env=not is_loopback(url),
            ) as client,
            client.stream("GET", url) as response,
        ):
            received = now()
            head = next(_pieces(response), b"")[:_HEAD_BYTES]
            return _answer(response, head, received)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError, ImportError) as error:
        return Silence(fault=_fault(error), told=_told(error))


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    """Whatever is wrong with a body, its head was there."""
    with suppress(httpx.HTTPError):
        yield from response.iter_bytes(_HEAD_BYTES)


def _answer(response: httpx.Response, head: bytes, received: float) -> Answer:
    sort = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(
        status=response.status_code,
        is_page=sort in _PAGE or head.lstrip()[:1] == b"<",
        moved_to=_host(response.headers.get("Location", "")),
        ahead_s=_ahead(response.headers.get("Date"), received),
    )


def _host(url: str) -> str:
    """Of a link that may hold a secret."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _ahead(date: str | None, received: float) -> float | None:
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp() - received
    except (ValueError, TypeError, OverflowError):
        return None


# The first that fits. What a library wraps it in differs, so it is looked for below.
_CAUSES: Final = (
    (ssl.SSLCertVerificationError, Fault.CERTIFICATE),
    (ssl.SSLError, Fault.TLS),
    (socket.gaierror, Fault.NAME),
    (ConnectionRefusedError, Fault.REFUSED),
    (TimeoutError, Fault.TIMEOUT),
    (httpx.TimeoutException, Fault.TIMEOUT),
)


def _fault(error: Exception) -> Fault:
    if isinstance(error, httpx.ProxyError):
        return Fault.PROXY
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError, ImportError)):
        return Fault.SETTINGS
    return next((fault for kind, fault in _CAUSES if is_caused_by(error, kind)), Fault.OTHER)


def _told(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return first or type(error).__name__


def proxy_to(url: str) -> str:
    """The proxy that the environment or the system names for it, without user name and password; empty for none."""
    host = urlsplit(url).hostname or ""
    if not host or is_loopback(url) or proxy_bypass(host):
        return ""
    proxies = getproxies()
    named = proxies.get(urlsplit(url).scheme) or proxies.get("all") or ""
    return shown_proxy(named) if named else ""


def shown_proxy(named: str) -> str:
    """Only what is known to be no secret."""
    scheme, _, rest = named.rpartition("://")
    authority = re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0]
    secret = " (with a user name)" if "@" in rest else ""
    if not re.fullmatch(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", authority):
        return "a proxy whose address cannot be read"
    return f"{scheme or 'http'}://{authority}{secret}"


def proxy_settings(environ: Mapping[str, str]) -> list[str]:
    """The names of those that are set."""
    known = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
    return [name for name in (*known, *map(str.lower, known)) if environ.get(name)]


def name_of(url: str) -> str:
    """Host and port."""
    return authority_of(url) or urlsplit(url).hostname or "a host"
