"""How the SDK's client is made to send, repeat and wait as we do.

Its own retries wait in real time, tell nobody, and after a dropped connection sleep for up to minutes. So its retry
policy is replaced by ours, which uses the table in `retry.py`, and its pollers sleep by our clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import HTTPPolicy
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.core.polling.arm_polling import ARMPolling

from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.advice import MANAGEMENT
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback, require_trusted
from provisioner.planes.documents import require_straight
from provisioner.planes.failures import failure_from, unreachable
from provisioner.planes.retry import LONGEST_ASKED_S, NOT_TAKEN, Again, asked_wait, is_unclear, persistently

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineRequest, PipelineResponse

API_VERSION: Final = "2026-05-01"  # the first stable one that shows tier, state and routing, so that a PUT keeps them
_POLL_S: Final = 5  # where the service does not say how long to wait
_SIGN_OF_LIFE_S: Final = 10
_LONGEST_OPERATION_S: Final = 2 * 60 * 60  # moving a provisioned deployment to another model takes half an hour
_CONNECT_S: Final = 15
_READ_S: Final = 120

Note = Callable[[str], None]
LOG = logging.getLogger(__name__)


def open_client(
    credential: TokenCredential,
    *,
    subscription: str,
    endpoint: str,
    scope: str,
    allowed_hosts: Collection[str],
    clock: Clock,
) -> CognitiveServicesManagementClient:
    """Trusts the CAs of REQUESTS_CA_BUNDLE where set, as every Azure SDK client does."""
    return CognitiveServicesManagementClient(
        credential,
        subscription,
        base_url=endpoint.rstrip("/"),
        api_version=API_VERSION,
        credential_scopes=[scope],
        retry_policy=_Persistence(allowed_hosts, clock),
        permit_redirects=False,
        connection_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        proxies=_past_proxies(endpoint),
    )


def _past_proxies(endpoint: str) -> dict[str, str | None]:
    """No proxy leads to this machine, whatever the environment says."""
    return {"no_proxy": urlsplit(endpoint).hostname} if is_loopback(endpoint) else {}


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
        return persistently(lambda: self._once(request), clock=self._clock, note=note)

    def _once(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        options = dict(request.context.options)  # policies take out what they have read
        started = self._clock.now()
        try:
            response = self.next.send(request)
            if response.http_response.status_code >= 400:  # what went well is read by the SDK, which insists on it
                response.http_response.read()
        except (AzureError, OSError, ValueError) as error:
            request.context.options.update(options)
            raise _silence(request.http_request.url, error) from error
        _log(request.http_request, response.http_response, self._clock.now() - started)
        if (again := _again(response.http_response)) is not None:
            request.context.options.update(options)
            raise again
        return response


def _log(request: Any, response: Any, elapsed_s: float) -> None:
    """Not the query: an operation's URL may carry a signature there."""
    path, status = urlsplit(request.url).path, response.status_code
    LOG.debug("%s %s %s %.0f ms", request.method, path, status, 1000 * elapsed_s)


def _again(response: Any) -> Again | None:
    status = response.status_code
    if not (status in NOT_TAKEN or is_unclear(status)):
        return None
    failure = refusal(response)
    cause = PlaneError(failure, ambiguous=is_unclear(status), wait_s=asked_wait(response.headers))
    return Again(cause, reason=f"the service answered {status} {failure.code}".rstrip())


def _silence(url: str, error: Exception) -> Exception:
    """OSError: a CA file that is not there. ValueError: a proxy setting that makes no sense."""
    host = urlsplit(url).hostname or url
    failure = unreachable(host, error, ca_variable="REQUESTS_CA_BUNDLE")
    cause = PlaneError(failure, ambiguous=True)
    hopeless = failure.code != "unreachable" or not isinstance(error, AzureError)
    return cause if hopeless else Again(cause, reason=f"{host} did not answer")


def refusal(response: Any) -> Failure:
    return failure_from(response.status_code, response.content, response.headers, by_status=MANAGEMENT)


class Polling(ARMPolling):
    """The SDK's way of following an operation, with our clock and a sign of life now and then."""

    def __init__(self, *, final_state: str, clock: Clock, note: Note) -> None:
        super().__init__(_POLL_S, lro_options={"final-state-via": final_state}, note=note)
        self._clock = clock
        self._note = note
        self._started = self._told = clock.now()

    def _sleep(self, delay: float) -> None:
        waited = self._clock.now() - self._started
        if waited >= _LONGEST_OPERATION_S:
            raise PlaneError(
                Failure(
                    message=f"The operation is {self.status()} since {waited / 60:.0f} minutes.",
                    code="timeout",
                    advice="Apply again when it has ended: it goes on from where the world is.",
                )
            )
        if self._clock.now() - self._told >= _SIGN_OF_LIFE_S:
            self._told = self._clock.now()
            self._note(f"waiting for the operation ({self.status()}, {waited:.0f} s)")
        self._clock.sleep(min(delay, LONGEST_ASKED_S))
