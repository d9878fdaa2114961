"""Scripts: whoever needs exact words says what is to be answered, called and remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
MEMORY = {"type": "memory_search_preview", "memory_store_name": "prefs", "scope": "ada", "update_delay": 0}


@pytest.fixture
def script(admin: Any) -> Any:
    def declare(say: dict[str, Any], match: dict[str, Any] | None = None, **more: Any) -> None:
        admin.post("model", {"match": match or {}, "say": say, **more})

    return declare


def told(programs: Programs, question: str, **more: Any) -> str:
    answered = programs.openai().responses.create(input=question, **({"model": CHAT} | more))
    return str(answered.output_text)


def test_the_first_script_that_fits_is_said_word_for_word(programs: Programs, script: Any) -> None:
    script({"text": "Forty-two."}, {"text": "What is the meaning of life?"})
    script({"text": "Some tea."}, {"regex": r"(?i)\btea\b"})
    script({"text": "Never reached."}, {"regex": "life"}, times=0)

    assert told(programs, "What is the meaning of life? ") == "Forty-two."
    assert told(programs, "More Tea, please") == "Some tea."
    assert told(programs, "Is there life on Mars?") != "Never reached.", "where none fits, the model answers"


def test_only_what_the_user_said_last_counts(programs: Programs, script: Any) -> None:
    script({"text": "Some tea."}, {"regex": "tea"})
    client = programs.openai()

    first = client.responses.create(model=CHAT, input="tea?")
    second = client.responses.create(model=CHAT, input="And then?", previous_response_id=first.id)

    assert first.output_text == "Some tea."
    assert second.output_text != "Some tea."


def test_a_script_may_be_for_one_agent_or_one_model(programs: Programs, script: Any, asking: Any) -> None:
    programs.agent("buddy")
    programs.agent("other")
    script({"text": "I am Buddy."}, {"agent": "buddy"})
    script({"text": "No such model here."}, {"model": "gpt-9"})
    script({"text": "A bare model."}, {"model": CHAT, "text": "Who are you?"})
    client = programs.openai()

    assert client.responses.create(input="Who are you?", **asking("buddy")).output_text == "I am Buddy."
    assert client.responses.create(input="Who are you?", **asking("other")).output_text == "A bare model."
    assert told(programs, "Who are you?") == "A bare model."


def test_a_script_ends_after_its_times_and_counts_them(programs: Programs, script: Any, admin: Any) -> None:
    script({"text": "Once."}, times=1)
    script({"text": "Again and again."})

    assert [told(programs, "Hi") for _ in range(3)] == ["Once.", "Again and again.", "Again and again."]
    assert [one["answered"] for one in admin.get("model")["scripts"]] == [1, 2]


def test_a_call_is_made_and_the_words_beside_it_are_said_when_its_output_is_there(
    programs: Programs, script: Any
) -> None:
    script({"call": {"name": "weather", "arguments": {"city": "Rome"}}, "text": "It is sunny in Rome."})
    client: Any = programs.openai()

    asked = client.responses.create(model=CHAT, input="Rome?", tools=[WEATHER])
    (call,) = asked.output
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    answered = client.responses.create(model=CHAT, input=[output], previous_response_id=asked.id, tools=[WEATHER])

    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "weather", {"city": "Rome"})
    assert answered.output_text == "It is sunny in Rome."


def test_a_call_without_words_is_not_made_again_and_again(programs: Programs, script: Any) -> None:
    script({"call": {"name": "weather"}})
    client: Any = programs.openai()

    asked = client.responses.create(model=CHAT, input="Rome?", tools=[WEATHER])
    output = {"type": "function_call_output", "call_id": asked.output[0].call_id, "output": "sunny"}
    answered = client.responses.create(model=CHAT, input=[output], previous_response_id=asked.id, tools=[WEATHER])

    assert [item.type for item in answered.output] == ["message"]
    assert "sunny" in answered.output_text


def test_a_structured_answer_is_given_as_it_is(programs: Programs, script: Any) -> None:
    script({"json": {"code": "ABC-1234", "ü": [1, None]}})

    assert json.loads(told(programs, "Which code?")) == {"code": "ABC-1234", "ü": [1, None]}


def test_chat_completions_and_streams_are_scripted_too(programs: Programs, script: Any) -> None:
    script({"text": "Word for word."})
    client = programs.openai()

    chat = client.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "Hi"}])
    with client.responses.stream(model=CHAT, input="Hi") as stream:
        streamed = "".join(event.delta for event in stream if event.type == "response.output_text.delta")

    assert chat.choices[0].message.content == streamed == "Word for word."


def test_what_is_to_be_remembered_is_found_by_the_agent(
    programs: Programs, script: Any, admin: Any, asking: Any
) -> None:
    programs.store()
    programs.agent(tools=[MEMORY])
    script({"text": "Noted.", "memories": ["Takes two sugars"]}, {"regex": "sweet"}, times=1)
    client = programs.openai()

    said = client.responses.create(input="As sweet as ever.", **asking())
    admin.advance(5)
    found: Any = client.responses.create(input="How many sugars do I take?", **asking()).output[0]

    assert said.output_text == "Noted."
    assert [memory["content"] for memory in found.to_dict()["memories"]] == ["Takes two sugars"]


def test_memories_of_each_kind_are_made_once_and_only_where_the_store_wants_them(
    programs: Programs, script: Any, admin: Any
) -> None:
    programs.store()
    kinds = {"user_profile": "Likes tea", "chat_summary": "Talked of tea", "procedural": "To brew: wait"}
    script({"memories": [{"kind": kind, "content": content} for kind, content in kinds.items()]})
    stores = programs.project.beta.memory_stores

    for _ in range(2):
        stores.begin_update_memories("prefs", scope="ada", items="Whatever.", update_delay=0)
        admin.advance(5)

    assert {item.kind: item.content for item in stores.list_memories("prefs", scope="ada")} == kinds
    assert len(list(stores.list_memories("prefs", scope="ada"))) == 3


def test_a_script_for_an_agent_remembers_nothing_since_updates_do_not_know_their_agent(
    programs: Programs, script: Any, admin: Any
) -> None:
    programs.store()
    script({"memories": ["Likes tea"]}, {"agent": "buddy"})
    stores = programs.project.beta.memory_stores

    stores.begin_update_memories("prefs", scope="ada", items="Whatever.", update_delay=0)
    admin.advance(5)

    assert [item.content for item in stores.list_memories("prefs", scope="ada", kind="user_profile")] == []


def test_scripts_are_listed_forgotten_and_gone_with_a_reset(script: Any, admin: Any, client: Any) -> None:
    script({"text": "Hi."}, {"text": "Hello"}, times=3)
    listed = admin.get("model")["scripts"]
    client.delete("/_emulator/model").raise_for_status()
    after = admin.get("model")["scripts"]
    script({"text": "Hi."})
    admin.post("reset")

    assert listed == [{"match": {"text": "Hello"}, "say": {"text": "Hi."}, "times": 3, "answered": 0, "extracted": 0}]
    assert after == admin.get("model")["scripts"] == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ([[]], "say"),
        ({}, "say"),
        ({"say": {}}, "say"),
        ({"say": {"text": 1}}, '"text" in say is a text, not 1.'),
        ({"say": {"text": "a", "json": 1}}, "not both"),
        ({"say": {"words": "a"}}, "There is no 'words' in say"),
        ({"say": {"text": "a"}, "when": {}}, "There is no 'when' in a script"),
        ({"say": {"text": "a"}, "match": {"role": "user"}}, "text, regex, agent, model"),
        ({"say": {"text": "a"}, "match": {"regex": "("}}, "no regular expression"),
        ({"say": {"text": "a"}, "times": -1}, "whole number"),
        ({"say": {"text": "a"}, "times": True}, "whole number"),
        ({"say": {"call": {"arguments": {}}}}, '"call" needs the "name"'),
        ({"say": {"call": {"name": "a", "arguments": "{}"}}}, '"arguments" in call is a map'),
        ({"say": {"memories": [{"kind": "mood", "content": "a"}]}}, "user_profile"),
        ({"say": {"memories": [""]}}, "memories"),
        ({"scripts": [{"say": {"text": "fine"}}, {"say": 1}]}, "say"),
    ],
)
def test_what_is_wrong_with_a_script_is_said_and_nothing_is_declared(
    wrong: Any, why: str, admin: Any, client: Any
) -> None:
    refused = client.post("/_emulator/model", json=wrong)

    assert refused.status_code == 400
    assert why in refused.json()["error"]["message"]
    assert admin.get("model")["scripts"] == []


def test_several_are_declared_at_once(admin: Any) -> None:
    admin.post("model", {"scripts": [{"say": {"text": "a"}}, {"say": {"text": "b"}}]})
    admin.post("model", [{"say": {"text": "c"}}])

    assert [one["say"]["text"] for one in admin.get("model")["scripts"]] == ["a", "b", "c"]
