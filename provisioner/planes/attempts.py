"""One sending of a request: how the services can tell which run it is of, and what the log says of it.

Nothing that may be a secret is logged: no header but ids, no body, and no query, as links that a service gives may
carry a signature there.
"""

from __future__ import annotations

import logging
import os
import ssl
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final

from provisioner.model.errors import PlaneError
from provisioner.model.run import Run
from provisioner.planes.clock import Clock
from provisioner.planes.failures import is_caused_by, request_id_in

if TYPE_CHECKING:
    from typing_extensions import Self

PROJECT: Final = "project"
MANAGEMENT: Final = "management"
SIGN_IN: Final = "sign-in"
CLIENT_REQUEST_ID: Final = "x-ms-client-request-id"
LOG = logging.getLogger(__name__)


class Attempt:
    """Entered when it is sent, left when its answer was read or it is known that none comes. `number` counts from 1 how
    often this request was sent.
    """

    def __init__(self, plane: str, method: str, *, number: int, clock: Clock, run: Run | None = None) -> None:
        self._plane = plane
        self._method = method
        self._number = number
        self._clock = clock
        self._run = run or Run()
        self._span = os.urandom(8).hex() if self._run.trace is not None else ""
        self._client_request_id = ""
        self._host = self._path = ""
        self._status: int | None = None
        self._request_id = self._error = ""
        self._started = 0.0

    def headers(self, client_request_id: str = "") -> dict[str, str]:
        """What the request is to carry, with an id of its own where it has none yet."""
        self._client_request_id = client_request_id or str(uuid.uuid4())
        return {CLIENT_REQUEST_ID: self._client_request_id, **self._run.headers(self._span)}

    def to(self, host: str, path: str) -> Self:
        self._host, self._path = host, path
        return self

    def __enter__(self) -> Self:
        self._started = self._clock.now()
        return self

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """As soon as that is known, its body unread."""
        self._status, self._request_id = status, request_id_in(headers)

    def unanswered(self, why: str) -> None:
        """Where no exception tells that."""
        self._error = why

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if LOG.isEnabledFor(logging.DEBUG) and not self._was_never_sent(error):
            self._tell(self._error if error is None else _fault(error))

    def _was_never_sent(self, error: BaseException | None) -> bool:
        """For want of a token, or because the settings make no sense."""
        return self._status is None and isinstance(error, (PlaneError, ValueError))

    def _tell(self, error: str) -> None:
        elapsed_ms = 1000 * (self._clock.now() - self._started)
        told = f"{self._method} {self._path} {error or self._status} {elapsed_ms:.0f} ms"
        if self._number > 1:
            told += f", attempt {self._number}"
        facts = {
            "event": "request",
            "plane": self._plane,
            "host": self._host,
            "method": self._method,
            "path": self._path,
            "status": self._status,
            "error": error,
            "duration_ms": round(elapsed_ms, 1),
            "attempt": self._number,
            "request_id": self._request_id,
            "client_request_id": self._client_request_id,
        }
        LOG.debug("%s", told, extra={"facts": {**facts, "span_id": self._span} if self._span else facts})


def _fault(error: BaseException) -> str:
    """Why there was no whole answer, as `schemas/log.v1.schema.json` names it."""
    if isinstance(error, PlaneError):
        return error.failure.code or "no-answer"
    if is_caused_by(error, ssl.SSLCertVerificationError):
        return "untrusted-certificate"
    if is_caused_by(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "timeout"
    return "refused" if is_caused_by(error, ConnectionRefusedError) else "no-answer"
