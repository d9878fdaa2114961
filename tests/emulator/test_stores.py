"""Memory stores as objects: made once, named once, mutable in two fields, deleted for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def plain(project: Any) -> Any:
    """v1 without the opt-in header."""
    return replace(project, extra={})


def test_a_new_store_reads_back_with_every_option(project: Any, admin: Any, documents: Any) -> None:
    made = project("POST", "/memory_stores", documents.store(description="mine", metadata={"k": "v"}))

    body = made.json()
    assert made.status_code == 200
    assert body["object"] == "memory_store"
    assert body["id"].startswith("memstore_")
    assert body["created_at"] == body["updated_at"] == int(body["created_at"])
    assert abs(body["created_at"] - admin.get("state")["now"]) < 60
    assert (body["description"], body["metadata"]) == ("mine", {"k": "v"})
    assert body["definition"]["options"] == {
        "user_profile_enabled": True,
        "user_profile_details": "",
        "chat_summary_enabled": True,
        "procedural_memory_enabled": True,
        "default_ttl_seconds": 0,
    }
    assert "error" not in body
    assert project("GET", "/memory_stores/memory").json() == body


def test_given_options_are_kept(project: Any, documents: Any) -> None:
    options = {"user_profile_enabled": False, "user_profile_details": "Tools", "default_ttl_seconds": 60}

    made = project("POST", "/memory_stores", documents.store(definition={"options": options})).json()

    assert made["definition"]["options"] == {
        **options,
        "chat_summary_enabled": True,
        "procedural_memory_enabled": True,
    }


@pytest.mark.rule(17)
def test_a_second_store_of_the_name_conflicts_and_changes_nothing(project: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store(description="first"))

    assert error(project("POST", "/memory_stores", documents.store(description="second"))) == (409, "conflict")
    assert project("GET", "/memory_stores/memory").json()["description"] == "first"


@pytest.mark.rule(17)
def test_a_store_is_found_by_name_and_not_by_id(project: Any, documents: Any) -> None:
    made = project("POST", "/memory_stores", documents.store()).json()

    assert error(project("GET", f"/memory_stores/{made['id']}")) == (404, "not_found")


@pytest.mark.rule(18)
def test_an_update_changes_description_and_metadata_and_no_more(project: Any, admin: Any, documents: Any) -> None:
    made = project("POST", "/memory_stores", documents.store(description="old", metadata={"a": "b"})).json()
    admin.advance(10)
    change = {"description": "new", "definition": {"kind": "default", "chat_model": "other"}, "name": "other"}

    body = project("POST", "/memory_stores/memory", change).json()

    assert body == {**made, "description": "new", "updated_at": body["updated_at"]}
    assert body["updated_at"] >= made["updated_at"] + 10
    assert project("POST", "/memory_stores/memory", {"metadata": {}}).json()["metadata"] == {}
    assert "description" not in project("POST", "/memory_stores/memory", {"description": None}).json()


@pytest.mark.rule(18)
def test_strict_refuses_a_definition_in_an_update(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store())
    admin.switch(strict=True)

    assert project("POST", "/memory_stores/memory", {"definition": {}}).status_code == 400
    assert project("POST", "/memory_stores/memory", {"colour": "red"}).status_code == 400
    assert project("POST", "/memory_stores", {**documents.store("b"), "colour": "red"}).status_code == 400


@pytest.mark.rule(18)
def test_a_deleted_store_is_gone(project: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store())

    answer = project("DELETE", "/memory_stores/memory")

    assert answer.json() == {"object": "memory_store.deleted", "name": "memory", "deleted": True}
    assert error(project("DELETE", "/memory_stores/memory")) == (404, "not_found")
    assert error(project("POST", "/memory_stores/memory", {})) == (404, "not_found")
    assert project("POST", "/memory_stores", documents.store()).status_code == 200


@pytest.mark.rule(19)
def test_models_are_not_looked_at(project: Any, documents: Any) -> None:
    embedding_as_chat = documents.store(definition={"chat_model": "text-embedding-3-small"})

    assert project("POST", "/memory_stores", embedding_as_chat).status_code == 200


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"name": ""}, id="empty-name"),
        pytest.param({"name": "x" * 257}, id="long-name"),
        pytest.param({"name": 5}, id="number-as-name"),
        pytest.param({"name": "a/b"}, id="slash-in-name"),
        pytest.param({"name": "a:b"}, id="colon-in-name"),
        pytest.param({"description": "x" * 513}, id="long-description"),
        pytest.param({"description": 5}, id="number-as-description"),
        pytest.param({"metadata": {"k": 5}}, id="number-in-metadata"),
        pytest.param({"metadata": {f"k{i}": "" for i in range(17)}}, id="too-much-metadata"),
        pytest.param({"metadata": {"k" * 65: ""}}, id="long-metadata-key"),
        pytest.param({"metadata": {"k": "v" * 513}}, id="long-metadata-value"),
        pytest.param({"metadata": []}, id="list-as-metadata"),
        pytest.param({"definition": None}, id="no-definition"),
        pytest.param({"definition": {"kind": "fancy"}}, id="unknown-kind"),
        pytest.param({"definition": {"kind": "default", "chat_model": "a"}}, id="no-embedding-model"),
        pytest.param({"definition": {"kind": "default", "embedding_model": "a"}}, id="no-chat-model"),
    ],
)
def test_a_wrong_store_is_refused(project: Any, documents: Any, document: Any) -> None:
    answer = project("POST", "/memory_stores", {**documents.store(), **document})

    assert error(answer) == (400, "invalid_request_error")
    assert answer.json()["error"]["param"]


@pytest.mark.parametrize(
    "options",
    [{"user_profile_enabled": "yes"}, {"default_ttl_seconds": -1}, {"default_ttl_seconds": True}, []],
)
def test_wrong_options_are_refused(project: Any, documents: Any, options: Any) -> None:
    document = documents.store(definition={"options": options})

    assert project("POST", "/memory_stores", document).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/memory_stores"),
        ("POST", "/memory_stores"),
        ("GET", "/memory_stores/memory"),
        ("POST", "/memory_stores/memory"),
        ("DELETE", "/memory_stores/memory"),
        ("GET", "/memory_stores/memory/updates/1"),
        ("POST", "/memory_stores/memory:search_memories"),
        ("POST", "/memory_stores/memory:update_memories"),
        ("POST", "/memory_stores/memory:delete_scope"),
        ("POST", "/memory_stores/memory/items"),
        ("GET", "/memory_stores/memory/items/1"),
        ("POST", "/memory_stores/memory/items/1"),
        ("DELETE", "/memory_stores/memory/items/1"),
        ("POST", "/memory_stores/memory/items:list"),
        ("GET", "/memory_stores/memory/items:list"),
    ],
)
@pytest.mark.rule(4)
def test_every_memory_route_of_v1_needs_the_opt_in_header(plain: Any, method: str, path: str) -> None:
    answer = plain(method, path, "no object" if method == "POST" else None)

    body = answer.json()["error"]
    assert error(answer) == (403, "preview_feature_required")
    assert (body["param"], body["type"], body["details"]) == ("Foundry-Features", "invalid_request_error", [])
    assert "Include the 'Foundry-Features: MemoryStores=V1Preview' header in your request." in body["message"]
    assert body["additionalInfo"]["request_id"] == answer.headers["x-request-id"]


def test_the_opt_in_may_stand_among_others_in_any_case(plain: Any) -> None:
    features = {"foundry-features": "HostedAgents=V1Preview, memorystores=v1preview"}

    assert plain("GET", "/memory_stores", headers=features).status_code == 200


@pytest.mark.rule(4)
def test_reads_without_the_header_may_be_switched_on(plain: Any, admin: Any, documents: Any) -> None:
    admin.switch(preview_header_on_reads=False)

    assert plain("GET", "/memory_stores").status_code == 200
    assert plain("POST", "/memory_stores", documents.store()).status_code == 403


@pytest.mark.rule(4)
def test_the_preview_api_version_needs_no_header(plain: Any, documents: Any) -> None:
    preview = replace(plain, version="2025-11-15-preview")

    assert preview("POST", "/memory_stores", documents.store()).status_code == 200
    assert preview("GET", "/memory_stores/memory").status_code == 200


@pytest.mark.parametrize("version", [None, "", "2024-01-01", "V1"])
@pytest.mark.rule(3)
def test_an_api_version_is_needed_and_must_be_known(project: Any, version: str | None) -> None:
    answer = replace(project, version=version)("GET", "/memory_stores")

    assert error(answer) == (400, "UserError")
    assert answer.json()["error"]["param"] == "api-version"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/memory_stores/memory:export"),
        ("GET", "/memory_stores/memory/scopes"),
        ("GET", "/indexes"),
        ("POST", "/openai/v1/files"),
        ("POST", "/agents:import"),
    ],
)
def test_what_is_not_emulated_says_so_by_name(project: Any, method: str, path: str) -> None:
    answer = project(method, path, {})

    assert error(answer) == (501, "NotEmulated")
    assert f"{method} /api/projects/local{path}" in answer.json()["error"]["message"]


def test_a_wrong_method_on_a_known_path_is_405(project: Any) -> None:
    answer = project("PUT", "/memory_stores/memory", {})

    assert error(answer) == (405, "MethodNotAllowed")
    assert answer.headers["allow"] == "DELETE, GET, POST"
    assert project("GET", "/memory_stores/memory:search_memories").status_code == 405


@pytest.mark.parametrize("name", ["a%2Fb", "a%3Asearch_memories", "%00", "no%20such"])
def test_an_encoded_name_stays_a_name(project: Any, name: str) -> None:
    assert error(project("GET", f"/memory_stores/{name}")) == (404, "not_found")
