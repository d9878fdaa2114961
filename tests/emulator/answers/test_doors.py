"""Which requests come in at all: versions, tokens, doors."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.contract
ENDPOINT = "/agents/buddy/endpoint/protocols/openai"
HELLO = {"model": "gpt-4.1-mini", "input": "Hello"}


@pytest.mark.rule(3)
def test_openai_v1_refuses_an_api_version(project: Any) -> None:
    refused = project("POST", "/openai/v1/responses", HELLO)

    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "api-version query parameter is not allowed when using /v1 path"


@pytest.mark.rule(3)
def test_an_agents_endpoint_wants_an_api_version(project: Any) -> None:
    refused = project("POST", f"{ENDPOINT}/conversations", {}, **{"api-version": None})

    assert refused.status_code == 400
    assert "Missing required query parameter" in refused.json()["error"]["message"]


@pytest.mark.rule(1)
@pytest.mark.parametrize("audience", ["https://management.azure.com", None])
def test_only_tokens_for_ai_azure_com_are_taken(v1: Any, tokens: dict[str, str], audience: str | None) -> None:
    token = tokens[audience] if audience else "nonsense"
    refused = v1("POST", "/responses", HELLO, headers={"Authorization": f"Bearer {token}"})

    assert refused.status_code == 401
    assert "error" not in refused.json()
    assert "audience is incorrect" in refused.json()["message"]


@pytest.mark.rule(2)
def test_who_has_no_data_role_is_told_so(v1: Any, admin: Any) -> None:
    admin.switch(data_role="denied-401")

    refused = v1("POST", "/responses", HELLO)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "PermissionDenied")


@pytest.mark.usefixtures("deployed")
def test_no_opt_in_header_is_needed(project: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version()).raise_for_status()
    nothing = {"Foundry-Features": ""}

    made = project("POST", f"{ENDPOINT}/responses", {"input": "Hello"}, headers=nothing)

    assert made.status_code == 200
    assert made.json()["agent_reference"] == {"type": "agent_reference", "name": "buddy", "version": "1"}


@pytest.mark.usefixtures("deployed")
def test_the_door_of_earlier_clients_takes_the_previews_version(project: Any) -> None:
    made = project("POST", "/openai/responses", HELLO, **{"api-version": "2025-11-15-preview"})

    assert made.json()["status"] == "completed"


def test_the_doors_of_a_project_lead_to_the_same_conversations(project: Any, v1: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version()).raise_for_status()

    made = project("POST", f"{ENDPOINT}/conversations", {}).json()

    assert v1("GET", f"/conversations/{made['id']}").json() == made


def test_what_is_not_emulated_says_so(v1: Any) -> None:
    refused = v1("POST", "/images/generations", {})

    assert (refused.status_code, refused.json()["error"]["code"]) == (501, "NotEmulated")


def test_a_body_that_is_no_object_is_refused(v1: Any) -> None:
    assert v1("POST", "/responses", [1]).json()["error"]["code"] == "invalid_payload"


@pytest.mark.rule(5)
def test_the_request_id_is_in_header_and_body(v1: Any) -> None:
    refused = v1("POST", "/responses", {})

    assert refused.headers["x-request-id"] == refused.json()["error"]["additionalInfo"]["request_id"]
