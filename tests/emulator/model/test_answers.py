"""What the embedded model says: what it recalls, was told or does not know, and which call it proposes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.emulator.model import Answer, Entry, Memory, ModelError, Prompt, Tool, ToolCall, ToolOutput, Turn
from provisioner.emulator.model.embedded import EmbeddedModel
from provisioner.emulator.model.embedded.compose import SELF


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
        ("What is my name?", ["Uses Vim", "Name is Ida"], "Your name is Ida."),
        ("Which editor do I use?", ["Uses Helix on Fedora", "Has a cat"], "You use Helix on Fedora."),
        ("Where do I live?", ["Lives in Graz", "Works at Contoso"], "You live in Graz."),
        ("Who do I work for?", ["Lives in Graz", "Works at Contoso"], "You work at Contoso."),
        ("What is my favourite dish?", ["Favourite dish is ramen", "Likes tea"], "Your favourite dish is ramen."),
        ("Am I allergic to anything?", ["Is allergic to nuts", "Uses Vim"], "You are allergic to nuts."),
        ("What do you know about me?", ["Uses Vim", "Has a cat"], "You use Vim and have a cat."),
        ("What do I like?", ["Uses Vim", "Likes tea", "Hates jazz"], "You like tea."),
        (
            "What do I prefer?",
            ["Prefers strong tea and often drinks it cold"],
            "You prefer strong tea and often drink it cold.",
        ),
        ("What do I hate?", ["Uses Vim", "Likes tea", "Hates jazz"], "You hate jazz."),
        ("What is my shoe size?", ["Uses Vim"], "I do not know that yet."),
        ("What is my name?", [], "I know nothing about you yet."),
        ("I use tabs now.", ["Uses spaces", "Has a cat"], "Noted: you use tabs. I recall that you have a cat."),
        ("I like tea.", [], "Noted: you like tea."),
        ("Forget everything about me.", ["Uses Vim"], "Noted."),
        ("Hello!", ["Likes tea"], "Hello. I recall that you like tea."),
        ("Hello!", [], "Hello. I know nothing about you yet."),
    ],
)
def test_what_it_answers(question: str, memories: list[str], answer: str) -> None:
    assert said(question, *memories) == answer


def test_a_task_is_answered_with_what_is_recalled() -> None:
    answer = said("Recommend a way to read XML for me.", "Works mostly in Julia", "Prefers short answers")

    assert answer == (
        "Since you prefer short answers and work mostly in Julia: you asked: “Recommend a way to read XML for me.”"
    )


@pytest.mark.parametrize(
    ("earlier", "question", "memories", "answer"),
    [
        (["My name is Zoe."], "What is my name?", [], "Your name is Zoe."),
        (["My name is Zoe."], "What is my name?", ["Name is Ida"], "Your name is Zoe."),
        (["I live in Graz.", "I moved to Linz."], "Where do I live?", [], "You live in Linz."),
        (["I use Vim.", "Forget that I use Vim."], "Which editor do I use?", [], "I know nothing about you yet."),
        (["I'm Ada."], "Hello again.", ["Likes tea"], "Hello. I recall that your name is Ada and you like tea."),
        (
            ["I've switched to type hints everywhere"],
            "Show me how I should write a function that adds two numbers.",
            ["Mostly writes Python"],
            (
                "Since you mostly write Python and use type hints everywhere: "
                "you asked: “Show me how I should write a function that adds two numbers.”"
            ),
        ),
    ],
)
def test_what_was_said_earlier_in_the_conversation_counts(
    earlier: list[str], question: str, memories: list[str], answer: str
) -> None:
    turns = [Turn(role, text) for said in earlier for role, text in (("user", said), ("assistant", "I'm Bot."))]
    prompt = Prompt(conversation=(*turns, Turn("user", question)), memories=profile(*memories))

    assert EmbeddedModel().answer(prompt).text == f"{answer} {SELF}"


@pytest.mark.parametrize(
    "question",
    [
        "Show me how I should write a function that adds two numbers.",
        "Tell me how I could name my function.",
        "Give me a function that shows what my tests do.",
    ],
)
def test_asking_for_help_is_no_question_about_the_user(question: str) -> None:
    answer = said(question, "Uses type hints everywhere", "Has a cat")

    assert answer == f"Since you use type hints everywhere: you asked: “{question}”"


@pytest.mark.parametrize("question", ["Show me what you know about me.", "Give me everything you know about me."])
def test_asking_to_be_shown_ones_memories_is_one(question: str) -> None:
    assert said(question, "Uses Vim") == "You use Vim."


def test_a_task_from_a_stranger_is_met_with_honesty() -> None:
    answer = said("Recommend a way to read XML for me.")

    assert answer == "I know nothing about you yet. You asked: “Recommend a way to read XML for me.”"


def test_a_fitting_how_to_is_told() -> None:
    how_to = Memory(memory_id="p", kind="procedural", content="To deploy: run ship.sh")
    answer = EmbeddedModel().answer(Prompt(conversation=(Turn("user", "How do I deploy?"),), memories=(how_to,))).text

    assert "To deploy: run ship.sh" in answer


def test_the_summary_answers_for_earlier_conversations() -> None:
    summary = Memory(memory_id="s", kind="chat_summary", content="The user asked: How hot should tea be?.")
    prompt = Prompt(conversation=(Turn("user", "What did we talk about earlier?"),), memories=(summary,))

    assert EmbeddedModel().answer(prompt).text.startswith("Earlier, you asked: How hot should tea be?")


def test_memories_in_any_wording_are_told_without_inventing() -> None:
    assert said("What do you know about me?", "The user prefers oolong.", "Oolong only!") == (
        "You prefer oolong and “Oolong only!”."
    )


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
    assert told.text.startswith("get_weather says degrees: 21, sky: clear.")


@pytest.mark.parametrize(("output", "told"), [("21 degrees.", "21 degrees"), ('"warm"', "warm"), ("[1, 2]", "[1, 2]")])
def test_an_output_of_any_form_is_told(output: str, told: str) -> None:
    answered = answer("Weather?", ToolOutput(call_id="c1", output=output))

    assert answered.text.startswith(f"the tool says {told}. ")


def test_a_tool_without_parameters_can_be_called() -> None:
    assert call(answer("Roll the dice!", tools=(Tool(name="roll_dice"),))) == ("roll_dice", {})


def test_usage_counts_what_is_read_and_said() -> None:
    usage = EmbeddedModel().answer(Prompt(conversation=(Turn("user", "Hi there"),), instructions="Be brief.")).usage

    assert usage.input_tokens == 5
    assert usage.output_tokens > 0
