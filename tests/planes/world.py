"""What the tests of the planes and of the executor stand on: a running Foundry, a clock that only pretends to wait, and
a server that says whatever a test wants.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken

from provisioner.emulator import Emulator, Options
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.management import ArmManagement
from provisioner.planes.service import Coordinates, Planes, connect
from provisioner.planes.trust import BUNDLES
from tests.tracing import running_untraced

Json = dict[str, Any]
ACCOUNT = "local-foundry"


def failure_of(call: Callable[[], object]) -> Failure:
    """What a call that must fail fails with."""
    with pytest.raises(PlaneError) as caught:
        call()
    return caught.value.failure


def deployments_path(plane: ArmManagement, *more: str) -> str:
    """Of all deployments, of one (by name), or of an action on it."""
    return "/".join([plane.account, "deployments", *more])


class FakeClock:
    """Sleeping moves it, and whatever follows it. Several threads may sleep at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.followers: list[Callable[[float], None]] = []
        self._now = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._now += seconds
        for follow in self.followers:
            follow(seconds)


class FakeCredential:
    """A credential that counts how often it was asked. `lifetime_s` counts from `now`."""

    def __init__(self, *, now: Callable[[], float] = lambda: 0.0, lifetime_s: float = 1e12) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self._now = now
        self._lifetime_s = lifetime_s

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,  # noqa: ARG002
        enable_cae: bool = False,  # noqa: ARG002
        **more: Any,  # noqa: ARG002
    ) -> AccessToken:
        self.asked.append((scopes[0], claims))
        return AccessToken(f"secret-{len(self.asked)}", int(self._now() + self._lifetime_s))


@dataclass(frozen=True, kw_only=True)
class Admin:
    """The emulator's handles."""

    client: httpx.Client

    def post(self, name: str, body: Any) -> Any:
        answer = self.client.post(f"/_emulator/{name}", json=body).raise_for_status()
        return answer.json() if answer.content else None

    def fault(self, method: str, path: str, *, nth: int = 1, times: int | None = 1, **do: Any) -> None:
        """The path is a glob; `times` None is for ever."""
        match = {"method": method, "path": path, "nth": nth, **({"times": times} if times else {})}
        if times is None:
            del match["nth"]
        self.post("faults", {"match": match, "do": do})

    def switch(self, **switches: Any) -> None:
        self.post("switches", switches)

    def advance(self, seconds: float) -> None:
        self.post("clock", {"advance_s": seconds})

    def drift(self, kind: str, name: str, changes: Json) -> None:
        self.post("drift", {"kind": kind, "name": name, "changes": changes})

    def state(self) -> Json:
        found: Json = self.client.get("/_emulator/state").raise_for_status().json()
        return found

    def counts(self) -> Json:
        counts: Json = self.state()["counts"]
        return counts

    def requests(self, method: str = "", path: str = "") -> list[Json]:
        every: list[Json] = self.client.get("/_emulator/requests").raise_for_status().json()["requests"]
        return [one for one in every if one["method"].startswith(method) and path in one["path"]]

    def forget_requests(self) -> None:
        self.client.delete("/_emulator/requests").raise_for_status()


@dataclass(frozen=True, kw_only=True)
class Foundry:
    emulator: Emulator
    admin: Admin
    clock: FakeClock
    notes: list[str] = field(default_factory=list)

    @property
    def where(self) -> Coordinates:
        env = self.emulator.env
        return Coordinates(
            endpoint=self.emulator.project,
            account=ACCOUNT,
            subscription=env["AZURE_SUBSCRIPTION_ID"],
            resource_group=env["AZURE_RESOURCE_GROUP"],
            management_endpoint=self.emulator.management,
            allowed_hosts=("127.0.0.1",),
        )

    @contextmanager
    def connected(self) -> Iterator[Planes]:
        with connect(self.where, clock=self.clock) as planes:
            yield planes.telling(self.notes.append)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with running_untraced(Options()) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def admin_client(running: Emulator) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=running.ca_file)
    with httpx.Client(base_url=running.management, verify=trust, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def foundry(running: Emulator, admin_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    return prepared(running, admin_client, monkeypatch)


def prepared(running: Emulator, admin_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    """As on the first day, in the environment of a program that knows nothing of us. Sleeping moves its clock, too."""
    admin_client.post("/_emulator/reset").raise_for_status()
    for name, value in running.env.items():
        monkeypatch.setenv(name, value)
    for name in BUNDLES:  # our CA alone is read in a tenth of the time
        monkeypatch.setenv(name, running.ca_file)
    clock = FakeClock()
    admin = Admin(client=admin_client)
    clock.followers.append(admin.advance)
    return Foundry(emulator=running, admin=admin, clock=clock)


@pytest.fixture
def planes(foundry: Foundry) -> Iterator[Planes]:
    with foundry.connected() as planes:
        yield planes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status 0 closes the connection without an answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class Scripted:
    """An http server that gives the answers it was told, in order, and the last one for ever."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.url = ""

    def say(self, status: int = 200, body: Any = None, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer(status=status, body=content, headers=told))

    def next_answer(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.requests.append((self.command, self.path, headers))
            answer = script.next_answer()
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names are http.server's

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
