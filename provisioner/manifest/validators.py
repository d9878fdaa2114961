"""Two ways to hold a value against a schema: a quick yes to what fits, and all that does not.

jsonschema takes 100 ms to import and ten microseconds for each value that it looks at. A manifest is usually right, so
`compile_schema` answers first: it compiles the part of JSON Schema that the kinds use, and a schema with anything else
in it gets no yes at all. Only without a clear yes is jsonschema asked, and wherever a schema leads into a value, what
the quick check says yes to is passed over, so that the time goes to what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from provisioner.kinds.fragments import MARKED, TAKES_FILE
from provisioner.model.document import Document

Fits: TypeAlias = Callable[[Any], bool]

_COMMENTS: Final = frozenset({"description", "examples", "default", "title", "$comment", TAKES_FILE, MARKED})


class _Unsupported(Exception):  # noqa: N818 - an answer, not a failure
    pass


def compile_schema(schema: Document) -> Fits:
    """A predicate that is true for nothing that jsonschema refuses, and for nearly all that it accepts."""
    try:
        return _compile(schema)
    except _Unsupported:
        return _never


def _compile(schema: Document) -> Fits:
    tests = tuple(_tests(schema))
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _tests(schema: Document) -> Iterator[Fits]:
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


def _items(schema: Document) -> Fits:
    test = _compile(schema)
    return lambda value: value.__class__ is not list or all(map(test, value))


def _names(schema: Document) -> Fits:
    test = _compile(schema)
    return lambda value: value.__class__ is not dict or all(map(test, value))


def _required(names: list[str]) -> Fits:
    wanted = frozenset(names)
    return lambda value: value.__class__ is not dict or wanted <= value.keys()


def _exactly_one(schemas: list[Document]) -> Fits:
    tests = tuple(_compile(schema) for schema in schemas)
    return lambda value: sum(test(value) for test in tests) == 1


def _members(schema: Document) -> Fits:
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


def _condition(schema: Document) -> Fits:
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


def finder(schema: Document) -> Callable[[object], Iterator[Any]]:
    """Gives the errors of a value."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 100 ms, and most manifests fit
    from jsonschema.validators import extend  # noqa: PLC0415 - as above

    quick = _Quick(unknown=Draft202012Validator.VALIDATORS["additionalProperties"])
    keywords = {
        "properties": quick.properties,
        "items": quick.items,
        "additionalProperties": quick.others,
        "propertyNames": quick.names,
    }
    validator: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    find: Callable[[object], Iterator[Any]] = validator(dict(schema)).iter_errors
    return find


class _Quick:
    """The keywords that lead into a value, as jsonschema calls them. `unknown` is its own way to tell unknown keys."""

    def __init__(self, *, unknown: Callable[..., Iterator[Any]]) -> None:
        self._unknown = unknown
        self._compiled: dict[int, tuple[object, Fits]] = {}

    def _fits(self, schema: Any, value: object) -> bool:
        if id(schema) not in self._compiled:  # the schema is kept, so that nothing else gets its identity
            self._compiled[id(schema)] = (schema, compile_schema(schema))
        return self._compiled[id(schema)][1](value)

    def properties(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for name, inner in wanted.items() if isinstance(instance, dict) else ():
            if name in instance and not self._fits(inner, instance[name]):
                yield from validator.descend(instance[name], inner, path=name, schema_path=name)

    def items(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for index, each in enumerate(instance if isinstance(instance, list) else ()):
            if not self._fits(wanted, each):
                yield from validator.descend(each, wanted, path=index)

    def others(self, validator: Any, wanted: Any, instance: Any, whole: Any) -> Iterator[Any]:
        if not isinstance(wanted, dict):
            yield from self._unknown(validator, wanted, instance, whole)
            return
        named = whole.get("properties", {})
        for key, value in instance.items() if isinstance(instance, dict) else ():
            if key not in named and not self._fits(wanted, value):
                yield from validator.descend(value, wanted, path=key)

    def names(self, validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for key in instance if isinstance(instance, dict) else ():
            if not self._fits(wanted, key):
                yield from validator.descend(instance=key, schema=wanted)
