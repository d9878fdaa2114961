"""How diagnostics speak: values, lists and guesses in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

_SHOWN: Final = 60
_LISTED: Final = 12
_LOOKED_AT: Final = 300  # to compare with all of 10,000 names takes seconds


def shown(text: str) -> str:
    """Short and safe to print: no control characters, no line breaks."""
    return printable(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def quoted(text: object) -> str:
    return f'"{shown(str(text))}"'


def found(value: object) -> str:
    """A value as the user sees it: sort and, when short, itself."""
    if value is None:
        return "empty (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {shown(repr(value))}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


def listed(names: Collection[str], last: str = "and") -> str:
    """`a, b and c`; long lists are cut."""
    several = [shown(name) for name in islice(names, _LISTED)]
    if len(names) > _LISTED:
        return f"{', '.join(several)}, … ({len(names)} in all)"
    if len(several) < 2:
        return "".join(several)
    return f"{', '.join(several[:-1])} {last} {several[-1]}"


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def guess(name: str, known: Iterable[str]) -> str:
    """`Did you mean "x"? ` when something known looks alike; else nothing. Of thousands, only some are looked at."""
    by_folded = {each[:_SHOWN].casefold().replace("-", "_"): each for each in islice(known, _LOOKED_AT)}
    close = get_close_matches(name[:_SHOWN].casefold().replace("-", "_"), by_folded, n=1, cutoff=0.6)
    return f"Did you mean {quoted(by_folded[close[0]])}? " if close and by_folded[close[0]] != name else ""
