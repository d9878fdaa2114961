"""A token goes to a port of this machine where a flag or the environment says so, not where a repository does: on a
shared runner somebody else's program may listen there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.foundry import Command, Foundry


class Listener:
    """Somebody's program on this machine; `heard` are the requests it got, with their headers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append((self.path, self.headers.get("Authorization", "")))
                body = b'{"data": [], "value": [], "has_more": false}'
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.authority = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.authority}/api/projects/p"

    @property
    def tokens(self) -> list[str]:
        return [token for _, token in self.heard if token]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    thread = threading.Thread(target=listener.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def unsaid(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it is signed in
    """Tokens are to be had, and the environment says nothing about the project."""
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "PROVISIONER_MANAGEMENT_ENDPOINT", "AZURE_SUBSCRIPTION_ID"):
        monkeypatch.delenv(name)


@pytest.fixture
def no_management_endpoint(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - as above
    monkeypatch.delenv("PROVISIONER_MANAGEMENT_ENDPOINT")


def manifest(**project: str) -> str:
    lines = "".join(f"  {key}: '{value}'\n" for key, value in project.items())
    return f"version: 1\nname: a\nproject:\n{lines}deployments:\n  m: {{external: true}}\n"


SPELLINGS = (
    "http://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://LOCALHOST:{port}",
    "https://127.0.0.1:{port}",
)


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "destroy"])
@pytest.mark.parametrize("spelling", [*SPELLINGS, "http://127.8.9.1:{port}", "http://[::1]:{port}"])
@pytest.mark.usefixtures("unsaid")
def test_a_manifest_cannot_send_the_token_to_this_machine(
    project: Path, provisioner: Command, listener: Listener, spelling: str, command: str
) -> None:
    endpoint = spelling.format(port=listener.server.server_port)
    (project / "stores.yaml").write_text(manifest(endpoint=f"{endpoint}/api/projects/p"), encoding="utf-8")

    told = provisioner(command, *(["--yes"] if command in {"apply", "destroy"} else []))

    assert (told.code, listener.heard) == (1, [])
    assert "untrusted-host" in told.out + told.err
    assert "--allow-host" in told.out + told.err


@pytest.mark.usefixtures("unsaid")
def test_nor_by_a_variable_that_has_a_default(project: Path, provisioner: Command, listener: Listener) -> None:
    endpoint = f"${{env:FOUNDRY_UNSET:-{listener.url}}}"
    (project / "stores.yaml").write_text(manifest(endpoint=endpoint), encoding="utf-8")

    assert provisioner("plan").code == 1
    assert listener.heard == []


@pytest.mark.parametrize("command", [("plan",), ("export",), ("validate",)])
@pytest.mark.usefixtures("unsaid")
def test_nor_can_a_dotenv_file(
    project: Path, provisioner: Command, listener: Listener, command: tuple[str, ...]
) -> None:
    (project / ".env").write_text(f"FOUNDRY_PROJECT_ENDPOINT={listener.url}\n", encoding="utf-8")
    (project / "stores.yaml").write_text(manifest(), encoding="utf-8")

    told = provisioner(*command)

    assert (told.code, listener.heard) == (1, [])
    assert "--allow-host" in told.out + told.err


@pytest.mark.parametrize("source", ["manifest", ".env"])
@pytest.mark.usefixtures("no_management_endpoint")
def test_nor_to_a_management_endpoint(
    project: Path, provisioner: Command, listener: Listener, foundry: Foundry, source: str
) -> None:
    there = f"https://{listener.authority}"
    said = {"management_endpoint": there} if source == "manifest" else {}
    (project / "stores.yaml").write_text(manifest(**said), encoding="utf-8")
    (project / ".env").write_text(f"PROVISIONER_MANAGEMENT_ENDPOINT={there}\n" * (source == ".env"), encoding="utf-8")

    told = provisioner("plan")

    assert (told.code, listener.heard, foundry.requests()) == (1, [], [])
    assert "--allow-host" in told.out + told.err


@pytest.mark.usefixtures("unsaid")
def test_a_port_is_allowed_for_itself_alone(project: Path, provisioner: Command, listener: Listener) -> None:
    (project / "stores.yaml").write_text(manifest(endpoint=listener.url), encoding="utf-8")

    assert provisioner("plan", "--allow-host", "127.0.0.1:1").code == 1
    assert listener.heard == []


@pytest.mark.usefixtures("unsaid")
@pytest.mark.parametrize("allowed", ["127.0.0.1", "{authority}"])
def test_a_flag_may_say_so(project: Path, provisioner: Command, listener: Listener, allowed: str) -> None:
    (project / "stores.yaml").write_text(manifest(endpoint=listener.url), encoding="utf-8")

    provisioner("plan", "--allow-host", allowed.format(authority=listener.authority))

    assert listener.tokens


@pytest.mark.usefixtures("unsaid")
def test_so_may_the_flag_that_names_the_project(project: Path, provisioner: Command, listener: Listener) -> None:
    (project / "stores.yaml").write_text(manifest(endpoint="https://a.services.ai.azure.com/api/projects/p"))

    provisioner("plan", "--project-endpoint", listener.url)

    assert listener.tokens


@pytest.mark.usefixtures("unsaid")
@pytest.mark.parametrize("said", [{}, {"endpoint": "${env:FOUNDRY_PROJECT_ENDPOINT}"}], ids=["nothing", "a reference"])
def test_so_may_the_environment(
    project: Path, provisioner: Command, listener: Listener, said: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", listener.url)
    (project / "stores.yaml").write_text(manifest(**said), encoding="utf-8")

    assert provisioner("validate").code == 0
    provisioner("plan")

    assert listener.tokens


IDENTITY = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_AUTHORITY_HOST", "AZURE_POD_IDENTITY_AUTHORITY_HOST")


@pytest.mark.parametrize("name", IDENTITY)
def test_who_hands_out_tokens_is_said_by_the_environment_alone(
    project: Path, provisioner: Command, listener: Listener, foundry: Foundry, name: str
) -> None:
    lines = f"{name}=http://{listener.authority}\nIDENTITY_HEADER=stolen\nMSI_SECRET=stolen\n"
    (project / ".env").write_text(lines, encoding="utf-8")
    said = manifest() + f"x-identity: {{{name}: 'http://{listener.authority}'}}\n"
    (project / "stores.yaml").write_text(said, encoding="utf-8")

    provisioner("plan")

    assert foundry.requests()
    assert listener.heard == []
