"""From the JSON Schema of a whole to that of what is laid over it: nothing has to be said, and null takes out.

What stands in a list is no part of something, as a list replaces: the schema of the whole is referred to there, so that
it need not stand in the document twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provisioner.model.document import Document, Json

_OF_WHOLES: Final = frozenset({"required", "if", "then", "else", "default"})
_SPOKEN: Final = ("description", "examples", "$comment")
_LIMITS: Final = frozenset({"enum", "const", "anyOf", "$ref"})
_NULL: Final[Document] = {"type": "null"}


def partial(schema: Document, at: str) -> Json:
    """What may be said of any part of it; `at` is the reference to the schema."""
    result: Json = {}
    for keyword, value in schema.items():
        if keyword in {"properties", "patternProperties"}:
            result[keyword] = {
                name: or_null(partial(inner, f"{at}/{keyword}/{_escaped(name)}")) for name, inner in value.items()
            }
        elif keyword == "items":
            return {**{key: schema[key] for key in _SPOKEN if key in schema}, "$ref": at}
        elif keyword == "additionalProperties" and isinstance(value, Mapping):
            result[keyword] = or_null(partial(value, f"{at}/{keyword}"))
        elif keyword in {"oneOf", "anyOf"}:  # of what is not whole, several may be meant
            parts = [partial(inner, f"{at}/{keyword}/{number}") for number, inner in enumerate(value)]
            result["anyOf"] = [*result.get("anyOf", ()), *parts]
        elif keyword not in _OF_WHOLES:
            result[keyword] = value
    return result


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def or_null(schema: Document) -> Json:
    bare = {key: value for key, value in schema.items() if key not in _SPOKEN}
    if not bare:
        return dict(schema)
    if "type" in bare and _LIMITS.isdisjoint(bare):
        types = bare["type"]
        return {**schema, "type": [*dict.fromkeys([*([types] if isinstance(types, str) else types), "null"])]}
    spoken = {key: schema[key] for key in _SPOKEN if key in schema}
    several: list[Any] = bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]
    return {**spoken, "anyOf": [*several, _NULL]}
