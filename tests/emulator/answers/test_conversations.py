"""Conversations and the items in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"


def texts(items: Any) -> list[str]:
    return [item.content[0].text for item in items]


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": text}


def test_a_conversation_lives_and_dies(programs: Programs) -> None:
    conversations = programs.openai().conversations
    made = conversations.create(metadata={"topic": "tea"})

    assert made.id.startswith("conv_")
    assert (made.object, made.metadata) == ("conversation", {"topic": "tea"})
    assert conversations.retrieve(made.id) == made
    assert conversations.update(made.id, metadata={"topic": "coffee"}).metadata == {"topic": "coffee"}
    assert conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        conversations.retrieve(made.id)


def test_items_can_be_added_read_listed_and_deleted(programs: Programs) -> None:
    conversations = programs.openai().conversations
    made = conversations.create(items=[user("one")])
    added = conversations.items.create(made.id, items=[user("two"), user("three")])

    assert texts(added.data) == ["two", "three"]
    assert texts(conversations.items.list(made.id)) == ["three", "two", "one"]
    assert texts(conversations.items.list(made.id, order="asc", limit=1)) == ["one", "two", "three"]
    second = added.data[0]
    assert second.id
    assert texts([conversations.items.retrieve(second.id, conversation_id=made.id)]) == ["two"]
    assert conversations.items.delete(second.id, conversation_id=made.id).id == made.id
    assert texts(conversations.items.list(made.id, order="asc")) == ["one", "three"]
    with pytest.raises(openai.NotFoundError):
        conversations.items.retrieve(second.id, conversation_id=made.id)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"order": "up"}, {"after": "msg_none"}])
def test_a_list_refuses_what_it_cannot_do(v1: Any, query: dict[str, Any]) -> None:
    made = v1("POST", "/conversations", {}).json()

    assert v1("GET", f"/conversations/{made['id']}/items", **query).status_code == 400


@pytest.mark.parametrize("items", ["Hello", [user("one")] * 21, [{"type": 7}]])
def test_items_that_cannot_be_taken_are_refused(v1: Any, items: Any) -> None:
    assert v1("POST", "/conversations", {"items": items}).status_code == 400


def test_adding_nothing_is_refused(v1: Any) -> None:
    made = v1("POST", "/conversations", {}).json()

    assert v1("POST", f"/conversations/{made['id']}/items", {}).status_code == 400


@pytest.mark.parametrize("as_object", [False, True])
def test_a_response_adds_question_and_answer_in_order(programs: Programs, as_object: bool) -> None:
    client = programs.openai()
    made = client.conversations.create(items=[user("My name is Ada.")])

    response = client.responses.create(
        model=CHAT, input="Hello", conversation={"id": made.id} if as_object else made.id
    )

    assert response.conversation is not None
    assert response.conversation.id == made.id
    items = client.conversations.items.list(made.id, order="asc")
    assert texts(items) == ["My name is Ada.", "Hello", response.output_text]


def test_what_waits_in_the_conversation_is_answered_without_an_input(programs: Programs) -> None:
    programs.agent()
    client = programs.openai("buddy")
    made = client.conversations.create(items=[user("Tell me about rivers.")])

    first = client.responses.create(conversation=made.id)
    client.conversations.items.create(made.id, items=[user("And about lakes?")])
    second = client.responses.create(conversation=made.id)

    assert "rivers" in first.output_text
    assert "lakes" in second.output_text
    assert len(client.conversations.items.list(made.id).data) == 4


def test_an_empty_conversation_is_no_question(programs: Programs) -> None:
    client = programs.openai()
    made = client.conversations.create()

    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=CHAT, conversation=made.id)


def test_an_unknown_conversation_is_not_found(programs: Programs) -> None:
    with pytest.raises(openai.NotFoundError):
        programs.openai().responses.create(model=CHAT, input="Hello", conversation="conv_none")


def test_a_conversation_gets_what_is_not_stored(programs: Programs) -> None:
    client = programs.openai()
    made = client.conversations.create()

    client.responses.create(model=CHAT, input="Hello", conversation=made.id, store=False)

    assert len(client.conversations.items.list(made.id).data) == 2


def test_conversations_are_listed_newest_first(v1: Any) -> None:
    made = [v1("POST", "/conversations", {}).json()["id"] for _ in range(3)]

    page = v1("GET", "/conversations", limit=2).json()
    rest = v1("GET", "/conversations", limit=2, after=page["last_id"]).json()

    assert [entry["id"] for entry in (*page["data"], *rest["data"])] == made[::-1]
    assert (page["has_more"], rest["has_more"]) == (True, False)


def test_a_disabled_agent_starts_no_conversation(programs: Programs) -> None:
    programs.agent()
    programs.project.agents.disable("buddy")

    with pytest.raises(openai.PermissionDeniedError):
        programs.openai("buddy").conversations.create()
