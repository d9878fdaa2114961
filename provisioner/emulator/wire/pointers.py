"""JSON Pointers (RFC 6901) into an answer, with `*` for every member of an object or every entry of a list."""

from __future__ import annotations

import re
from typing import Any, Final

POINTER: Final = re.compile(r"(/([^/~]|~[01])*)*")
EVERY: Final = "*"
_GONE: Final = object()


class Nowhere(LookupError):  # noqa: N818  it is told, not raised to anybody
    """There is no such place. The message says which."""

    def __init__(self, pointer: str) -> None:
        super().__init__(f"The answer has no '{pointer}'.")


def is_pointer(text: object) -> bool:
    return isinstance(text, str) and POINTER.fullmatch(text) is not None


def changed(document: Any, pointer: str, value: object) -> Any:
    """A copy with this value there; the last name of the pointer may be new. Raises Nowhere."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    copy, is_there = _with(document, keys, value)
    if not is_there:
        raise Nowhere(pointer)
    return copy


def removed(document: Any, pointer: str) -> Any:
    """A copy without what is there. Raises Nowhere."""
    return changed(document, pointer, _GONE)


def _with(part: Any, keys: list[str], value: object) -> tuple[Any, bool]:
    """And whether there was such a place; of many, one is enough."""
    if not keys:
        return value, True
    key, rest = keys[0], keys[1:]
    whole = dict(enumerate(part)) if isinstance(part, list) else dict(part) if isinstance(part, dict) else {}
    found = False
    for place in [place for place in whole if key in {EVERY, str(place)}] or _new(part, keys, value):
        whole[place], is_there = _with(whole.get(place), rest, value)
        found = found or is_there
    kept = {place: entry for place, entry in whole.items() if entry is not _GONE}
    return (list(kept.values()) if isinstance(part, list) else kept if isinstance(part, dict) else part), found


def _new(part: Any, keys: list[str], value: object) -> list[str]:
    is_one = isinstance(part, dict) and len(keys) == 1 and keys[0] != EVERY and value is not _GONE
    return keys if is_one else []
