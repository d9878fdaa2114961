"""Ways through a schema: what it says of the value at a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from provisioner.model.document import Path

Schema: TypeAlias = Mapping[str, Any]
_ANYTHING: Final[Schema] = {}  # one, so that it is recognised


def schemas_at(schema: Schema, path: Path) -> list[Schema]:
    """Everything the schema may say of the value at the path; empty when there can be no such value."""
    here = [schema]
    for step in path:
        here = schemas_in(here, step)
    return here


def schemas_in(schemas: Iterable[Schema], step: str) -> list[Schema]:
    """What they say of one step further in, each schema once."""
    inner = {id(each): each for schema in schemas for each in _inner(schema, step)}
    return [*inner.values()]


def types_at(schema: Schema, path: Path) -> set[str]:
    types: set[str] = set()
    for each in schemas_at(schema, path):
        for variant in _variants(each):
            named = variant.get("type", ())
            types.update([named] if isinstance(named, str) else named)
    return types


def keys_at(schema: Schema, path: Path) -> list[str]:
    """The keys the schema names in the mapping at the path."""
    variants = (variant for each in schemas_at(schema, path) for variant in _variants(each))
    return [key for variant in variants for key in variant.get("properties", ())]


def _inner(schema: Schema, step: str) -> Iterator[Schema]:
    for variant in _variants(schema):
        if step in variant.get("properties", {}):
            yield variant["properties"][step]
        elif step.isdecimal() and "items" in variant:
            yield variant["items"]
        elif _is_open(variant):
            others = variant.get("additionalProperties", _ANYTHING)
            yield others if isinstance(others, Mapping) else _ANYTHING


def _is_open(schema: Schema) -> bool:
    """Whether it takes mappings with keys it does not name."""
    if "type" not in schema and {"oneOf", "anyOf", "enum", "const"} & schema.keys():
        return False
    return "object" in schema.get("type", "object") and schema.get("additionalProperties") is not False


def _variants(schema: Schema) -> Iterator[Schema]:
    yield schema
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from _variants(schema[keyword])
    for keyword in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(keyword, ()):
            yield from _variants(branch)
