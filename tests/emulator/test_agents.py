"""Agents and their versions: counted, immutable, published at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def publish(project: Any, documents: Any) -> Any:
    def send(instructions: str = "Be brief.", name: str = "buddy", **more: Any) -> Any:
        return project("POST", f"/agents/{name}/versions", documents.version(instructions, **more))

    return send


def patch(project: Any, body: Any) -> Any:
    return project("PATCH", "/agents/buddy", body, headers={"Content-Type": "application/merge-patch+json"})


def rules(*percentages: int) -> dict[str, Any]:
    selection = [
        {"type": "FixedRatio", "agent_version": str(number), "traffic_percentage": percentage}
        for number, percentage in enumerate(percentages, 1)
    ]
    return {"agent_endpoint": {"version_selector": {"version_selection_rules": selection}}}


@pytest.mark.rule(30)
def test_a_version_of_an_unknown_name_makes_the_agent(project: Any, publish: Any) -> None:
    made = publish(description="mine", metadata={"k": "v"})

    body = made.json()
    assert made.status_code == 200
    assert (body["object"], body["id"], body["name"], body["version"]) == ("agent.version", "buddy:1", "buddy", "1")
    assert (body["status"], body["draft"], body["description"]) == ("active", False, "mine")
    assert body["metadata"] == {"k": "v"}
    agent = project("GET", "/agents/buddy").json()
    assert (agent["object"], agent["id"], agent["state"]) == ("agent", "buddy", "enabled")
    assert agent["versions"]["latest"] == body
    assert agent["agent_endpoint"]["version_selector"]["version_selection_rules"][0]["agent_version"] == "@latest"


@pytest.mark.rule(27)
def test_an_identical_version_is_one_more_version(publish: Any) -> None:
    assert [publish().json()["version"] for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.rule(27)
def test_identical_versions_may_be_switched_off(publish: Any, admin: Any) -> None:
    admin.switch(dedupe_versions=True)

    assert [publish(text).json()["version"] for text in ("a", "a", "b", "b", "a")] == ["1", "1", "2", "2", "3"]


@pytest.mark.rule(27)
def test_posting_to_the_agent_makes_a_version_only_when_something_changed(
    project: Any, publish: Any, documents: Any
) -> None:
    publish("a")

    same = project("POST", "/agents/buddy", documents.version("a")).json()
    other = project("POST", "/agents/buddy", documents.version("b")).json()

    assert (same["object"], same["versions"]["latest"]["version"]) == ("agent", "1")
    assert other["versions"]["latest"]["version"] == "2"
    assert error(project("POST", "/agents/nobody", documents.version())) == (404, "not_found")


def test_posting_to_the_collection_makes_the_agent_or_one_more_version(project: Any, documents: Any) -> None:
    document = {"name": "buddy", "agent_card": {"version": "1"}, **documents.version()}

    made = project("POST", "/agents", document).json()
    again = project("POST", "/agents", document).json()

    assert (made["agent_card"], made["versions"]["latest"]["version"]) == ({"version": "1"}, "1")
    assert again["versions"]["latest"]["version"] == "2"
    assert project("POST", "/agents", documents.version()).status_code == 400


@pytest.mark.rule(27)
def test_numbers_are_never_given_twice(project: Any, publish: Any) -> None:
    for _ in range(3):
        publish()

    answer = project("DELETE", "/agents/buddy/versions/3")

    assert answer.json() == {"object": "agent.version.deleted", "name": "buddy", "version": "3", "deleted": True}
    assert project("GET", "/agents/buddy").json()["versions"]["latest"]["version"] == "2"
    assert publish().json()["version"] == "4"
    assert error(project("GET", "/agents/buddy/versions/3")) == (404, "not_found")


def test_a_deleted_agent_starts_again_at_one(project: Any, publish: Any) -> None:
    publish()
    publish()

    answer = project("DELETE", "/agents/buddy?force=true")

    assert answer.json() == {"object": "agent.deleted", "name": "buddy", "deleted": True}
    assert error(project("GET", "/agents/buddy")) == (404, "not_found")
    assert error(project("DELETE", "/agents/buddy")) == (404, "not_found")
    assert publish().json()["version"] == "1"


def test_the_last_version_takes_the_agent_with_it(project: Any, publish: Any) -> None:
    publish()
    project("DELETE", "/agents/buddy/versions/1")

    assert error(project("GET", "/agents/buddy")) == (404, "not_found")


def test_versions_are_listed_newest_first(project: Any, publish: Any) -> None:
    for _ in range(3):
        publish()

    found = project("GET", "/agents/buddy/versions", limit=2).json()

    assert [entry["version"] for entry in found["data"]] == ["3", "2"]
    assert (found["has_more"], found["last_id"]) == (True, "buddy:2")
    for cursor in ("buddy:2", "2"):
        rest = project("GET", "/agents/buddy/versions", after=cursor).json()
        assert [entry["version"] for entry in rest["data"]] == ["1"]
    assert error(project("GET", "/agents/nobody/versions")) == (404, "not_found")


@pytest.mark.rule(26)
def test_an_agent_has_at_most_a_thousand_versions(project: Any, publish: Any) -> None:
    for _ in range(1000):
        publish()

    assert error(publish()) == (400, "UserError")
    project("DELETE", "/agents/buddy/versions/1")
    assert publish().json()["version"] == "1001"


@pytest.mark.parametrize("name", ["-a", "a-", "a_b", "a.b", "x" * 64, "%C3%A9"])
@pytest.mark.rule(26)
def test_a_bad_name_is_refused(publish: Any, name: str) -> None:
    assert error(publish(name=name)) == (400, "invalid_parameters")


@pytest.mark.parametrize("name", ["a", "A1", "a-b", "x" * 63])
def test_a_good_name_is_taken(publish: Any, name: str) -> None:
    assert publish(name=name).status_code == 200


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"definition": None}, id="no-definition"),
        pytest.param({"definition": {"kind": "magic"}}, id="unknown-kind"),
        pytest.param({"definition": {"kind": "prompt"}}, id="no-model"),
        pytest.param({"definition": {"kind": "prompt", "model": "m", "temperature": 3}}, id="too-warm"),
        pytest.param({"definition": {"kind": "prompt", "model": "m", "top_p": -1}}, id="negative-top-p"),
        pytest.param({"definition": {"kind": "prompt", "model": "m", "tools": {}}}, id="tools-no-list"),
        pytest.param({"definition": {"kind": "prompt", "model": "m", "tools": [{}]}}, id="tool-without-type"),
        pytest.param(
            {"definition": {"kind": "prompt", "model": "m", "tools": [{"type": "memory_search_preview"}]}},
            id="memory-tool-without-store",
        ),
        pytest.param({"description": "x" * 513}, id="long-description"),
        pytest.param({"metadata": {f"k{i}": "" for i in range(17)}}, id="too-much-metadata"),
    ],
)
@pytest.mark.rule(26)
def test_a_wrong_version_is_refused(project: Any, documents: Any, document: Any) -> None:
    answer = project("POST", "/agents/buddy/versions", {**documents.version(), **document})

    assert error(answer) == (400, "invalid_request_error")
    assert project("GET", "/agents/buddy").status_code == 404


@pytest.mark.rule(26)
def test_an_agent_has_at_most_128_tools(publish: Any) -> None:
    tool = {"type": "function", "name": "f"}

    assert publish(definition={"tools": [tool] * 128}).status_code == 200
    assert error(publish(definition={"tools": [tool] * 129})) == (400, "tool_limit_exceeded")


def test_unknown_fields_survive(publish: Any) -> None:
    definition = {"tools": [{"type": "web_search", "deep": {"list": [1, {"x": None}]}}], "future": {"a": 1}}

    made = publish(definition=definition).json()

    assert made["definition"]["tools"] == definition["tools"]
    assert made["definition"]["future"] == {"a": 1}


@pytest.mark.parametrize("case", [("v1", False, 200), ("v1", True, 400), ("2025-11-15-preview", True, 200)], ids=str)
@pytest.mark.rule(29)
def test_the_old_memory_tool_is_refused_on_strict_v1_only(
    project: Any, admin: Any, documents: Any, case: tuple[str, bool, int]
) -> None:
    api_version, strict, status = case
    admin.switch(strict=strict)
    tool = {"type": "memory_search", "memory_store_name": "no-such-store", "scope": "{{$userId}}"}
    document = documents.version(definition={"tools": [tool]})

    answer = replace(project, version=api_version)("POST", "/agents/buddy/versions", document)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("document", "token"),
    [
        ({"definition": {"kind": "workflow"}}, "WorkflowAgents=V1Preview"),
        ({"definition": {"kind": "external"}}, "ExternalAgents=V1Preview"),
        ({"definition": {"kind": "voice"}}, "VoiceAgents=V1Preview"),
        ({"draft": True}, "DraftAgents=V1Preview"),
        ({"definition": {"kind": "prompt", "skills": [{"name": "s"}]}}, "Skills=V1Preview"),
    ],
)
@pytest.mark.rule(4)
def test_a_preview_variant_needs_its_header_before_its_body_is_looked_at(
    project: Any, document: Any, token: str
) -> None:
    answer = project("POST", "/agents/buddy/versions", document)

    assert error(answer) == (403, "preview_feature_required")
    assert token in answer.json()["error"]["message"]
    allowed = project("POST", "/agents/buddy/versions", document, headers={"Foundry-Features": token})
    assert allowed.status_code in {200, 400}
    assert replace(project, version="2025-11-15-preview")("POST", "/agents/x/versions", document).status_code != 403


@pytest.mark.rule(4, 5)
def test_the_preview_refusal_reads_as_the_service_writes_it(project: Any) -> None:
    answer = project("POST", "/agents/buddy/versions", {"definition": {"kind": "workflow"}})

    assert answer.json() == {
        "error": {
            "code": "preview_feature_required",
            "message": "Workflow agents is in preview. This operation requires the following opt-in preview "
            "feature(s): WorkflowAgents=V1Preview. Include the 'Foundry-Features: WorkflowAgents=V1Preview' header "
            "in your request.",
            "param": "Foundry-Features",
            "type": "invalid_request_error",
            "details": [],
            "additionalInfo": {"request_id": answer.headers["x-request-id"]},
        }
    }


@pytest.mark.rule(4)
def test_preview_variants_are_read_and_deleted_without_the_header(project: Any) -> None:
    document = {"definition": {"kind": "workflow", "workflow": "kind: workflow"}}
    project("POST", "/agents/flow/versions", document, headers={"Foundry-Features": "WorkflowAgents=V1Preview"})

    assert project("GET", "/agents/flow/versions/1").status_code == 200
    assert [agent["id"] for agent in project("GET", "/agents", kind="workflow").json()["data"]] == ["flow"]
    assert project("GET", "/agents", kind="prompt").json()["data"] == []
    assert project("DELETE", "/agents/flow").status_code == 200


def test_an_agent_keeps_its_kind(project: Any, publish: Any) -> None:
    publish()

    hosted = {"definition": {"kind": "hosted", "container_configuration": {"image": "x"}}}
    assert project("POST", "/agents/buddy/versions", hosted).status_code == 400


@pytest.mark.rule(30)
def test_an_external_agent_echoes_its_name(project: Any) -> None:
    made = project(
        "POST",
        "/agents/outside/versions",
        {"definition": {"kind": "external"}},
        headers={"Foundry-Features": "ExternalAgents=V1Preview"},
    )

    assert made.json()["definition"]["otel_agent_id"] == "outside"


@pytest.mark.rule(27, 31)
def test_a_hosted_agent_is_creating_for_a_while_and_knows_identical_versions(project: Any, admin: Any) -> None:
    admin.switch(write_seconds=120)
    code = {"runtime": "python", "entry_point": ["main.py"], "dependency_resolution": "bundled"}
    document = {"definition": {"kind": "hosted", "cpu": "1", "memory": "2Gi", "code_configuration": code}}

    made = project("POST", "/agents/worker/versions", document).json()
    again = project("POST", "/agents/worker/versions", document).json()

    assert (made["status"], made["version"], again["version"]) == ("creating", "1", "1")
    assert made["definition"]["code_configuration"]["content_hash"]
    admin.advance(121)
    assert project("GET", "/agents/worker/versions/1").json()["status"] == "active"
    assert project("GET", "/agents/worker").json()["versions"]["latest"]["status"] == "active"


@pytest.mark.rule(32)
def test_a_draft_is_hidden_from_latest_and_from_the_list(project: Any, publish: Any, documents: Any) -> None:
    publish()
    features = {"Foundry-Features": "DraftAgents=V1Preview"}

    draft = project("POST", "/agents/buddy/versions", documents.version("idea", draft=True), headers=features).json()

    assert draft["version"].startswith("draft-")
    assert project("GET", "/agents/buddy").json()["versions"]["latest"]["version"] == "1"
    assert [entry["version"] for entry in project("GET", "/agents/buddy/versions").json()["data"]] == ["1"]
    both = project("GET", "/agents/buddy/versions", include_drafts="true").json()["data"]
    assert [entry["version"] for entry in both] == [draft["version"], "1"]
    assert publish().json()["version"] == "2"


@pytest.mark.rule(32)
def test_drafts_may_be_ignored_silently(project: Any, admin: Any, documents: Any) -> None:
    admin.switch(drafts_ignored=True)
    features = {"Foundry-Features": "DraftAgents=V1Preview"}

    made = project("POST", "/agents/buddy/versions", documents.version(draft=True), headers=features).json()

    assert (made["version"], made["draft"]) == ("1", False)


@pytest.mark.rule(28)
def test_a_patch_changes_endpoint_and_card_and_no_version(project: Any, publish: Any) -> None:
    publish()

    patched = patch(project, {**rules(100), "agent_card": {"version": "2"}, "definition": {}, "colour": "red"})

    body = patched.json()
    assert patched.status_code == 200
    assert body["agent_endpoint"]["version_selector"] == rules(100)["agent_endpoint"]["version_selector"]
    assert body["agent_endpoint"]["protocol_configuration"] == {"responses": {}}
    assert body["agent_card"] == {"version": "2"}
    assert body["versions"]["latest"]["version"] == "1"
    assert "colour" not in body
    restored = patch(project, {"agent_endpoint": None}).json()
    assert restored["agent_endpoint"]["version_selector"]["version_selection_rules"][0]["agent_version"] == "@latest"


@pytest.mark.rule(28)
def test_a_patch_must_be_a_merge_patch(project: Any, publish: Any) -> None:
    publish()

    assert project("PATCH", "/agents/buddy", rules(100)).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rules(60, 30), id="traffic-not-100"),
        pytest.param({"agent_card": {"version": "v" * 33}}, id="long-card-version"),
        pytest.param({"agent_card": {"skills": []}}, id="no-skills"),
        pytest.param({"agent_card": {"skills": [{}] * 17}}, id="too-many-skills"),
    ],
)
def test_a_wrong_patch_is_refused_and_changes_nothing(project: Any, publish: Any, body: Any) -> None:
    publish()
    before = project("GET", "/agents/buddy").json()

    assert error(patch(project, body)) == (400, "invalid_request_error")
    assert project("GET", "/agents/buddy").json() == before


@pytest.mark.rule(31)
def test_an_agent_is_disabled_and_enabled(project: Any, publish: Any) -> None:
    publish()

    assert project("POST", "/agents/buddy:disable").status_code == 204
    assert project("GET", "/agents/buddy").json()["state"] == "disabled"
    assert publish().status_code == 200
    assert project("POST", "/agents/buddy:enable").status_code == 204
    assert project("GET", "/agents/buddy").json()["state"] == "enabled"


@pytest.mark.rule(34)
def test_two_creates_at_once_on_one_agent_conflict(project: Any, admin: Any, documents: Any, emulator: Any) -> None:
    admin.switch(latency_ms=200)
    answers: list[httpx.Response] = []

    def create() -> None:
        with httpx.Client(base_url=emulator.management, verify=project.client._transport._pool._ssl_context) as client:
            answers.append(replace(project, client=client)("POST", "/agents/buddy/versions", documents.version()))

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    refused = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (refused["code"], refused["type"], refused["param"]) == ("conflict", "ServiceError", "")
    assert "\r\n\r\n{" in refused["message"]
