"""As much of Azure Blob Storage as a lock needs, over real HTTPS, with a clock that tests move and answers that they
spoil. What it refuses, and how, is held against Azurite by `tests/programs/test_azurite.py`.

Source: learn.microsoft.com, "Lease Blob", "Put Blob", "Get Blob".
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import trustme

from tests.tracing import untraced

ACCOUNT: Final = "devstoreaccount1"
CONTAINER: Final = "locks"


@dataclass(kw_only=True)
class Blob:
    content: bytes
    lease: str = ""
    duration_s: int = 0
    until: float = 0.0
    is_broken: bool = False

    def state(self, now: float) -> str:
        if not self.lease:
            return "available"
        is_over = now >= self.until
        if self.is_broken:
            return "broken" if is_over else "breaking"
        return "expired" if is_over else "leased"


@dataclass(frozen=True, kw_only=True)
class Spoiled:
    """What becomes of the next request for `operation`. Without a status the connection is closed, before or after the
    work is done; `headers` None are left as they are.
    """

    operation: str
    status: int = 0
    code: str = ""
    after: bool = False
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - as the service calls it
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def _at_once(token: str) -> AbstractContextManager[None]:  # noqa: ARG001
    return nullcontext()


class Storage:
    """`turn` is what a request waits for, by its token."""

    def __init__(self) -> None:
        self.url = ""
        self.ca_file = ""
        self.blobs: dict[str, Blob] = {}
        self.containers = {CONTAINER}
        self.seen: list[str] = []
        self.tokens: list[str] = []
        self._spoiled: list[Spoiled] = []
        self._before: dict[tuple[str, int], Callable[[], None]] = {}
        self.turn: Callable[[str], AbstractContextManager[None]] = _at_once
        self._ahead_s = 0.0
        self._lock = threading.RLock()

    def reset(self) -> None:
        with self._lock:
            self.blobs.clear()
            self.containers = {CONTAINER}
            self.seen.clear()
            self.tokens.clear()
            self._spoiled.clear()
            self._before.clear()
            self.turn = _at_once

    def before(self, operation: str, number: int, call: Callable[[], None]) -> None:
        """Have it done when so many requests for the operation have come, before the last of them is answered."""
        self._before[operation, number] = call

    def heard(self, operation: str) -> None:
        with self._lock:
            self.seen.append(operation)
            call = self._before.pop((operation, self.seen.count(operation)), None)
        if call is not None:
            call()

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def spoil(self, operation: str, *, times: int = 1, **how: Any) -> None:
        self._spoiled += [Spoiled(operation=operation, **how)] * times

    def heal(self) -> None:
        self._spoiled.clear()

    @property
    def blob(self) -> Blob:
        """The only one."""
        (blob,) = self.blobs.values()
        return blob

    @property
    def state(self) -> str:
        return self.blob.state(self.now()) if self.blobs else "available"

    def break_lease(self, within_s: float = 0) -> None:
        """As somebody does in the portal: at once. `lock release` leaves some time."""
        self.blob.is_broken, self.blob.until = True, self.now() + within_s

    def now(self) -> float:
        return time.monotonic() + self._ahead_s

    def spoiled(self, operation: str) -> Spoiled | None:
        with self._lock:
            found = next((it for it in self._spoiled if it.operation == operation), None)
            if found is not None:
                self._spoiled.remove(found)
            return found

    def answer(
        self, operation: str, name: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            container, _, blob = name.partition("/")
            if container not in self.containers:
                raise Refused(404, "ContainerNotFound")
            if operation == "put":
                return self._put(blob, headers, body)
            found = self.blobs.get(blob)
            if found is None:
                raise Refused(404, "BlobNotFound")
            if operation == "get":
                return 206, self._shown(found), found.content
            answer: tuple[int, dict[str, str]] = getattr(self, f"_{operation}")(found, headers)
            return (*answer, b"")

    def _shown(self, blob: Blob) -> dict[str, str]:
        state = blob.state(self.now())
        size = len(blob.content)
        return {
            "x-ms-lease-state": state,
            "x-ms-lease-status": "locked" if state in ("leased", "breaking") else "unlocked",
            "Content-Range": f"bytes 0-{size - 1}/{size}",
            "Content-Type": "application/octet-stream",
            "x-ms-blob-type": "BlockBlob",
        }

    def _put(self, name: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        found, lease = self.blobs.get(name), headers.get("x-ms-lease-id", "")
        is_kept = found is not None and found.state(self.now()) in ("leased", "breaking")
        if is_kept and not lease:
            raise Refused(412, "LeaseIdMissing")
        if found is not None and headers.get("if-none-match") == "*":
            raise Refused(409, "BlobAlreadyExists")
        if lease and not is_kept:
            raise Refused(412, "LeaseNotPresentWithBlobOperation")
        if is_kept and found is not None and lease != found.lease:
            raise Refused(412, "LeaseIdMismatchWithBlobOperation")
        if found is None:
            self.blobs[name] = Blob(content=body)
        else:
            found.content = body
            found.lease = found.lease if is_kept else ""
        return 201, {}, b""

    def _acquire(self, blob: Blob, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        wanted, state = headers["x-ms-proposed-lease-id"], blob.state(self.now())
        if state == "breaking" or (state == "leased" and blob.lease != wanted):
            raise Refused(409, "LeaseAlreadyPresent")
        blob.lease, blob.duration_s, blob.is_broken = wanted, int(headers["x-ms-lease-duration"]), False
        blob.until = self.now() + blob.duration_s
        return 201, {"x-ms-lease-id": wanted}

    def _renew(self, blob: Blob, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self._require_own(blob, headers)
        if blob.is_broken:
            raise Refused(409, "LeaseIsBrokenAndCannotBeRenewed")
        blob.until = self.now() + blob.duration_s
        return 200, {"x-ms-lease-id": blob.lease}

    def _release(self, blob: Blob, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self._require_own(blob, headers)
        blob.lease = ""
        return 200, {}

    def _break(self, blob: Blob, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        if not blob.lease:
            raise Refused(409, "LeaseNotPresentWithLeaseOperation")
        left = max(0.0, blob.until - self.now())
        period = min(float(headers.get("x-ms-lease-break-period", left)), left)
        blob.is_broken, blob.until = True, self.now() + period
        return 202, {"x-ms-lease-time": str(round(period))}

    @staticmethod
    def _require_own(blob: Blob, headers: dict[str, str]) -> None:
        if not blob.lease or blob.lease != headers.get("x-ms-lease-id"):
            raise Refused(409, "LeaseIdMismatchWithLeaseOperation")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: Storage

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = urlsplit(self.path)
        lease = parse_qs(url.query).get("comp") == ["lease"]
        operation = headers["x-ms-lease-action"] if lease else self.command.lower()
        name = unquote(url.path).removeprefix(f"/{ACCOUNT}/")
        self.storage.heard(operation)
        self.storage.tokens.append(headers.get("authorization", ""))
        spoiled = self.storage.spoiled(operation)
        if spoiled is not None and not spoiled.status and not spoiled.after:
            self.close_connection = True
            return
        if spoiled is not None and spoiled.status and not spoiled.after:
            self._say(spoiled.status, spoiled.headers, spoiled.body, code=spoiled.code)
            return
        try:
            with self.storage.turn(headers.get("authorization", "")):
                status, told, content = self.storage.answer(operation, name, headers, body)
        except Refused as refused:
            self._say(refused.status, {}, None, code=refused.code)
            return
        if spoiled is not None and not spoiled.status:
            self.close_connection = True
        elif spoiled is not None:
            self._say(spoiled.status, {**told, **spoiled.headers}, spoiled.body or b"")
        else:
            self._say(status, told, content)

    do_GET = do_PUT = _any  # noqa: N815 - the names are http.server's

    def _say(self, status: int, headers: dict[str, str], body: bytes | None, *, code: str = "") -> None:
        if body is None:
            message = f"<Code>{code}</Code><Message>Told: {code}.\nId:1</Message>"
            body = f"<?xml version='1.0'?><Error>{message}</Error>".encode()
        stamp = formatdate(usegmt=True)
        own = {"Content-Length": str(len(body)), "Date": stamp, "ETag": '"1"', "Last-Modified": stamp}
        own |= {"x-ms-request-id": "of-storage", "Content-Type": "application/xml"}
        self.send_response_only(status)
        for name, value in {**own, **({"x-ms-error-code": code} if code else {}), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """A client that was killed takes no answer."""


@contextmanager
def running(folder: Path) -> Iterator[Storage]:
    """Its CA is in the folder."""
    storage, authority = Storage(), trustme.CA()
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(trust)
    authority.cert_pem.write_to_path(str(folder / "storage-ca.pem"))
    handler = type("Handler", (_Handler,), {"storage": storage})
    server = _Server(("127.0.0.1", 0), handler)
    server.socket = trust.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    storage.url = f"https://127.0.0.1:{server.server_port}/{ACCOUNT}"
    storage.ca_file = str(folder / "storage-ca.pem")
    with untraced():
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
    try:
        yield storage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
