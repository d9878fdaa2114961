"""The project plane, `https://<account>.services.ai.azure.com/api/projects/<project>`, over one httpx client."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final, NoReturn, TypeVar

import httpx

from provisioner import __version__
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.advice import PROJECT
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback
from provisioner.planes.credentials import Tokens
from provisioner.planes.documents import decoded, encoded, require_straight
from provisioner.planes.failures import failure_from, unreachable
from provisioner.planes.retry import NOT_TAKEN, Again, asked_wait, is_unclear, persistently

API_VERSION: Final = "v1"
_PAGE: Final = 100  # the most a list gives at once
_TIMEOUT: Final = httpx.Timeout(120, connect=15)
T = TypeVar("T")
LOG = logging.getLogger(__name__)
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NEVER_SENT: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)  # the same would happen again


class _Bearer(httpx.Auth):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._tokens.bearer()}"
        yield request


def open_client(endpoint: str, tokens: Tokens, *, connections: int) -> httpx.Client:
    """Trusts the CAs of SSL_CERT_FILE / SSL_CERT_DIR where set, as every httpx client does. Raises PlaneError when
    the settings it reads (those, and the proxies) make no sense.
    """
    try:
        return httpx.Client(
            base_url=f"{endpoint.rstrip('/')}/",
            auth=_Bearer(tokens),
            headers={"User-Agent": f"foundry-provisioner/{__version__}"},
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            verify=httpx.create_ssl_context(),
            # No proxy leads to this machine, whatever the environment says.
            trust_env=not is_loopback(endpoint),
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise PlaneError(_wrong_settings(endpoint, error)) from error


def _wrong_settings(endpoint: str, error: Exception) -> Failure:
    """ImportError: httpx speaks to SOCKS proxies through a package that is not installed with it."""
    advice = "Check the endpoint, the proxy variables (HTTPS_PROXY, …) and SSL_CERT_FILE / SSL_CERT_DIR."
    if isinstance(error, ImportError):
        advice = "Name an http proxy in ALL_PROXY / HTTPS_PROXY, or install `httpx[socks]` beside the provisioner."
    message = f"No connection to {endpoint} can be set up: {error}"
    return Failure(message=message, code="wrong-connection-settings", advice=advice)


class HttpProject:
    """See `kinds.protocol.ProjectPlane`. `note` is told of every wait."""

    def __init__(self, client: httpx.Client, *, clock: Clock, note: Callable[[str], None]) -> None:
        self._client = client
        self._clock = clock
        self._note = note

    def telling(self, note: Callable[[str], None]) -> HttpProject:
        return HttpProject(self._client, clock=self._clock, note=note)

    def items(self, path: str, *, features: tuple[str, ...] = ()) -> Iterator[Document]:
        after: str | None = None
        followed: set[str] = set()
        while True:
            page = self._read(path, {"limit": str(_PAGE), **({"after": after} if after else {})}, features)
            if "value" in page:  # /deployments pages as ARM does
                yield from self._linked(page)
                return
            yield from page.get("data") or []
            if not page.get("has_more"):
                return
            after = _new(str(page.get("last_id") or ""), followed)

    def _linked(self, page: Document) -> Iterator[Document]:
        followed: set[str] = set()
        while True:
            yield from page.get("value") or []
            following = page.get("nextLink")
            if not following:
                return
            page = self._read(_new(self._own(str(following)), followed), {}, ())

    def _own(self, link: str) -> str:
        """A link from the service, if it stays on the service: the token goes nowhere else."""
        base = self._client.base_url
        try:
            target = base.join(link)
        except httpx.InvalidURL as error:
            raise _wrong_url(link, error) from error
        if target.userinfo or (target.scheme, target.host, target.port) != (base.scheme, base.host, base.port):
            message = f"The service's list continues on another host, {target.host}; no token was sent to it."
            raise PlaneError(Failure(message=message, code="untrusted-host"))
        return str(target)

    def get(self, path: str, *, features: tuple[str, ...] = ()) -> Document | None:
        try:
            return self._read(path, {}, features)
        except PlaneError as error:
            if error.failure.status == 404:
                return None
            raise

    def post(
        self,
        path: str,
        body: Document,
        *,
        features: tuple[str, ...] = (),
        settled: Callable[[], Document | None] | None = None,
    ) -> Document:
        def attempt() -> Document:
            try:
                return _document(self._send("POST", path, features=features, json=body))
            except PlaneError as error:
                if not (error.ambiguous or error.failure.status == 409) or settled is None:
                    raise
                found = settled()
                if found is not None:
                    return found
                raise Again(error, reason=_reason(error)) from error

        return persistently(attempt, clock=self._clock, note=self._note)

    def patch(self, path: str, body: Document, *, features: tuple[str, ...] = ()) -> Document:
        merge = {"Content-Type": "application/merge-patch+json"}
        return _document(self._repeatable("PATCH", path, features=features, json=body, headers=merge))

    def delete(self, path: str, *, features: tuple[str, ...] = ()) -> None:
        try:
            self._repeatable("DELETE", path, features=features)
        except PlaneError as error:
            if error.failure.status != 404:
                raise

    def wait(self, probe: Callable[[], T | None], *, what: str, every_s: float, at_most_s: float) -> T:
        started = self._clock.now()
        while (found := probe()) is None:
            waited = self._clock.now() - started
            if waited >= at_most_s:
                raise PlaneError(
                    Failure(
                        message=f"Waited {waited:.0f} s for {what}; it has not happened.",
                        code="timeout",
                        advice="Apply again: it goes on from where the world is.",
                    )
                )
            self._note(f"waiting for {what}")
            self._clock.sleep(every_s)
        return found

    def _read(self, path: str, query: Mapping[str, str], features: tuple[str, ...]) -> Document:
        return _document(self._repeatable("GET", path, query=query, features=features))

    def _repeatable(self, method: str, path: str, **more: Any) -> httpx.Response:
        """For requests that do the same however often they are sent."""

        def attempt() -> httpx.Response:
            try:
                return self._send(method, path, **more)
            except PlaneError as error:
                if not error.ambiguous:
                    raise
                raise Again(error, reason=_reason(error)) from error

        return persistently(attempt, clock=self._clock, note=self._note)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        features: tuple[str, ...] = (),
        json: Document | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request. Raises Again where it surely had no effect, PlaneError for every other failure."""
        extra = {"x-ms-client-request-id": str(uuid.uuid4()), **(headers or {})}
        if features:
            extra["Foundry-Features"] = ",".join(features)
        if json is not None:
            extra.setdefault("Content-Type", "application/json")
        content = encoded(json) if json is not None else None
        started = self._clock.now()
        try:
            require_straight(path.partition("?")[0])
            url = httpx.URL(path)
            # None leaves a link's own query as it is
            params = None if url.is_absolute_url else url.params.merge({"api-version": API_VERSION, **(query or {})})
            response = self._client.request(method, url, params=params, content=content, headers=extra)
        except httpx.InvalidURL as error:
            raise _wrong_url(path, error) from error
        except httpx.RequestError as error:
            _raise_unreachable(error, self._client.base_url.host)
        LOG.debug("%s %s %s %.0f ms", method, url.path, response.status_code, 1000 * (self._clock.now() - started))
        if not response.is_success:
            _raise_refused(response)
        return response


def _new(cursor: str, followed: set[str]) -> str:
    """A way on that was not taken before. A list cut short would make us create what is there already."""
    if not cursor or cursor in followed:
        message = "The service's list says that it goes on, but not to where."
        raise PlaneError(
            Failure(message=message, code="broken-list", advice="A fault of the service. Try again later.")
        )
    followed.add(cursor)
    return cursor


def _wrong_url(url: str, error: httpx.InvalidURL) -> PlaneError:
    advice = "Check the endpoint and the resource's name."
    return PlaneError(Failure(message=f'"{url}" is not a URL: {error}', code="invalid-url", advice=advice))


def _raise_unreachable(error: httpx.RequestError, host: str) -> NoReturn:
    failure = unreachable(host, error, ca_variable="SSL_CERT_FILE")
    if failure.code != "unreachable" or isinstance(error, _NEVER_SENT):
        raise PlaneError(failure) from error
    if isinstance(error, _NOT_SENT):
        raise Again(PlaneError(failure), reason=f"{host} cannot be reached") from error
    raise PlaneError(failure, ambiguous=True) from error


def _raise_refused(response: httpx.Response) -> NoReturn:
    status = response.status_code
    failure = failure_from(status, response.content, response.headers, by_status=PROJECT)
    error = PlaneError(failure, ambiguous=is_unclear(status), wait_s=asked_wait(response.headers))
    if status in NOT_TAKEN:
        raise Again(error, reason="throttled by the service" if status == 429 else "the service timed out")
    raise error


def _reason(error: PlaneError) -> str:
    failure = error.failure
    return f"the service answered {failure.status} {failure.code}".rstrip() if failure.status else "no answer came"


def _document(response: httpx.Response) -> Document:
    return decoded(response.content, status=response.status_code)
