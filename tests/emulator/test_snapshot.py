"""The state as a document: taken, emptied, put back."""

from __future__ import annotations

import json
from typing import Any

import pytest

FIRST_DAY = {"groups": 1, "accounts": 1, "projects": 1}
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
SECRET = "hush-hush-5150"


@pytest.fixture
def full(project: Any, arm: Any, documents: Any, admin: Any) -> Any:
    arm("PUT", f"{ACCOUNT}/deployments/gpt-4.1-mini", documents.deployment())
    embedding = documents.deployment("text-embedding-3-large", "1")
    arm("PUT", f"{ACCOUNT}/deployments/text-embedding-3-large", embedding)
    project("POST", "/memory_stores", documents.store(description="Grüße"))
    project("POST", "/memory_stores/memory/items", {"content": "Tea.", "kind": "user_profile", "scope": "sam"})
    for _ in range(2):
        project("POST", "/agents/buddy/versions", documents.version())
    admin.post("quota", {"usage": "OpenAI.GlobalStandard.gpt4.1-mini", "limit": 17}).raise_for_status()
    admin.switch(strict=True)
    return admin.get("state")


def some(counts: Any) -> Any:
    return {name: count for name, count in counts.items() if count}


def comparable(state: Any) -> Any:
    return {key: value for key, value in state.items() if key != "now"}


def test_what_was_taken_is_put_back_whole(full: Any, admin: Any, project: Any) -> None:
    admin.post("reset").raise_for_status()
    assert project("GET", "/memory_stores/memory").status_code == 404

    counts = admin.post("state", full).raise_for_status().json()["counts"]

    assert counts == full["counts"]
    assert some(counts) == {**FIRST_DAY, "deployments": 2, "stores": 1, "memories": 1, "agents": 1, "versions": 2}
    assert comparable(admin.get("state")) == comparable(full)
    assert len(project("POST", "/memory_stores/memory/items:list", {"scope": "sam"}).json()["data"]) == 1


def test_a_conversation_comes_back_with_what_was_said_in_it(project: Any, admin: Any) -> None:
    said = {"type": "message", "role": "user", "content": "Tea?"}
    made = project("POST", "/openai/v1/conversations", {"items": [said]}, **{"api-version": None}).json()["id"]
    path = f"/openai/v1/conversations/{made}/items"
    before = project("GET", path, **{"api-version": None}).json()
    taken = admin.get("state")
    admin.post("reset").raise_for_status()

    admin.post("state", taken).raise_for_status()

    assert before["data"]
    assert project("GET", path, **{"api-version": None}).json() == before


def test_a_state_that_is_put_back_leaves_the_secrets_of_what_is_unchanged(arm: Any, project: Any, admin: Any) -> None:
    def write(name: str, **more: Any) -> None:
        properties = {"category": "ApiKey", "authType": "ApiKey", "target": "https://example.com", **more}
        body = {"properties": {**properties, "credentials": {"key": SECRET}}}
        arm("PUT", f"{ACCOUNT}/connections/{name}", body).raise_for_status()

    def held(name: str) -> Any:
        return project("POST", f"/connections/{name}/getConnectionWithCredentials").json()["credentials"]

    for name in ("kept", "changed", "deleted"):
        write(name)
    taken = admin.get("state")
    write("changed", target="https://elsewhere.example.com")
    arm("DELETE", f"{ACCOUNT}/connections/deleted")
    write("deleted")

    admin.post("state", taken).raise_for_status()

    assert SECRET not in json.dumps(taken)
    assert comparable(admin.get("state")) == comparable(taken)
    assert held("kept") == {"type": "ApiKey", "key": SECRET}
    assert held("changed") == held("deleted") == {"type": "ApiKey"}


def test_a_state_carries_no_secrets_and_takes_none(full: Any, admin: Any, project: Any, emulator: Any) -> None:
    secret = emulator.env["IDENTITY_HEADER"]
    assert secret not in json.dumps(full)
    stolen = {"columns": ["name", "value"], "rows": [["token_secret", "known"], ["identity_header", "known"]]}

    admin.post("state", {**full, "tables": {**full["tables"], "settings": stolen}}).raise_for_status()

    assert project("GET", "/agents").status_code == 200


def test_deleting_the_state_leaves_an_empty_project_and_the_faults(full: Any, admin: Any, project: Any) -> None:  # noqa: ARG001
    admin.fault({"path": "*/nowhere"}, status=500)

    assert admin.client.delete("/_emulator/state").status_code == 204

    assert project("GET", "/memory_stores").json()["data"] == []
    assert some(admin.get("state")["counts"]) == FIRST_DAY
    assert len(admin.get("faults")["faults"]) == 1
    assert admin.get("state")["switches"]["strict"] is True


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"format": 99, "tables": {}},
        {"tables": {"sqlite_master": {"columns": [], "rows": []}}},
        {"tables": {"stores": []}},
        {"tables": {"stores": {"columns": ["name) --"], "rows": [["x"]]}}},
        {"tables": {"stores": {"columns": ["id", "name"], "rows": [[1]]}}},
        {"tables": {"stores": {"columns": ["id"], "rows": [[1], [1]]}}},
        {"tables": {"stores": {"columns": ["id"], "rows": [[{"a": 1}]]}}},
        {"tables": {"stores": {"columns": ["id"], "rows": [[10**30]]}}},
        {"switches": {"colour": "red"}, "tables": {}},
    ],
)
def test_a_broken_state_is_refused_and_changes_nothing(full: Any, admin: Any, broken: Any) -> None:
    given = {"format": full["format"], **broken} if broken else broken

    assert admin.post("state", given).status_code == 400
    assert comparable(admin.get("state")) == comparable(full)


def test_what_belongs_to_nothing_is_refused(full: Any, admin: Any) -> None:
    tables = {**full["tables"], "agents": {"columns": [], "rows": []}}

    assert admin.post("state", {**full, "tables": tables}).status_code == 400
    assert comparable(admin.get("state")) == comparable(full)
