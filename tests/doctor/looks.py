"""What the tests of `doctor` ask with, and who answers them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken

from provisioner.cli.examination import Outside, Patience, examined
from provisioner.cli.options import Checks
from provisioner.cli.session import Request
from provisioner.doctor.verdict import Verdict
from provisioner.planes.credentials import SignIn
from provisioner.preflight.settings import Settings
from tests.foundry import EXAMPLE

FILE = Path("stores.yaml")
SHORT = Patience(answer_s=1, token_s=2, access_s=2, plan_s=10)


def started(folder: Path, text: str = EXAMPLE) -> None:
    (folder / FILE).write_text(text, encoding="utf-8")


def found(*, is_named: bool = False, skip: frozenset[str] = frozenset(), **outside: Any) -> dict[str, Verdict]:
    """The verdicts by their checks, over the manifest of the current folder."""
    checks = Checks(settings=Settings(skip=skip), cached=False)
    seen = examined(
        Request(files=(FILE,)), checks, is_named=is_named, outside=Outside(**{"patience": SHORT, **outside})
    )
    return {it.check: it for it in seen}


def states(seen: dict[str, Verdict], *, but: str = "ok") -> dict[str, str]:
    """Of those that are not as they should be."""
    return {name: it.state.value for name, it in seen.items() if it.state.value != but}


class Given:
    """A credential that gives one token for everything."""

    def __init__(self, claims: object, *, lifetime_s: float = 3600) -> None:
        self._claims = claims
        self._lifetime_s = lifetime_s

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ARG002
        body = urlsafe_b64encode(json.dumps(self._claims).encode()).decode().rstrip("=")
        text = f"head.{body}.signed" if self._claims is not None else "opaque"
        return AccessToken(text, int(time.time() + self._lifetime_s))


def signed_in_as(claims: object, *, lifetime_s: float = 3600) -> Callable[[], SignIn]:
    return lambda: SignIn(lambda: Given(claims, lifetime_s=lifetime_s))


@contextmanager
def listening(*, at: str = "127.0.0.1") -> Iterator[int]:
    """A port that takes connections, and says nothing."""
    with socket.create_server((at, 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def answering(status: int, body: bytes = b"{}", *, certificate: Path | None = None, **headers: str) -> Iterator[int]:
    """A server that says this to everything, also to who would connect through it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_CONNECT = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def tunnelling(to: int) -> Iterator[int]:
    """A proxy that leads every host to this port."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            with socket.create_connection(("127.0.0.1", to)) as other:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_copied, args=(other, self.connection), daemon=True)
                back.start()
                _copied(self.connection, other)
                back.join()
            self.close_connection = True

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _copied(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # whoever hung up first
        return
