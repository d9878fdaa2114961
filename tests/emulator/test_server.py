"""The server as its users start it: embedded, in the foreground, and cheap to import."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

import provisioner.emulator
from provisioner.emulator import Emulator, Options

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

    assert described.keys() == {"management", "project", "ca_file", "env"}
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


def test_a_client_that_keeps_its_connection_does_not_hold_up_the_stop() -> None:
    emulator = Emulator(Options())
    emulator.start()
    trust = ssl.create_default_context(cafile=emulator.ca_file)
    with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False) as client:
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
from provisioner.emulator import Options, serve
serve(Options(state=sys.argv[1]), ready=lambda told: print(json.dumps(told), flush=True))
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
