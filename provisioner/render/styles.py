"""Colour, decided once: plain and colourful are two values of one type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_RESET: Final = "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """ANSI sequences by meaning; an empty one paints nothing."""

    heading: str = ""
    good: str = ""
    bad: str = ""
    changed: str = ""
    replaced: str = ""
    taken: str = ""
    quiet: str = ""
    warning: str = ""

    def paint(self, sequence: str, text: str) -> str:
        return f"{sequence}{text}{_RESET}" if sequence and text else text


PLAIN: Final = Styles()
COLOURFUL: Final = Styles(
    heading="\x1b[1m",
    good="\x1b[32m",
    bad="\x1b[31m",
    changed="\x1b[33m",
    replaced="\x1b[35m",
    taken="\x1b[36m",
    quiet="\x1b[2m",
    warning="\x1b[1;33m",
)
