"""Two applies in processes of their own, and a gate in front of everything that they ask: it holds each request and
lets one go at a time, in an order that a seed draws.
"""

from __future__ import annotations

import io
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import httpx
import trustme

from provisioner.cli.complaints import explain
from provisioner.cli.formats import RUNS
from provisioner.cli.locking import RunLock
from provisioner.cli.planning import planned
from provisioner.cli.preflight import Preflight
from provisioner.cli.running import carry_out, told_by
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal
from provisioner.model.allowances import Allowances
from provisioner.model.errors import ProvisionerError
from provisioner.planes import arm_pipeline, lease, management, service  # noqa: F401 - loaded once, for all
from provisioner.planes.clock import WakefulClock
from provisioner.planes.credentials import claims_in
from tests.foundry import Result
from tests.tracing import untraced

PLAYERS: Final = ("a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002")
_GRACE_S: Final = 0.05  # who sleeps or has ended asks nothing
_HURRY: Final = 100
_LEFT_OUT: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"})


class Turns:
    """One request at a time. Whose is next is drawn once everybody waits, or does not come within the grace."""

    def __init__(self, seed: int, players: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._changed = threading.Condition()
        self._playing = set(players)
        self._waiting: dict[str, int] = dict.fromkeys(players, 0)
        self._turn = ""
        self._free_since = time.monotonic()

    @contextmanager
    def turn(self, player: str) -> Iterator[None]:
        with self._changed:
            self._waiting[player] += 1
            self._draw()
            while self._turn != player or not self._take(player):
                self._changed.wait(_GRACE_S / 4)
                self._draw()
        try:
            yield
        finally:
            with self._changed:
                self._turn, self._free_since = "", time.monotonic()
                self._draw()

    def _take(self, player: str) -> bool:
        """Whether it is this one's of the player's several: the turn is marked as under way."""
        self._waiting[player] -= 1
        self._turn = f"{player} is under way"
        return True

    def leave(self, player: str) -> None:
        with self._changed:
            self._playing.discard(player)
            self._draw()

    def _draw(self) -> None:
        if self._turn:
            return
        ready = {player for player, number in self._waiting.items() if number}
        if ready and (ready >= self._playing or time.monotonic() - self._free_since > _GRACE_S):
            self._turn = self._random.choice(sorted(ready))
            self._changed.notify_all()


def player_of(authorization: str) -> str:
    """By the client that the token is for."""
    return str(claims_in(authorization.removeprefix("Bearer ")).get("appid"))


class Gate:
    """Stands in front of a local Foundry; `passed` are the players and requests in their order."""

    def __init__(self, upstream: str, ca_file: str) -> None:
        self.url = ""
        self.ca_file = ""
        self.turns = Turns(0, ())
        self.passed: list[tuple[str, str, str]] = []
        self._http = httpx.Client(base_url=upstream, verify=ssl.create_default_context(cafile=ca_file), timeout=60)

    def start(self, seed: int, players: int) -> None:
        self.turns, self.passed = Turns(seed, PLAYERS[:players]), []

    def close(self) -> None:
        self._http.close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        player = player_of(headers.get("authorization", ""))
        with self.turns.turn(player):
            self.passed.append((player, method, path))
            kept = {name: value for name, value in headers.items() if name not in _LEFT_OUT}
            return self._http.request(method, path, headers={**kept, "accept-encoding": "identity"}, content=body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gate: Gate

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.gate.answer(self.command, self.path, headers, body)
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _LEFT_OUT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - the names are http.server's

    def log_message(self, *args: object) -> None: ...


@contextmanager
def gate_before(upstream: str, ca_file: str, folder: Path) -> Iterator[Gate]:
    gate, authority = Gate(upstream, ca_file), trustme.CA()
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(trust)
    gate.ca_file = str(folder / "gate-ca.pem")
    authority.cert_pem.write_to_path(gate.ca_file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"gate": gate}))
    server.daemon_threads = True
    server.socket = trust.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    gate.url = f"https://127.0.0.1:{server.server_port}"
    with untraced():
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        gate.close()


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process is to apply, in which environment."""

    file: Path
    env: Mapping[str, str]


class Hurried(WakefulClock):
    """Waits for a lock without losing the tests' time."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / _HURRY)


def apply(run: Run) -> int:
    """As `provisioner apply --yes --format json` does it."""
    request = Request(files=(run.file,), allow_hosts=("127.0.0.1",), parallelism=2)
    lock, terminal = RunLock("apply", timeout_s=600, clock=Hurried()), Terminal.here(no_color=True, environ={})
    reporter = RUNS["json"](terminal)
    try:
        with told_by(reporter), opened(request, lock) as (manifest, planes):
            plan = planned(manifest, planes, Allowances(), Preflight(), parallelism=2)
            return carry_out(plan, planes, reporter, terminal, lock=lock, yes=True, parallelism=2, on_error="continue")
    except ProvisionerError as error:
        return explain(error, terminal)


def _told(run: Run) -> Result:
    os.environ.clear()
    os.environ.update(run.env)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = apply(run)
    return Result(code=code, out=out.getvalue(), err=err.getvalue())


class Stable:
    """A process that has loaded everything, and forks one for each run: those begin at once."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.locks.racing"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, run: Run) -> Result:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"file": str(run.file), "env": dict(run.env)}) + "\n")
        self._process.stdin.flush()
        return Result(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=30)


def race(gate: Gate, stables: Sequence[Stable], runs: Sequence[Run], seed: int) -> list[Result]:
    """What each came to. They begin together."""
    gate.start(seed, len(runs))
    results: dict[int, Result] = {}

    def play(number: int) -> None:
        env = {**runs[number].env, "AZURE_CLIENT_ID": PLAYERS[number]}
        try:
            results[number] = stables[number].run(Run(file=runs[number].file, env=env))
        finally:
            gate.turns.leave(PLAYERS[number])

    with untraced():
        threads = [threading.Thread(target=play, args=(number,)) for number in range(len(runs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [results[number] for number in range(len(runs))]


def can_race() -> bool:
    return hasattr(os, "fork")


def serve() -> None:
    for line in sys.stdin:
        if os.fork():
            os.wait()
            continue
        said = json.loads(line)
        result = _told(Run(file=Path(said["file"]), env=said["env"]))
        os.write(1, (json.dumps(asdict(result)) + "\n").encode())
        os._exit(0)


if __name__ == "__main__":
    serve()
