"""What an answer must look like to be believed: a shape per object, and the first thing that does not fit it.

A shape names only what somebody relies on. Members that it does not name may be anything, and null is as good as
absent unless a member is `needed` or `solid`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`needed` members must be there and filled; `solid` ones may be absent, yet never null. `each` is the shape of
    every item of a list.
    """

    word: str
    types: tuple[type, ...]
    members: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None
    needed: bool = False
    solid: bool = False

    def oddity(self, value: object, at: str = "it") -> str:
        """The first thing that does not fit, as in `properties.model.name is a list, not text`; empty for none."""
        if value is None and not self.solid:
            return ""
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            return f"{at} is {word_for(value)}, not {self.word}"
        if isinstance(value, dict):
            return self._inside(value, "" if at == "it" else f"{at}.")
        if self.each is not None and isinstance(value, list):
            return next(filter(None, (self.each.oddity(it, f"{at}[{index}]") for index, it in enumerate(value))), "")
        return ""

    def _inside(self, value: Mapping[str, object], prefix: str) -> str:
        for name, shape in self.members.items():
            if shape.needed and value.get(name) is None:
                return f"{prefix}{name} is {'null' if name in value else 'missing'}"
            if name in value and (found := shape.oddity(value[name], f"{prefix}{name}")):
                return found
        return ""


TEXT: Final = Shape(word="text", types=(str,))
NUMBER: Final = Shape(word="a number", types=(int, float))
FLAG: Final = Shape(word="true or false", types=(bool,))
OBJECT: Final = Shape(word="an object", types=(dict,))
LIST: Final = Shape(word="a list", types=(list,))


def having(**members: Shape) -> Shape:
    """An object with these members."""
    return replace(OBJECT, members=members)


def needed(shape: Shape) -> Shape:
    return replace(shape, needed=True, solid=True)


def solid(shape: Shape) -> Shape:
    return replace(shape, solid=True)


def word_for(value: object) -> str:
    """What a JSON value is, for sentences."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    words = ((str, "text"), ((int, float), "a number"), (list, "a list"), (dict, "an object"))
    return next((word for types, word in words if isinstance(value, types)), type(value).__name__)
