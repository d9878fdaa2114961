"""`provisioner check` and `apply --check`, as a user runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from provisioner.cli import checking
from provisioner.reconcile.marker import read_marker, write_marker
from provisioner.render.check_schema import check_schema
from provisioner.render.json_schemas import events_schema
from tests.checks.conftest import STORE, left_in
from tests.foundry import EXAMPLE, Command, Foundry

ROOT = Path(__file__).parents[2]
ALL = """
checks:
  remembers: {memory: dev-prefs-memory, retries: 0}
  chat: {deployment: gpt-5.4-mini, retries: 0}
  buddy:
    agent: dev-buddy
    ask: Which languages do you know?
    expect: {contains: asked, calls_tool: memory_search_preview, latency_s: 60}
    retries: 0
"""


@pytest.fixture
def checked(project: Path, foundry: Foundry, provisioner: Command) -> Foundry:
    (project / "stores.yaml").write_text(EXAMPLE + ALL, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    return foundry


def test_a_row_for_each_check_and_the_costs(checked: Foundry, provisioner: Command) -> None:
    told = provisioner("check")

    assert told.code == 0, told.err
    first, *rows = told.out.splitlines()
    assert first.split() == ["state", "check", "what", "is", "there"]
    assert [row.split()[:2] for row in rows if row.startswith("ok")] == [
        ["ok", "remembers"],
        ["ok", "chat"],
        ["ok", "buddy"],
    ]
    assert "All checks passed: 3 ok, in " in told.out
    assert "They cost " in told.out
    assert " embedding." in told.out
    assert left_in(checked) == []


def test_one_that_fails_exits_with_1_and_says_what_to_do(checked: Foundry, provisioner: Command) -> None:
    checked.fault({"path": "*/chat/completions"}, {"status": 403, "body": {"error": {"message": "No."}}})

    told = provisioner("check")

    assert told.code == 1
    assert "failed  chat" in told.out
    assert "→ Your identity is known but lacks the data role." in told.out
    assert "Not all checks passed: 1 failed, 2 ok, in " in told.out


def test_only_the_named_ones_run(checked: Foundry, provisioner: Command) -> None:
    checked.forget_requests()

    told = provisioner("check", "--only", "chat", "--format", "json")

    assert [it["name"] for it in told.document["checks"]] == ["chat"]
    assert not any("memory_stores" in it for it in checked.requests())


def test_a_name_that_is_none_is_guessed_at_before_anything_is_asked(checked: Foundry, provisioner: Command) -> None:
    checked.forget_requests()

    told = provisioner("check", "--only", "remember")

    assert told.code == 1
    assert 'There is no check "remember" in the manifest.' in told.err
    assert 'Did you mean "remembers"?' in told.err
    assert checked.requests() == []


@pytest.mark.parametrize("arguments", [("check",), ("apply", "--yes", "--check")])
def test_a_manifest_without_checks_is_told_so(
    foundry: Foundry, project: Path, provisioner: Command, arguments: tuple[str, ...]
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    told = provisioner(*arguments)

    assert told.code == 1
    assert "The manifest declares no checks." in told.err
    assert foundry.requests("POST") == []


def test_the_document_is_as_its_schema_says(checked: Foundry, provisioner: Command) -> None:
    checked.fault({"path": "*/chat/completions"}, {"status": 400, "body": {"error": {"code": "x", "message": "No."}}})

    told = provisioner("check", "--format", "json")

    document = told.document
    jsonschema.validate(document, check_schema())
    assert document["passed"] is False
    assert document["summary"] == {"ok": 2, "failed": 1, "skipped": 0}
    assert document["tokens"]["total"] == sum(it["tokens"]["total"] for it in document["checks"]) > 0
    (chat,) = [it for it in document["checks"] if it["name"] == "chat"]
    assert (chat["state"], chat["code"], chat["status"]) == ("failed", "x", 400)
    assert chat["address"] == {"kind": "deployments", "name": "gpt-5.4-mini"}


def test_files_are_written_beside_it(checked: Foundry, project: Path, provisioner: Command) -> None:
    checked.fault(
        {"path": "*/chat/completions"},
        {"status": 400, "body": {"error": {"code": "x", "message": "No <b>&\u0007 \x1b[31m"}}},
    )

    told = provisioner("check", "--out", "checks.xml", "--out", "checks.json", "--out", "checks.txt")

    assert told.code == 1
    suite = ET.fromstring((project / "checks.xml").read_text(encoding="utf-8")).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    cases = {it.get("name"): it for it in suite.findall("testcase")}
    assert [*cases] == ["remembers", "chat", "buddy"]
    failure = cases["chat"].find("failure")
    assert failure is not None
    assert failure.get("type") == "x"
    assert str(failure.get("message")).startswith("No <b>&")
    assert (project / "checks.json").exists()
    assert (project / "checks.txt").read_text(encoding="utf-8").startswith("state")


def test_junit_is_a_format_too_and_other_endings_are_none(checked: Foundry, provisioner: Command) -> None:
    assert checked.env
    assert provisioner("check", "--only", "chat", "--format", "junit").out.startswith('<?xml version="1.0"')
    assert "must end in one of .txt, .json, .xml" in provisioner("check", "--out", "checks.md").err


def test_an_apply_is_followed_by_the_checks(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE + ALL, encoding="utf-8")

    told = provisioner("apply", "--yes", "--check")

    assert told.code == 0, told.err
    assert told.out.index("Done: 4 created") < told.out.index("All checks passed: 3 ok")
    assert provisioner("apply", "--yes", "--check").code == 0, "also where there is nothing to apply"
    assert left_in(foundry) == []


def test_in_events_they_are_the_last_line(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE + ALL, encoding="utf-8")
    foundry.fault({"path": "*/chat/completions"}, {"status": 403, "body": {"error": {"message": "No."}}})

    told = provisioner("apply", "--yes", "--check", "--format", "json")

    assert told.code == 1
    for event in told.events:
        jsonschema.validate(event, events_schema())
    assert [it["event"] for it in told.events][-2:] == ["apply_finished", "checks_finished"]
    assert told.events[-1]["passed"] is False


def test_what_was_not_applied_is_not_checked(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE + ALL, encoding="utf-8")
    foundry.fault({"method": "POST", "path": "*/memory_stores"}, {"status": 400, "body": {"error": {"message": "No."}}})

    told = provisioner("apply", "--yes", "--check", "--format", "json")

    assert told.code == 1
    assert told.events[-1]["event"] == "apply_finished"


def test_a_saved_plan_holds_no_checks(checked: Foundry, provisioner: Command) -> None:
    assert checked.env
    told = provisioner("apply", "--plan", "plan.json", "--check")

    assert told.code == 1
    assert "a plan holds no checks" in told.err


def test_the_local_foundry_needs_no_settings(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE + ALL, encoding="utf-8")

    assert provisioner("apply", "--local", "--yes", "--check").code == 0


def test_a_store_that_took_anothers_place_is_the_one_that_is_checked(checked: Foundry, provisioner: Command) -> None:
    (store,) = checked.objects("stores")
    own, marker = read_marker(store["metadata"], STORE)
    assert marker is not None
    said = {**own, **write_marker(replace(marker, applied="", key=STORE.name))}
    checked.drift("stores", STORE.name, metadata=said)
    checked.rename("stores", STORE.name, "dev-prefs-memory-e1b669")

    told = provisioner("check", "--only", "remembers", "--format", "json")

    assert told.code == 0, told.out
    (found,) = told.document["checks"]
    assert found["address"]["name"] == "dev-prefs-memory-e1b669"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_deletes_what_was_written(checked: Foundry, project: Path) -> None:
    checked.switch(update_seconds=2)
    check = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "check", "--only", "remembers"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(":update_memories" in it for it in checked.requests("POST")):
        assert check.poll() is None
    check.send_signal(signal.SIGINT)
    out, err = check.communicate(timeout=30)

    assert check.returncode == 130, out + err
    assert "Stopping: what checks wrote is deleted" in err
    assert "unknown  remembers" in out
    assert left_in(checked) == []


def test_without_the_extra_it_is_said_how_to_get_it(
    checked: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.ai.projects", None)
    checked.forget_requests()

    told = provisioner("check")

    assert told.code == 1
    assert 'pip install "foundry-provisioner[checks]"' in told.err
    assert checked.requests() == []
    assert provisioner("check", "--only", "remembers").code == 0, "stores are checked without it"


def test_only_one_module_imports_the_clients() -> None:
    sources = [it for it in (ROOT / "provisioner").rglob("*.py") if "azure.ai.projects" in it.read_text("utf-8")]
    importing = [it for it in sources if "import azure.ai.projects" in it.read_text("utf-8")]

    assert [it.name for it in importing] == ["models.py"]
    assert checking.__doc__
