"""The log of a run, as programs read it: every line fits the published schema, and every request stands in it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioner.cli.run_log import RunLog
from provisioner.render.log_schema import log_schema
from tests.foundry import EXAMPLE, Command, Foundry

ROOT = Path(__file__).parents[2]
LINE = Draft202012Validator(json.loads((ROOT / "schemas" / "log.v1.schema.json").read_text(encoding="utf-8")))
PAGE = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FULL = Path("/dev/full")
Line = dict[str, Any]


@pytest.fixture
def manifest(foundry: Foundry, project: Path) -> Path:  # noqa: ARG001 - its environment is used
    path = project / "stores.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def lines_in(text: str) -> list[Line]:
    """All of them fit the schema, and are of one run."""
    lines: list[Line] = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        LINE.validate(line)
    assert len({line["run_id"] for line in lines}) == 1
    assert [line["event"] for line in lines].count("run_started") == 1
    assert (lines[0]["event"], lines[-1]["event"]) == ("run_started", "run_ended")
    return lines


def log_of(file: Path) -> list[Line]:
    lines = lines_in(file.read_text(encoding="utf-8"))
    file.unlink()
    return lines


def of(lines: list[Line], event: str) -> list[Line]:
    return [line for line in lines if line["event"] == event]


def seen_by(foundry: Foundry) -> Counter[tuple[str, str, int | None]]:
    """Whatever was asked, tokens too."""
    return Counter((it["method"], it["path"], it["status"]) for it in foundry._ask("GET", "requests")["requests"])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["plan"], id="plan"),
        pytest.param(["apply", "--yes"], id="apply"),
        pytest.param(["apply", "--yes", "--parallelism", "20", "--format", "json"], id="apply as JSON"),
        pytest.param(["drift"], id="drift"),
        pytest.param(["destroy", "--yes", "--allow-data-loss", "stores/dev-prefs-memory"], id="destroy"),
        pytest.param(["export"], id="export"),
        pytest.param(["import", "--all"], id="import"),
        pytest.param(["models"], id="models"),
        pytest.param(["doctor"], id="doctor"),
        pytest.param(["validate"], id="validate"),
        pytest.param(["graph"], id="graph"),
        pytest.param(["schema"], id="schema"),
    ],
)
def test_every_command_logs_what_it_asked_of_the_service(
    arguments: list[str], manifest: Path, foundry: Foundry, provisioner: Command
) -> None:
    if arguments[0] in ("drift", "destroy", "export", "import"):
        assert provisioner("apply", "--yes").code == 0
    if arguments[0] == "import":
        manifest.write_text("version: 1\nname: dev-buddy\n", encoding="utf-8")
    foundry.forget_requests()
    file = manifest.parent / "run.jsonl"

    done = provisioner("--log-file", str(file), *arguments)

    lines = log_of(file)
    assert seen_by(foundry) == Counter((it["method"], it["path"], it["status"]) for it in of(lines, "request"))
    assert lines[0]["command"] == arguments[0]
    assert (lines[-1]["exit_code"], lines[-1]["error"]) == (done.code, "")
    if arguments[0] in ("plan", "apply", "destroy"):
        assert lines[-1]["owner"] == "dev-buddy"
        assert lines[-1]["plan_digest"].startswith("sha256:")
    if arguments[0] in ("apply", "destroy"):
        started, finished = of(lines, "change_started"), of(lines, "change_finished")
        assert len(started) == len(finished) == 4
        assert {it["status"] for it in finished} == {"done"}


def test_a_log_in_a_file_changes_neither_stream(manifest: Path, provisioner: Command) -> None:
    quiet = provisioner("plan")
    logged = provisioner("--log-file", str(manifest.parent / "run.jsonl"), "plan")

    assert (logged.out, logged.err) == (quiet.out, quiet.err)


def test_json_on_stderr_is_every_request_and_stays_apart_from_the_events(manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    done = provisioner("--log-format", "json", "apply", "--yes", "--format", "json")

    lines = lines_in(done.err)
    assert of(lines, "request")
    assert {event["run_id"] for event in done.events} == {lines[0]["run_id"]}
    assert done.events[-1]["event"] == "apply_finished"


def test_text_is_as_before_and_warnings_are_the_default(manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    assert provisioner("--log-format", "text", "plan").err == ""
    told = provisioner("--log-level", "debug", "plan").err
    assert re.search(r"^\S+ \S+ DEBUG provisioner\.planes\.attempts: GET \S+/agents 200 \d+ ms$", told, re.MULTILINE)


@pytest.mark.parametrize("id_", ["b7509472d9774e69be53a02d4ef68bc3", "0a1b2c3d-1111-2222-3333-444455556666"])
def test_text_tells_the_services_id_of_what_failed_though_it_has_the_form_of_a_secret(
    manifest: Path,  # noqa: ARG001
    provisioner: Command,
    foundry: Foundry,
    id_: str,
) -> None:
    refused = {"status": 400, "headers": {"x-request-id": id_}}
    foundry.fault({"method": "POST", "path": "*/agents/*"}, refused)
    told = provisioner("--log-level", "debug", "--log-format", "text", "apply", "--yes").err

    assert re.search(rf"provisioner\.planes\.attempts: POST \S+ 400 \d+ ms, request {id_}$", told, re.MULTILINE)
    assert re.search(rf"provisioner\.cli\.logs: agents/\S+: failed\., request {id_}$", told, re.MULTILINE)


def test_each_run_is_added_behind_the_last_and_has_an_id_of_its_own(
    manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = manifest.parent / "run.jsonl"
    monkeypatch.setenv("PROVISIONER_LOG_FILE", str(file))
    monkeypatch.setenv("PROVISIONER_LOG_LEVEL", "info")
    provisioner("validate")
    provisioner("plan")

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["command"] for line in of(lines, "run_started")] == ["validate", "plan"]
    assert len({line["run_id"] for line in lines}) == 2
    assert of(lines, "request") == []


def test_what_is_known_is_told_though_the_line_that_tells_it_is_below_the_level(
    manifest: Path, provisioner: Command, foundry: Foundry
) -> None:
    file = manifest.parent / "run.jsonl"
    foundry.switch(data_role="denied-401")
    provisioner("--log-file", str(file), "--log-level", "warning", "plan")
    assert file.read_text(encoding="utf-8") == ""

    log = RunLog("warning", "json", file=file)
    logging.getLogger("provisioner.x").info("-", extra={"facts": {"event": "manifest_read", "owner": "me"}})
    logging.getLogger("urllib3.x").warning("a library warns")
    log.end(0)
    assert [(line["owner"], line["message"]) for line in map(json.loads, file.read_text().splitlines())] == [
        ("me", "a library warns")
    ]


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
def test_a_disk_that_is_full_ends_the_log_and_not_the_run(
    manifest: Path,  # noqa: ARG001
    foundry: Foundry,
    provisioner: Command,
) -> None:
    done = provisioner("--log-file", str(FULL), "apply", "--yes")

    assert done.code == 0
    assert len(foundry.objects("agents")) == 1
    assert done.err.count("cannot be written any more: no space left on device. The run goes on") == 1
    assert "Traceback" not in done.err


def test_a_log_that_cannot_be_opened_leaves_no_traceback_at_the_exit_of_the_process(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "provisioner", "--log-file", "no/run.jsonl", "validate"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == 'Error: "no/run.jsonl" cannot be written: there is no folder "no".\n'


def test_a_log_that_cannot_be_opened_is_an_error_before_anything_is_done(
    manifest: Path,  # noqa: ARG001
    foundry: Foundry,
    provisioner: Command,
) -> None:
    foundry.forget_requests()
    for name, why in (("no/run.jsonl", "there is no folder"), (".", "cannot be written")):
        refused = provisioner("--log-file", name, "apply", "--yes")
        assert (refused.code, refused.out) == (1, "")
        assert why in refused.err
    assert seen_by(foundry) == Counter()
    assert logging.getLogger("provisioner").level == logging.NOTSET


def test_a_run_that_fails_says_why_at_its_end(manifest: Path, provisioner: Command) -> None:
    manifest.write_text("version: 1\nname: demo\nagents:\n  a: {modle: x/y}\n", encoding="utf-8")
    file = manifest.parent / "run.jsonl"

    assert provisioner("--log-file", str(file), "plan").code == 1

    last = log_of(file)[-1]
    assert last["exit_code"] == 1
    assert last["error"] == "manifest-invalid"
    assert "owner" not in last


def test_every_line_says_the_environment_and_of_several_each_its_own(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(EXAMPLE + "environments: {dev: {}, prod: {name: other}}\n", encoding="utf-8")
    file = manifest.parent / "run.jsonl"
    provisioner("--log-file", str(file), "plan", "--env", "prod")
    lines = log_of(file)
    assert {(it["owner"], it["environment"]) for it in of(lines, "plan_made")} == {("other", "prod")}
    assert (lines[-1]["owner"], lines[-1]["environment"]) == ("other", "prod")

    provisioner("--log-file", str(file), "validate")
    lines = log_of(file)
    assert [(it["owner"], it["environment"]) for it in of(lines, "manifest_read")] == [
        ("dev-buddy", "dev"),
        ("other", "prod"),
    ]
    assert not {"owner", "environment"} & set(lines[-1])


@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        pytest.param(["plan", "--help"], (0, ""), id="help"),
        pytest.param(["plan", "--no-such-flag"], (1, "usage"), id="usage"),
        pytest.param(["apply"], (1, "failed"), id="not asked"),
        pytest.param(["plan", "--target", "agents/none"], (1, "failed"), id="failed"),
        pytest.param(["plan", "--max-deletes", "0", "-f", "none.yaml"], (1, "manifest-invalid"), id="no manifest"),
    ],
)
def test_the_end_says_which_sort_of_error_it_was(
    arguments: list[str], ending: tuple[int, str], manifest: Path, provisioner: Command
) -> None:
    file = manifest.parent / "run.jsonl"

    assert provisioner("--log-file", str(file), *arguments).code == ending[0]

    last = log_of(file)[-1]
    assert (last["exit_code"], last["error"]) == ending


def test_a_run_that_is_not_signed_in_says_so(
    manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    file = manifest.parent / "run.jsonl"

    provisioner("--log-file", str(file), "plan")

    lines = log_of(file)
    assert (lines[-1]["error"], of(lines, "request")) == ("unreadable", [])


def test_a_run_of_a_pipeline_is_followed_by_its_trace_and_its_page(
    manifest: Path, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = manifest.parent / "run.jsonl"
    for name, value in {
        "TRACEPARENT": f"00-{TRACE}-00f067aa0ba902b7-01",
        "GITLAB_CI": "true",
        "CI_JOB_URL": "https://gitlab.example/a/-/jobs/3",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    foundry.forget_requests()
    done = provisioner("--log-file", str(file), "apply", "--yes", "--format", "json")

    lines = log_of(file)
    seen = foundry._ask("GET", "requests")["requests"]
    spans = Counter(it["span_id"] for it in of(lines, "request") if it["plane"] != "sign-in")
    assert Counter(it["traceparent"].split("-")[2] for it in seen if it["traceparent"]) == spans
    assert {it["correlation_id"] for it in seen if it["path"] != "/msi/token"} == {done.events[0]["run_id"]}
    assert {line["trace_id"] for line in lines} == {TRACE}
    assert lines[0]["parent_span_id"] == "00f067aa0ba902b7"
    assert (lines[0]["pipeline"], lines[0]["run_url"]) == ("gitlab", "https://gitlab.example/a/-/jobs/3")


@pytest.mark.parametrize(("parent", "state"), [("hush-hush", ""), (f"00-{TRACE}-00f067aa0ba902b7-01", "hush=\n")])
def test_a_trace_that_is_none_is_ignored_and_that_is_told(
    parent: str, state: str, manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEPARENT", parent)
    monkeypatch.setenv("TRACESTATE", state)
    file = manifest.parent / "run.jsonl"

    assert provisioner("--log-file", str(file), "plan").code == 0

    assert "hush" not in file.read_text(encoding="utf-8")
    ignored = [line for line in log_of(file) if "is ignored" in line["message"]]
    assert [line["level"] for line in ignored] == ["debug"]


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_recipes_of_the_page_find_something(manifest: Path, foundry: Foundry, provisioner: Command) -> None:
    foundry.fault(
        {"method": "GET", "path": "*/agents*", "times": 1}, {"status": 429, "headers": {"retry-after-ms": "1"}}
    )
    provisioner("--log-file", "run.jsonl", "apply", "--yes")
    recipes = re.findall(r"^# [^\n]+\n(jq .*?)\n(?:\n|```)", PAGE, re.DOTALL | re.MULTILINE)

    assert len(recipes) == 5
    for recipe in recipes:
        done = subprocess.run(
            ["sh", "-c", recipe], cwd=manifest.parent, capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        assert (done.returncode, done.stderr) == (0, ""), recipe
        assert done.stdout, recipe


def test_the_page_names_every_event_and_every_key() -> None:
    events = {part["properties"]["event"]["const"]: part["properties"] for part in log_schema()["oneOf"]}
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| .*$", PAGE.partition("| `event` | when")[2], re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(events)
    keys = {key for properties in events.values() for key in properties} - {"exception"}
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []
