"""From a request and an agent's definition to the question a model is asked: pure, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.emulator.model import Memory, Turn
from provisioner.emulator.project.answers.conversation_items import items_of
from provisioner.emulator.project.answers.prompting import choice_of, filled, format_of, prompt_of, settings_of
from provisioner.emulator.project.answers.streaming import pieces
from provisioner.emulator.wire.errors import Refusal

FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object"}}


def test_the_agents_settings_hold_where_there_is_an_agent() -> None:
    definition = {"kind": "prompt", "model": "m", "instructions": "Be brief.", "tools": [FUNCTION], "temperature": 0.3}

    settings = settings_of({"tool_choice": "required"}, definition)

    assert (settings["instructions"], settings["temperature"]) == ("Be brief.", 0.3)
    assert (settings["tool_choice"], settings["tools"]) == ("required", [FUNCTION])


def test_the_prompt_has_everything_the_model_needs() -> None:
    memories = [Memory(memory_id="mem_1", kind="user_profile", content="Likes tea")]
    settings = settings_of({"instructions": "Be brief.", "tools": [FUNCTION, {"type": "web_search"}]}, {})

    prompt = prompt_of(settings, items_of("Hello"), memories)

    assert list(prompt.conversation) == [Turn("user", "Hello")]
    assert (prompt.instructions, list(prompt.memories)) == ("Be brief.", memories)
    assert [tool.name for tool in prompt.tools] == ["look"]


def test_placeholders_are_filled_wherever_they_are() -> None:
    value = {"scope": "{{ team }}-{{$userId}}", "list": ["{{team}}", 7], "other": "{{nobody}}"}

    assert filled(value, {"team": "a"}) == {"scope": "a-{{$userId}}", "list": ["a", 7], "other": "{{nobody}}"}


def test_requiring_a_tool_needs_one_that_can_be_called() -> None:
    assert choice_of("required", ()) == ("auto", "")
    assert choice_of({"type": "web_search"}, ()) == ("auto", "")
    assert choice_of("none", ()) == ("none", "")


@pytest.mark.parametrize(
    ("wanted", "schema"),
    [
        ({"type": "json_object"}, True),
        ({"type": "json_schema", "name": "x", "schema": {"type": "object"}}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}, {"type": "array"}),
    ],
)
def test_both_apis_say_which_form_the_answer_takes(wanted: Any, schema: Any) -> None:
    found = format_of(wanted)

    assert found is not None
    assert found.schema == schema


def test_text_takes_any_form() -> None:
    assert format_of({"type": "text"}) is None
    assert format_of(None) is None


@pytest.mark.parametrize("wanted", [{"type": "xml"}, {"type": "json_schema"}])
def test_an_unknown_form_is_refused(wanted: Any) -> None:
    with pytest.raises(Refusal):
        format_of(wanted)


@pytest.mark.parametrize(
    "document", [{"tools": "all"}, {"tools": [{}]}, {"temperature": "hot"}, {"structured_inputs": 1}]
)
def test_settings_that_cannot_be_read_are_refused(document: Any) -> None:
    with pytest.raises(Refusal):
        settings_of(document, {})


@pytest.mark.parametrize("text", ["", "one", "  two words\n", "\n\n", "a\u2028b c"])
def test_the_pieces_of_a_stream_make_the_whole(text: str) -> None:
    assert "".join(pieces(text)) == text
