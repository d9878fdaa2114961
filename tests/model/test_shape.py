"""Shapes: what is believed, and how what is not is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.shape import FLAG, LIST, NUMBER, TEXT, Shape, having, needed, solid, word_for

ITEM = having(
    name=needed(TEXT),
    properties=needed(having(model=having(name=TEXT, capacity=NUMBER), ready=FLAG)),
    tags=having(owner=solid(TEXT)),
    tools=LIST,
)
GOOD: dict[str, Any] = {"name": "a", "properties": {}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"properties": {"model": None, "ready": None}},
        {"properties": {"model": {"name": "m", "capacity": 1.5, "other": [1]}, "ready": False}, "else": 5},
        {"tags": None, "tools": None},
        {"tags": {"owner": "me", "team": 5}, "tools": [None, 1]},
    ],
    ids=str,
)
def test_null_is_as_good_as_absent_and_what_is_not_named_may_be_anything(more: dict[str, Any]) -> None:
    assert ITEM.oddity({**GOOD, **more}) == ""


@pytest.mark.parametrize(
    ("value", "oddity"),
    [
        ([], "it is a list, not an object"),
        ({}, "name is missing"),
        ({**GOOD, "name": None}, "name is null"),
        ({**GOOD, "name": 5}, "name is a number, not text"),
        ({**GOOD, "properties": None}, "properties is null"),
        ({**GOOD, "properties": {"model": {"name": ["m"]}}}, "properties.model.name is a list, not text"),
        ({**GOOD, "properties": {"model": {"capacity": True}}}, "properties.model.capacity is true, not a number"),
        ({**GOOD, "properties": {"ready": 1}}, "properties.ready is a number, not true or false"),
        ({**GOOD, "tags": {"owner": None}}, "tags.owner is null, not text"),
        ({**GOOD, "tools": {}}, "tools is an object, not a list"),
    ],
    ids=str,
)
def test_the_first_oddity_is_told_with_its_path(value: object, oddity: str) -> None:
    assert ITEM.oddity(value) == oddity


def test_items_of_a_list_have_a_shape_as_well() -> None:
    names = Shape(word="a list", types=(list,), each=having(name=needed(TEXT)))
    assert names.oddity([{"name": "a"}]) == ""
    assert having(rules=names).oddity({"rules": [{"name": "a"}, {"name": 5}]}) == "rules[1].name is a number, not text"


KEYS = st.sampled_from(["name", "properties", "model", "tags", "owner", "tools"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


@given(VALUES)
def test_any_value_is_either_believed_or_told(value: object) -> None:
    oddity = ITEM.oddity(value)
    assert isinstance(oddity, str)
    assert oddity or value is None or (isinstance(value, dict) and isinstance(value["name"], str))


@pytest.mark.parametrize(
    ("value", "word"),
    [(None, "null"), (True, "true"), (False, "false"), (0, "a number"), (0.5, "a number"), ("", "text"), ([], "a list"),
     ({}, "an object"), ((), "tuple")],
)  # fmt: skip
def test_values_have_words(value: object, word: str) -> None:
    assert word_for(value) == word
