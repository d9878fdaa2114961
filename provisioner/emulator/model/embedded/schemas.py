"""JSON Schemas put together: references followed, two schemas made one that asks for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS: Final = frozenset({"items", "additionalProperties", "contains", "propertyNames"})
Schema: TypeAlias = "Mapping[str, Any] | bool"


def resolved(root: Schema, reference: str) -> Schema | None:
    """The part of the same schema that "#/$defs/..." or "#" points to; None for anything else."""
    place: Any = root
    if not reference.startswith("#"):
        return None
    for step in unquote(reference.removeprefix("#")).split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        place = _step(place, key)
    return place if isinstance(place, dict | bool) else None


def _step(place: Any, key: str) -> Any:
    if isinstance(place, dict):
        return place.get(key)
    return place[int(key)] if isinstance(place, list) and key.isdigit() and int(key) < len(place) else None


def merged(one: Schema | None, other: Schema | None) -> Mapping[str, Any] | None:
    """A schema whose documents are likely valid against both; None when there can be none."""
    if one is None or other is None or one is False or other is False:
        return None
    both: dict[str, Any] = {} if one is True else dict(one)
    for key, value in ({} if other is True else other).items():
        both[key] = _both(key, both[key], value) if key in both else value
    impossible = both.get("type") == [] or both.get("enum") == []
    return None if impossible else both


def _both(key: str, one: Any, other: Any) -> Any:
    match key:
        case "properties" | "patternProperties" | "$defs":
            return {
                **one,
                **{name: {"allOf": [one[name], part]} if name in one else part for name, part in other.items()},
            }
        case "required":
            return list(dict.fromkeys([*one, *other]))
        case "type":
            return _types(one, other)
        case "enum":
            return [value for value in one if value in other]
        case "allOf":
            return [*one, *other]
        case _:
            return {"allOf": [one, other]} if key in PARTS else _narrower(key, one, other)


def _narrower(key: str, one: Any, other: Any) -> Any:
    if key.startswith(("min", "exclusiveMin")):
        return max(one, other)
    if key.startswith(("max", "exclusiveMax")):
        return min(one, other)
    return other


def _types(one: str | list[str], other: str | list[str]) -> str | list[str]:
    mine, theirs = ([kinds] if isinstance(kinds, str) else kinds for kinds in (one, other))
    common = [kind for kind in mine if kind in theirs or (kind == "integer" and "number" in theirs)]
    if "number" in mine and "integer" in theirs and "integer" not in common:
        common.append("integer")
    return common[0] if len(common) == 1 else common
