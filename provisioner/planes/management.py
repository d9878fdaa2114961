"""The management plane: documents below an account, through azure-core's pipeline for Azure Resource Manager.

Deployments are written by Microsoft's SDK for them, everything else by the same pipeline. Documents go in and come out
as they are on the wire: the SDK's typed models drop every property that they do not know, and a PUT resets what it does
not carry. Long-running operations are followed to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, unquote, urlsplit

from azure.core.exceptions import AzureError, DecodeError, HttpResponseError
from azure.core.rest import HttpRequest

from provisioner.model.caller import Caller
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.arm_pipeline import (
    API_VERSION,
    DOCUMENT,
    IS_FIRST,
    ArmPipeline,
    collection_and_name,
    refusal,
    what_of,
)
from provisioner.planes.clock import Clock
from provisioner.planes.documents import encoded, is_done, require_named, still_there
from provisioner.planes.pages import Way, items
from provisioner.planes.retry import Again, asked_wait, persistently

if TYPE_CHECKING:  # what follows operations is imported by the first write
    from azure.core.pipeline import PipelineResponse
    from azure.core.polling import LROPoller

    from provisioner.planes.polling import Polling

_CONFLICTS: Final = frozenset({"RequestConflict", "AccountProvisioningStateInvalid"})
_PARENT_MISSING: Final = frozenset({"ParentResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"})
_CONFLICT_ATTEMPTS: Final = 30  # with pauses of 20 s at most: about ten minutes of somebody else's operation
_CONFLICT_PAUSE_S: Final = 20.0
# How azure-mgmt-cognitiveservices says that operations are followed.
_FOLLOWED_BY: Final = {"PUT": "azure-async-operation", "PATCH": "location", "DELETE": "location", "POST": "location"}
_FAILED: Final = frozenset({"failed", "canceled"})
_ONLY_NEW: Final = {"If-None-Match": "*"}

T = TypeVar("T")
Answer: TypeAlias = "PipelineResponse[Any, Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where on the plane: an account, and one project of it."""

    subscription: str
    resource_group: str
    account: str
    project: str

    @property
    def account_path(self) -> str:
        subscription, group, account = map(_segment, (self.subscription, self.resource_group, self.account))
        return (
            f"/subscriptions/{subscription}/resourceGroups/{group}"
            f"/providers/Microsoft.CognitiveServices/accounts/{account}"
        )

    @property
    def project_path(self) -> str:
        return f"{self.account_path}/projects/{_segment(self.project)}"


def _segment(name: str) -> str:
    return quote(name, safe="")


class ArmManagement:
    """See `kinds.protocol.ManagementPlane`. `note` is told of every wait."""

    def __init__(self, pipeline: ArmPipeline, scope: Scope, *, clock: Clock, note: Callable[[str], None]) -> None:
        self._pipeline = pipeline
        self._scope = scope
        self._clock = clock
        self._note = note

    @property
    def host(self) -> str:
        """Of Azure Resource Manager, with its port where that is said."""
        return urlsplit(self._pipeline.endpoint).netloc

    @property
    def caller(self) -> Caller:
        """Who is signed in. Raises PlaneError when nobody is."""
        return self._pipeline.caller()

    @property
    def account(self) -> str:
        return self._scope.account_path

    @property
    def project(self) -> str:
        return self._scope.project_path

    def telling(self, note: Callable[[str], None]) -> ArmManagement:
        return ArmManagement(self._pipeline, self._scope, clock=self._clock, note=note)

    def items(self, path: str) -> Iterator[Document]:
        def page(way: Way | None) -> Document:
            url = way.link if way else _versioned(path)
            return _translated(partial(self._read, url))

        return items(page, what=what_of(path))

    def get(self, path: str) -> Document | None:
        try:
            document = _translated(partial(self._read, _versioned(path)))
        except PlaneError as error:
            # a group or an account that is not there is a mistake, and no missing object
            if error.failure.status != 404 or error.failure.code in _PARENT_MISSING:
                raise
            return None
        return document if _of(path, document) else require_named(document, _name_at(path), what=what_of(path))

    def put(self, path: str, body: Document, *, is_free: Callable[[], bool] | None = None) -> Document:
        """A PUT asks nobody whether there is one already. The precondition does, where the service honours it (assumed:
        it ignores what it does not honour); where it does not, the answer shows that there was one.
        """
        start = _Start(self._pipeline, "PUT", path, body, headers=_ONLY_NEW if is_free else {})
        waited: list[bool] = []

        def send(polling: Polling) -> LROPoller[Document]:
            if waited and is_free is not None and not is_free():
                raise PlaneError(_taken(path))
            waited.append(True)
            return start(polling)

        shown = self._finish(send, "PUT")
        if is_free is not None and _was_there(start.answers[-1]):
            raise PlaneError(_written_over(path))
        return _of(path, shown)

    def patch(self, path: str, body: Document) -> Document:
        return _of(path, self._finish(_Start(self._pipeline, "PATCH", path, body), "PATCH"))

    def post(self, path: str, body: Document | Sequence[object] | None = None) -> Document:
        return self._finish(_Start(self._pipeline, "POST", path, body), "POST")

    def delete(self, path: str) -> None:
        try:
            self._finish(_Start(self._pipeline, "DELETE", path), "DELETE")
        except PlaneError as error:
            if error.failure.status == 404:
                return
            if not is_done(error):
                raise
            if self.get(path) is not None:
                raise still_there(error) from error

    def _read(self, url: str) -> Document:
        return _shown(self._pipeline.run(HttpRequest("GET", url), note=self._note))

    def _finish(self, send: Callable[[Polling], LROPoller[Document]], method: str) -> Document:
        """Send a write, as soon as nothing else is being written on the account, and see it through; what it ended
        with.
        """

        from provisioner.planes.polling import Polling  # noqa: PLC0415

        def start() -> LROPoller[Document]:
            return send(Polling(final_state=_FOLLOWED_BY[method], clock=self._clock, note=self._note))

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


class _Start:
    """A write that can be begun: by the SDK's own operation for deployments, else by a request of ours. `answers` are
    those to each beginning.
    """

    def __init__(
        self,
        pipeline: ArmPipeline,
        method: str,
        path: str,
        body: Document | Sequence[object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.answers: list[Answer] = []
        self._pipeline = pipeline
        self._method = method
        self._path = path
        self._content = None if body is None else encoded(body)
        self._headers = dict(headers or {})
        self._tries = count(1)  # over all beginnings: one that meets another operation is the same request again

    def __call__(self, polling: Polling) -> LROPoller[Document]:
        operation = self._pipeline.operation(self._method, self._path)
        more: dict[str, Any] = {"note": polling.note, "tries": self._tries, "raw_response_hook": self._hear}
        if operation is not None:
            content = () if self._content is None else (self._content,)
            return operation(*content, headers=self._headers, polling=polling, **more)
        headers = {"Accept": "application/json", **self._headers}
        if self._content is not None:
            headers["Content-Type"] = "application/json"
        request = HttpRequest(self._method, _versioned(self._path), headers=headers, content=self._content)
        answer = self._pipeline.run(request, **more)
        from azure.core.polling import LROPoller  # noqa: PLC0415

        return LROPoller(self._pipeline.client, answer, _shown, polling)

    def _hear(self, answer: Answer) -> None:
        self.answers.append(answer)


def _versioned(path: str) -> str:
    """Other providers than that of accounts have versions of their own, which stand in the path's query."""
    return path if "?" in path else f"{path}?api-version={API_VERSION}"


def _name_at(path: str) -> str:
    return unquote(path.rpartition("/")[2])


def _called(path: str) -> str:
    """As people call it: `deployments/gpt-5.4-mini`."""
    return "/".join(collection_and_name(path) or ("", _name_at(path)))


def _of(path: str, shown: Document) -> Document:
    """The object as an answer shows it; empty where that shows none, or another. Names ignore case, and some kinds say
    that of what they lie in, too: "account/project".
    """
    name, parent = _name_at(path), unquote(path.split("/")[-3])
    return shown if str(shown.get("name")).casefold() in (name.casefold(), f"{parent}/{name}".casefold()) else {}


def _was_there(start: Answer) -> bool:
    """Whether a PUT that was sent once only changed what it should have made: 200 instead of 201, and made before it
    was changed.
    """
    dates = start.context[DOCUMENT].get("systemData")
    dates = dates if isinstance(dates, dict) else {}
    made, changed = dates.get("createdAt"), dates.get("lastModifiedAt")
    is_older = isinstance(made, str) and isinstance(changed, str) and made != changed
    return bool(start.http_response.status_code == 200 and start.context[IS_FIRST] and is_older)


def _taken(path: str) -> Failure:
    return Failure(
        message=f"{_called(path)} was made by somebody else at the same time; it was left as it is.",
        code="conflict",
        advice="Run the same command again: it plans against what is there now.",
    )


def _written_over(path: str) -> Failure:
    return Failure(
        message=f"{_called(path)} was made by somebody else at the same time, and what they made is written over.",
        code="conflict",
        advice="Agree on whose it is; then apply the manifest that is to have it, and remove it from the other.",
    )


def _shown(answer: Answer) -> Document:
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
        advice="Look at it in the portal, then apply again.",
    )


def _broken(error: Exception) -> PlaneError:
    """What the SDK could not make sense of. It may have been done all the same."""
    failure = Failure(
        message=f"Azure Resource Manager answered what cannot be understood: {error}",
        code="unreadable-answer",
        advice="Check `management_endpoint`, and whether a proxy or a sign-in page answers in its place.",
    )
    return PlaneError(failure, ambiguous=True)
