"""Structured output: always valid against its schema, and filled from the question where that comes naturally."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioner.emulator.model import Memory, ModelError, Prompt, ResponseFormat, Turn
from provisioner.emulator.model.embedded import EmbeddedModel
from tests.whole import tries

Json = dict[str, Any]


def answered(schema: Json, question: str = "", memories: tuple[Memory, ...] = ()) -> Any:
    prompt = Prompt(
        conversation=(Turn("user", question),), memories=memories, response_format=ResponseFormat(schema=schema)
    )
    return json.loads(EmbeddedModel().answer(prompt).text)


def objects(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_fields_are_filled_from_the_question() -> None:
    schema = objects(
        name={"type": "string"},
        date={"type": "string"},
        participants={"type": "array", "items": {"type": "string"}},
        seats={"type": "integer"},
        mood={"enum": ["formal", "relaxed"]},
    )
    question = "Plan a relaxed picnic for Ada, Grace and Linus next Friday with 12 seats."

    assert answered(schema, question) == {
        "name": "Plan a relaxed picnic for Ada",
        "date": "next Friday",
        "participants": ["Ada", "Grace", "Linus"],
        "seats": 12,
        "mood": "relaxed",
    }


def test_fields_are_filled_from_memories() -> None:
    memories = (
        Memory(memory_id="1", kind="user_profile", content="Lives in Graz"),
        Memory(memory_id="2", kind="user_profile", content="Name is Ida"),
    )

    assert answered(objects(city={"type": "string"}), "Where do I live?", memories) == {"city": "Graz"}


def test_free_text_says_what_would_have_been_said() -> None:
    memories = (Memory(memory_id="1", kind="user_profile", content="Likes tea"),)

    assert "Likes tea" in answered(objects(answer={"type": "string"}), "Suggest a drink", memories)["answer"]


def test_any_json_object_is_an_answer_too() -> None:
    prompt = Prompt(conversation=(Turn("user", "hello"),), response_format=ResponseFormat())

    assert list(json.loads(EmbeddedModel().answer(prompt).text)) == ["answer"]


NODE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "children", "next"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(NODE, id="recursive"),
        pytest.param({"type": "object", "properties": {"self": {"$ref": "#"}}}, id="root-recursive"),
        pytest.param(objects(a={"type": ["string", "null"]}, b={"const": 7}), id="nullable-and-const"),
        pytest.param(objects(a={"type": "string", "minLength": 300}), id="long"),
        pytest.param(objects(a={"type": "string", "maxLength": 3}), id="short"),
        pytest.param(objects(a={"type": "string", "format": "date-time"}, b={"format": "uuid"}), id="formats"),
        pytest.param(objects(a={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}), id="fraction"),
        pytest.param(objects(a={"type": "number", "multipleOf": 0.25, "minimum": 3.1}), id="quarters"),
        pytest.param(objects(a={"type": "integer", "minimum": -9, "maximum": -7}), id="negative"),
        pytest.param({"type": "array", "items": {"type": "integer"}, "minItems": 4, "uniqueItems": True}, id="unique"),
        pytest.param(
            {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
            id="all-of-an-enum",
        ),
        pytest.param(
            {"oneOf": [objects(kind={"const": "a"}, x={"type": "integer"}), objects(kind={"const": "b"})]}, id="one-of"
        ),
        pytest.param({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]}, id="exactly-one-of"),
        pytest.param({"type": "object", "additionalProperties": {"type": "integer"}, "required": ["x"]}, id="map"),
        pytest.param({"not": {"type": "string"}}, id="not-a-string"),
        pytest.param({"definitions": {"x/y": {"type": "boolean"}}, "$ref": "#/definitions/x~1y"}, id="escaped-pointer"),
        pytest.param(
            {
                "allOf": [
                    {"type": ["integer", "string"], "minimum": 2},
                    {"type": "number", "minimum": 3, "maximum": 9},
                    {"maximum": 4, "enum": [1, 3, "x"]},
                ]
            },
            id="narrowed-thrice",
        ),
        pytest.param({"$ref": "#/prefixItems/0", "prefixItems": [{"type": "boolean"}]}, id="pointer-into-a-list"),
        pytest.param({}, id="anything"),
    ],
)
def test_the_document_is_valid(schema: Json) -> None:
    document = answered(schema, "Tell Ada about 3 red boats.")

    Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"type": "nothing"}, "invalid-schema"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "unsatisfiable-schema"),
        ({"enum": []}, "unsatisfiable-schema"),
        ({"$ref": "#/$defs/missing"}, "unsatisfiable-schema"),
        ({"$ref": "https://example.com/other.json"}, "unsatisfiable-schema"),
        ({"$ref": "#"}, "unsatisfiable-schema"),
        (objects(a=objects(a={"$ref": "#"})), "unsatisfiable-schema"),
        ({"type": "array", "minItems": 1_000_000_000}, "unsatisfiable-schema"),
        ({"type": "array", "minItems": 1_000_000_000, "uniqueItems": True}, "unsatisfiable-schema"),
        ({"type": "array", "contains": {"type": "string"}, "minContains": 10**9}, "unsatisfiable-schema"),
        ({"type": "array", "minItems": 200, "items": {"type": "string", "minLength": 20_000}}, "unsatisfiable-schema"),
        (
            {"type": "array", "minItems": 200, "items": {"type": "array", "minItems": 200, "items": {}}},
            "unsatisfiable-schema",
        ),
        ({"type": "object", "minProperties": 10**12}, "unsatisfiable-schema"),
        ({"type": "string", "minLength": 10**12}, "unsatisfiable-schema"),
        ({"type": "number", "minimum": 10**400, "multipleOf": 0.3}, "unsatisfiable-schema"),
    ],
)
def test_a_schema_without_documents_is_refused(schema: Json, code: str) -> None:
    with pytest.raises(ModelError) as refused:
        answered(schema)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "beyond",
    [
        {"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"},
        {"type": "array", "contains": {"const": 5}, "minContains": 2},
        {"type": "object", "minProperties": 3},
        {"type": "object", "properties": {"a": {"const": 1}}, "dependentRequired": {"a": ["b"]}},
        {"prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "items": False, "type": "array"},
    ],
)
def test_what_is_beyond_it_is_never_answered_wrongly_but_points_to_scripts(beyond: Json) -> None:
    with pytest.raises(ModelError, match="/_emulator/model") as refused:
        answered(objects(a=beyond))

    assert refused.value.code == "unsatisfiable-schema"


def schemas() -> st.SearchStrategy[Json]:
    """What strict structured output allows, and the usual keywords around it; always satisfiable."""
    small = st.integers(0, 5)
    strings = st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": small,
            "maxLength": st.integers(5, 9),
            "description": st.text(max_size=5),
        },
    )
    formats = st.fixed_dictionaries(
        {"type": st.just("string"), "format": st.sampled_from(["date", "email", "uri", "ipv4"])}
    )
    numbers = st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={"minimum": st.integers(-9, 0), "maximum": st.integers(7, 20), "multipleOf": st.integers(1, 7)},
    )
    constants = st.builds(
        lambda value: {"const": value}, st.none() | st.booleans() | st.integers() | st.text(max_size=4)
    )
    enums = st.builds(
        lambda values: {"enum": values}, st.lists(st.integers() | st.text(max_size=4), min_size=1, max_size=4)
    )
    simple = (
        strings | formats | numbers | constants | enums | st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}])
    )
    return st.recursive(simple, _nested, max_leaves=8)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    names = st.sampled_from(["name", "date", "city", "items", "total", "answer", "x y", "ü"])
    properties = st.dictionaries(names, inner, max_size=4)
    whole = st.builds(lambda parts: objects(**parts), properties)
    partly = st.builds(lambda parts: {"type": "object", "properties": parts, "required": list(parts)[:1]}, properties)
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3)
    )
    any_of = st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3))
    referring = st.builds(lambda part: {"allOf": [part]}, inner)
    return whole | partly | arrays | any_of | referring


@given(schema=schemas(), question=st.text(max_size=60) | st.just("Book 2 seats in Paris for Ada on Friday"))
@settings(max_examples=tries(150))
def test_documents_are_valid_whatever_the_schema(schema: Json, question: str) -> None:
    Draft202012Validator(schema).validate(answered(schema, question))


@given(schema=schemas())
@settings(max_examples=tries(30))
def test_references_are_followed(schema: Json) -> None:
    referring = {"$defs": {"part": schema}, **objects(one={"$ref": "#/$defs/part"}, two={"$ref": "#/$defs/part"})}

    Draft202012Validator(referring).validate(answered(referring))
