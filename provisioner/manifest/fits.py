"""A quick yes to what fits its schema.

jsonschema takes 100 ms to import and half a millisecond per resource. A manifest is usually right, so this answers
first, and jsonschema is asked only when the answer is not a clear yes. It compiles the part of JSON Schema that the
kinds use; a schema with anything else in it gets no yes at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from provisioner.kinds.fragments import MARKED, TAKES_FILE

Fits: TypeAlias = Callable[[Any], bool]

_COMMENTS: Final = frozenset({"description", "examples", "default", "title", "$comment", TAKES_FILE, MARKED})


class _Unsupported(Exception):  # noqa: N818 - an answer, not a failure
    pass


def compile_schema(schema: Mapping[str, Any]) -> Fits:
    """A predicate that is true for nothing that jsonschema refuses, and for nearly all that it accepts."""
    try:
        return _compile(schema)
    except _Unsupported:
        return _never


def _compile(schema: Mapping[str, Any]) -> Fits:
    tests = tuple(_tests(schema))
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _tests(schema: Mapping[str, Any]) -> Iterator[Fits]:
    for keyword, wanted in schema.items():
        if keyword in _TESTS:
            yield _TESTS[keyword](wanted)
        elif keyword not in _COMMENTS and keyword not in _TOGETHER:
            raise _Unsupported(keyword)
    if _MAPPING_KEYWORDS & schema.keys():
        yield _members(schema)
    if "if" in schema:
        yield _condition(schema)


def _never(_: object) -> bool:
    return False


def _type(names: str | list[str]) -> Fits:
    tests = tuple(_TYPES[name] for name in ([names] if isinstance(names, str) else names))
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _is_integer(value: Any) -> bool:
    kind = value.__class__
    return kind is int or (kind is float and value.is_integer())


_TYPES: Final[Mapping[str, Fits]] = {
    "string": lambda value: value.__class__ is str,
    "boolean": lambda value: value.__class__ is bool,
    "integer": _is_integer,
    "number": lambda value: value.__class__ is int or value.__class__ is float,
    "object": lambda value: value.__class__ is dict,
    "array": lambda value: value.__class__ is list,
    "null": lambda value: value is None,
}


def _one_of_texts(values: list[Any]) -> Fits:
    if not all(isinstance(value, str) for value in values):
        raise _Unsupported("enum")
    texts = frozenset(values)
    return lambda value: value.__class__ is str and value in texts


def _constant(wanted: Any) -> Fits:
    is_one = _TYPES["number"] if _TYPES["number"](wanted) else lambda value: value.__class__ is wanted.__class__
    return lambda value: is_one(value) and bool(value == wanted)


def _pattern(pattern: str) -> Fits:
    search = re.compile(pattern).search
    return lambda value: value.__class__ is not str or search(value) is not None


def _longest(limit: int) -> Fits:
    return lambda value: value.__class__ is not str or len(value) <= limit


def _shortest(limit: int) -> Fits:
    return lambda value: value.__class__ is not str or len(value) >= limit


def _most_items(limit: int) -> Fits:
    return lambda value: value.__class__ is not list or len(value) <= limit


def _least(limit: float) -> Fits:
    return lambda value: (value.__class__ is not int and value.__class__ is not float) or value >= limit


def _greatest(limit: float) -> Fits:
    return lambda value: (value.__class__ is not int and value.__class__ is not float) or value <= limit


def _items(schema: Mapping[str, Any]) -> Fits:
    test = _compile(schema)
    return lambda value: value.__class__ is not list or all(map(test, value))


def _names(schema: Mapping[str, Any]) -> Fits:
    test = _compile(schema)
    return lambda value: value.__class__ is not dict or all(map(test, value))


def _required(names: list[str]) -> Fits:
    wanted = frozenset(names)
    return lambda value: value.__class__ is not dict or wanted <= value.keys()


def _exactly_one(schemas: list[Mapping[str, Any]]) -> Fits:
    tests = tuple(_compile(schema) for schema in schemas)
    return lambda value: sum(test(value) for test in tests) == 1


def _members(schema: Mapping[str, Any]) -> Fits:
    tests = {name: _compile(inner) for name, inner in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties", True)
    other = _always if others is True else _never if others is False else _compile(others)

    def fits(value: Any) -> bool:
        if value.__class__ is not dict:
            return True
        return all(tests.get(name, other)(inner) for name, inner in value.items())

    return fits


def _always(_: object) -> bool:
    return True


def _condition(schema: Mapping[str, Any]) -> Fits:
    test = _compile(schema["if"])
    then = _compile(schema.get("then", {}))
    otherwise = _compile(schema.get("else", {}))
    return lambda value: then(value) if test(value) else otherwise(value)


_MAPPING_KEYWORDS: Final = frozenset({"properties", "additionalProperties"})
_TOGETHER: Final = _MAPPING_KEYWORDS | {"if", "then", "else"}
_TESTS: Final[Mapping[str, Callable[[Any], Fits]]] = {
    "type": _type,
    "enum": _one_of_texts,
    "const": _constant,
    "pattern": _pattern,
    "maxLength": _longest,
    "minLength": _shortest,
    "maxItems": _most_items,
    "minimum": _least,
    "maximum": _greatest,
    "items": _items,
    "propertyNames": _names,
    "required": _required,
    "oneOf": _exactly_one,
}
