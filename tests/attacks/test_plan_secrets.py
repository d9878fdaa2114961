"""No secret travels in a plan: what comes from the environment stays a reference, and is taken from it where it is
applied.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provisioner.kinds import TRAITS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.plan import Change
from provisioner.model.resource import Desired, Live, Marker
from provisioner.model.written import Texts, Written
from provisioner.reconcile.meaning import record_of
from provisioner.reconcile.planner import make_plan
from tests.foundry import Command, Foundry

MANIFEST = """\
version: 1
name: keyed
agents:
  helper:
    model: c/m
    instructions: Ask ${env:FOUNDRY_TEAM} about $${env:FOUNDRY_TEAM}.
    tools:
      - type: mcp
        server_label: x
        server_url: https://x.example/${env:HIDDEN_PATH}
        headers: {Authorization: "Bearer ${env:TOKEN}"}
connections:
  docs:
    category: CustomKeys
    auth_type: CustomKeys
    target: https://docs.example.com
    credentials: {keys: {x: "${env:TOKEN}"}}
    credentials_version: 1
"""
ALLOWED = ("--allow-env", "TOKEN", "--allow-env", "HIDDEN_PATH")
TOKEN = "tok-8d1f-swordfish"
HIDDEN = "path-77aa-trout"


@pytest.fixture
def keyed(foundry: Foundry, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    monkeypatch.setenv("TOKEN", TOKEN)
    monkeypatch.setenv("HIDDEN_PATH", HIDDEN)
    monkeypatch.setenv("FOUNDRY_TEAM", "team-one")
    file = project / "stores.yaml"
    file.write_text(MANIFEST, encoding="utf-8")
    return file


def saved() -> tuple[str, Any]:
    text = Path("plan.json").read_text(encoding="utf-8")
    return text, json.loads(text)


def headers(foundry: Foundry) -> object:
    return foundry.objects("versions")[-1]["definition"]["tools"][0]["headers"]


@pytest.mark.usefixtures("keyed")
def test_the_file_holds_references_and_the_environment_gives_the_values(
    foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = provisioner("plan", "--out", "plan.json", *ALLOWED)
    assert planned.code == 0, planned.err
    text, document = saved()
    assert TOKEN not in text
    assert HIDDEN not in text
    assert document["applicable"] is True
    assert text.count("Bearer ${env:TOKEN}") >= 1
    monkeypatch.setenv("TOKEN", "tok-of-the-other-job")

    refused = provisioner("apply", "--plan", "plan.json")
    assert refused.code == 1
    assert "The variable TOKEN may not be read" in refused.err
    done = provisioner("apply", "--plan", "plan.json", *ALLOWED)

    assert done.code == 0, done.err
    assert headers(foundry) == {"Authorization": "Bearer tok-of-the-other-job"}
    instructions = foundry.objects("versions")[-1]["definition"]["instructions"]
    assert instructions == "Ask team-one about ${env:FOUNDRY_TEAM}."
    assert provisioner("plan", "--detailed-exitcode", *ALLOWED).code == 0


@pytest.mark.usefixtures("keyed")
def test_an_unset_variable_is_told_before_anything_is_asked(
    foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provisioner("plan", "--out", "plan.json", *ALLOWED).code == 0
    monkeypatch.delenv("TOKEN")
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json", *ALLOWED)

    assert refused.code == 1
    assert "The variable TOKEN is not set, or empty." in refused.err
    assert "agents.helper.tools.0.headers.Authorization" in refused.err
    assert foundry.requests() == []


def test_an_old_value_of_a_private_variable_is_not_in_the_file_either(
    keyed: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    monkeypatch.setenv("TOKEN", "new-token-of-today")
    monkeypatch.setenv("HIDDEN_PATH", "new-path-of-today")
    keyed.write_text(MANIFEST.replace("docs.example.com", "docs2.example.com"), encoding="utf-8")

    planned = provisioner("plan", "--out", "plan.json", *ALLOWED)

    assert planned.code == 0
    text, document = saved()
    assert all(it not in text for it in (TOKEN, HIDDEN, "new-token-of-today", "new-path-of-today"))
    (agent,) = [it for it in document["changes"] if it["address"]["name"] == "helper"]
    assert {".".join(it["path"]) for it in agent["fields"]} == {
        "tools.0.headers.Authorization",
        "tools.0.server_url",
    }
    assert provisioner("apply", "--plan", "plan.json", *ALLOWED).code == 0


@pytest.mark.parametrize(
    "more",
    ["- {type: web_search}", "- {type: mcp, server_label: y, server_url: 'https://y.example'}"],
)
def test_a_private_value_that_moves_in_a_list_is_not_in_the_file_either(
    more: str, keyed: Path, provisioner: Command
) -> None:
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    keyed.write_text(MANIFEST.replace("    tools:\n", f"    tools:\n      {more}\n"), encoding="utf-8")

    planned = provisioner("plan", "--out", "plan.json", *ALLOWED)

    assert planned.code == 0, planned.err
    text, _ = saved()
    assert all(it not in text for it in (TOKEN, HIDDEN))
    assert provisioner("apply", "--plan", "plan.json", *ALLOWED).code == 0


def test_neither_fingerprints_nor_digest_tell_a_private_value_that_moved_in_a_list(
    foundry: Foundry, keyed: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a short one, a hash would tell it."""
    told = set()
    for value in ("p1", "p2"):
        foundry.reset()
        monkeypatch.setenv("HIDDEN_PATH", value)
        keyed.write_text(MANIFEST, encoding="utf-8")
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        keyed.write_text(MANIFEST.replace("    tools:\n", "    tools:\n      - {type: web_search}\n"), encoding="utf-8")
        assert provisioner("plan", "--out", "plan.json", *ALLOWED).code == 0
        document = saved()[1]
        (change,) = document["changes"]
        told.add((document["digest"], json.dumps(change["live"]["fields"])))

    assert len(told) == 1


def test_digest_and_marker_know_the_text_alone(
    keyed: Path, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests, markers = set(), set()
    for number in (1, 2):
        foundry.reset()
        monkeypatch.setenv("TOKEN", f"token-{number}")
        monkeypatch.setenv("FOUNDRY_TEAM", f"team-{number}")
        digests.add(provisioner("plan", "--format", "json", *ALLOWED).document["digest"])
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        markers.add(foundry.objects("versions")[-1]["metadata"]["provisioner-applied"])
    assert len(digests) == len(markers) == 1

    foundry.reset()
    keyed.write_text(MANIFEST.replace("Bearer ${env:TOKEN}", "Basic ${env:TOKEN}"), encoding="utf-8")
    assert provisioner("plan", "--format", "json", *ALLOWED).document["digest"] not in digests
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    assert foundry.objects("versions")[-1]["metadata"]["provisioner-applied"] not in markers


@pytest.mark.usefixtures("keyed")
def test_another_value_of_the_same_text_is_seen_where_the_service_shows_it(
    provisioner: Command, monkeypatch: pytest.MonkeyPatch, foundry: Foundry
) -> None:
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    assert provisioner("plan", "--detailed-exitcode", *ALLOWED).code == 0
    monkeypatch.setenv("TOKEN", "rotated")

    planned = provisioner("plan", "--detailed-exitcode", "--format", "json", *ALLOWED)

    assert planned.code == 2
    (change,) = planned.document["changes"]
    (field,) = change["fields"]
    assert (".".join(field["path"]), field["origin"]) == ("tools.0.headers.Authorization", "edit")
    assert "rotated" not in planned.out
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    assert headers(foundry) == {"Authorization": "Bearer rotated"}


def test_a_value_that_would_be_written_beyond_the_plan_is_refused(
    keyed: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch, foundry: Foundry
) -> None:
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    keyed.write_text(MANIFEST.replace("Ask ", "Do ask "), encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json", *ALLOWED).code == 0
    monkeypatch.setenv("TOKEN", "rotated")

    refused = provisioner("apply", "--plan", "plan.json", *ALLOWED)

    assert refused.code == 1
    assert "agents/helper tools.0.headers.Authorization: was not to change when planned" in refused.err
    assert "rotated" not in refused.err
    assert headers(foundry) == {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_lifecycle_that_another_variable_makes_is_refused(
    is_there: bool, keyed: Path, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = "version: 1\nname: keyed\nagents:\n  helper: {model: c/m, instructions: Ask.}\n"
    said = "lifecycle: {prevent_destroy: '${env:FOUNDRY_SAFE}', on_remove: '${env:FOUNDRY_THEN}'}"
    keyed.write_text(agent, encoding="utf-8")
    if is_there:
        assert provisioner("apply", "--yes").code == 0
    keyed.write_text(agent.replace("Ask.", f"Answer., {said}"), encoding="utf-8")
    monkeypatch.setenv("FOUNDRY_SAFE", "true")
    monkeypatch.setenv("FOUNDRY_THEN", "keep")
    assert provisioner("plan", "--out", "plan.json").code == 0
    monkeypatch.setenv("FOUNDRY_SAFE", "false")
    monkeypatch.setenv("FOUNDRY_THEN", "delete")
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "agents/helper lifecycle.prevent_destroy: was to be true when planned, would be false now" in refused.err
    assert 'agents/helper lifecycle.on_remove: was to be "keep" when planned, would be "delete" now' in refused.err
    assert foundry.requests("POST") == []


@pytest.mark.parametrize(
    "entry",
    [
        'tools: [{type: mcp, server_label: x, server_url: "https://x", headers: {X-Key: hunter2}}]',
        'tools: [{type: mcp, server_label: x, server_url: "https://x", headers: {X-Key: "${env:FOUNDRY_A:-hunter2}"}}]',
        'tools: [{type: mcp, server_label: x, server_url: "https://u:hunter2@x"}]',
        "instructions: 'password: hunter2'",
    ],
)
def test_a_literal_in_a_secrets_place_keeps_the_plan_from_being_applied(
    entry: str, foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(
        f"version: 1\nname: keyed\nagents:\n  helper:\n    model: c/m\n    {entry}\n", encoding="utf-8"
    )
    planned = provisioner("plan", "--out", "plan.json")
    assert planned.code == 0, planned.err
    text, document = saved()
    assert "hunter2" not in text
    assert document["applicable"] is False
    (why,) = document["obstacles"]
    assert why.startswith("agents/helper has a literal in a secret's place")
    assert "as ${env:NAME}." in why
    assert "as ${env:NAME}." in planned.err

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert why in refused.err
    assert foundry.objects("agents") == []
    assert provisioner("show", "plan.json").code == 0


# -- markers of before, and of now

AGENT = Address("agents", "a")
TEXT: Texts = {("instructions",): Written("Ask ${env:FOUNDRY_TEAM}.")}


def wanted(value: str) -> dict[Address, Desired]:
    fields = {"kind": "prompt", "model": "c/m", "instructions": value}
    return {AGENT: Desired(address=AGENT, fields=fields, written=TEXT)}


def live(shown: str, applied: Document, *, by_text: bool, baseline: bool = False) -> dict[Address, Live]:
    fields = {"kind": "prompt", "model": "c/m", "instructions": shown}
    record = record_of({**fields, **applied}, TRAITS["agents"], whose=AGENT, written=TEXT if by_text else None)
    found = Live(address=AGENT, fields=fields, marker=Marker(owner="o", applied=record))
    return {AGENT: replace(found, baseline=dict(fields)) if baseline else found}


def planned(desired: dict[Address, Desired], found: dict[Address, Live]) -> tuple[Change, ...]:
    return make_plan(desired, found, owner="o", traits=TRAITS).changes


@pytest.mark.parametrize("by_text", [True, False], ids=["now", "before"])
@pytest.mark.parametrize("baseline", [True, False])
def test_what_is_as_it_was_applied_is_unchanged_whatever_the_marker_knows(by_text: bool, baseline: bool) -> None:
    found = live("Ask one.", {"instructions": "Ask one."}, by_text=by_text, baseline=baseline)

    assert planned(wanted("Ask one."), found) == ()


@pytest.mark.parametrize(
    ("by_text", "baseline", "origin"),
    [(True, True, Origin.EDIT), (True, False, None), (False, True, Origin.EDIT), (False, False, Origin.EDIT)],
)
def test_who_moved_a_value_of_a_variable_is_said_where_it_is_known(
    by_text: bool,
    baseline: bool,
    origin: Origin | None,
) -> None:
    found = live("Ask one.", {"instructions": "Ask one."}, by_text=by_text, baseline=baseline)

    (change,) = planned(wanted("Ask two."), found)

    assert change.action is Action.UPDATE
    assert [(field.name, field.origin) for field in change.fields] == [("instructions", origin)]


def test_a_neighbour_of_what_a_variable_made_tells_who_moved() -> None:
    (before,) = live("Ask one.", {}, by_text=True).values()
    moved = replace(before, fields={**before.fields, "model": "c/other"})

    (change,) = planned(wanted("Ask one."), {AGENT: moved})

    assert [(field.name, field.origin) for field in change.fields] == [("model", Origin.DRIFT)]
