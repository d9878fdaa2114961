"""What commands make of a service that lies: nothing written, nothing lost, and words that help."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

LISTS = ("*/agents", "*/memory_stores", "*/deployments")


@pytest.fixture
def applied(foundry: Foundry, project: Path, provisioner: Command) -> Foundry:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    done = provisioner("apply", "--yes")
    assert done.code == 0, done.err
    foundry.forget_requests()
    return foundry


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("apply", "--yes"),
        ("destroy", "--yes", "--allow-data-loss", "stores/dev-prefs-memory"),
        ("export", "--out", "out.yaml"),
    ],
    ids=lambda words: words[0],
)
def test_an_empty_answer_is_no_empty_list_for_any_command(
    applied: Foundry, project: Path, provisioner: Command, path: str, command: tuple[str, ...]
) -> None:
    applied.fault({"method": "GET", "path": path, "times": 1}, {"status": 200, "body": {}})

    failed = provisioner(*command)

    assert failed.code == 1
    assert failed.out == ""
    assert "Error: The list of " in failed.err
    assert "cannot be read: it is empty." in failed.err
    assert "code odd-answer" in failed.err
    assert [line for line in applied.requests() if not line.startswith("GET")] == []
    assert not (project / "out.yaml").exists()


def odd_agent(applied: Foundry) -> None:
    """From here on the agent's marker is not text."""
    page = {
        "data": [
            {
                "object": "agent",
                "name": "dev-buddy",
                "versions": {"latest": {"version": "1", "definition": {}, "metadata": {"provisioner-owner": ["me"]}}},
            }
        ],
        "has_more": False,
    }
    applied.fault({"method": "GET", "path": "*/agents"}, {"status": 200, "body": page})


def test_an_object_that_cannot_be_read_is_refused_where_it_is_declared(applied: Foundry, provisioner: Command) -> None:
    odd_agent(applied)

    planned = provisioner("plan")

    assert planned.code == 1
    assert "agents/dev-buddy exists, but what the service shows of it cannot be read" in planned.out
    assert "versions.latest.metadata.provisioner-owner is a list, not text" in planned.out
    assert "stores.yaml:" in planned.out


def test_destroy_leaves_what_cannot_be_read_alone_and_says_so(applied: Foundry, provisioner: Command) -> None:
    odd_agent(applied)

    done = provisioner("destroy", "--yes", "--allow-data-loss", "stores/dev-prefs-memory")

    assert done.code == 0, done.err
    told = " ".join(done.out.split())
    assert "agents/dev-buddy cannot be read" in told
    assert "it is left alone" in told
    assert len(applied.objects("agents")) == 1
    assert applied.objects("stores") == []


def test_export_writes_what_cannot_be_read_as_external(applied: Foundry, provisioner: Command) -> None:
    odd_agent(applied)

    exported = provisioner("export")

    assert exported.code == 0
    assert "dev-buddy:\n    external: true" in exported.out
    assert "agents/dev-buddy cannot be read and is written as external" in exported.err


def test_an_apply_stops_before_what_cannot_be_read(applied: Foundry, project: Path, provisioner: Command) -> None:
    changed = EXAMPLE.replace("description: Assistant with", "description: An assistant with")
    assert changed != EXAMPLE
    (project / "stores.yaml").write_text(changed, encoding="utf-8")
    applied.fault({"method": "GET", "path": "*/agents/dev-buddy"}, {"status": 200, "body": {"name": "dev-buddy"}})

    failed = provisioner("apply", "--yes")

    assert failed.code == 1
    assert "agents/dev-buddy cannot be read (versions is missing); it was left as it is." in " ".join(
        failed.out.split()
    )
    assert len(applied.objects("versions")) == 1


def test_a_local_foundry_that_is_gone_is_told_as_that_and_once(
    foundry: Foundry,  # noqa: ARG001 - its environment
    project: Path,
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", f"https://{host}/api/projects/local")
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://{host}/msi/token")
        monkeypatch.setenv("SSL_CERT_FILE", "/gone/ca.pem")

        failed = provisioner("plan")

    assert failed.code == 1
    assert failed.err.count("Error: ") == 1
    assert f"Nothing listens at {host} on this machine any more." in failed.err
    assert "start it again" in failed.err
    assert "unset the variables" in failed.err
    assert "az login" not in failed.err


def test_a_missing_sign_in_is_told_once(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    foundry.fault({"path": "/msi/token"}, {"status": 400, "body": {"error": "invalid_request"}})

    failed = provisioner("plan")

    assert failed.code == 1
    assert failed.err.count("code not-signed-in") == 1
    assert failed.err.count("az login") == 1


def test_a_timeout_is_as_long_as_is_said(applied: Foundry, provisioner: Command) -> None:
    applied.fault({"method": "GET", "path": "*/agents"}, {"delay_s": 3})

    failed = provisioner("plan", "--timeout", "0.2")

    assert failed.code == 1
    assert "did not answer" in failed.err
    assert "--timeout SECONDS" in failed.err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon", "1e9"])
def test_a_timeout_that_makes_no_sense_is_refused(foundry: Foundry, provisioner: Command, seconds: str) -> None:  # noqa: ARG001
    failed = provisioner("plan", "--timeout", seconds)
    assert failed.code == 1
    assert "--timeout" in failed.err
