"""The stream of events as programs read it: every line fits the published schema, and exactly one is the last."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioner.cli.formats import RUNS
from provisioner.cli.running import told_by
from provisioner.cli.terminal import Terminal
from provisioner.render.check_schema import check_schema
from provisioner.render.comparison_schema import comparison_schema
from provisioner.render.json_schemas import doctor_schema, drift_schema, events_schema
from tests.foundry import EXAMPLE, Command, Foundry, Result

ROOT = Path(__file__).parents[2]
LAST = {"apply_finished", "apply_abandoned", "failed"}
EVENT = Draft202012Validator(json.loads((ROOT / "schemas" / "events.v1.schema.json").read_text(encoding="utf-8")))
PLAN = Draft202012Validator(json.loads((ROOT / "schemas" / "plan.v1.schema.json").read_text(encoding="utf-8")))


@pytest.fixture
def manifest(foundry: Foundry, project: Path) -> Path:  # noqa: ARG001 - its environment is used
    path = project / "stores.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def names(result: Result) -> list[str]:
    """Of the events, which all fit the schema, and of which exactly one, the last, is a last one."""
    for event in result.events:
        EVENT.validate(event)
    found = [event["event"] for event in result.events]
    assert [name for name in found if name in LAST] == found[-1:]
    return found


def test_done(manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    found = names(provisioner("apply", "--yes", "--format", "json"))

    assert (found[0], found[-1]) == ("apply_started", "apply_finished")
    assert found.count("change_finished") == 4


@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_nothing_to_do(yes: tuple[str, ...], manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    provisioner("apply", "--yes")
    done = provisioner("apply", "--format", "json", *yes)

    assert done.code == 0
    assert names(done) == ["planned", "apply_finished"]
    assert done.events[-1]["outcomes"] == []


def test_refused(manifest: Path, provisioner: Command) -> None:  # noqa: ARG001
    provisioner("apply", "--yes")
    refused = provisioner("destroy", "--yes", "--format", "json")

    assert refused.code == 1
    assert names(refused) == ["planned", "failed"]


def test_an_invalid_manifest(manifest: Path, provisioner: Command) -> None:
    manifest.write_text("version: 1\nname: demo\nagents:\n  a: {modle: x/y}\n", encoding="utf-8")

    assert names(provisioner("apply", "--yes", "--format", "json")) == ["failed"]


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_not_confirmed(
    answer: str,
    manifest: Path,  # noqa: ARG001
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Answers(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Answers(answer))

    assert names(provisioner("apply", "--format", "json")) == ["planned", "failed"]


def test_not_signed_in(manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")

    assert names(provisioner("apply", "--yes", "--format", "json")) == ["failed"]


def test_a_service_that_is_broken(manifest: Path, provisioner: Command, foundry: Foundry) -> None:  # noqa: ARG001
    foundry.switch(data_role="denied-401", management_role="denied")

    assert names(provisioner("apply", "--yes", "--format", "json")) == ["failed"]


def _break(style: str) -> None:
    with told_by(RUNS[style](Terminal.here(no_color=True, environ={}))):
        raise TypeError("ours")


def test_a_mistake_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError):
        _break("json")
    told = Result(code=1, out=capsys.readouterr().out, err="")

    assert names(told) == ["failed"]
    assert told.events[0]["message"] == "A mistake in the program ended it (TypeError)."

    with pytest.raises(TypeError):
        _break("text")
    assert capsys.readouterr().out == ""


def test_a_plan_fits_its_schema_and_names_the_project(
    manifest: Path,  # noqa: ARG001
    provisioner: Command,
    foundry: Foundry,
) -> None:
    plan: dict[str, Any] = provisioner("plan", "--format", "json").document

    PLAN.validate(plan)
    assert plan["target"] == {
        "endpoint": foundry.env["FOUNDRY_PROJECT_ENDPOINT"],
        "account": "local-foundry",
        "subscription": foundry.env["AZURE_SUBSCRIPTION_ID"],
        "resource_group": "rg-local",
        "management": foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"],
        "local": False,
    }
    assert provisioner("plan", "--local", "--state", ":memory:", "--format", "json").document["target"]["local"] is True


def test_the_page_names_every_event_and_its_example_fits() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    plan, drift, comparison, check, doctor = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    events = {part["properties"]["event"]["const"] for part in events_schema()["oneOf"]}

    PLAN.validate(json.loads(plan))
    Draft202012Validator(drift_schema()).validate(json.loads(drift))
    Draft202012Validator(comparison_schema()).validate(json.loads(comparison))
    Draft202012Validator(check_schema()).validate(json.loads(check))
    Draft202012Validator(doctor_schema()).validate(json.loads(doctor))
    of_events = page[page.index("| `event` |") :].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", of_events, re.MULTILINE)) - {"event"} == events
