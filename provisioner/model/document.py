"""Plain JSON-like documents and paths into them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

from provisioner.model.sealed import UNSEEN, Sealed

Document: TypeAlias = Mapping[str, Any]
Json: TypeAlias = dict[str, Any]  # a document that is being made
Path: TypeAlias = tuple[str, ...]


class Absent(Enum):
    """The value of a field that is not there, as against one that is null."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class Unknown(Enum):
    """The value of a field that is there, and of which nothing can be said."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


def dotted(path: Path) -> str:
    return ".".join(path)


def lies_under(path: Path, prefixes: tuple[Path, ...]) -> bool:
    """Whether the path is one of the prefixes or inside one; the empty prefix holds everything."""
    return any(path[: len(prefix)] == prefix for prefix in prefixes)


def leaves(document: Document, at: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every field that is not a filled mapping; lists are leaves, and so is an empty mapping."""
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), value


def lookup(document: Document, path: Path) -> object:
    """The value at the path, or ABSENT; a number is an index where there is a list."""
    here: object = document
    for key in path:
        if isinstance(here, Mapping) and key in here:
            here = here[key]
        elif isinstance(here, (list, tuple)) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return ABSENT
    return here


def without(document: Document, paths: tuple[Path, ...], at: Path = ()) -> Json:
    """A copy that lacks the paths; mappings that become empty go too."""
    result: Json = {}
    for key, value in document.items():
        here = (*at, key)
        if here in paths:
            continue
        if isinstance(value, Mapping) and value:
            if kept := without(value, paths, here):
                result[key] = kept
        else:
            result[key] = value
    return result


def only(document: Document, paths: tuple[Path, ...]) -> Json:
    """A copy that has nothing but the paths."""
    result: Json = {}
    for path in paths:
        value = lookup(document, path)
        if value is not ABSENT:
            place(result, path, value)
    return result


def place(document: Json, path: Path, value: object) -> None:
    """Set the value at the path, making the mappings on the way."""
    *parents, last = path
    for key in parents:
        document = document.setdefault(key, {})
    document[last] = value


def with_value(value: Any, path: Path, new: object) -> Any:
    """A copy with another value at the path, where a number is an index if there is a list; ABSENT takes it out."""
    step, rest = path[0], path[1:]
    if isinstance(value, (list, tuple)) and step.isdecimal() and int(step) < len(value):
        index = int(step)
        return [*value[:index], with_value(value[index], rest, new) if rest else new, *value[index + 1 :]]
    holder = value if isinstance(value, dict) else {}
    inner = with_value(holder.get(step, {}), rest, new) if rest else new
    if inner is ABSENT or (rest and inner == {} and step not in holder):
        return {key: each for key, each in holder.items() if key != step}
    return {**holder, step: inner}


def overlay(base: Document, top: Document) -> Json:
    """`base` with the fields of `top` over it; mappings merge (an empty one adds nothing), all else is replaced."""
    merged = dict(base)
    for key, value in top.items():
        under = merged.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = overlay(under, value)
        else:
            merged[key] = value
    return merged


def canonical(value: object) -> str:
    """The same text for equal values, whatever their key order and whether 1 is written 1 or 1.0."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Sealed):
        return UNSEEN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def digest(value: object) -> str:
    """SHA-256 of the canonical text, in hex."""
    import hashlib  # noqa: PLC0415 - it loads OpenSSL, which nobody needs who stays offline

    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
