"""Every way to spoil one place of a JSON document: left out, or replaced by a value of each wrong sort."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()
_DEEP: Any = "bottom"
for _ in range(150):
    _DEEP = {"a": [_DEEP]}  # 300 levels, more than is believed
_QUITE_DEEP: Any = "bottom"
for _ in range(80):
    _QUITE_DEEP = {"a": [_QUITE_DEEP]}

WRONG: Final[tuple[Any, ...]] = (
    MISSING,
    None,
    True,
    0,
    -1.5,
    10**300,
    "",
    "text",
    "\ud800",
    [],
    ["text", None],
    [{"a": [1]}],
    {},
    {"a": {"b": None}},
    _QUITE_DEEP,
    _DEEP,
)


@dataclass(frozen=True, kw_only=True)
class Mutation:
    path: tuple[str | int, ...]
    value: Any
    document: Any

    def __str__(self) -> str:
        shown = repr(self.value)
        return f"{'.'.join(map(str, self.path)) or 'all of it'} = {shown[:30]}"


def mutations(document: Any, *, wrong: tuple[Any, ...] = WRONG) -> Iterator[Mutation]:
    """Also of the document as a whole, which may not be missing."""
    for path in _paths(document, ()):
        for value in wrong:
            if path or value is not MISSING:
                yield Mutation(path=path, value=value, document=_replaced(document, path, value))


def _paths(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*at, index))


def _replaced(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    spoilt = copy.deepcopy(document)
    here = spoilt
    for step in path[:-1]:
        here = here[step]
    if value is MISSING:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return spoilt
