"""How diagnostics speak: values, lists and guesses in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

_SHOWN: Final = 60
_LISTED: Final = 12


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
    """`a, b and c`, each made safe to print; long lists are cut."""
    several = [shown(name) for name in islice(names, _LISTED)]
    if len(names) > _LISTED:
        return f"{', '.join(several)}, … ({len(names)} in all)"
    return joined(several, last)


def joined(words: Iterable[object], last: str = "and") -> str:
    """`a, b and c`, each as it is."""
    texts = [str(word) for word in words]
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}" if len(texts) > 1 else "".join(texts)


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def guess(name: str, known: Iterable[str]) -> str:
    """`Did you mean "x"? ` when something known looks alike; else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    by_folded = {each.casefold().replace("-", "_"): each for each in known}
    close = get_close_matches(name[:_SHOWN].casefold().replace("-", "_"), by_folded, n=1, cutoff=0.6)
    return f"Did you mean {quoted(by_folded[close[0]])}? " if close and by_folded[close[0]] != name else ""
