"""The management plane: deployments through Microsoft's SDK for Azure Resource Manager.

The SDK sends, signs, retries what may be repeated and polls long-running operations to their end. Its typed models
drop every property they do not know, and a PUT resets what it does not carry; so documents go in and come out as they
are on the wire.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import require_trusted
from provisioner.planes.credentials import sign_in_failure
from provisioner.planes.failures import failure_from
from provisioner.planes.retry import Again, persistently

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineRequest
    from azure.core.polling import LROPoller

API_VERSION: Final = "2026-05-01"  # the first stable one that shows tier, state and routing, so that a PUT keeps them
_POLL_S: Final = 5  # where the service does not say how long to wait
_SIGN_OF_LIFE_S: Final = 10
_CONFLICTS: Final = frozenset({"RequestConflict", "AccountProvisioningStateInvalid"})
_CONFLICT_ATTEMPTS: Final = 30  # with pauses of 20 s at most: about ten minutes of somebody else's operation
_CONFLICT_PAUSE_S: Final = 20.0

T = TypeVar("T")


class _OnlyTrustedHosts(SansIOHTTPPolicy[Any, Any]):
    """Links and operation URLs come from answers: wherever they lead, the token goes only to trusted hosts."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed

    def on_request(self, request: PipelineRequest[Any]) -> None:
        require_trusted(request.http_request.url, self._allowed)


def open_client(
    credential: TokenCredential, *, subscription: str, endpoint: str, scope: str, allowed_hosts: Collection[str]
) -> CognitiveServicesManagementClient:
    """Trusts the CAs of REQUESTS_CA_BUNDLE where set, as every Azure SDK client does."""
    for name in ("azure.core", "azure.identity", "azure.mgmt"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return CognitiveServicesManagementClient(
        credential,
        subscription,
        base_url=endpoint.rstrip("/"),
        api_version=API_VERSION,
        credential_scopes=[scope],
        polling_interval=_POLL_S,
        per_call_policies=[_OnlyTrustedHosts(allowed_hosts)],
    )


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
        following: str | None = f"{self._account}/deployments?api-version={API_VERSION}"
        while following:
            page = _translated(partial(self._send, "GET", following))
            yield from page.get("value") or []
            following = page.get("nextLink")

    def put_deployment(self, name: str, body: Document) -> None:
        operations, (_, group, account) = self._client.deployments, self._where
        self._finish(lambda: operations.begin_create_or_update(group, account, name, _bytes(body)))

    def patch_deployment(self, name: str, body: Document) -> None:
        operations, (_, group, account) = self._client.deployments, self._where
        self._finish(lambda: operations.begin_update(group, account, name, _bytes(body)))

    def delete_deployment(self, name: str) -> None:
        operations, (_, group, account) = self._client.deployments, self._where
        try:
            self._finish(lambda: operations.begin_delete(group, account, name))
        except PlaneError as error:
            if error.failure.status != 404:
                raise

    def act_on_deployment(self, name: str, verb: str) -> None:
        url = f"{self._account}/deployments/{quote(name, safe='')}/{verb}?api-version={API_VERSION}"
        self._patiently(lambda: self._send("POST", url))

    @property
    def _account(self) -> str:
        subscription, group, account = (quote(part, safe="") for part in self._where)
        return (
            f"/subscriptions/{subscription}/resourceGroups/{group}"
            f"/providers/Microsoft.CognitiveServices/accounts/{account}"
        )

    def _send(self, method: str, url: str) -> Any:
        # The generated client offers no public way to send a request of one's own; its documented private one is this.
        response = self._client._send_request(HttpRequest(method, url))  # noqa: SLF001
        response.raise_for_status()
        return response.json() if response.content else {}

    def _finish(self, begin: Callable[[], LROPoller[Any]]) -> None:
        """Start a write, as soon as nothing else is being written on the account, and see it through."""
        poller = self._patiently(begin)
        while not poller.done():
            poller.wait(_SIGN_OF_LIFE_S)
            if not poller.done():
                self._note(f"waiting for the operation ({poller.status()})")
        _translated(poller.result)

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


def _bytes(body: Document) -> BytesIO:
    return BytesIO(json.dumps(body, ensure_ascii=False).encode("utf-8"))


def _translated(call: Callable[[], T]) -> T:
    """Run an SDK call; everything it raises becomes a PlaneError, its cause chained."""
    try:
        return call()
    except HttpResponseError as error:
        raise PlaneError(_refusal(error)) from error
    except ClientAuthenticationError as error:
        raise PlaneError(sign_in_failure(error)) from error
    except AzureError as error:
        raise PlaneError(
            Failure(
                message=f"Azure Resource Manager did not answer: {error.message}",
                code="unreachable",
                advice="Check the network, the proxy settings and `management_endpoint`. Its certificate must be "
                "trusted: REQUESTS_CA_BUNDLE names additional CAs.",
            ),
            ambiguous=True,
        ) from error


def _refusal(error: HttpResponseError) -> Failure:
    response = error.response
    if response is None:
        return Failure(message=str(error.message), code="unreachable")
    headers: dict[str, str] = dict(getattr(response, "headers", {}))
    failure = failure_from(response.status_code or 0, _content(response), headers)
    if not failure.code and error.error is not None and error.error.code:
        return Failure(message=str(error.message), code=str(error.error.code), status=failure.status)
    return failure


def _content(response: Any) -> bytes:
    """The SDK hands over two kinds of response, old and new."""
    try:
        content: bytes = response.body() if hasattr(response, "body") else response.content
    except AzureError:
        return b""
    return content
