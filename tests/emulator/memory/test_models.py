"""What is wrong with a store's models shows when they are needed, in the service's words, and heals."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

CHAT, EMBEDDING = "gpt-4.1-mini", "text-embedding-3-large"


def told(answer: Any) -> Any:
    """The JSON inside the message of a ResourceError."""
    body = answer.json()["error"]
    assert (answer.status_code, body["code"]) == (400, "ResourceError")
    found = re.fullmatch(r"(\{.*\}) \[Request ID: (\w+)\]", body["message"])
    assert found is not None
    assert found[2] == answer.headers["x-request-id"]
    return json.loads(found[1])


def asked(memory: Any) -> list[Any]:
    """The answers of everything that runs the embedding model."""
    made = memory.project("POST", "/memory_stores/memory/items:list", {"scope": "ann"}).json()["data"][0]
    change = memory.project("POST", f"/memory_stores/memory/items/{made['memory_id']}", {"content": "Drinks cocoa"})
    return [memory.search("What do I drink?"), memory.post("/items", content="x", kind="user_profile"), change]


@pytest.fixture
def written(memory: Any) -> Any:
    memory.write("Drinks green tea")
    return memory


@pytest.mark.rule(19)
def test_a_project_identity_without_its_role_fails_late(written: Any, admin: Any, make_store: Any) -> None:
    admin.switch(project_identity="denied")
    make_store("made-all-the-same")

    update = written.learn("I live in Lisbon.")

    assert (update["status"], update["result"]) == ("failed", None)
    assert update["error"]["message"] == "Provided Azure resource encountered an error: Authentication failed."
    for answer in asked(written):
        body = told(answer)
        assert (body["status_code"], body["error_code"]) == (400, "ResourceError")
        assert body["details"]["message"] == "Provided Azure resource encountered an error."
        assert re.fullmatch(r"[0-9a-f]{32}/deployments/text-embedding-3-large", body["details"]["deployment"])
        assert body["details"]["details"] == {
            "type": "Authentication",
            "status_code": 401,
            "description": "Authentication to the Azure OpenAI resource failed. Verify the API key or token.",
        }
    assert written.held() == written.found() == ["Drinks green tea"]
    assert written.post(":delete_scope").status_code == 200


def test_a_missing_chat_model_fails_updates_only(written: Any, undeploy: Any) -> None:
    undeploy(CHAT)

    update = written.learn("I live in Lisbon.")

    assert update["status"] == "failed"
    assert update["error"]["code"] == "ResourceError"
    assert CHAT in update["error"]["message"]
    assert written.found("What do I drink?") == ["Drinks green tea"]


@pytest.mark.rule(19)
def test_a_missing_embedding_model_fails_everything_and_heals(written: Any, undeploy: Any, deploy: Any) -> None:
    undeploy(EMBEDDING)

    assert written.learn("I live in Lisbon.")["status"] == "failed"
    for answer in asked(written):
        assert told(answer)["details"]["details"]["status_code"] == 404
    deploy(EMBEDDING, "text-embedding-3-small", "1")
    assert written.learn("I live in Lisbon.")["status"] == "completed"
    assert written.search("What do I drink?").status_code == 200


@pytest.mark.rule(19)
def test_an_embedding_model_is_no_chat_model(written: Any, project: Any, documents: Any) -> None:
    """azure-sdk-for-python#44969: the store is made, and fails."""
    project("POST", "/memory_stores", documents.store("odd", definition={"chat_model": EMBEDDING})).raise_for_status()
    odd = type(written)(project=project, admin=written.admin, store="odd")

    update = odd.learn("I live in Lisbon.")

    assert update["status"] == "failed"
    assert "chatCompletion operation does not work with the specified model" in update["error"]["message"]


def test_a_chat_model_is_no_embedding_model(written: Any, project: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store("odd", definition={"embedding_model": CHAT})).raise_for_status()
    odd = type(written)(project=project, admin=written.admin, store="odd")

    assert odd.learn("I live in Lisbon.")["status"] == "failed"
    assert told(odd.search("Where?"))["details"]["details"]["type"] == "OperationNotSupported"


def test_a_paused_deployment_does_not_answer(written: Any, admin: Any) -> None:
    admin.drift("deployment", EMBEDDING, {"properties": {"deploymentState": "Paused"}})

    assert told(written.search("What do I drink?"))["details"]["details"]["status_code"] == 423


def test_a_deployment_that_is_still_being_made_does_not_answer_yet(memory: Any, admin: Any, deploy: Any) -> None:
    documents = memory.project("GET", "/memory_stores/memory").json()["definition"]
    body = {"name": "early", "definition": {**documents, "embedding_model": "soon"}}
    memory.project("POST", "/memory_stores", body).raise_for_status()
    admin.switch(write_seconds=30)
    deploy("soon", EMBEDDING, "1")
    early = type(memory)(project=memory.project, admin=admin, store="early")

    assert early.search("Where?").status_code == 400
    admin.advance(31)
    assert early.search("Where?").status_code == 200


def test_an_update_fails_by_what_is_true_when_it_is_due(memory: Any, admin: Any) -> None:
    admin.switch(project_identity="denied")
    update = memory.submit("I live in Lisbon.", delay=60)
    admin.switch(project_identity="granted")
    admin.advance(70)

    assert memory.poll(update)["status"] == "completed"


def test_a_failed_update_stops_no_other(memory: Any, admin: Any) -> None:
    admin.switch(project_identity="denied")
    memory.learn("I live in Lisbon.")
    admin.switch(project_identity="granted")

    assert memory.learn("I like plums.")["status"] == "completed"
    assert not [content for content in memory.held() if "Lisbon" in content]
