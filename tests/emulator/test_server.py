"""The server as its users start it: embedded, in the foreground, and cheap to import."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

import provisioner.emulator
from provisioner.emulator import Emulator, Options, PortError

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = {
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "AZURE_TOKEN_CREDENTIALS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "FOUNDRY_PROJECT_ENDPOINT",
    "PROJECT_ENDPOINT",
    "AZURE_AI_PROJECT_ENDPOINT",
    "FOUNDRY_ACCOUNT",
    "PROVISIONER_MANAGEMENT_ENDPOINT",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_RESOURCE_GROUP",
    "AZURE_LOCATION",
}


def run(code: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_description_holds_every_variable_a_program_needs(emulator: Emulator) -> None:
    described = emulator.describe()

    assert described.keys() == {"management", "project", "ca_file", "env", "notes"}
    assert described["env"].keys() >= EXPECTED
    assert described["project"] == f"{described['management']}/api/projects/local"
    assert json.loads(json.dumps(described)) == described


def test_importing_the_room_loads_no_server() -> None:
    code = (
        "import sys, provisioner.emulator as room; room.Options(); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'starlette', 'uvicorn', 'jwt', 'sqlite3'}))"
    )

    assert run(code).strip() == "[]"


def test_an_unknown_name_of_the_room_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Emulater"):
        _ = provisioner.emulator.Emulater


def test_a_wanted_port_is_used_and_a_taken_one_is_an_os_error() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Emulator(Options(port=port)) as emulator:
        assert emulator.management == f"https://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"), Emulator(Options(port=port)):
            pass


def free_ports(count: int) -> int:
    """The first of so many in a row that nobody has."""
    while True:
        with ExitStack() as stack:
            first = stack.enter_context(bound(0)).getsockname()[1]
            try:
                for number in range(1, count):
                    stack.enter_context(bound(first + number))
            except (OSError, OverflowError):
                continue
            return int(first)


def bound(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def test_the_place_of_tokens_stays_beside_a_wanted_port(tmp_path: Path) -> None:
    port = free_ports(2)
    options = Options(port=port, state=str(tmp_path / "local.db"))

    with Emulator(options) as first:
        before = first.env
    with Emulator(options) as second:
        assert second.env == before
        assert second.env["IDENTITY_ENDPOINT"] == f"http://127.0.0.1:{port + 1}/msi/token"
        assert second.notes == ()


def test_a_place_of_tokens_that_is_taken_moves_and_says_so() -> None:
    port = free_ports(2)
    with bound(port + 1) as taken:
        taken.listen()
        with Emulator(Options(port=port)) as emulator:
            place = emulator.env["IDENTITY_ENDPOINT"]
            (note,) = emulator.notes

    assert str(port + 1) not in place
    assert note.startswith(f"Port {port + 1} is taken, so tokens are handed out at port {place.split(':')[2][:-10]}, ")
    assert "--token-port" in note


def test_a_place_of_tokens_may_be_named_and_is_then_not_given_up() -> None:
    port = free_ports(3)
    with Emulator(Options(port=port, token_port=port + 2)) as emulator:
        assert f":{port + 2}/" in emulator.env["IDENTITY_ENDPOINT"]
        with pytest.raises(PortError) as refused, Emulator(Options(token_port=port + 2)):
            pass

    assert refused.value.port == port + 2


def test_a_client_that_keeps_its_connection_does_not_hold_up_the_stop() -> None:
    emulator = Emulator(Options())
    emulator.start()
    trust = ssl.create_default_context(cafile=emulator.ca_file)
    with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
        client.get("/_emulator/state")
        emulator.stop()
        with pytest.raises(httpx.TransportError):
            client.get("/_emulator/state")


def test_stopping_twice_and_before_the_start_is_fine() -> None:
    emulator = Emulator(Options())
    emulator.stop()
    emulator.start()
    emulator.stop()
    emulator.stop()


def test_a_temporary_trust_is_removed_in_the_end() -> None:
    with Emulator(Options()) as emulator:
        ca_file = emulator.ca_file
        assert os.path.exists(ca_file)  # noqa: PTH110

    assert not os.path.exists(ca_file)  # noqa: PTH110


def test_proxies_are_told_to_keep_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "intranet")
    with Emulator(Options()) as emulator:
        assert emulator.env["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"


FOREGROUND = """
import json, sys
from provisioner.emulator import Options, serve_forever
serve_forever(Options(state=sys.argv[1]), ready=lambda told: print(json.dumps(told), flush=True))
print("over")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a console event there, not a signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_runs_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", FOREGROUND, str(tmp_path / "local.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        trust = ssl.create_default_context(cafile=told["ca_file"])
        answer = httpx.get(f"{told['management']}/_emulator/state", verify=trust, trust_env=False)
        server.send_signal(number)
        out, err = server.communicate(timeout=30)

    assert answer.status_code == 200
    assert (out, err, server.returncode) == ("over\n", "", 0)
