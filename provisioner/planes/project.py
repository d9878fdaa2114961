"""The project plane, `https://<account>.services.ai.azure.com/api/projects/<project>`, over one httpx client."""

from __future__ import annotations

import logging
import ssl
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final, NoReturn

import httpx

from provisioner import __version__
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.clock import Clock
from provisioner.planes.credentials import Tokens
from provisioner.planes.failures import failure_from
from provisioner.planes.retry import NOT_TAKEN, UNCLEAR, Again, asked_wait, persistently

API_VERSION: Final = "v1"
_PAGE: Final = 100  # the most a list gives at once
_TIMEOUT: Final = httpx.Timeout(120, connect=15)
LOG = logging.getLogger(__name__)
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Bearer(httpx.Auth):
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._tokens.bearer()}"
        yield request


def open_client(endpoint: str, tokens: Tokens, *, connections: int) -> httpx.Client:
    """Trusts the CAs of SSL_CERT_FILE / SSL_CERT_DIR where set, as every httpx client does."""
    return httpx.Client(
        base_url=f"{endpoint.rstrip('/')}/",
        auth=_Bearer(tokens),
        headers={"User-Agent": f"foundry-provisioner/{__version__}"},
        timeout=_TIMEOUT,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )


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
        while True:
            page = self._read(path, {"limit": str(_PAGE), **({"after": after} if after else {})}, features)
            if page is None or "value" in page:  # /deployments pages as ARM does
                yield from self._linked(page)
                return
            data = page.get("data") or []
            yield from data
            last = page.get("last_id")
            if not (page.get("has_more") and last and last != after):
                return
            after = str(last)

    def _linked(self, page: Document | None) -> Iterator[Document]:
        while page is not None:
            yield from page.get("value") or []
            following = page.get("nextLink")
            page = self._read(self._own(str(following)), {}, ()) if following else None

    def _own(self, url: str) -> str:
        """A link from the service, if it stays on the service: the token goes nowhere else."""
        base, target = self._client.base_url, httpx.URL(url)
        if (target.scheme, target.host, target.port) != (base.scheme, base.host, base.port):
            raise PlaneError(Failure(message=f"The service's list continues on another host, {target.host}."))
        return url

    def get(self, path: str, *, features: tuple[str, ...] = ()) -> Document | None:
        return self._read(path, {}, features)

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

    def wait(self, probe: Callable[[], Document | None], *, what: str, every_s: float, at_most_s: float) -> Document:
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

    def _read(self, path: str, query: Mapping[str, str], features: tuple[str, ...]) -> Document | None:
        try:
            return _document(self._repeatable("GET", path, query=query, features=features))
        except PlaneError as error:
            if error.failure.status == 404 and not query:
                return None
            raise

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
        url = httpx.URL(path)
        extra = {"x-ms-client-request-id": str(uuid.uuid4()), **(headers or {})}
        if features:
            extra["Foundry-Features"] = ",".join(features)
        params = url.params.merge({"api-version": API_VERSION, **(query or {})}) if not url.is_absolute_url else None
        started = self._clock.now()
        try:
            response = self._client.request(method, url, params=params, json=json, headers=extra)
        except httpx.TransportError as error:
            _raise_unreachable(error, self._client.base_url.host)
        LOG.debug("%s %s %s %.0f ms", method, url.path, response.status_code, 1000 * (self._clock.now() - started))
        if not response.is_success:
            _raise_refused(response)
        return response


def _raise_unreachable(error: httpx.TransportError, host: str) -> NoReturn:
    failure = Failure(
        message=f"{host} did not answer: {str(error) or type(error).__name__}",
        code="unreachable",
        advice="Check the endpoint, the network and the proxy settings.",
    )
    if _is_untrusted(error):
        advice = "Its certificate is not trusted here; name the CA that signed it in SSL_CERT_FILE."
        raise PlaneError(Failure(message=failure.message, code="untrusted-certificate", advice=advice)) from error
    if isinstance(error, _NOT_SENT):
        raise Again(PlaneError(failure), reason=f"{host} cannot be reached") from error
    raise PlaneError(failure, ambiguous=True) from error


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _raise_refused(response: httpx.Response) -> NoReturn:
    status = response.status_code
    failure = failure_from(status, response.content, response.headers)
    error = PlaneError(failure, ambiguous=status in UNCLEAR, wait_s=asked_wait(response.headers))
    if status in NOT_TAKEN:
        raise Again(error, reason="throttled by the service" if status == 429 else "the service timed out")
    raise error


def _reason(error: PlaneError) -> str:
    failure = error.failure
    return f"the service answered {failure.status} {failure.code}".rstrip() if failure.status else "no answer came"


def _document(response: httpx.Response) -> Document:
    if not response.content:
        return {}
    try:
        document = response.json()
    except ValueError as error:
        raise PlaneError(
            Failure(message="The service's answer is not JSON.", status=response.status_code), ambiguous=True
        ) from error
    return document if isinstance(document, dict) else {"value": document}
