"""How much of an answer is read, how long it is waited for, and what becomes of odd headers, on both planes."""

from __future__ import annotations

import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
import trustme

from provisioner.model.errors import PlaneError
from provisioner.planes.arm_pipeline import ArmPipeline
from provisioner.planes.credentials import Tokens
from provisioner.planes.documents import MOST_BYTES
from provisioner.planes.management import ArmManagement, Scope
from provisioner.planes.project import HttpProject, open_client
from provisioner.planes.retry import HUNG_ATTEMPTS, PATIENCE
from provisioner.planes.trust import BUNDLES, trusted_authorities
from tests.planes.world import FakeClock, FakeCredential, deployments_path, failure_of

MEGABYTE: Final = 1024 * 1024
PLANES: Final = ("project", "management")


class Liar:
    """An https server whose every answer is written by `reply`; counts requests."""

    def __init__(self) -> None:
        self.requests = 0
        self.tokens = 0
        self.url = ""
        self.reply: Callable[[BaseHTTPRequestHandler], None] = lambda handler: whole(handler, b"{}")


def whole(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def liar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    lies = Liar()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            lies.requests += 1
            lies.tokens += "Authorization" in self.headers
            try:
                lies.reply(self)
            except OSError:  # the client had enough
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names are http.server's

        def log_message(self, *args: object) -> None: ...

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in BUNDLES:
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    lies.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield lies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def listing(plane: str, url: str, clock: FakeClock, *, timeout_s: float = 5) -> Iterator[Callable[[], object]]:
    """A call that lists something on the plane."""
    tokens = Tokens(FakeCredential(), "scope")
    if plane == "project":
        with open_client(url, tokens, trust=trusted_authorities(), connections=1, timeout_s=timeout_s) as client:
            project = HttpProject(client, clock=clock, note=lambda _: None)
            yield lambda: list(project.items("agents"))
        return
    where = Scope(subscription="s", resource_group="g", account="a", project="p")
    with ArmPipeline(
        tokens,
        endpoint=url,
        scope="scope",
        trust=trusted_authorities(),
        allowed_hosts=("127.0.0.1",),
        clock=clock,
        timeout_s=timeout_s,
    ) as pipeline:
        management = ArmManagement(pipeline, where, clock=clock, note=print)
        yield lambda: list(management.items(deployments_path(management)))


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Five gigabytes, were they all read."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(5 * 1024 * MEGABYTE))
    handler.end_headers()
    for _ in range(5 * 1024):
        handler.wfile.write(b" " * MEGABYTE)


def packed(handler: BaseHTTPRequestHandler) -> None:
    """A quarter of a megabyte that unpacks to a thousand times as much."""
    packer = zlib.compressobj(wbits=31)
    body = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(256))
    whole(handler, body + packer.flush(), Content_Encoding="gzip")


@pytest.mark.parametrize("reply", [endless, packed])
@pytest.mark.parametrize("plane", PLANES)
def test_no_more_of_an_answer_is_read_than_is_sensible(
    liar: Liar, clock: FakeClock, plane: str, reply: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    liar.reply = reply
    with listing(plane, liar.url, clock, timeout_s=60) as call:
        tracemalloc.start()
        failure = failure_of(call)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert failure.code == "too-large-answer"
    assert "32 MB" in failure.message
    assert peak < 6 * MOST_BYTES
    assert liar.requests == 1


@pytest.mark.parametrize("plane", PLANES)
def test_many_small_values_are_too_much_as_well(liar: Liar, clock: FakeClock, plane: str) -> None:
    liar.reply = lambda handler: whole(handler, b'{"value": [' + b"[]," * 3_000_000 + b"[]]}")
    with listing(plane, liar.url, clock, timeout_s=60) as call:
        assert failure_of(call).code == "too-large-answer"


@pytest.mark.parametrize("plane", PLANES)
def test_a_service_that_never_answers_is_asked_twice_and_no_more(clock: FakeClock, plane: str) -> None:
    scheme = {"project": "http", "management": "https"}[plane]
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        _silent(deaf) as (host, requests),
        listing(plane, f"{scheme}://{host}", clock, timeout_s=0.2) as call,
    ):
        failure = failure_of(call)
    assert failure.code == "unreachable"
    assert "--timeout" in failure.advice
    assert len(requests) == HUNG_ATTEMPTS


@contextmanager
def _silent(server: socket.socket) -> Iterator[tuple[str, list[socket.socket]]]:
    """Takes connections and says nothing, not even hello."""
    taken: list[socket.socket] = []

    def take() -> None:
        try:
            while True:
                taken.append(server.accept()[0])
        except OSError:
            return

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}", taken
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in taken:
            connection.close()


@pytest.mark.parametrize("plane", PLANES)
def test_an_answer_whose_rest_never_comes_is_asked_for_twice(liar: Liar, clock: FakeClock, plane: str) -> None:
    gone = threading.Event()

    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"value": [')
        handler.wfile.flush()
        gone.wait(30)

    liar.reply = half
    try:
        with listing(plane, liar.url, clock, timeout_s=0.3) as call:
            assert failure_of(call).code == "unreachable"
    finally:
        gone.set()
    assert liar.requests == HUNG_ATTEMPTS


@pytest.mark.parametrize("plane", PLANES)
def test_an_answer_that_trickles_is_not_waited_for_for_ever(liar: Liar, clock: FakeClock, plane: str) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(MEGABYTE))
        handler.end_headers()
        for _ in range(16):
            clock.sleep(PATIENCE)  # as if it took so long
            handler.wfile.write(b" " * (MEGABYTE // 16))

    liar.reply = trickle
    with listing(plane, liar.url, clock, timeout_s=10) as call:
        failure = failure_of(call)
    assert failure.code == "unreachable"
    assert liar.requests == HUNG_ATTEMPTS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("plane", PLANES)
def test_a_redirect_is_told_with_its_target_and_no_token_follows_it(
    liar: Liar, clock: FakeClock, plane: str, status: int
) -> None:
    liar.reply = lambda handler: whole(handler, b"", status, Location="https://me:pw@login.example/sign?code=secret")
    with listing(plane, liar.url, clock) as call:
        failure = failure_of(call)
    assert (failure.code, failure.status) == ("redirected", status)
    assert "https://login.example/sign;" in failure.message
    assert "secret" not in failure.message
    assert "pw" not in failure.message
    assert (liar.requests, liar.tokens) == (1, 1)


@pytest.mark.parametrize("location", ["", "/elsewhere", "//other.example/p", "http://[::", "\xff\xfe", "x" * 4000])
@pytest.mark.parametrize("plane", PLANES)
def test_a_redirect_to_nowhere_in_particular_is_told_all_the_same(
    liar: Liar, clock: FakeClock, plane: str, location: str
) -> None:
    liar.reply = lambda handler: whole(handler, b"", 302, Location=location)
    with listing(plane, liar.url, clock) as call:
        assert failure_of(call).code == "redirected"


ODD_HEADERS: Final = (
    {"Retry_After": "Fri, 31 Dec 99999 23:59:59 GMT"},
    {"Retry_After": "-1"},
    {"Retry_After": "1e999"},
    {"Retry_After": "nan"},
    {"Retry_After": "\xff\xe9"},
    {"Retry_After": "Sat, 01 Aug 2026 12:00:00 +9999"},
    {"x_ms_request_id": "\xff\xfe\x80"},
    {"Content_Type": "application/json; charset=hex"},
    {"Content_Type": "application/json; charset=nonsense"},
    {"Content_Type": "\xff"},
    {"Content_Type": "application/xml"},
    {"Content_Type": "text/html; charset=utf-16"},
    {"WWW_Authenticate": 'Bearer claims="\xff", error="insufficient_claims"'},
)


@pytest.mark.parametrize("headers", ODD_HEADERS, ids=str)
@pytest.mark.parametrize("status", [200, 401, 409, 429, 503])
@pytest.mark.parametrize("plane", PLANES)
def test_odd_headers_end_as_an_answer_or_a_failure(
    liar: Liar, clock: FakeClock, plane: str, status: int, headers: dict[str, str]
) -> None:
    body = b'{"value": []}' if status == 200 else b'{"error": {"code": "c", "message": "\xff"}}'
    liar.reply = lambda handler: whole(handler, body, status, **headers)
    with listing(plane, liar.url, clock) as call:
        try:
            assert (call(), status) == ([], 200)
        except PlaneError as error:
            assert error.failure.message  # noqa: PT017 - either is right
    assert all(0 < slept <= 300 for slept in clock.slept)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
@pytest.mark.parametrize("plane", PLANES)
def test_a_number_beyond_reason_is_no_json(liar: Liar, clock: FakeClock, plane: str, number: str) -> None:
    liar.reply = lambda handler: whole(handler, f'{{"value": [{{"name": {number}}}]}}'.encode())
    with listing(plane, liar.url, clock) as call:
        assert failure_of(call).code == "not-json"
