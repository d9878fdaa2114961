"""The log of a run is kept as an artifact, which more people read than may know a secret."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.foundry import Command, Foundry

HIDDEN = "correct-horse-battery-staple"
PATH = "path-77aa-trout"
MANIFEST = """\
version: 1
name: dev-buddy
connections:
  search:
    category: CustomKeys
    auth_type: CustomKeys
    target: https://example.org
    credentials: {keys: {Authorization: "${env:SEARCH_KEY}"}}
    credentials_version: 1
agents:
  helper:
    model: c/m
    instructions: Nobody is to know that the word is ${env:HIDDEN_PATH}.
    tools:
      - type: mcp
        server_label: x
        server_url: https://x.example/${env:HIDDEN_PATH}
        headers: {Authorization: "Bearer ${env:SEARCH_KEY}"}
"""
ALLOWED = ("--allow-env", "SEARCH_KEY", "--allow-env", "HIDDEN_PATH")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def keyed(foundry: Foundry, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 - its environment
    monkeypatch.setenv("SEARCH_KEY", HIDDEN)
    monkeypatch.setenv("HIDDEN_PATH", PATH)
    file = project / "stores.yaml"
    file.write_text(MANIFEST, encoding="utf-8")
    return file


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_log_holds_nothing_of_what_was_sent(style: str, keyed: Path, foundry: Foundry, provisioner: Command) -> None:
    """Whatever the service says of it, in an answer that is asked for again, and in one that ends it."""
    said = {"error": {"code": "Bad", "message": f"{HIDDEN} and {PATH} at https://x.example/{PATH}"}}
    again = {"status": 503, "body": said, "headers": {"retry-after-ms": "1"}}
    foundry.fault({"method": "GET", "path": "*/agents*", "times": 1}, again)
    foundry.fault({"method": "PUT", "path": "*/connections/*"}, {"status": 400, "body": said})
    foundry.fault({"method": "POST", "path": "*/agents/*"}, {"status": 400, "body": said})
    file = keyed.parent / "run.log"
    log = ("--log-file", str(file), "--log-format", style)

    assert provisioner(*log, "apply", "--yes", *ALLOWED).code == 1
    foundry.fault({"method": "GET", "path": "*/agents*", "times": 1}, {"status": 400, "body": said})
    assert provisioner(*log, "plan", *ALLOWED).code == 1

    text = file.read_text(encoding="utf-8")
    assert "/agents" in text
    for secret in (HIDDEN, PATH, "eyJ", "Bearer", "api-version", foundry.env["IDENTITY_HEADER"], "SEARCH_KEY"):
        assert secret not in text


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.usefixtures("keyed")
def test_what_is_said_by_others_is_one_line_and_commands_nothing(
    style: str, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "##vso[task.setvariable variable=a]b\t::error::"
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_JOB_URL", "https://a.example/##vso[x]::error::")
    foundry.fault({"method": "GET", "path": "*/agents*"}, {"status": 404, "headers": {"x-request-id": evil}})
    told = provisioner("--log-format", style, "--log-level", "debug", "plan", *ALLOWED).err

    assert "variable=a" in told
    assert "##vso" not in told
    assert "\t" not in told
    if style == "json":
        ids = [json.loads(line).get("request_id") for line in told.splitlines() if line.startswith("{")]
        assert evil in ids


def test_no_log_is_written_through_a_link_that_leads_out(keyed: Path, provisioner: Command) -> None:
    outside = keyed.parent.parent / f"outside-{os.getpid()}.txt"
    (keyed.parent / "link.jsonl").symlink_to(outside)
    (keyed.parent / ".git").mkdir()
    (keyed.parent / "inside.jsonl").symlink_to(keyed.parent / ".git" / "config")

    for name in ("link.jsonl", "inside.jsonl"):
        refused = provisioner("--log-file", name, "plan", *ALLOWED)
        assert (refused.code, refused.out) == (1, "")
        assert "leads out of this folder" in refused.err
    assert not outside.exists()
    assert not (keyed.parent / ".git" / "config").exists()


@pytest.mark.parametrize("state", ["a=b\r\nX-Evil: 1", "a=b\x00", "a=\u00e9", "a=" + "b" * 5000])
@pytest.mark.parametrize("parent", [TRACE, f"{TRACE}\r\nX-Evil: 1", "\u0660" * 55])
@pytest.mark.usefixtures("keyed")
def test_a_trace_breaks_no_header(
    parent: str, state: str, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "\0" in state and os.name == "posix":
        state = state.replace("\0", "\x01")  # no variable of a process can hold it
    monkeypatch.setenv("TRACEPARENT", parent)
    monkeypatch.setenv("TRACESTATE", state)

    assert provisioner("plan", *ALLOWED).code == 0
    seen = [it["traceparent"] for it in foundry._ask("GET", "requests")["requests"] if it["path"] != "/msi/token"]
    assert seen
    assert all((it is None) is (parent != TRACE) for it in seen)
