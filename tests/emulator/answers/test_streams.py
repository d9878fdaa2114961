"""Streams: the events of a response, as openai's clients insist on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

if TYPE_CHECKING:
    import httpx

    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def kinds(events: list[Any]) -> list[str]:
    """The types, each run of deltas once."""
    found: list[str] = []
    for event in events:
        if found[-1:] != [event.type]:
            found.append(event.type.removeprefix("response."))
        if found[-2:-1] == found[-1:]:
            found.pop()
    return found


def test_the_events_come_in_the_order_of_the_service(programs: Programs) -> None:
    events: list[Any] = list(programs.openai().responses.create(model=CHAT, input="Hello there", stream=True))

    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    told = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert told == events[-1].response.output_text
    assert (events[0].response.status, events[0].response.output) == ("in_progress", [])
    assert events[0].response.id == events[-1].response.id


def test_the_stream_manager_puts_the_answer_together(programs: Programs) -> None:
    client = programs.openai()
    with client.responses.stream(model=CHAT, input="Hello there") as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_response()

    assert seen[-1] == "response.completed"
    assert client.responses.retrieve(final.id).output_text == final.output_text


class Meeting(BaseModel):
    title: str


def test_a_streamed_answer_is_parsed(programs: Programs) -> None:
    with programs.openai().responses.stream(model=CHAT, input="Tea at noon.", text_format=Meeting) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Meeting)


def test_the_arguments_of_a_call_are_streamed(programs: Programs) -> None:
    programs.agent(tools=[TOOL])
    with programs.openai("buddy").responses.stream(model=CHAT, input="What is the weather in Paris?") as stream:
        events: list[Any] = list(stream)

    assert kinds(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    done = next(event for event in events if event.type == "response.function_call_arguments.done")
    assert (done.name, events[-1].response.output[0].arguments) == ("get_weather", done.arguments)


@pytest.mark.filterwarnings("ignore:Pydantic serializer:UserWarning")  # openai does not know the tool's type
def test_a_memory_search_is_streamed_as_an_item(programs: Programs) -> None:
    programs.store()
    programs.agent(tools=[{"type": "memory_search_preview", "memory_store_name": "prefs", "scope": "ada"}])

    with programs.openai("buddy").responses.stream(model=CHAT, input="Hello") as stream:
        events: list[Any] = list(stream)

    added = next(event for event in events if event.type == "response.output_item.added")
    assert (added.item.type, added.item.status) == ("memory_search_call", "in_progress")
    assert [item.type for item in events[-1].response.output] == ["memory_search_call", "message"]


def test_every_event_is_a_line_of_its_name_and_one_of_its_data(project: Any, programs: Programs) -> None:
    programs.agent()
    path = "/agents/buddy/endpoint/protocols/openai/responses"

    answer: httpx.Response = project("POST", path, {"input": "Hello", "stream": True})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["transfer-encoding"] == "chunked"
    for event in answer.text.strip().split("\n\n"):
        name, data = event.split("\n")
        assert name == f"event: {json.loads(data.removeprefix('data: '))['type']}"


def test_a_refusal_comes_before_the_stream(v1: Any) -> None:
    refused = v1("POST", "/responses", {"model": "none", "input": "Hello", "stream": True})

    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/json")


def test_a_lost_stream_is_told_again_from_where_it_broke(programs: Programs) -> None:
    client = programs.openai()
    events: list[Any] = list(client.responses.create(model=CHAT, input="Hello there", stream=True))

    again: list[Any] = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=5))

    assert [event.sequence_number for event in again] == list(range(6, len(events)))


def test_who_leaves_in_the_middle_does_no_harm(programs: Programs) -> None:
    client = programs.openai()
    text = "a very long question " * 2000
    begun: list[Any] = []
    for _ in range(3):
        with client.responses.create(model=CHAT, input=text, stream=True) as stream:
            begun.append(next(iter(stream)))

    assert {client.responses.retrieve(event.response.id).status for event in begun} == {"completed"}
    assert client.responses.create(model=CHAT, input="Hello").status == "completed"


def test_faults_strike_streams_too(programs: Programs, admin: Any, v1: Any) -> None:
    admin.fault({"path": "*/responses", "nth": 1}, status=429, headers={"Retry-After": "1"})

    refused = v1("POST", "/responses", {"model": CHAT, "input": "Hello", "stream": True})

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert list(programs.openai().responses.create(model=CHAT, input="Hello", stream=True))
