"""Memory tools: recalled before an answer, remembered after it, each user for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"


def tool(scope: str = "ada", **more: Any) -> dict[str, Any]:
    return {
        "type": "memory_search_preview",
        "memory_store_name": "prefs",
        "scope": scope,
        "update_delay": 1,
        **more,
    }


def recalled(response: Any) -> list[str]:
    """The contents that the memory searches of a response found."""
    items = [item.to_dict() for item in response.output if item.type == "memory_search_call"]
    return [memory["content"] for item in items for memory in item["memories"]]


def tell(programs: Programs, scope: str, text: str, admin: Any) -> None:
    """Write a memory through the store itself."""
    stores = programs.project.beta.memory_stores
    stores.begin_update_memories("prefs", scope=scope, items=text, update_delay=0)
    admin.advance(2)


@pytest.mark.rule(29)
@pytest.mark.parametrize("kind", ["memory_search_preview", "memory_search"])
def test_an_agent_recalls_in_a_call_that_shares_no_history(
    programs: Programs, admin: Any, asking: Any, kind: str
) -> None:
    programs.store()
    programs.agent(tools=[tool(type=kind)])
    client = programs.openai()

    client.responses.create(input="I prefer dark roast coffee.", **asking())
    admin.advance(2)
    second = client.responses.create(input="Please order my usual coffee.", **asking())

    assert any("dark roast" in content for content in recalled(second))
    assert "dark roast" in second.output_text
    assert [item.type for item in second.output] == ["memory_search_call", "message"]


def test_the_search_has_the_fields_of_the_specification(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool()])
    tell(programs, "ada", "I prefer dark roast coffee.", admin)

    response = programs.openai("buddy").responses.create(input="Order my coffee.")

    item: Any = response.output[0].to_dict()
    assert str(item["id"]).startswith("mem_")
    assert (item["status"], item["response_id"]) == ("completed", response.id)
    assert set(item["memories"][0]) == {"memory_id", "updated_at", "scope", "content", "kind"}
    assert item["memories"][0]["scope"] == "ada"
    assert item["results"] == [{"memory_item": memory} for memory in item["memories"]]


def test_an_update_waits_for_its_delay(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool(update_delay=300)])
    client = programs.openai("buddy")
    client.responses.create(input="I prefer dark roast coffee.")

    admin.advance(200)
    early = client.responses.create(input="Which coffee do I prefer?")
    admin.advance(200)  # the second turn has started the delay anew
    waiting = client.responses.create(input="Which coffee do I prefer?")
    admin.advance(302)
    late = client.responses.create(input="Which coffee do I prefer?")

    assert (recalled(early), recalled(waiting)) == ([], [])
    assert any("dark roast" in content for content in recalled(late))


def test_scopes_do_not_see_each_other(programs: Programs, admin: Any) -> None:
    programs.store()
    tell(programs, "ada", "I prefer dark roast coffee.", admin)
    programs.agent(tools=[tool("sam")])

    response = programs.openai("buddy").responses.create(input="Which coffee do I prefer?")

    assert recalled(response) == []
    assert "dark roast" not in response.output_text


def test_two_callers_of_one_version_have_memories_of_their_own(
    programs: Programs, programs_as: Any, admin: Any
) -> None:
    programs.store()
    programs.agent(tools=[tool("{{$userId}}")])
    ada, sam = (programs_as(name).openai("buddy") for name in ("client-ada", "client-sam"))

    ada.responses.create(input="I prefer dark roast coffee.")
    sam.responses.create(input="I prefer green tea.")
    admin.advance(2)
    question = "What do I prefer to drink, coffee or tea?"
    of_ada, of_sam = (recalled(client.responses.create(input=question)) for client in (ada, sam))

    assert "dark roast" in str(of_ada)
    assert "green tea" in str(of_sam)
    assert "green tea" not in str(of_ada)
    assert "dark roast" not in str(of_sam)


def test_the_users_scope_is_tenant_and_object_id(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool("{{$userId}}")])
    tenant, oid = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    tell(programs, f"{tenant}_{oid}", "I prefer dark roast coffee.", admin)

    assert recalled(programs.openai("buddy").responses.create(input="Which coffee do I prefer?"))


def test_the_header_names_the_user(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool("team-a/{{$userId}}")])
    client = programs.openai("buddy")
    ada, sam = {"x-memory-user-id": "ada"}, {"x-memory-user-id": "sam"}

    client.responses.create(input="I prefer dark roast coffee.", extra_headers=ada)
    admin.advance(2)
    question = "Which coffee do I prefer?"

    assert "dark roast" in str(recalled(client.responses.create(input=question, extra_headers=ada)))
    assert recalled(client.responses.create(input=question, extra_headers=sam)) == []
    assert recalled(client.responses.create(input=question)) == []
    kept = programs.project.beta.memory_stores.list_memories("prefs", scope="team-a/ada")
    assert any("dark roast" in memory.content for memory in kept)


def test_max_memories_limits_what_is_recalled(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool(search_options={"max_memories": 1})])
    tell(programs, "ada", "I prefer dark roast coffee. I prefer oat milk in my coffee.", admin)

    assert len(recalled(programs.openai("buddy").responses.create(input="How do I like my coffee?"))) == 1


def test_what_waits_in_a_conversation_is_remembered(programs: Programs, admin: Any) -> None:
    programs.store()
    programs.agent(tools=[tool()])
    client = programs.openai("buddy")
    conversation = client.conversations.create(items=[{"role": "user", "content": "I prefer dark roast coffee."}])

    client.responses.create(conversation=conversation.id)
    admin.advance(2)

    assert "dark roast" in str(recalled(client.responses.create(input="Which coffee do I prefer?")))


def test_a_request_without_an_agent_may_bring_the_tool(programs: Programs, admin: Any) -> None:
    programs.store()
    tell(programs, "ada", "I prefer dark roast coffee.", admin)
    tools: Any = [tool()]

    response = programs.openai().responses.create(model=CHAT, input="Which coffee do I prefer?", tools=tools)

    assert "dark roast" in str(recalled(response))


def test_nothing_is_searched_when_no_tool_may_be_used(programs: Programs) -> None:
    programs.store()
    programs.agent(tools=[tool()])

    response = programs.openai("buddy").responses.create(input="Hello", tool_choice="none")

    assert [item.type for item in response.output] == ["message"]


@pytest.mark.rule(29)
def test_a_store_that_is_missing_fails_when_the_agent_is_asked(programs: Programs) -> None:
    programs.agent(tools=[tool()])

    with pytest.raises(openai.BadRequestError) as refused:
        programs.openai("buddy").responses.create(input="Hello")

    assert (refused.value.code, "prefs" in refused.value.message) == ("tool_user_error", True)


@pytest.mark.parametrize(
    "more",
    [
        {"scope": "with:colon"},
        {"scope": "{{$someoneElse}}"},
        {"search_options": {"max_memories": 0}},
    ],
)
def test_a_tool_the_store_does_not_take_fails_when_the_agent_is_asked(programs: Programs, more: Any) -> None:
    programs.store()
    programs.agent(tools=[tool(**more)])

    with pytest.raises(openai.BadRequestError):
        programs.openai("buddy").responses.create(input="Hello")


@pytest.mark.parametrize("gone", ["scope", "memory_store_name"])
def test_a_requests_tool_needs_store_and_scope(programs: Programs, gone: str) -> None:
    tools: Any = [{key: value for key, value in tool().items() if key != gone}]

    with pytest.raises(openai.BadRequestError):
        programs.openai().responses.create(model=CHAT, input="Hello", tools=tools)


@pytest.mark.rule(19)
def test_a_missing_embedding_deployment_fails_as_the_service_does(programs: Programs, arm: Any, account: str) -> None:
    programs.store()
    programs.agent(tools=[tool()])
    arm("DELETE", f"{account}/deployments/text-embedding-3-large").raise_for_status()

    with pytest.raises(openai.BadRequestError) as refused:
        programs.openai("buddy").responses.create(input="Hello")

    assert refused.value.code == "ResourceError"
