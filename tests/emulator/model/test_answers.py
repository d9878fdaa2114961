"""What the embedded model says: what it recalls, was told or does not know, and which call it proposes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.emulator.model import Answer, Entry, Memory, ModelError, Prompt, Tool, ToolCall, ToolOutput, Turn
from provisioner.emulator.model.embedded import EmbeddedModel
from provisioner.emulator.model.embedded.answers import SELF


def profile(*contents: str) -> tuple[Memory, ...]:
    return tuple(
        Memory(memory_id=f"m{place}", kind="user_profile", content=content) for place, content in enumerate(contents)
    )


def said(question: str, *memories: str) -> str:
    text = EmbeddedModel().answer(Prompt(conversation=(Turn("user", question),), memories=profile(*memories))).text
    assert text.endswith(SELF)
    return text.removesuffix(SELF).strip()


@pytest.mark.parametrize(
    ("question", "memories", "answer"),
    [
        ("What is my name?", ["Uses Vim", "Name is Ida"], "I recall: Name is Ida; Uses Vim."),
        ("Which editor do I use?", ["Has a cat", "Uses Helix on Fedora"], "I recall: Uses Helix on Fedora; Has a cat."),
        ("Where do I live?", ["Works at Contoso", "Lives in Graz"], "I recall: Lives in Graz; Works at Contoso."),
        ("Am I allergic to anything?", ["Uses Vim", "Is allergic to nuts"], "I recall: Is allergic to nuts; Uses Vim."),
        ("Any xyzzy?", ["Uses Vim", "Has a cat."], "I recall: Uses Vim; Has a cat."),
        ("Recommend a way to read XML for me.", [], "I know nothing about you yet."),
    ],
)
def test_a_question_is_answered_with_what_is_recalled_the_fitting_first(
    question: str, memories: list[str], answer: str
) -> None:
    assert said(question, *memories) == f"{answer} You asked: “{question}”"


@pytest.mark.parametrize(
    ("words", "memories", "answer"),
    [
        ("I use tabs now.", ["Has a cat"], "Noted: Uses tabs. I recall: Has a cat."),
        ("I like tea.", [], "Noted: Likes tea."),
        ("Forget everything about me.", [], "Noted."),
        ("Hello!", ["Likes tea"], "Hello. I recall: Likes tea."),
        ("Hello!", [], "Hello. I know nothing about you yet."),
    ],
)
def test_what_is_told_is_noted_and_a_greeting_returned(words: str, memories: list[str], answer: str) -> None:
    assert said(words, *memories) == answer


@pytest.mark.parametrize(
    ("earlier", "question", "memories", "answer"),
    [
        (["My name is Zoe."], "What is my name?", [], "Name is Zoe"),
        (["My name is Zoe."], "What is my name?", ["Name is Ida"], "Name is Zoe"),
        (["I live in Graz.", "I moved to Linz."], "Where do I live?", [], "Lives in Linz"),
        (["I'm Ada."], "Hello again.", ["Likes tea"], "Likes tea; Name is Ada"),
    ],
)
def test_what_was_said_earlier_in_the_conversation_counts(
    earlier: list[str], question: str, memories: list[str], answer: str
) -> None:
    turns = [Turn(role, text) for said in earlier for role, text in (("user", said), ("assistant", "I'm Bot."))]
    prompt = Prompt(conversation=(*turns, Turn("user", question)), memories=profile(*memories))

    assert f"I recall: {answer}." in EmbeddedModel().answer(prompt).text


@pytest.mark.parametrize(
    ("memory", "question"),
    [
        (Memory(memory_id="p", kind="procedural", content="To deploy: run ship.sh"), "How do I deploy?"),
        (Memory(memory_id="s", kind="chat_summary", content="The user said: Is it hot?"), "What did we talk about?"),
    ],
)
def test_a_fitting_how_to_is_told_and_so_is_the_past_when_it_is_asked_for(memory: Memory, question: str) -> None:
    answer = EmbeddedModel().answer(Prompt(conversation=(Turn("user", question),), memories=(memory,))).text

    assert answer.startswith(memory.content)


WEATHER = Tool(
    name="get_weather",
    description="Get the current weather for a city",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer"},
        },
        "required": ["city"],
        "additionalProperties": False,
    },
)
TICKETS = Tool(
    name="bookTickets",
    description="Reserve seats for a concert",
    parameters={
        "type": "object",
        "properties": {"title": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}},
        "required": ["title", "seats"],
    },
)


def answer(question: str, *after: Entry, tools: tuple[Tool, ...] = (WEATHER, TICKETS), **choice: Any) -> Answer:
    return EmbeddedModel().answer(Prompt(conversation=(Turn("user", question), *after), tools=tools, **choice))


def call(answered: Answer) -> tuple[str, Any]:
    (proposed,) = answered.calls
    assert answered.text == ""
    return proposed.name, json.loads(proposed.arguments)


@pytest.mark.parametrize(
    ("question", "proposed"),
    [
        ("What's the weather in Paris?", ("get_weather", {"city": "Paris"})),
        (
            "Weather for New York in fahrenheit for 3 days, please",
            ("get_weather", {"city": "New York", "unit": "fahrenheit", "days": 3}),
        ),
        ("Please reserve 2 seats for the concert 'Blue Hour'.", ("bookTickets", {"title": "Blue Hour", "seats": 2})),
    ],
)
def test_a_matching_tool_is_proposed_with_arguments_from_the_question(question: str, proposed: tuple[str, Any]) -> None:
    assert call(answer(question)) == proposed


@pytest.mark.parametrize("question", ["Tell me a story.", "I like warm weather.", ""])
def test_no_tool_is_proposed_where_none_fits(question: str) -> None:
    assert answer(question).calls == ()


def test_the_tool_choice_is_obeyed() -> None:
    assert call(answer("Tell me a story.", tool_choice="required"))[0] == "get_weather"
    assert answer("What's the weather in Paris?", tool_choice="none").calls == ()
    assert call(answer("What's the weather in Paris?", only_tool="bookTickets"))[0] == "bookTickets"
    with pytest.raises(ModelError, match="nothing_such") as refused:
        answer("Hello", only_tool="nothing_such")
    assert refused.value.code == "unknown-tool"


def test_the_output_of_a_tool_is_the_answer() -> None:
    called = ToolCall(name="get_weather", arguments="{}", call_id="c1")
    told = answer("Weather in Paris?", called, ToolOutput(call_id="c1", output='{"degrees": 21, "sky": "clear"}'))

    assert told.calls == ()
    assert told.text.startswith('get_weather says {"degrees": 21, "sky": "clear"}.')


@pytest.mark.parametrize(("output", "told"), [("21 degrees.", "21 degrees"), ("[1, 2]", "[1, 2]")])
def test_an_output_of_any_form_is_told(output: str, told: str) -> None:
    answered = answer("Weather?", ToolOutput(call_id="c1", output=output))

    assert answered.text.startswith(f"the tool says {told}. ")


def test_a_tool_without_parameters_can_be_called() -> None:
    assert call(answer("Roll the dice!", tools=(Tool(name="roll_dice"),))) == ("roll_dice", {})


def test_usage_counts_what_is_read_and_said() -> None:
    usage = EmbeddedModel().answer(Prompt(conversation=(Turn("user", "Hi there"),), instructions="Be brief.")).usage

    assert usage.input_tokens == 5
    assert usage.output_tokens > 0
