"""Chat completions, embeddings and the list of models."""

from __future__ import annotations

import json
from math import isclose, sqrt
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT, EMBEDDING = "gpt-4.1-mini", "text-embedding-3-large"
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def said(text: str) -> list[Any]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


def test_a_chat_is_completed(programs: Programs) -> None:
    completion = programs.openai().chat.completions.create(model=CHAT, messages=said("Hello there"))

    assert completion.object == "chat.completion"
    assert completion.model == "gpt-4.1-mini-2025-04-14"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.choices[0].message.content
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_a_streamed_chat_says_the_same(programs: Programs) -> None:
    completions = programs.openai().chat.completions
    whole = completions.create(model=CHAT, messages=said("Hello there")).choices[0].message.content

    chunks = list(
        completions.create(
            model=CHAT, messages=said("Hello there"), stream=True, stream_options={"include_usage": True}
        )
    )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_a_chat_calls_functions_and_answers_their_output(programs: Programs) -> None:
    completions = programs.openai().chat.completions
    asked = said("What is the weather in Paris?")

    first = completions.create(model=CHAT, messages=asked, tools=[TOOL]).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.tool_calls
    call: Any = first.message.tool_calls[0]
    assert "city" in json.loads(call.function.arguments)
    output: Any = {"role": "tool", "tool_call_id": call.id, "content": '{"sky": "cloudless"}'}
    proposed: Any = first.message.to_dict()
    second = completions.create(model=CHAT, messages=[*asked, proposed, output], tools=[TOOL])

    assert "cloudless" in (second.choices[0].message.content or "")


def test_a_call_is_streamed_in_chunks(programs: Programs) -> None:
    completions = programs.openai().chat.completions
    with completions.stream(model=CHAT, messages=said("What is the weather in Paris?"), tools=[TOOL]) as stream:
        final = stream.get_final_completion()

    assert final.choices[0].finish_reason == "tool_calls"
    assert final.choices[0].message.tool_calls


class Meeting(BaseModel):
    title: str


def test_a_chat_is_parsed(programs: Programs) -> None:
    parsed = programs.openai().chat.completions.parse(model=CHAT, messages=said("Tea."), response_format=Meeting)

    assert isinstance(parsed.choices[0].message.parsed, Meeting)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": said("Hello")},
        {"model": CHAT},
        {"model": CHAT, "messages": []},
        {"model": CHAT, "messages": ["Hello"]},
        {"model": CHAT, "messages": said("Hello"), "tools": [{"type": "web_search"}]},
        {"model": CHAT, "messages": said("Hello"), "tool_choice": "sometimes"},
        {"model": CHAT, "messages": said("Hello"), "response_format": {"type": "xml"}},
    ],
)
@pytest.mark.usefixtures("deployed")
def test_a_chat_that_cannot_be_read_is_refused(v1: Any, body: Any) -> None:
    assert v1("POST", "/chat/completions", body).status_code == 400


def test_a_chat_with_a_missing_deployment_is_refused(programs: Programs) -> None:
    with pytest.raises(openai.NotFoundError):
        programs.openai().chat.completions.create(model="none", messages=said("Hello"))


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_texts_that_share_words_are_near_each_other(programs: Programs) -> None:
    texts = ["I prefer dark roast coffee", "dark roast coffee, please", "the train leaves at nine"]

    vectors = [entry.embedding for entry in programs.openai().embeddings.create(model=EMBEDDING, input=texts).data]

    assert {len(vector) for vector in vectors} == {3072}
    assert isclose(sqrt(near(vectors[0], vectors[0])), 1, rel_tol=1e-5)
    assert near(vectors[0], vectors[1]) > near(vectors[0], vectors[2])


def test_embeddings_come_in_the_form_that_is_asked_for(programs: Programs) -> None:
    embeddings = programs.openai().embeddings
    plain = embeddings.create(model=EMBEDDING, input="tea", dimensions=64, encoding_format="float").data[0].embedding
    packed = embeddings.create(model=EMBEDDING, input="tea", dimensions=64).data[0].embedding

    assert len(plain) == 64
    assert plain == pytest.approx(packed)
    assert embeddings.create(model=EMBEDDING, input=[1, 2, 3]).data[0].embedding


@pytest.mark.parametrize(
    "more",
    [{"input": ""}, {"input": []}, {"input": 7}, {"input": "tea", "dimensions": 0}, {"model": CHAT, "input": "a"}],
)
@pytest.mark.usefixtures("deployed")
def test_what_cannot_be_embedded_is_refused(v1: Any, more: dict[str, Any]) -> None:
    assert v1("POST", "/embeddings", {"model": EMBEDDING, **more}).status_code == 400


def test_the_models_are_the_deployments(programs: Programs) -> None:
    models = programs.openai().models

    assert {model.id for model in models.list()} == {CHAT, EMBEDDING}
    assert models.retrieve(CHAT).id == CHAT
    with pytest.raises(openai.NotFoundError):
        models.retrieve("none")
