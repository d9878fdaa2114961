"""What a declared fault can do to a request, beyond the plain answers of test_admin.py."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import httpx
import pytest

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT = f"{ACCOUNT}/deployments/chat"
MINI = "OpenAI.GlobalStandard.gpt4.1-mini"


def statuses(caller: Any, path: str, count: int) -> list[int]:
    return [caller("GET", path).status_code for _ in range(count)]


@pytest.mark.rule(35)
def test_a_throttle_answers_429_with_its_hint_as_often_as_it_says(project: Any, admin: Any) -> None:
    admin.post("faults", {"match": {"path": "*/agents"}, "throttle": {"retry_after": 2, "times": 3}}).raise_for_status()

    first = project("GET", "/agents")

    assert (first.status_code, first.headers["retry-after"]) == (429, "2")
    assert first.json()["error"]["code"] == "rate_limit_exceeded"
    assert statuses(project, "/agents", 3) == [429, 429, 200]


def test_a_query_tells_requests_apart(project: Any, admin: Any) -> None:
    admin.fault({"query": {"api-version": "2025-*"}}, status=503)

    assert project("GET", "/memory_stores").status_code == 200
    assert project("GET", "/memory_stores", **{"api-version": "2025-11-15-preview"}).status_code == 503


def test_a_fault_may_be_in_force_for_a_time(project: Any, admin: Any) -> None:
    admin.fault({"for_s": 60}, status=503)

    assert statuses(project, "/agents", 2) == [503, 503]
    admin.advance(60)
    assert statuses(project, "/agents", 1) == [200]


@pytest.mark.rule(35)
def test_a_fresh_grant_is_still_unauthorised_for_a_while(project: Any, admin: Any) -> None:
    admin.fault({"path": "/api/projects/*", "for_s": 90}, switches={"data_role": "denied-401"})

    refused = project("GET", "/agents")

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "PermissionDenied")
    admin.advance(90)
    assert project("GET", "/agents").status_code == 200
    assert admin.get("state")["switches"]["data_role"] == "granted"


@pytest.mark.parametrize(("truncate", "kept"), [(True, None), (10, 10), (0, 0)])
def test_a_truncated_answer_promises_more_than_it_sends(project: Any, admin: Any, truncate: Any, kept: Any) -> None:
    whole = project("GET", "/agents").content
    admin.fault({"times": 1}, truncate=truncate)
    received = b""

    def read() -> None:
        nonlocal received
        headers = {"Authorization": f"Bearer {project.token}"}
        path = "/api/projects/local/agents?api-version=v1"
        with admin.client.stream("GET", path, headers=headers) as answer:
            assert int(answer.headers["content-length"]) == len(whole)
            for chunk in answer.iter_raw():
                received += chunk

    with pytest.raises(httpx.RemoteProtocolError):
        read()
    assert received == whole[: len(whole) // 2 if kept is None else kept]
    assert project("GET", "/agents").status_code == 200


def test_a_truncated_write_has_taken_effect(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST", "times": 1}, truncate=True)

    with pytest.raises(httpx.RemoteProtocolError):
        project("POST", "/memory_stores", documents.store())

    assert project("GET", "/memory_stores/memory").status_code == 200


@pytest.mark.rule(35)
def test_a_lagging_read_does_not_see_what_was_just_made(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"path": "*/agents*"}, stale_s=5)
    project("POST", "/agents/buddy/versions", documents.version())

    assert project("GET", "/agents/buddy").status_code == 404
    assert project("GET", "/agents").json()["data"] == []
    admin.advance(5)
    assert project("GET", "/agents/buddy").status_code == 200


def test_a_lagging_read_answers_what_was_true_before_each_write(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"path": "*/memory_stores/*"}, stale_s=10)
    project("POST", "/memory_stores", documents.store(description="one"))
    admin.advance(6)
    project("POST", "/memory_stores/memory", {"description": "two"})

    seen = []
    for _ in range(3):
        answer = project("GET", "/memory_stores/memory")
        seen.append(answer.json().get("description", answer.status_code))
        admin.advance(5)

    assert seen == [404, "one", "two"]


def test_only_matching_reads_lag_and_searches_and_writes_do_not(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"path": "*/agents*"}, stale_s=60)

    project("POST", "/memory_stores", documents.store())
    project("POST", "/agents/buddy/versions", documents.version())

    assert project("GET", "/memory_stores/memory").status_code == 200
    assert project("POST", "/agents/buddy/versions", documents.version()).json()["version"] == "2"
    assert project("GET", "/agents/buddy").status_code == 404


def test_as_many_reads_lag_as_the_fault_says(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"path": "*/agents/*", "times": 2}, stale_s=60)
    project("POST", "/agents/buddy/versions", documents.version())

    assert statuses(project, "/agents/buddy", 3) == [404, 404, 200]


def test_many_writes_within_the_lag_are_remembered_to_a_limit(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"path": "*/memory_stores*", "method": "GET"}, stale_s=60)
    for number in range(40):
        project("POST", "/memory_stores", documents.store(f"store-{number}"))

    assert len(project("GET", "/memory_stores", limit=100).json()["data"]) == 40 - 32


@pytest.mark.rule(7)
def test_a_management_write_ends_failed_with_its_error(arm: Any, admin: Any, documents: Any) -> None:
    error = {"code": "715-123420", "message": "An error occurred. Please reach out to support."}
    admin.fault({"method": "PUT", "times": 1}, operation_error=error)

    answer = arm("PUT", CHAT, documents.deployment())

    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    polled = admin.client.get(
        answer.headers["azure-asyncoperation"], headers={"Authorization": f"Bearer {arm.token}"}
    ).json()
    assert (polled["status"], polled["error"]) == ("Failed", error)
    assert arm("GET", CHAT).json()["properties"]["provisioningState"] == "Failed"
    assert arm("PUT", CHAT, documents.deployment()).json()["properties"]["provisioningState"] == "Succeeded"


def test_a_slow_delete_that_fails_leaves_the_deployment(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.switch(write_seconds=30)
    admin.fault({"method": "DELETE"}, operation_error={"code": "InternalServerError", "message": "no"})

    assert arm("DELETE", CHAT).status_code == 202
    admin.advance(30)

    assert arm("GET", CHAT).json()["properties"]["provisioningState"] == "Failed"


@pytest.mark.rule(10)
def test_quota_is_cut_by_a_request(arm: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "PUT", "path": "*/chat"}, quota={"usage": MINI, "limit": 5})

    answer = arm("PUT", CHAT, documents.deployment(capacity=10))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InsufficientQuota")


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    ("lifecycle", "code"),
    [
        ("Deprecating", "ServiceModelDeprecating"),
        ("Deprecated", "ServiceModelDeprecated"),
        ("Removed", "DeploymentModelNotSupported"),
    ],
)
def test_a_model_retires(arm: Any, admin: Any, documents: Any, lifecycle: str, code: str) -> None:
    admin.fault({"method": "PUT"}, model={"name": "gpt-4.1-mini", "lifecycle": lifecycle})

    answer = arm("PUT", CHAT, documents.deployment())

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, code)
    (here,) = error["details"]
    assert here["code"] == "LocalFoundry"
    assert "POST /_emulator/models" in here["message"]
    admin.post("reset").raise_for_status()
    assert arm("PUT", CHAT, documents.deployment()).status_code == 201


def test_a_model_retires_at_once_and_in_one_version(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    retired = {"name": "gpt-4.1-mini", "version": "2025-04-14", "lifecycle": "Deprecating"}

    assert admin.post("models", retired).status_code == 204

    models = arm("GET", f"{ACCOUNT}/models").json()["value"]
    assert {m["lifecycleStatus"] for m in models if m["name"] == "gpt-4.1-mini"} == {"Deprecating"}
    assert arm("PUT", CHAT, documents.deployment(capacity=20)).status_code == 200
    assert arm("PUT", f"{CHAT}-2", documents.deployment()).status_code == 201  # who has it goes on with it
    assert admin.post("models", {**retired, "version": "1066"}).status_code == 404
    assert admin.post("models", {**retired, "lifecycle": "Tired"}).status_code == 400


@pytest.mark.rule(14)
def test_somebody_edits_between_two_requests(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store(description="mine"))
    changes = {"kind": "store", "name": "memory", "changes": {"description": "theirs"}}
    admin.fault({"method": "GET", "path": "*/memory", "nth": 2}, drift=changes)

    seen = [project("GET", "/memory_stores/memory").json()["description"] for _ in range(3)]

    assert seen == ["mine", "theirs", "theirs"]


def test_an_effect_may_come_after_the_request_that_sets_it_off(project: Any, admin: Any, documents: Any) -> None:
    changes = {"kind": "store", "name": "memory", "changes": None}
    admin.fault({"method": "POST"}, drift=changes, after_effect=True)

    assert project("POST", "/memory_stores", documents.store()).status_code == 200
    assert project("GET", "/memory_stores/memory").status_code == 404


def test_an_effect_that_cannot_be_is_told_with_the_fault(project: Any, admin: Any) -> None:
    admin.fault({}, drift={"kind": "store", "name": "nowhere", "changes": {}})

    assert project("GET", "/agents").status_code == 200

    (fault,) = admin.get("faults")["faults"]
    assert (fault["done"], fault["problem"]) == (1, "Memory store 'nowhere' not found.")


def test_a_fault_is_listed_as_it_was_declared(project: Any, admin: Any) -> None:
    declared = {"match": {"path": "*/agents"}, "throttle": {"retry_after": 1.5}}
    admin.post("faults", declared).raise_for_status()
    project("GET", "/agents")

    assert admin.get("faults")["faults"] == [{**declared, "seen": 1, "done": 1}]


@pytest.mark.rule(14)
@pytest.mark.parametrize(
    ("kind", "path", "changes"),
    [
        ("account", ACCOUNT, {"tags": {"a": "b"}}),
        ("project", f"{ACCOUNT}/projects/local", {"tags": {"a": "b"}}),
        ("deployment", CHAT, {"sku": {"name": "GlobalStandard", "capacity": 7}}),
    ],
)
def test_resources_of_the_management_plane_drift(seen: Any, admin: Any, kind: str, path: str, changes: Any) -> None:
    admin.drift(kind, path.rpartition("/")[2], changes)

    assert changes.items() <= seen(path).json().items()


@pytest.fixture
def seen(arm: Any, project: Any, documents: Any) -> Any:
    """A deployment, an agent and a store; looks at one of them, or at what is around them."""
    arm("PUT", CHAT, documents.deployment())
    project("POST", "/agents/buddy/versions", documents.version())
    project("POST", "/memory_stores", documents.store())
    return lambda path: (arm if path.startswith("/subscriptions") else project)("GET", path)


def test_an_agent_drifts_around_its_versions(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version())

    admin.drift("agent", "buddy", {"state": "disabled", "agent_card": {"description": "theirs"}})

    agent = project("GET", "/agents/buddy").json()
    assert (agent["state"], agent["agent_card"], agent["versions"]["latest"]["version"]) == (
        "disabled",
        {"description": "theirs"},
        "1",
    )


@pytest.mark.rule(14)
def test_somebody_adds_to_the_documents_of_an_agent(project: Any, admin: Any, documents: Any) -> None:
    """An operation to an OpenAPI tool, a header to an MCP server, a parameter to a function, a property to a schema."""
    spec: Any = {"openapi": "3.0.3", "info": {"title": "orders", "version": "1"}, "paths": {"/orders": {}}}
    tools: Any = [
        {"type": "openapi", "openapi": {"name": "orders", "auth": {"type": "anonymous"}, "spec": spec}},
        {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example.com/mcp"},
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}},
    ]
    text: Any = {"format": {"type": "json_schema", "name": "out", "schema": {"type": "object", "properties": {}}}}
    mine = documents.version(definition={"tools": tools, "text": text}, metadata={"by": "me"})
    project("POST", "/agents/helper/versions", mine)
    theirs = deepcopy({"tools": tools, "text": text})
    theirs["tools"][0]["openapi"]["spec"]["paths"]["/orders/{id}"] = {"delete": {"operationId": "deleteOrder"}}
    theirs["tools"][1]["headers"] = {"x-forward": "https://elsewhere.example.com"}
    theirs["tools"][2]["parameters"]["properties"]["y"] = {"type": "string"}
    theirs["text"]["format"]["schema"]["properties"]["b"] = {"type": "string"}

    admin.drift("agent", "helper", theirs)

    latest = project("GET", "/agents/helper").json()["versions"]["latest"]
    assert (latest["version"], latest["metadata"]) == ("2", {})
    assert latest["definition"] == {**mine["definition"], **theirs}
    assert project("GET", "/agents/helper/versions/1").json()["definition"] == mine["definition"]


@pytest.mark.parametrize(
    ("kind", "path"), [("deployment", CHAT), ("agent", "/agents/buddy"), ("store", "/memory_stores/memory")]
)
def test_objects_are_deleted_in_the_portal(seen: Any, admin: Any, kind: str, path: str) -> None:
    assert seen(path).status_code == 200

    admin.drift(kind, path.rpartition("/")[2], None)

    assert seen(path).status_code == 404


def test_a_memory_drifts_and_is_deleted(arm: Any, project: Any, admin: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/gpt-4.1-mini", documents.deployment())
    embedding = documents.deployment("text-embedding-3-large", "1")
    arm("PUT", f"{ACCOUNT}/deployments/text-embedding-3-large", embedding)
    project("POST", "/memory_stores", documents.store())
    item = {"content": "Likes tea.", "kind": "user_profile", "scope": "sam"}
    memory_id = project("POST", "/memory_stores/memory/items", item).json()["memory_id"]
    path = f"/memory_stores/memory/items/{memory_id}"

    admin.drift("memory", memory_id, {"content": "Likes coffee."})

    assert project("GET", path).json()["content"] == "Likes coffee."
    admin.drift("memory", memory_id, None)
    assert project("GET", path).status_code == 404


@pytest.mark.parametrize(
    "fault",
    [
        {"match": {"query": ["x"]}, "do": {"status": 500}},
        {"match": {"nth": 0}, "do": {"status": 500}},
        {"match": {"times": -1}, "do": {"status": 500}},
        {"match": {"for_s": "soon"}, "do": {"status": 500}},
        {"match": {"method": 5}, "do": {"status": 500}},
        {"do": {"status": 99}},
        {"do": {"status": True}},
        {"do": {"truncate": "half"}},
        {"do": {"truncate": False}},
        {"do": {"stale_s": -1}},
        {"do": {"switches": {"colour": "red"}}},
        {"do": {"operation_error": "no"}},
        {"do": {"headers": ["x"]}},
        {"do": {"drift": "store"}},
        {"do": {"status": 500}, "throttle": {}},
        {"throttle": 3},
        {"throttle": {"often": 3}},
        {"throttle": {"retry_after": "soon"}},
        {"do": {"status": 500}, "colour": "red"},
        {"match": 5, "do": {"status": 500}},
    ],
)
def test_a_wrong_fault_is_refused_with_a_reason(admin: Any, fault: Any) -> None:
    answer = admin.post("faults", fault)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert admin.get("faults") == {"faults": []}
