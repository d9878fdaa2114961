"""How diagnostics speak: values, lists and guesses in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import islice
from typing import Final

_SHOWN: Final = 60
_LISTED: Final = 12
_ALIKE: Final = 0.6
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
    """`a, b and c`, each made safe to print; long lists are cut."""
    several = [shown(name) for name in islice(names, _LISTED)]
    if len(names) > _LISTED:
        return f"{', '.join(several)}, … ({len(names)} in all)"
    return joined(several, last)


def joined(words: Iterable[object], last: str = "and") -> str:
    """`a, b and c`, each as it is."""
    texts = [str(word) for word in words]
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}" if len(texts) > 1 else "".join(texts)


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def guess(name: str, known: Iterable[str]) -> str:
    """`Did you mean "x"? ` when something known looks alike; else nothing. Of thousands, only some are looked at."""
    meant = _closest(name[:_SHOWN], tuple(each[:_SHOWN] for each in islice(known, _LOOKED_AT)))
    return f"Did you mean {quoted(meant)}? " if meant and meant != name else ""


@lru_cache(maxsize=1024)  # the same slip stands in every agent
def _closest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    by_folded = {_folded(each): each for each in known}
    wanted = _folded(name)
    letters = set(wanted)
    near = [each for each in by_folded if _may_be_near(wanted, each) and 2 * len(letters & set(each)) >= len(letters)]
    close = get_close_matches(wanted, near, n=1, cutoff=_ALIKE)
    return by_folded[close[0]] if close else ""


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_")


def _may_be_near(one: str, other: str) -> bool:
    """Whether their lengths allow it: quick to see, where to compare is not."""
    return 2 * min(len(one), len(other)) >= _ALIKE * (len(one) + len(other))
