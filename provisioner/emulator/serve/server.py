"""The emulator as a running server: two listeners of one process, in a thread of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from provisioner.emulator.control.resources import (
    DEFAULT_ACCOUNT,
    DEFAULT_GROUP,
    DEFAULT_LOCATION,
    DEFAULT_PROJECT,
    SUBSCRIPTION_ID,
)
from provisioner.emulator.handles import families
from provisioner.emulator.serve.app import App
from provisioner.emulator.serve.first_day import make_world
from provisioner.emulator.serve.starters import model_variables
from provisioner.emulator.serve.state_lock import claimed
from provisioner.emulator.serve.tls import certificates_in
from provisioner.emulator.world.clock import Clock
from provisioner.emulator.world.file_ownership import keeps_modes
from provisioner.emulator.world.options import PortError
from provisioner.emulator.world.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType, TracebackType

    from typing_extensions import Self

    from provisioner.emulator.serve.tls import Certificates
    from provisioner.emulator.world.options import Options
    from provisioner.emulator.world.world import World

HOST: Final = "127.0.0.1"
PORT_MAX: Final = 65_535
START_TIMEOUT_S: Final = 30
GRACE_S: Final = 1
KEEP_ALIVE_S: Final = 75  # longer than clients keep an idle connection (httpx: 5), or one would send into its end
Connections = dict[Any, asyncio.Transport]


class Emulator:
    """Start it, or use it as a context manager. Raises StateError or OptionError for a file that cannot be used."""

    def __init__(self, options: Options, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock or Clock()
        self._closing = ExitStack()
        self._thread: threading.Thread | None = None
        self._servers: list[_Server] = []
        self.management = ""
        self.project = ""
        self.ca_file = ""
        self.env: dict[str, str] = {}
        self.notes: tuple[str, ...] = ()  # what its user should know, in sentences

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when both listeners accept connections."""
        with ExitStack() as closing:
            state = State(self._options.state, families.tables())
            closing.callback(state.close)
            world = make_world(self._options, state, self._clock)
            closing.callback(world.thinker.close)
            closing.callback(world.past.clear)
            closing.callback(world.log.close)
            with state.transaction(writes=True):  # one process at a time: the others find what it made
                certificates = certificates_in(self._certificate_folder(closing), self._options.cert_names)
            listeners = (
                closing.enter_context(_listening(self._options.port)),
                closing.enter_context(_listening_for_tokens(self._options)),
            )
            self._describe(world, certificates, *(listener.getsockname()[1] for listener in listeners))
            other = closing.enter_context(claimed(self._options.state, self.management))
            self.notes = tuple(_notes(self._options, other, listeners[1].getsockname()[1]))
            self._run(world, certificates, listeners)
            self._closing = closing.pop_all()

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._closing.close()

    def describe(self) -> dict[str, Any]:
        return {
            "management": self.management,
            "project": self.project,
            "ca_file": self.ca_file,
            "env": self.env,
            "notes": list(self.notes),
        }

    def _certificate_folder(self, closing: ExitStack) -> Path:
        """Beside a state file, so that what trusted us yesterday does so today, where it can be told to be ours."""
        if self._options.state != ":memory:" and keeps_modes(path := Path(self._options.state).expanduser()):
            return path.with_name(f"{path.name}.tls").absolute()
        folder = tempfile.TemporaryDirectory(prefix="foundry-emulator-", ignore_cleanup_errors=True)
        closing.callback(folder.cleanup)
        return Path(folder.name) / "tls"

    def _describe(self, world: World, certificates: Certificates, port: int, token_port: int) -> None:
        self.management = f"https://{HOST}:{port}"
        self.project = f"{self.management}/api/projects/{DEFAULT_PROJECT}"
        self.ca_file = str(certificates.ca)
        reachable = environment(
            management=self.management,
            project=self.project,
            identity=f"http://{HOST}:{token_port}/msi/token",
            identity_header=world.tokens.identity_header,
            certificates=certificates,
        )
        self.env = {**reachable, **model_variables(world.catalogue, self._options.deploy)}

    def _run(self, world: World, certificates: Certificates, listeners: tuple[socket.socket, ...]) -> None:
        ready = threading.Barrier(3)  # two listeners and the one who waits
        main, identity = (
            _Server(world, ready, identity=False, certificates=certificates),
            _Server(world, ready, identity=True, certificates=None),
        )
        self._servers = [main, identity]
        self._thread = threading.Thread(
            target=_serve_all, args=(self._servers, listeners, ready), name="foundry-emulator", daemon=True
        )
        self._thread.start()
        ready.wait(START_TIMEOUT_S)


class _Server(uvicorn.Server):
    """uvicorn, quiet, without signal handlers, telling when it is ready and who is connected."""

    def __init__(
        self, world: World, ready: threading.Barrier, *, identity: bool, certificates: Certificates | None
    ) -> None:
        connections: Connections = {}
        config = uvicorn.Config(
            App(world, connections, identity=identity),
            http=_tracking(connections),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the app's own: its clock may be wrong
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
            ssl_certfile=None if certificates is None else certificates.server,
        )
        super().__init__(config)
        self._ready = ready
        self._connections = connections

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # narrower is enough
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await asyncio.get_running_loop().run_in_executor(None, self._ready.wait)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests may end; a client that only keeps its connection open is not waited for."""
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_S)
        while self._connections:
            for transport in list(self._connections.values()):
                transport.abort()
            await asyncio.sleep(0)
        await super().shutdown(sockets)


def serve_forever(options: Options, *, ready: Callable[[dict[str, Any]], None]) -> None:
    """Run in the foreground until SIGINT or SIGTERM; `ready` is told the addresses and the environment."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Emulator(options) as emulator:
            ready(emulator.describe())
            while not stopped.wait(0.2):  # in slices: Windows delivers signals only between them
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def environment(
    *, management: str, project: str, identity: str, identity_header: str, certificates: Certificates
) -> dict[str, str]:
    """Every variable that an unmodified Azure program needs to work against this emulator.

    The bundle with the public CAs costs 25 ms per TLS context more than our CA alone, but these variables
    replace a program's CAs, and a program should still reach the rest of the world. Node adds to its own.
    """
    bundle = str(certificates.bundle)
    return {
        "IDENTITY_ENDPOINT": identity,
        "IDENTITY_HEADER": identity_header,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",  # one only: none probes 169.254.169.254
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": str(certificates.ca),
        "NO_PROXY": _no_proxy(),
        "no_proxy": _no_proxy(),
        "FOUNDRY_PROJECT_ENDPOINT": project,
        "PROJECT_ENDPOINT": project,
        "AZURE_AI_PROJECT_ENDPOINT": project,
        "FOUNDRY_ACCOUNT": DEFAULT_ACCOUNT,
        "PROVISIONER_MANAGEMENT_ENDPOINT": management,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "AZURE_RESOURCE_GROUP": DEFAULT_GROUP,
        "AZURE_LOCATION": DEFAULT_LOCATION,
    }


def _no_proxy() -> str:
    before = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    return ",".join(filter(None, (before, HOST, "localhost", "::1")))


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            problem = PortError(error.errno, error.strerror)
            problem.port = port
            raise problem from error
        yield listener
    finally:
        listener.close()


@contextmanager
def _listening_for_tokens(options: Options) -> Iterator[socket.socket]:
    """Beside a port that was asked for, so that yesterday's environment holds today; elsewhere if that is taken."""
    if options.token_port or not 0 < options.port < PORT_MAX:
        with _listening(options.token_port) as listener:
            yield listener
        return
    with ExitStack() as stack:
        try:
            listener = stack.enter_context(_listening(options.port + 1))
        except PortError:
            listener = stack.enter_context(_listening(0))
        yield listener


def _notes(options: Options, other: str, token_port: int) -> Iterator[str]:
    if other:
        yield (
            f'Another local Foundry ({other}) uses the state file "{options.state}" too. They share their objects; '
            "faults, switches and the clock are each one's own. Stop one of them, or name another file with --state."
        )
    if options.port and not options.token_port and token_port != options.port + 1:
        yield (
            f"Port {options.port + 1} is taken, so tokens are handed out at port {token_port}, and elsewhere after a "
            "restart. Name a free port with --token-port."
        )


def _serve_all(servers: list[_Server], listeners: tuple[socket.socket, ...], ready: threading.Barrier) -> None:
    async def run() -> None:
        await asyncio.gather(
            *(server.serve(sockets=[listener]) for server, listener in zip(servers, listeners, strict=True))
        )

    try:
        asyncio.run(run())
    except BaseException:
        ready.abort()
        raise


def _tracking(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, noting each connection by its client's address."""

    class Tracking(AutoHTTPProtocol):  # type: ignore[valid-type, misc]  # chosen at import by uvicorn
        def connection_made(self, transport: asyncio.Transport) -> None:
            self._peer = transport.get_extra_info("peername")
            connections[self._peer] = transport
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            connections.pop(self._peer, None)
            super().connection_lost(error)

    return Tracking
