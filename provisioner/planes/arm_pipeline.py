"""How the SDK's client is made to send, repeat, wait and believe as we do.

Its own retries wait in real time, tell nobody, and after a dropped connection sleep for up to minutes. So its retry
policy is replaced by ours, which uses the table in `retry.py`, and its pollers sleep by our clock. It reads answers of
any size, and its pollers take them to be what they should be: so ours are measured and checked before it sees them.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import requests
from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline, policies
from azure.core.pipeline.policies import HTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

from provisioner import __version__
from provisioner.model.caller import Caller
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.run import Run
from provisioner.model.shape import OBJECT, TEXT, having, solid
from provisioner.planes import attempts
from provisioner.planes.advice import MANAGEMENT
from provisioner.planes.attempts import CLIENT_REQUEST_ID, Attempt
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback, require_trusted
from provisioner.planes.credentials import caller_in
from provisioner.planes.documents import MOST_BYTES, decoded, odd_answer, require_straight, too_large
from provisioner.planes.failures import MOVED_TO, failure_from, is_caused_by, unreachable
from provisioner.planes.retry import NOT_TAKEN, PATIENCE, Again, asked_wait, is_unclear, persistently

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.polling import LROPoller
    from azure.core.rest import HttpRequest
    from azure.mgmt.cognitiveservices.operations import DeploymentsOperations
    from typing_extensions import Self

# The newest stable one, for every collection: what an older one does not show, a PUT takes away, and what it does not
# know it ignores (egressPolicy of policies: first in 2026-05-15-preview, not in 2026-07-01, in 2026-09-01).
API_VERSION: Final = "2026-09-01"
_CONNECT_S: Final = 15
_PIECE: Final = 64 * 1024
DOCUMENT: Final = "provisioner.document"  # where an answer's context keeps what its body says
IS_FIRST: Final = "provisioner.first"  # and whether the request had been sent once only
_TRIES: Final = "provisioner.tries"  # where a request's context counts how often it is sent
# What the SDK's pollers look at.
_OPERATION: Final = having(
    status=TEXT,
    resourceLocation=TEXT,
    properties=solid(having(provisioningState=TEXT)),
    error=OBJECT,
)

_BELOW_ACCOUNT: Final = re.compile(r"/accounts/[^/]+/(?P<below>.+?)/?\Z", re.IGNORECASE)

_NAMED: Final = (
    (re.compile(r"/accounts/[^/]+$", re.IGNORECASE), "answer for the account"),
    (re.compile(r"/locations/[^/]+/usages$", re.IGNORECASE), "list of usages"),
)

_DEPLOYMENT: Final = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.CognitiveServices"
    r"/accounts/(?P<account>[^/]+)/deployments/(?P<name>[^/]+)"
)
_WRITTEN_BY_SDK: Final = ("PUT", "PATCH", "DELETE")

Note = Callable[[str], None]


class ArmPipeline:
    """The policies of Azure's SDK clients in their order, but for retries, and without the one that registers resource
    providers: who has an account has that. Entered before it is used.

    `timeout_s` is how long an answer may keep silent; requests say that they are of `run`.
    """

    def __init__(
        self,
        credential: TokenCredential,
        *,
        endpoint: str,
        scope: str,
        trust: ssl.SSLContext,
        allowed_hosts: Collection[str],
        clock: Clock,
        timeout_s: float = 120,
        run: Run | None = None,
    ) -> None:
        self._credential = credential
        self._scope = scope
        self._endpoint = endpoint.rstrip("/")
        transport = RequestsTransport(
            session=_measuring_session(trust, clock, PATIENCE * timeout_s),
            connection_timeout=min(timeout_s, _CONNECT_S),
            read_timeout=timeout_s,
        )
        self._pipeline = Pipeline(
            transport,
            [
                policies.RequestIdPolicy(),
                policies.HeadersPolicy(),
                policies.UserAgentPolicy(sdk_moniker=f"provisioner/{__version__}"),
                policies.ProxyPolicy(proxies=_past_proxies(endpoint)),
                policies.ContentDecodePolicy(),
                policies.CustomHookPolicy(),
                _Persistence(allowed_hosts, clock),
                policies.BearerTokenCredentialPolicy(credential, scope),
                policies.SensitiveHeaderCleanupPolicy(),
                _Marking(run, clock),
            ],
        )
        self.client: PipelineClient[Any, Any] = PipelineClient(self._endpoint, pipeline=self._pipeline)
        self._lock = threading.Lock()
        self._deployments: DeploymentsOperations | None = None

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self.client.__exit__(*details)

    @property
    def endpoint(self) -> str:
        return self._endpoint

    def caller(self) -> Caller:
        """Raises PlaneError when nobody is signed in."""
        return caller_in(self._credential.get_token(self._scope).token)

    def run(self, request: HttpRequest, **options: Any) -> PipelineResponse[Any, Any]:
        """Send it, be its URL whole or a path. Raises PlaneError for all but 2xx, and what azure-core raises."""
        request.url = self.client.format_url(request.url)
        answer: PipelineResponse[Any, Any] = self._pipeline.run(request, **options)
        response = answer.http_response
        if not 200 <= response.status_code < 300:
            raise PlaneError(refusal(response), wait_s=asked_wait(response.headers))
        return answer

    def operation(self, method: str, path: str) -> Callable[..., LROPoller[Any]] | None:
        """The SDK's own operation for a write, to be given the content, if there is any, and options."""
        found = _DEPLOYMENT.fullmatch(path)
        if found is None or method not in _WRITTEN_BY_SDK:
            return None
        with self._lock:
            operations = self._deployments or self._sdk(unquote(found["subscription"]))
            self._deployments = operations
        begins: dict[str, Callable[..., LROPoller[Any]]] = {
            "PUT": operations.begin_create_or_update,
            "PATCH": operations.begin_update,
            "DELETE": operations.begin_delete,
        }
        return partial(begins[method], *(unquote(found[part]) for part in ("group", "account", "name")))

    def _sdk(self, subscription: str) -> DeploymentsOperations:
        from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient  # noqa: PLC0415 - only writes pay it

        client = CognitiveServicesManagementClient(
            self._credential, subscription, self._endpoint, api_version=API_VERSION, pipeline=self._pipeline
        )
        return client.deployments


def _past_proxies(endpoint: str) -> dict[str, str]:
    """No proxy leads to this machine, whatever the environment says."""
    return {"no_proxy": urlsplit(endpoint).hostname or ""} if is_loopback(endpoint) else {}


def _measuring_session(trust: ssl.SSLContext, clock: Clock, longest_s: float) -> requests.Session:
    session = requests.Session()
    session.auth = _as_it_is
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Measuring(trust, clock, longest_s))
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without it a user name and password of ~/.netrc would take the place of the token."""
    return request


class _Measuring(HTTPAdapter):
    """Reads every answer to its end at once, bounded in bytes and in time: whoever asks for it later has it, and one
    that breaks off fails where it is tried again.
    """

    def __init__(self, trust: ssl.SSLContext, clock: Clock, longest_s: float) -> None:
        self._trust = trust
        self._clock = clock
        self._longest_s = longest_s
        super().__init__(max_retries=0)  # which calls one of the two below

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        own = {} if proxy.lower().startswith("socks") else {"proxy_ssl_context": self._trust}
        return super().proxy_manager_for(proxy, **kwargs, **own, ssl_context=self._trust)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing is left to do: it would have each connection read the CAs again."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        until = self._clock.now() + self._longest_s
        response = super().send(request, *args, **{**kwargs, "verify": True})  # by what `trust` holds
        response.raw = _Measured(response.raw, what_of(request.url or "", request.method or "GET"), self._clock, until)
        if response.is_redirect:
            response.headers[MOVED_TO] = response.headers.pop("Location")
        _ = response.content  # which keeps it
        return response


class _Measured:
    """An answer's body as urllib3 has it, given away piece by piece as `requests` asks for it."""

    def __init__(self, raw: Any, what: str, clock: Clock, until: float) -> None:
        self._raw = raw
        self._what = what
        self._clock = clock
        self._until = until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amt: int = _PIECE, *, decode_content: bool | None = None) -> Iterator[bytes]:
        size = 0
        for piece in self._raw.stream(min(amt, _PIECE), decode_content=decode_content):
            size += len(piece)
            if size > MOST_BYTES:
                self._raw.close()
                raise too_large(self._what, f"{MOST_BYTES >> 20} MB")
            if self._clock.now() > self._until:
                self._raw.close()
                raise requests.exceptions.ReadTimeout("the answer trickles")
            yield piece


def what_of(url: str, method: str = "GET") -> str:
    """How sentences about the answer begin."""
    below = collection_and_name(url, method)
    if below is None:
        path = urlsplit(url).path
        named = next((name for pattern, name in _NAMED if pattern.search(path)), "state of the operation")
        return f"The {named}"
    collection, name = below
    if not name:
        return f"The list of {collection}"
    return f"The answer {'to the deletion of' if method == 'DELETE' else 'for'} {collection}/{name}"


def collection_and_name(url: str, method: str = "GET") -> tuple[str, str] | None:
    """What a URL below an account is about: `("deployments", "x")`, or without a name for all of them; None for
    anything else. Below an account stand pairs of a collection and a name, at any depth; what stands alone behind them
    is a collection, or where it is posted to, a verb, which is left out.
    """
    found = _BELOW_ACCOUNT.search(unquote(urlsplit(url).path))
    if found is None:
        return None
    *above, last = found["below"].split("/")
    if len(above) % 2:
        return above[-1], last
    return (above[-2], above[-1]) if above and method == "POST" else (last, "")


class _Persistence(HTTPPolicy[Any, Any]):
    """Stands where the SDK has its retry policy. Every request here may be repeated: pause and resume, the only POSTs,
    do the same however often they are sent.

    Links and operation URLs come from answers: wherever they lead, the token goes only to trusted hosts.
    """

    def __init__(self, allowed: Collection[str], clock: Clock) -> None:
        super().__init__()
        self._allowed = allowed
        self._clock = clock

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        note: Note = request.context.options.pop("note")
        require_trusted(request.http_request.url, self._allowed)
        require_straight(urlsplit(request.http_request.url).path)
        request.context[_TRIES] = request.context.options.pop("tries", None) or count(1)
        tries = count(1)
        return persistently(lambda: self._once(request, next(tries)), clock=self._clock, note=note)

    def _once(self, request: PipelineRequest[Any], tries: int) -> PipelineResponse[Any, Any]:
        options = dict(request.context.options)  # policies take out what they have read
        try:
            response = self.next.send(request)
            response.http_response.read()
        except (AzureError, OSError, ValueError) as error:
            request.context.options.update(options)
            raise _silence(request.http_request.url, error) from error
        if (again := _again(response.http_response)) is not None:
            request.context.options.update(options)
            raise again
        if response.http_response.status_code < 300:
            response.context[IS_FIRST] = tries == 1
            response.context[DOCUMENT] = _believed(response.http_response)
        else:
            raise PlaneError(refusal(response.http_response), wait_s=asked_wait(response.http_response.headers))
        return response


def _believed(response: Any) -> Document:
    what = what_of(response.request.url, response.request.method)
    document = decoded(response.content, status=response.status_code, what=what)
    if oddity := _OPERATION.oddity(document):
        raise odd_answer(what, oddity, status=response.status_code)
    return document


class _Marking(HTTPPolicy[Any, Any]):
    """Stands last, behind the policy for tokens, which sends what was challenged once more: each sending is marked and
    logged.
    """

    def __init__(self, run: Run | None, clock: Clock) -> None:
        super().__init__()
        self._run = run
        self._clock = clock

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        asked, url = request.http_request, urlsplit(request.http_request.url)
        number = next(request.context[_TRIES])
        sent = Attempt(attempts.MANAGEMENT, asked.method, number=number, clock=self._clock, run=self._run)
        asked.headers.update(sent.headers(asked.headers.get(CLIENT_REQUEST_ID, "")))
        with sent.to(url.netloc, url.path):
            response = self.next.send(request)
            sent.answered(response.http_response.status_code, response.http_response.headers)
            return response


def _again(response: Any) -> Again | None:
    status = response.status_code
    if not (status in NOT_TAKEN or is_unclear(status)):
        return None
    failure = refusal(response)
    cause = PlaneError(failure, ambiguous=is_unclear(status), wait_s=asked_wait(response.headers))
    return Again(cause, reason=f"the service answered {status} {failure.code}".rstrip())


def _silence(url: str, error: Exception) -> Exception:
    """OSError: a CA file that is not there. ValueError: a proxy setting that makes no sense."""
    hung = _is_hung(error)
    failure = unreachable(url, error, hung=hung)
    cause = PlaneError(failure, ambiguous=True)
    hopeless = failure.code == "untrusted-certificate" or not isinstance(error, AzureError)
    return cause if hopeless else Again(cause, reason=f"{urlsplit(url).hostname or url} did not answer", hung=hung)


def _is_hung(error: Exception) -> bool:
    """Whether the whole timeout was spent; that for a connection is a short one."""
    if is_caused_by(error, requests.exceptions.ConnectTimeout):
        return False
    return is_caused_by(error, TimeoutError) or is_caused_by(error, requests.exceptions.ReadTimeout)


def refusal(response: Any) -> Failure:
    return failure_from(response.status_code, response.content, response.headers, by_status=MANAGEMENT)
