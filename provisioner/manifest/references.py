"""`${env:NAME}`, `${env:NAME:-default}` and `${var.NAME}` in a text, and the texts between them.

`$${` stands for a literal `${`, whatever follows; of several dollar signs one goes. A single `${` before anything else
is a text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from provisioner.model.written import OPENING, REFERS

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEAR: Final = 40  # characters
ENV: Final = "env:"
VAR: Final = "var."


@dataclass(frozen=True, slots=True)
class Reference:
    """`source` is `ENV` or `VAR`. Where what stands there begins like one and is none, `name` is empty and `near` is
    what stands there.
    """

    source: str
    written: str
    name: str
    default: str | None = None
    near: str = ""


class Escaped(str):
    """A `${` that is meant as it stands, with the dollar signs before it."""

    __slots__ = ()

    @property
    def written(self) -> str:
        return f"${self}"


Part: TypeAlias = "str | Reference"


def parts(text: str) -> Iterator[Part]:
    """In order; of a text only what it means."""
    end = brace = 0
    for opening in OPENING.finditer(text):
        refers = REFERS.match(text, opening.end())
        is_escaped = len(opening[1]) > 1
        if opening.start() < end or not (refers or is_escaped):  # inside the default of the one before, or a text
            continue
        if opening.start() > end:
            yield text[end : opening.start()]
        end = opening.end()
        if is_escaped or refers is None:
            yield Escaped(opening[0][1:])
            continue
        if 0 <= brace < end:
            brace = text.find("}", end)
        reference = _reference(text, opening.start(), refers, brace)
        end = opening.start() + len(reference.written)
        yield reference
    if end < len(text):
        yield text[end:]


def literal_parts(text: str) -> Iterator[str]:
    """Of a text that refers to nothing, whatever stands in it."""
    end = 0
    for opening in OPENING.finditer(text):
        yield text[end : opening.start()]
        yield Escaped(opening[0])
        end = opening.end()
    yield text[end:]


def _reference(text: str, start: int, refers: re.Match[str], brace: int) -> Reference:
    """What stands between the opening and the next brace."""
    source, name = refers[0], NAME.match(text, refers.end())
    if name is not None and name.end() == brace:
        return Reference(source, text[start : brace + 1], name[0])
    if source == ENV and name is not None and brace > name.end() and text.startswith(":-", name.end()):
        return Reference(source, text[start : brace + 1], name[0], text[name.end() + 2 : brace])
    return Reference(source, text[start : refers.end()], "", near=text[start : start + _NEAR])


def references(value: object) -> Iterator[Reference]:
    """All in the texts of the value; keys hold none."""
    if isinstance(value, str):
        if "${" in value:
            yield from (part for part in parts(value) if isinstance(part, Reference))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from references(inner)


def is_whole(text: str) -> bool:
    """Whether a reference is all of the text."""
    found = [*parts(text)]
    return len(found) == 1 and isinstance(found[0], Reference)


def has_variable(value: object) -> bool:
    """Whether a variable stands in a text of the value, as it is written."""
    return any(True for _ in references(value))
