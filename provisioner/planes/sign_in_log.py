"""The requests that azure-identity makes, in the log: it has many pipelines of its own, and one transport for all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from azure.core.pipeline.transport import RequestsTransport

from provisioner.planes.attempts import CLIENT_REQUEST_ID, SIGN_IN, Attempt
from provisioner.planes.clock import SystemClock

_CLOCK: Final = SystemClock()


class LoggedTransport(RequestsTransport):  # type: ignore[misc]  # azure-core makes the name known too late for types
    """What a pipeline of azure-core sends by where nothing else is said. Neither a run nor a trace is told to whoever
    gives tokens. Tokens that programs give (`az`, …) are asked for by those.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tries: WeakKeyDictionary[Any, Iterator[int]] = WeakKeyDictionary()  # a retry sends the same object

    def send(self, request: Any, **options: Any) -> Any:
        url = urlsplit(request.url)
        number = next(self._tries.setdefault(request, count(1)))
        sent = Attempt(SIGN_IN, request.method, number=number, clock=_CLOCK)
        sent.headers(request.headers.get(CLIENT_REQUEST_ID, ""))
        with sent.to(url.netloc.rpartition("@")[2], url.path):
            response = super().send(request, **options)
            sent.answered(response.status_code, response.headers)
            return response
