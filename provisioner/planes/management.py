"""The management plane: deployments through Microsoft's SDK for Azure Resource Manager.

The SDK signs, and follows long-running operations to their end. Its typed models drop every property they do not
know, and a PUT resets what it does not carry; so documents go in and come out as they are on the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote

from azure.core.exceptions import AzureError, DecodeError, HttpResponseError
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.arm_pipeline import API_VERSION, DOCUMENT, IS_FIRST, Polling, refusal
from provisioner.planes.clock import Clock
from provisioner.planes.documents import encoded, is_done, require_named, still_there
from provisioner.planes.pages import Way, items
from provisioner.planes.retry import Again, asked_wait, persistently

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineResponse
    from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

_CONFLICTS: Final = frozenset({"RequestConflict", "AccountProvisioningStateInvalid"})
_PARENT_MISSING: Final = frozenset({"ParentResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"})
_CONFLICT_ATTEMPTS: Final = 30  # with pauses of 20 s at most: about ten minutes of somebody else's operation
_CONFLICT_PAUSE_S: Final = 20.0
# How azure-mgmt-cognitiveservices says that each operation is followed.
_STATUS_URL: Final = "azure-async-operation"
_LOCATION: Final = "location"
_FAILED: Final = frozenset({"failed", "canceled"})

T = TypeVar("T")


class ArmManagement:
    """See `kinds.protocol.ManagementPlane`. `note` is told of every wait."""

    def __init__(
        self,
        client: CognitiveServicesManagementClient,
        *,
        subscription: str,
        resource_group: str,
        account: str,
        clock: Clock,
        note: Callable[[str], None],
    ) -> None:
        self._client = client
        self._where = (subscription, resource_group, account)
        self._clock = clock
        self._note = note

    def telling(self, note: Callable[[str], None]) -> ArmManagement:
        subscription, group, account = self._where
        return ArmManagement(
            self._client,
            subscription=subscription,
            resource_group=group,
            account=account,
            clock=self._clock,
            note=note,
        )

    def deployments(self) -> Iterator[Document]:
        first = f"{self._account}/deployments?api-version={API_VERSION}"

        def page(way: Way | None) -> Document:
            return _translated(partial(self._send, "GET", way.link if way else first))

        return items(page, what="The list of deployments")

    def deployment(self, name: str) -> Document | None:
        try:
            document = _translated(partial(self._send, "GET", self._url(name)))
        except PlaneError as error:
            # a group or an account that is not there is a mistake, and no missing deployment
            if error.failure.status != 404 or error.failure.code in _PARENT_MISSING:
                raise
            return None
        return require_named(document, name, what=f"The answer for deployments/{name}", fold=True)

    def create_deployment(self, name: str, body: Document, *, is_free: Callable[[], bool]) -> Document:
        """A PUT asks nobody whether there is one already. The precondition does, where the service honours it (assumed:
        it ignores what it does not honour); where it does not, the answer shows that there was one.
        """
        request = self._request("PUT", name, body, more={"If-None-Match": "*"})
        starts: list[PipelineResponse[Any, Any]] = []
        waited: list[bool] = []

        def send() -> PipelineResponse[Any, Any]:
            if waited and not is_free():
                raise PlaneError(_taken(name))
            waited.append(True)
            starts.append(self._answered(request))
            return starts[-1]

        shown = self._finish(send, _STATUS_URL)
        if _was_there(starts[-1]):
            raise PlaneError(_written_over(name))
        return _of(name, shown)

    def put_deployment(self, name: str, body: Document) -> Document:
        return self._written("PUT", name, body, _STATUS_URL)

    def patch_deployment(self, name: str, body: Document) -> Document:
        return self._written("PATCH", name, body, _LOCATION)

    def delete_deployment(self, name: str) -> None:
        try:
            self._finish(lambda: self._answered(HttpRequest("DELETE", self._url(name))), _LOCATION)
        except PlaneError as error:
            if error.failure.status == 404:
                return
            if not is_done(error):
                raise
            if self.deployment(name) is not None:
                raise still_there(error) from error

    def act_on_deployment(self, name: str, verb: str) -> None:
        self._patiently(lambda: self._send("POST", self._url(name, f"/{verb}")))

    def _url(self, name: str, more: str = "") -> str:
        return f"{self._account}/deployments/{quote(name, safe='')}{more}?api-version={API_VERSION}"

    @property
    def _account(self) -> str:
        subscription, group, account = (quote(part, safe="") for part in self._where)
        return (
            f"/subscriptions/{subscription}/resourceGroups/{group}"
            f"/providers/Microsoft.CognitiveServices/accounts/{account}"
        )

    def _send(self, method: str, url: str) -> Document:
        return _shown(self._answered(HttpRequest(method, url)))

    def _answered(self, request: HttpRequest) -> PipelineResponse[Any, Any]:
        # The generated client offers no public way to send a request of one's own; its documented private one is this.
        answer: Any = self._client._send_request(request, note=self._note, _return_pipeline_response=True)  # noqa: SLF001
        response = answer.http_response
        if not 200 <= response.status_code < 300:
            raise PlaneError(refusal(response), wait_s=asked_wait(response.headers))
        return cast("PipelineResponse[Any, Any]", answer)

    def _written(self, method: str, name: str, body: Document, final_state: str) -> Document:
        request = self._request(method, name, body)
        return _of(name, self._finish(lambda: self._answered(request), final_state))

    def _request(self, method: str, name: str, body: Document, *, more: Mapping[str, str] | None = None) -> HttpRequest:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **(more or {})}
        return HttpRequest(method, self._url(name), headers=headers, content=encoded(body))

    def _finish(self, send: Callable[[], PipelineResponse[Any, Any]], final_state: str) -> Document:
        """Send a write, as soon as nothing else is being written on the account, and see it through; what it ended
        with.

        Not through the generated operations: they read the answer where no policy sees it, so a cut-off one would not
        be tried again, and make models of it.
        """

        def start() -> LROPoller[Document | None]:
            polling = Polling(final_state=final_state, clock=self._clock, note=self._note)
            return LROPoller(self._client._client, send(), _shown, polling)  # noqa: SLF001

        poller = self._patiently(start)
        shown = _translated(poller.result)
        if poller.status().lower() in _FAILED:  # at once, so that the SDK never got to look at it
            raise PlaneError(_ended(poller.status()))
        return shown or {}

    def _patiently(self, begin: Callable[[], T]) -> T:
        def attempt() -> T:
            try:
                return _translated(begin)
            except PlaneError as error:
                if error.failure.code not in _CONFLICTS:
                    raise
                raise Again(error, reason="another operation is running on the account") from error

        return persistently(
            attempt,
            clock=self._clock,
            note=self._note,
            attempts=_CONFLICT_ATTEMPTS,
            longest_s=_CONFLICT_PAUSE_S,
        )


def _of(name: str, shown: Document) -> Document:
    """The deployment as the last answer shows it; empty where that shows none, as that of an operation does."""
    return shown if str(shown.get("name")).casefold() == name.casefold() else {}


def _was_there(start: PipelineResponse[Any, Any]) -> bool:
    """Whether a PUT that was sent once only changed what it should have made: 200 instead of 201, and made before it
    was changed.
    """
    dates = start.context[DOCUMENT].get("systemData")
    dates = dates if isinstance(dates, dict) else {}
    made, changed = dates.get("createdAt"), dates.get("lastModifiedAt")
    is_older = isinstance(made, str) and isinstance(changed, str) and made != changed
    return bool(start.http_response.status_code == 200 and start.context[IS_FIRST] and is_older)


def _taken(name: str) -> Failure:
    return Failure(
        message=f"deployments/{name} was made by somebody else at the same time; it was left as it is.",
        code="conflict",
        advice="Run the same command again: it plans against what is there now.",
    )


def _written_over(name: str) -> Failure:
    return Failure(
        message=f"deployments/{name} was made by somebody else at the same time, and what they made is written over.",
        code="conflict",
        advice="Agree on whose it is; then apply the manifest that is to have it, and remove it from the other.",
    )


def _shown(answer: PipelineResponse[Any, Any]) -> Document:
    document: Document = answer.context[DOCUMENT]
    return document


def _translated(call: Callable[[], T]) -> T:
    """Run an SDK call; everything it raises becomes a PlaneError, its cause chained."""
    try:
        return call()
    except HttpResponseError as error:
        if error.response is None or (isinstance(error, DecodeError) and (error.response.status_code or 0) < 400):
            raise _broken(error) from error
        raise _refused(error.response) from error
    except (AzureError, ValueError, LookupError) as error:  # the latter two from an unknown charset, or a wrong one
        raise _broken(error) from error


def _refused(response: Any) -> PlaneError:
    failure = refusal(response)
    if failure.status < 400:  # the answer came, and tells of an operation that failed
        failure = replace(failure, status=0) if failure.code else _ended("Failed", failure.request_id)
    return PlaneError(failure, wait_s=asked_wait(response.headers))


def _ended(status: str, request_id: str = "") -> Failure:
    return Failure(
        message=f"The operation ended as {status}; the service does not say why.",
        code="operation-failed",
        request_id=request_id,
        advice="Look at the deployment in the portal, then apply again.",
    )


def _broken(error: Exception) -> PlaneError:
    """What the SDK could not make sense of. It may have been done all the same."""
    failure = Failure(
        message=f"Azure Resource Manager answered what cannot be understood: {error}",
        code="unreadable-answer",
        advice="Check `management_endpoint`, and whether a proxy or a sign-in page answers in its place.",
    )
    return PlaneError(failure, ambiguous=True)
