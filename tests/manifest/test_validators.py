"""The quick check says yes to nothing that jsonschema refuses, and to all that the kinds' schemas can describe."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioner.kinds import KINDS
from provisioner.manifest.misfits import Shape
from provisioner.manifest.schema import entry_shape, head_shape, project_shape
from provisioner.manifest.validators import compile_schema
from tests.whole import tries

SHAPES = [head_shape(), project_shape(), *(entry_shape(section) for section in KINDS)]
VALIDATORS = [Draft202012Validator(shape.schema) for shape in SHAPES]

ODD = [None, True, False, 0, 1, -1, 1.0, 0.5, 3, 4000, "", "x", "a\n", "x" * 600, [], {}, ["x"], {"file": "x"}]
anything = st.sampled_from(ODD)


def right(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that fit, or nearly."""
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "oneOf" in schema:
        return st.one_of([right(each, depth) for each in schema["oneOf"]])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([right({**schema, "type": each}, depth) for each in kind])
    if kind == "object" and depth < 4:
        return right_mapping(schema, depth)
    if kind == "array" and depth < 4:
        return st.lists(right(schema.get("items", {}), depth + 1), max_size=2)
    low, high = schema.get("minimum", 0), schema.get("maximum", 10)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(["x", "gpt", "memory_search", "b" * 70]),
        "boolean": st.booleans(),
        "integer": st.integers(low, high),
        "number": st.floats(low, high) | st.integers(low, high),
        "object": st.just({}),
        "array": st.just([]),
    }
    return simple.get(kind, anything)


def right_mapping(schema: Any, depth: int) -> st.SearchStrategy[Any]:
    then = {key: inner for key, inner in schema.get("then", {}).get("properties", {}).items() if inner}
    properties = {key: right(inner, depth + 1) for key, inner in {**then, **schema.get("properties", {})}.items()}
    needed = {key: strategy for key, strategy in properties.items() if key in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional={key: properties[key] for key in properties.keys() - needed.keys()})


@st.composite
def bent(draw: st.DrawFn, whole: st.SearchStrategy[Any]) -> Any:
    """What fits, with up to two places made odd."""
    value = draw(whole)
    for _ in range(draw(st.integers(0, 2))):
        value = bend(draw, value)
    return value


def bend(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and draw(st.integers(0, 7)):
        keys = st.sampled_from([*value, "other", "k" * 70])
        key = draw(keys)
        if draw(st.integers(0, 5)) == 0:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: bend(draw, value.get(key))}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [bend(draw, value[0]), *value[1:]]
    return draw(anything)


WHOLE = [right(shape.schema) for shape in SHAPES]
near_misses = st.integers(0, len(SHAPES) - 1).flatmap(lambda index: st.tuples(st.just(index), bent(WHOLE[index])))


@settings(max_examples=tries(250))
@given(near_misses)
def test_the_quick_check_and_jsonschema_agree(case: tuple[int, Any]) -> None:
    index, value = case

    assert SHAPES[index].fits(value) == VALIDATORS[index].is_valid(value)


@settings(max_examples=tries(150))
@given(near_misses)
def test_what_does_not_fit_is_told_in_our_words(case: tuple[int, Any]) -> None:
    index, value = case
    misfits = SHAPES[index].misfits(value)

    assert bool(misfits) != VALIDATORS[index].is_valid(value)
    theirs = {error.message for error in VALIDATORS[index].iter_errors(value)}
    assert not theirs & {misfit.finding.message for misfit in misfits}
    assert not [misfit for misfit in misfits if "does not fit" in misfit.finding.message]


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"uniqueItems": True}, id="unknown keyword"),
        pytest.param({"oneOf": [{"type": "string"}, {"format": "date"}]}, id="deep inside"),
        pytest.param({"enum": [1, "a"]}, id="numbers among the allowed"),
    ],
)
def test_what_the_quick_check_does_not_know_it_does_not_accept(schema: dict[str, Any]) -> None:
    assert not compile_schema(schema)("a")


def test_jsonschema_still_accepts_what_the_quick_check_does_not_know() -> None:
    assert Shape({"enum": [1, "a"]}).misfits("a") == []
    assert [misfit.finding.code for misfit in Shape({"enum": [1, "a"]}).misfits("b")] == ["bad-value"]


@pytest.mark.parametrize(
    "schema",
    [
        *({"type": name} for name in ("string", "boolean", "integer", "number", "object", "array", "null")),
        {"type": ["string", "null"]},
        {"enum": ["x", "a\n"]},
        *({"const": value} for value in ("x", 1, True, None)),
        *({"pattern": "^a$"}, {"maxLength": 1}, {"minLength": 1}, {"maxItems": 0}, {"minimum": 1}, {"maximum": 1}),
        *({"items": {"type": "object"}}, {"propertyNames": {"maxLength": 3}}, {"required": ["file"]}),
        {"oneOf": [{"type": "string"}, {"maxLength": 5}]},
        *({"properties": {"file": {"type": "array"}}}, {"additionalProperties": False}),
        {"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "integer"}},
        {"if": {"type": "string"}, "else": {"type": "integer"}},
    ],
    ids=str,
)
def test_each_keyword_means_what_it_means_to_jsonschema(schema: dict[str, Any]) -> None:
    fits, validator = compile_schema(schema), Draft202012Validator(schema)

    assert [value for value in ODD if fits(value) != validator.is_valid(value)] == []
