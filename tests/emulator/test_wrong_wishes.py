"""What would break the emulator is refused, and what breaks it all the same is told as an error of its plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provisioner.emulator import OptionError, Options
from provisioner.emulator.handles.fault_reader import WrongFault, documents_in, faults_of
from provisioner.emulator.serve import app
from provisioner.emulator.world.switches import initial

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

JSON = {"Content-Type": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
CHAT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry/deployments/chat"
)


@pytest.mark.parametrize("seconds", ["3e11", "1e999", "-1e11", "1" + "0" * 400, "NaN"])
def test_the_clock_stays_within_the_calendar(admin: Any, client: httpx.Client, seconds: str) -> None:
    answer = client.post("/_emulator/clock", content=f'{{"advance_s": {seconds}}}', headers=JSON)

    assert answer.status_code == 400, answer.text
    assert admin.post("reset").status_code == 204


def test_a_reset_takes_back_what_was_added_to_the_clock(admin: Any) -> None:
    before = admin.get("state")["now"]
    admin.advance(1e6)

    admin.post("reset").raise_for_status()

    assert admin.get("state")["now"] - before < 1e5


@pytest.mark.parametrize("prefix", ["project", "arm"])
def test_an_error_of_ours_is_told_and_remembered(
    request: pytest.FixtureRequest, admin: Any, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    def broken(*_: object) -> Any:
        raise LookupError("lost")

    ask = request.getfixturevalue(prefix)  # its token is asked for before anything breaks
    monkeypatch.setattr(app, "_run", broken)
    path = "/agents" if prefix == "project" else CHAT

    answer = ask("GET", path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "InternalServerError")
    monkeypatch.undo()
    entry = admin.get("requests")["requests"][-1]
    assert entry["status"] == 500
    assert entry["request_id"] in answer.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused(project: Any, documents: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CONTENT_MAX", 10)

    assert project("POST", "/memory_stores", documents.store()).status_code == 413
    assert project("GET", "/memory_stores").json()["data"] == []


RULE: Any = {"type": "FixedRatio", "agent_version": "1", "traffic_percentage": 100}


def rules(*given: Any) -> Any:
    return {"version_selector": {"version_selection_rules": list(given)}}


@pytest.mark.parametrize(
    "endpoint",
    [
        5,
        "x",
        [],
        {"version_selector": 5},
        {"version_selector": {"version_selection_rules": "all"}},
        rules(5),
        rules({**RULE, "traffic_percentage": "100"}),
        rules({**RULE, "traffic_percentage": 200}, {**RULE, "traffic_percentage": -100}),
        rules({**RULE, "agent_version": None}),
        {"protocol_configuration": []},
        {"authorization_schemes": {}},
    ],
)
def test_a_malformed_endpoint_is_refused(project: Any, documents: Any, endpoint: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version()).raise_for_status()
    before = project("GET", "/agents/buddy").json()

    assert project("PATCH", "/agents/buddy", {"agent_endpoint": endpoint}, headers=MERGE).status_code == 400
    assert project("GET", "/agents/buddy").json() == before


@pytest.mark.parametrize("card", [5, "x", [1]])
def test_a_malformed_card_is_refused(project: Any, documents: Any, card: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version()).raise_for_status()

    assert project("PATCH", "/agents/buddy", {"agent_card": card}, headers=MERGE).status_code == 400


@pytest.mark.parametrize("state", ["creating", "failed"])
def test_a_deployment_that_is_not_ready_does_not_answer(
    project: Any, arm: Any, admin: Any, documents: Any, state: str
) -> None:
    admin.switch(write_seconds=60)
    if state == "failed":
        admin.fault({"method": "PUT", "times": 1}, operation_error={"code": "X", "message": "no"})
    arm("PUT", CHAT, documents.deployment()).raise_for_status()
    if state == "failed":
        admin.advance(61)

    answer = project("POST", "/openai/v1/responses", {"model": "chat", "input": "Hello"}, **{"api-version": None})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "DeploymentNotFound")


@pytest.mark.parametrize(
    "do",
    [
        {"body": "x"},
        {"headers": {"A": "b"}},
        {"after_effect": True},
        {"status": 500, "headers": {"A b": "c"}},
        {"status": 500, "headers": {"A": "b\r\nC: d"}},
        {"status": 500, "headers": {"A": "\u2013"}},
        {"status": 500, "body": float("inf")},
        {"delay_s": float("nan")},
        {"switches": {"data_role": []}},
        {"switches": {"latency_ms": float("inf")}},
        {"quota": {}},
        {"quota": {"usage": "OpenAI.GlobalStandard.gpt4.1-mini", "limit": True}},
        {"quota": {"usage": "none", "limit": 1}},
        {"model": {"name": "gpt-4.1-mini", "lifecycle": []}},
        {"drift": {"kind": "planet", "name": "x", "changes": None}},
    ],
)
def test_a_fault_that_cannot_be_is_refused_when_it_is_declared(do: Any) -> None:
    with pytest.raises(WrongFault):
        faults_of([{"match": {}, "do": do}], 0)


@pytest.mark.parametrize("text", ["[" * 4_000, "- do: {status: 500, body: 2024-99-99}"])
def test_a_file_that_no_reader_takes_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError, match=r"faults\.yaml"):
        documents_in(str(file))


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_is_sent_without(project: Any, admin: Any, status: int) -> None:
    admin.fault({"path": "*/agents", "times": 1}, status=status, body={"a": 1})

    answer = project("GET", "/agents")

    assert (answer.status_code, answer.content) == (status, b"")
    assert project("GET", "/agents").status_code == 200


def test_faults_spare_the_way_to_a_token_unless_they_name_it(client: httpx.Client, admin: Any) -> None:
    form = {"scope": "https://ai.azure.com/.default"}
    admin.fault({}, status=503)
    assert client.post("/tenant/oauth2/v2.0/token", data=form).status_code == 200

    admin.client.delete("/_emulator/faults")
    admin.fault({"path": "*/oauth2/*"}, status=503)
    assert client.post("/tenant/oauth2/v2.0/token", data=form).status_code == 503


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1])
def test_options_are_finite(value: float) -> None:
    with pytest.raises(OptionError, match="latency_ms"):
        initial(Options(latency_ms=value))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("seed", {"stores": "many"}),
        ("seed", {"planets": 1}),
        ("seed", {"agents": True}),
        ("drift", {"kind": "deployment", "name": "chat", "changes": {"sku": None}}),
        ("drift", {"kind": "deployment", "name": "chat", "changes": {"properties": {"model": 5}}}),
        ("drift", {"kind": "account", "name": "local-foundry", "changes": {"properties": 5}}),
        ("quota", {"usage": "OpenAI.GlobalStandard.gpt4.1-mini", "limit": True}),
        ("quota", {"usage": "OpenAI.GlobalStandard.gpt4.1-mini", "limit": -1}),
        ("quota", {"usage": "OpenAI.GlobalStandard.gpt4.1-mini", "limit": 10**30}),
        ("models", {"name": "gpt-4.1-mini", "lifecycle": {}}),
    ],
)
def test_a_handle_refuses_what_it_cannot_use(arm: Any, admin: Any, documents: Any, name: str, body: Any) -> None:
    arm("PUT", CHAT, documents.deployment()).raise_for_status()

    answer = admin.post(name, body)

    assert answer.status_code == 400, answer.text
    assert arm("GET", CHAT).status_code == 200


@pytest.mark.parametrize("body", ["{", "5", 5, None, ["x"]])
def test_a_state_with_a_broken_row_is_refused(project: Any, admin: Any, documents: Any, body: Any) -> None:
    project("POST", "/memory_stores", documents.store()).raise_for_status()
    state = admin.get("state")
    table = state["tables"]["stores"]
    table["rows"][0][table["columns"].index("body")] = body

    assert admin.post("state", state).status_code == 400
    assert project("GET", "/memory_stores/memory").status_code == 200


def test_what_is_not_there_is_told_apart_from_what_is_not_emulated(client: httpx.Client, project: Any) -> None:
    assert client.get("/_emulator/nowhere").status_code == 404
    answer = project("GET", "/evaluations")
    assert answer.status_code == 501
    assert "docs/local-foundry.md" in answer.json()["error"]["message"]
