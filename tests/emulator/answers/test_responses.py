"""Responses, as the openai client reads them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import openai
import pytest
from jsonschema import validate
from pydantic import BaseModel

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"
EVENT = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "guests": {"type": "array", "items": {"type": "string"}}},
    "required": ["name", "guests"],
    "additionalProperties": False,
}
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def test_a_response_has_what_the_api_says(programs: Programs) -> None:
    response = programs.openai().responses.create(
        model=CHAT,
        input="Which language do I like?",
        instructions="Be kind.",
        metadata={"team": "a"},
        temperature=0.2,
        max_output_tokens=500,
    )

    assert (response.object, response.status, response.model) == ("response", "completed", CHAT)
    assert response.id.startswith("resp_")
    assert str(response.output[0].id).startswith("msg_")
    assert response.output_text
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert (response.instructions, response.metadata) == ("Be kind.", {"team": "a"})
    assert (response.temperature, response.top_p, response.max_output_tokens) == (0.2, 1.0, 500)
    assert (response.error, response.incomplete_details, response.conversation) == (None, None, None)
    assert (response.parallel_tool_calls, response.tool_choice, response.tools) == (True, "auto", [])
    assert response.created_at > 1_600_000_000


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("Hello", id="string"),
        pytest.param([{"role": "user", "content": "Hello"}], id="without-a-type"),
        pytest.param([{"type": "message", "role": "user", "content": "Hello"}], id="string-content"),
        pytest.param(
            [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}], id="parts"
        ),
        pytest.param([{"role": "user", "content": [{"type": "text", "text": "Hello"}]}], id="text-parts"),
        pytest.param([{"role": "user", "content": [{"text": "Hello"}]}], id="parts-without-a-type"),
    ],
)
def test_every_way_to_say_hello_is_kept_the_same(programs: Programs, given: Any) -> None:
    client = programs.openai()
    response = client.responses.create(model=CHAT, input=given)

    kept = client.responses.input_items.list(response.id).data[0].to_dict()

    assert str(kept.pop("id")).startswith("msg_")
    assert kept == {
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": "Hello"}],
    }


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="no-items"),
        pytest.param(7, id="a-number"),
        pytest.param(["Hello"], id="bare-strings"),
        pytest.param([{"role": "pirate", "content": "Hello"}], id="unknown-role"),
        pytest.param([{"role": "user"}], id="no-content"),
        pytest.param([{"type": "function_call_output", "output": "x"}], id="no-call-id"),
        pytest.param([{"type": 7, "content": "Hello"}], id="type-of-a-number"),
        pytest.param([{"role": "user", "content": [7]}], id="part-of-a-number"),
        pytest.param([{"role": "user", "content": [{"type": "text", "text": 7}]}], id="text-of-a-number"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_what_cannot_be_read_is_refused(v1: Any, given: Any) -> None:
    assert v1("POST", "/responses", {"model": CHAT, "input": given}).status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"name": "f"}]},
        {"tools": [{"type": "function"}]},
        {"tool_choice": "sometimes"},
        {"tool_choice": {"type": "function", "function": {"name": []}}},
        {"temperature": "hot"},
        {"stream": "yes"},
        {"store": 1},
        {"conversation": {"id": 7}},
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": 7}}}},
        {"metadata": {"a": 1}},
    ],
)
@pytest.mark.usefixtures("deployed")
def test_fields_of_the_wrong_type_are_refused(v1: Any, more: Any) -> None:
    refused = v1("POST", "/responses", {"model": CHAT, "input": "Hello", **more})

    assert (refused.status_code, "code" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize("body", [b'{"model": "m", "input": "\\ud800"}', b'{"model": "m", "temperature": NaN}'])
def test_what_only_looks_like_json_is_refused(client: Any, tokens: dict[str, str], body: bytes) -> None:
    headers = {"Authorization": f"Bearer {tokens['https://ai.azure.com']}"}

    refused = client.post("/api/projects/local/openai/v1/responses", content=body, headers=headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_payload")


def test_a_response_is_kept_and_can_be_read_listed_and_deleted(programs: Programs, v1: Any) -> None:
    client = programs.openai()
    response = client.responses.create(model=CHAT, input="Hello")

    assert client.responses.retrieve(response.id) == response
    assert [found["id"] for found in v1("GET", "/responses").json()["data"]] == [response.id]
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_what_is_not_stored_cannot_be_read_back(programs: Programs) -> None:
    client = programs.openai()
    response = client.responses.create(model=CHAT, input="Hello", store=False)

    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model=CHAT, input="And?", previous_response_id=response.id)
    assert refused.value.code == "previous_response_not_found"


def test_input_items_come_page_by_page(programs: Programs) -> None:
    client = programs.openai()
    said: list[Any] = [{"role": "user", "content": f"Message {number}"} for number in range(5)]
    response = client.responses.create(model=CHAT, input=said)

    shown: list[Any] = list(client.responses.input_items.list(response.id, limit=2, order="asc"))

    assert [item.content[0].text for item in shown] == [message["content"] for message in said]


def test_a_response_goes_on_from_another(programs: Programs) -> None:
    client = programs.openai()
    first = client.responses.create(model=CHAT, input="My name is Ada.")
    second = client.responses.create(model=CHAT, input="Hello again.", previous_response_id=first.id)

    third = client.responses.create(model=CHAT, input="What is my name?", previous_response_id=second.id)

    assert third.output_text.startswith("I recall: Name is Ada.")
    assert third.previous_response_id == second.id
    assert first.usage is not None
    assert third.usage is not None
    assert third.usage.input_tokens > first.usage.input_tokens  # all that was said before is read


def test_conversation_and_previous_response_exclude_each_other(programs: Programs) -> None:
    client = programs.openai()
    first = client.responses.create(model=CHAT, input="Hello")
    conversation = client.conversations.create()

    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model=CHAT, input="Hello", previous_response_id=first.id, conversation=conversation.id)

    assert refused.value.code == "mutually_exclusive_parameters"


def test_a_background_response_is_queued_and_then_there(programs: Programs) -> None:
    client = programs.openai()
    queued = client.responses.create(model=CHAT, input="Hello", background=True)

    assert (queued.status, queued.output) == ("queued", [])
    assert client.responses.retrieve(queued.id).status == "completed"
    assert client.responses.cancel(queued.id).status == "completed"


def test_a_synchronous_response_cannot_be_cancelled(programs: Programs) -> None:
    client = programs.openai()
    response = client.responses.create(model=CHAT, input="Hello")

    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(response.id)


def test_structured_inputs_fill_the_agents_instructions(programs: Programs) -> None:
    programs.agent(
        instructions="Speak to {{user_name}} in {{language}}; leave {{unknown}} and {{$userId}} alone.",
        structured_inputs={"user_name": {"required": True}, "language": {"default_value": "English"}},
    )
    client = programs.openai("buddy")

    response = client.responses.create(input="Hello", extra_body={"structured_inputs": {"user_name": "Ada"}})

    assert response.instructions == "Speak to Ada in English; leave {{unknown}} and {{$userId}} alone."
    with pytest.raises(openai.BadRequestError):
        client.responses.create(input="Hello")


def test_an_agents_answer_is_valid_against_its_schema(programs: Programs) -> None:
    programs.agent(text={"format": {"type": "json_schema", "name": "Event", "schema": EVENT}})

    response = programs.openai("buddy").responses.create(input="Ada and Bo meet for tea.")

    validate(json.loads(response.output_text), EVENT)


class Meeting(BaseModel):
    title: str
    guests: list[str]
    minutes: int


def test_a_pydantic_model_is_parsed(programs: Programs) -> None:
    response = programs.openai().responses.parse(model=CHAT, input="Ada and Bo meet for tea.", text_format=Meeting)

    assert isinstance(response.output_parsed, Meeting)


def test_a_json_object_is_one(programs: Programs) -> None:
    response = programs.openai().responses.create(
        model=CHAT, input="Answer in JSON.", text={"format": {"type": "json_object"}}
    )

    assert isinstance(json.loads(response.output_text), dict)


def test_a_function_is_called_and_its_output_answered(programs: Programs) -> None:
    programs.agent(tools=[WEATHER])
    client = programs.openai("buddy")

    first = client.responses.create(input="What is the weather in Paris?")
    call = first.output[-1]
    assert call.type == "function_call"
    assert (call.name, call.status) == ("get_weather", "completed")
    validate(json.loads(call.arguments), WEATHER["parameters"])
    second = client.responses.create(
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": '{"sky": "cloudless"}'}],
    )

    assert "cloudless" in second.output_text
    assert [item.type for item in second.output] == ["message"]


def test_a_request_without_an_agent_brings_its_own_tools(programs: Programs) -> None:
    client = programs.openai()
    ask: dict[str, Any] = {"model": CHAT, "input": "Hello", "tools": [WEATHER]}

    forced = client.responses.create(**ask, tool_choice={"type": "function", "name": "get_weather"})
    required = client.responses.create(**ask, tool_choice="required")
    none = client.responses.create(**{**ask, "input": "What is the weather in Paris?"}, tool_choice="none")

    assert [[item.type for item in response.output] for response in (forced, required, none)] == [
        ["function_call"],
        ["function_call"],
        ["message"],
    ]
    with pytest.raises(openai.BadRequestError):
        client.responses.create(**ask, tool_choice={"type": "function", "name": "another"})


def test_other_tools_are_accepted_and_named_as_not_run(programs: Programs) -> None:
    programs.agent(tools=[{"type": "web_search"}, {"type": "code_interpreter"}])

    raw = programs.openai("buddy").responses.with_raw_response.create(input="What is new?", tool_choice="required")

    assert raw.headers["x-emulator-tools-not-run"] == "code_interpreter, web_search"
    assert raw.parse().status == "completed"


def test_the_items_of_an_agents_answer_name_it(programs: Programs) -> None:
    programs.agent()

    response: Any = programs.openai("buddy").responses.create(input="Hello").to_dict()

    item = response["output"][0]
    assert item["agent_reference"] == {"type": "agent_reference", "name": "buddy", "version": "1"}
    assert item["response_id"] == response["id"]


def test_a_hundred_at_once_are_all_answered(programs: Programs) -> None:
    programs.agent()
    client = programs.openai()
    reference = {"agent_reference": {"type": "agent_reference", "name": "buddy"}}

    with ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(client.responses.create, input=f"Hello {n}", extra_body=reference) for n in range(100)]
        answers = [future.result() for future in asked]

    assert len({response.id for response in answers}) == 100
    assert {response.status for response in answers} == {"completed"}


def test_a_project_takes_its_conversations_and_responses_with_it(
    programs: Programs, arm: Any, v1: Any, account: str
) -> None:
    client = programs.openai()
    conversation = client.conversations.create(items=[{"role": "user", "content": "Hello"}])
    response = client.responses.create(model=CHAT, conversation=conversation.id)

    arm("DELETE", f"{account}/projects/local").raise_for_status()
    arm("PUT", f"{account}/projects/local", {"location": "eastus2"}).raise_for_status()

    assert v1("GET", f"/responses/{response.id}").status_code == 404
    assert v1("GET", f"/conversations/{conversation.id}").status_code == 404


def test_a_response_without_effect_cannot_be_read_back(programs: Programs, admin: Any) -> None:
    client = programs.openai()
    kept = client.responses.create(model=CHAT, input="Hello")
    admin.fault({"method": "POST"}, without_effect=True)

    lost = client.responses.create(model=CHAT, input="Hello")

    assert lost.output_text == kept.output_text
    assert client.responses.retrieve(kept.id).id == kept.id
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(lost.id)


@pytest.mark.parametrize(("detail", "cost"), [("low", 85), ("high", 765), (None, 765)])
def test_an_image_alone_is_read_for_what_it_costs(programs: Programs, detail: str | None, cost: int) -> None:
    image: Any = {"type": "input_image", "image_url": "https://example.com/a.png", "detail": detail}
    asked: Any = [{"role": "user", "content": [image, image]}]

    usage = programs.openai().responses.create(model=CHAT, input=asked).usage

    assert usage is not None
    assert usage.input_tokens == 2 * cost
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


def test_an_image_in_a_chat_is_read_for_what_it_costs(programs: Programs) -> None:
    image: Any = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
    asked: Any = [{"role": "user", "content": [image]}]

    usage = programs.openai().chat.completions.create(model=CHAT, messages=asked).usage

    assert usage is not None
    assert usage.prompt_tokens == 85
