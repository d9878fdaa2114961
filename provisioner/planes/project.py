"""The project plane, `https://<account>.services.ai.azure.com/api/projects/<project>`, over one httpx client."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode

from provisioner import __version__
from provisioner.model.caller import Caller
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.run import Run
from provisioner.planes import attempts
from provisioner.planes.advice import PROJECT
from provisioner.planes.attempts import Attempt
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback
from provisioner.planes.credentials import Tokens, caller_in
from provisioner.planes.documents import (
    MOST_BYTES,
    decoded,
    encoded,
    is_done,
    require_named,
    require_straight,
    still_there,
    too_large,
)
from provisioner.planes.failures import MOVED_TO, failure_from, unreachable
from provisioner.planes.lean_httpx import httpx
from provisioner.planes.pages import Way, items, list_at
from provisioner.planes.retry import NOT_TAKEN, PATIENCE, READS, Again, asked_wait, is_unclear, persistently

API_VERSION: Final = "v1"
_PAGE: Final = 100  # the most a list gives at once
_CONNECT_S: Final = 15
T = TypeVar("T")
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NEVER_SENT: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)  # the same would happen again
_HUNG: Final = (httpx.ReadTimeout, httpx.WriteTimeout)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One that came to its end."""

    status: int
    headers: httpx.Headers
    content: bytes


class _Bearer(httpx.Auth):
    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.tokens.bearer()}"
        yield request


def open_client(
    endpoint: str, tokens: Tokens, *, trust: ssl.SSLContext, connections: int, timeout_s: float = 120
) -> httpx.Client:
    """`timeout_s` is how long an answer may keep silent. Raises PlaneError when the proxies of the environment make no
    sense.
    """
    try:
        return httpx.Client(
            base_url=f"{endpoint.rstrip('/')}/",
            auth=_Bearer(tokens),
            headers={"User-Agent": f"foundry-provisioner/{__version__}"},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            verify=trust,
            event_hooks={"response": [_leave_redirect]},
            # No proxy leads to this machine, whatever the environment says.
            trust_env=not is_loopback(endpoint),
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise PlaneError(_wrong_settings(endpoint, error)) from error


def _leave_redirect(response: httpx.Response) -> None:
    if response.has_redirect_location:
        response.headers[MOVED_TO] = response.headers.pop("Location")


def _wrong_settings(endpoint: str, error: Exception) -> Failure:
    """ImportError: httpx speaks to SOCKS proxies through a package that is not installed with it."""
    advice = "Check the endpoint and the proxy variables (HTTPS_PROXY, …)."
    if isinstance(error, ImportError):
        advice = "Name an http proxy in ALL_PROXY / HTTPS_PROXY, or install `httpx[socks]` beside the provisioner."
    message = f"No connection to {endpoint} can be set up: {error}"
    return Failure(message=message, code="wrong-connection-settings", advice=advice)


class HttpProject:
    """See `kinds.protocol.ProjectPlane`. `note` is told of every wait; requests say that they are of `run`.
    `before_write` is asked before every request that may change something, and raises PlaneError where it must not be
    sent.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        clock: Clock,
        note: Callable[[str], None],
        run: Run | None = None,
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._note = note
        self._run = run
        self._before_write = before_write

    @property
    def caller(self) -> Caller:
        """Who is signed in. Raises PlaneError when nobody is."""
        auth = self._client.auth
        return caller_in(auth.tokens.bearer()) if isinstance(auth, _Bearer) else Caller()

    @property
    def tokens(self) -> Tokens:
        """For another library's client of the same plane. Raises PlaneError where there are none."""
        auth = self._client.auth
        if not isinstance(auth, _Bearer):
            raise PlaneError(Failure(message="There are no tokens for the project.", code="not-signed-in"))
        return auth.tokens

    @property
    def run(self) -> Run | None:
        """Which one requests are of."""
        return self._run

    def telling(self, note: Callable[[str], None]) -> HttpProject:
        before = self._before_write
        return HttpProject(self._client, clock=self._clock, note=note, run=self._run, before_write=before)

    def items(
        self, path: str, *, features: tuple[str, ...] = (), body: Document | None = None, page: int = _PAGE
    ) -> Iterator[Document]:
        what = list_at(path)

        def read(way: Way | None) -> Document:
            if way is not None and way.link:  # /deployments pages as ARM does
                return self._read(self._own(way.link), {}, (), what=what)
            after = {"after": way.after} if way is not None else {}
            return self._read(path, {"limit": str(page), **after}, features, what=what, body=body)

        return items(read, what=what)

    def _own(self, link: str) -> str:
        """A link from the service, if it stays on the service: the token goes nowhere else."""
        base = self._client.base_url
        try:
            target = base.join(link)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _wrong_url(link, error) from error
        if target.userinfo or (target.scheme, target.host, target.port) != (base.scheme, base.host, base.port):
            message = f"The service's list continues on another host, {target.host}; no token was sent to it."
            raise PlaneError(Failure(message=message, code="untrusted-host"))
        return str(target)

    def get(self, path: str, *, features: tuple[str, ...] = (), case_blind: bool = False) -> Document | None:
        collection, name, *below = unquote(path.partition("?")[0]).split("/")
        what = f"The answer for {collection}/{name}"
        try:
            document = self._read(path, {}, features, what=what)
        except PlaneError as error:
            if error.failure.status == 404:
                return None
            raise
        if below and document and "name" not in document:  # a memory, or an update: those are told by ids of their own
            return document
        return require_named(document, name, what=what, fold=case_blind)

    def post(
        self,
        path: str,
        body: Document,
        *,
        features: tuple[str, ...] = (),
        settled: Callable[[], Document | None] | None = None,
    ) -> Document:
        tries = count(1)

        def attempt() -> Document:
            try:
                return _written(path, self._send("POST", path, next(tries), features=features, json=body))
            except PlaneError as error:
                if not (error.ambiguous or error.failure.status == 409) or settled is None:
                    raise
                found = settled()
                if found is not None:
                    return found
                raise _again(error) from error

        return persistently(attempt, clock=self._clock, note=self._note)

    def ask(self, path: str, body: Document, *, features: tuple[str, ...] = (), writes: bool = False) -> Document:
        more: dict[str, Any] = {"features": features, "json": body, "is_read": not writes}
        return _written(path, self._repeatable("POST", path, **more))

    def patch(self, path: str, body: Document, *, features: tuple[str, ...] = ()) -> Document:
        merge = {"Content-Type": "application/merge-patch+json"}
        return _written(path, self._repeatable("PATCH", path, features=features, json=body, headers=merge))

    def delete(self, path: str, *, features: tuple[str, ...] = (), is_gone: Callable[[], bool]) -> None:
        what = f"The answer to the deletion of {unquote(path.partition('?')[0])}"
        tries = count(1)

        def attempt() -> None:
            try:
                answer = self._send("DELETE", path, next(tries), features=features)
                decoded(answer.content, status=answer.status, what=what)
            except PlaneError as error:
                if error.failure.status == 404:
                    return
                if not error.ambiguous:
                    raise
                if is_gone():
                    return
                if is_done(error):
                    raise still_there(error) from error
                raise _again(error) from error

        persistently(attempt, clock=self._clock, note=self._note)

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

    def _read(
        self,
        path: str,
        query: Mapping[str, str],
        features: tuple[str, ...],
        *,
        what: str,
        body: Document | None = None,
    ) -> Document:
        method = "GET" if body is None else "POST"
        answer = self._repeatable(method, path, query=query, features=features, json=body, is_read=True)
        return decoded(answer.content, status=answer.status, what=what)

    def _repeatable(self, method: str, path: str, **more: Any) -> _Answer:
        """For requests that do the same however often they are sent."""
        tries = count(1)

        def attempt() -> _Answer:
            try:
                return self._send(method, path, next(tries), **more)
            except PlaneError as error:
                if not error.ambiguous:
                    raise
                raise _again(error) from error

        return persistently(attempt, clock=self._clock, note=self._note)

    def _send(
        self,
        method: str,
        path: str,
        number: int,
        /,
        *,
        query: Mapping[str, str] | None = None,
        features: tuple[str, ...] = (),
        json: Document | None = None,
        headers: Mapping[str, str] | None = None,
        is_read: bool = False,
    ) -> _Answer:
        """One request, for the `number`th time. Raises Again where it surely had no effect, PlaneError for every other
        failure.
        """
        if method not in READS and not is_read:
            self._before_write()
        sent = Attempt(attempts.PROJECT, method, number=number, clock=self._clock, run=self._run)
        extra = {**sent.headers(), **(headers or {})}
        if features:
            extra["Foundry-Features"] = ",".join(features)
        if json is not None:
            extra.setdefault("Content-Type", "application/json")
        content = encoded(json) if json is not None else None
        started = self._clock.now()
        try:
            require_straight(path.partition("?")[0])
            url = self._url(path, query or {})
            with (
                sent.to(url.netloc.decode("ascii"), url.path),
                self._client.stream(method, url, content=content, headers=extra) as response,
            ):
                sent.answered(response.status_code, response.headers)
                answer = _Answer(response.status_code, response.headers, self._body(response, started))
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _wrong_url(path, error) from error
        except httpx.RequestError as error:
            _raise_unreachable(error, self._client.base_url)
        if not response.is_success:
            _raise_refused(answer)
        return answer

    def _url(self, path: str, query: Mapping[str, str]) -> httpx.URL:
        """Whole at once: httpx takes a URL apart and puts it together again for every part that is added."""
        bare, _, own = path.partition("?")
        if "://" in bare:
            return httpx.URL(path)  # a link; its own query stays as it is
        asked = {**dict(parse_qsl(own, keep_blank_values=True)), "api-version": API_VERSION, **query}
        return httpx.URL(f"{str(self._client.base_url).rstrip('/')}/{bare}?{urlencode(asked)}")

    def _body(self, response: httpx.Response, started: float) -> bytes:
        """Unpacked, and no more of it than is sensible: a small answer may hide a large one."""
        longest_s = PATIENCE * (self._client.timeout.read or 0)
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise too_large(f"The answer for {response.url.path}", f"{MOST_BYTES >> 20} MB")
            if longest_s and self._clock.now() - started > longest_s:
                raise httpx.ReadTimeout(f"the answer trickles since {longest_s:.0f} s", request=response.request)
        return b"".join(chunks)


def _wrong_url(url: str, error: Exception) -> PlaneError:
    advice = "Check the endpoint and the resource's name."
    return PlaneError(Failure(message=f'"{url}" is not a URL: {error}', code="invalid-url", advice=advice))


def _raise_unreachable(error: httpx.RequestError, base: httpx.URL) -> NoReturn:
    host = base.host
    failure = unreachable(str(base), error, hung=isinstance(error, _HUNG))
    if failure.code == "untrusted-certificate" or isinstance(error, _NEVER_SENT):
        raise PlaneError(failure) from error
    if isinstance(error, _NOT_SENT):
        raise Again(PlaneError(failure), reason=f"{host} cannot be reached") from error
    raise PlaneError(failure, ambiguous=True) from error


def _raise_refused(answer: _Answer) -> NoReturn:
    failure = failure_from(answer.status, answer.content, answer.headers, by_status=PROJECT)
    error = PlaneError(failure, ambiguous=is_unclear(answer.status), wait_s=asked_wait(answer.headers))
    if answer.status in NOT_TAKEN:
        raise Again(error, reason="throttled by the service")
    raise error


def _again(error: PlaneError) -> Again:
    failure = error.failure
    reason = f"the service answered {failure.status} {failure.code}".rstrip() if failure.status else "no answer came"
    return Again(error, reason=reason, hung=isinstance(error.__cause__, _HUNG))


def _written(path: str, answer: _Answer) -> Document:
    what = f"The answer to a write of {unquote(path.partition('?')[0])}"
    return decoded(answer.content, status=answer.status, what=what)
