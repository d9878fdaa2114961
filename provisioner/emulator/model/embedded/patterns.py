"""A text that matches a regular expression, for the forms that JSON Schemas use: best effort, checked by the caller."""

from __future__ import annotations

import re
import string
from typing import Final

CLASSES: Final = {
    "d": string.digits,
    "w": string.ascii_lowercase + string.ascii_uppercase + string.digits + "_",
    "s": " ",
}
ANY: Final = string.ascii_lowercase + string.ascii_uppercase + string.digits + " -_.:/@"
CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r"}
LONGEST: Final = 2_000


class UnreadableError(ValueError):
    """The expression uses something this small reader does not know."""


def sample(pattern: str, least: int = 0) -> str | None:
    """A match of at least so many characters where the repetitions allow it; None when none is found."""
    for repeats in (0, 1, least, least + 1):
        try:
            text = _Reader(pattern, min(repeats, LONGEST)).alternatives()
        except (UnreadableError, IndexError, RecursionError):
            return None
        if len(text) >= least and _matches(pattern, text):
            return text
    return None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


class _Reader:
    """Reads left to right and writes the shortest text as it goes; open repetitions run at least `repeats` times."""

    def __init__(self, pattern: str, repeats: int) -> None:
        self.pattern = pattern
        self.repeats = repeats
        self.place = 0

    def alternatives(self) -> str:
        """The first alternative's text; the others are only read over."""
        first = self._sequence()
        while self._peek() == "|":
            self.place += 1
            self._sequence()
        return first

    def _sequence(self) -> str:
        parts: list[str] = []
        while self._peek() not in {"", "|", ")"}:
            atom = self._atom()
            parts.append((atom * min(self._quantity(atom), LONGEST))[:LONGEST])
        return "".join(parts)[:LONGEST]

    def _peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def _take(self) -> str:
        character = self.pattern[self.place]
        self.place += 1
        return character

    def _atom(self) -> str:
        character = self._take()
        match character:
            case "^" | "$":
                return ""
            case ".":
                return "a"
            case "(":
                return self._group()
            case "[":
                return self._set()
            case "\\":
                return self._escape()[0]
            case _:
                return character

    def _group(self) -> str:
        if self.pattern.startswith("?:", self.place):
            self.place += 2
        elif named := re.match(r"\?P?<[A-Za-z_]\w*>", self.pattern[self.place :]):
            self.place += named.end()
        elif self._peek() == "?":
            raise UnreadableError(self.pattern)
        text = self.alternatives()
        if self._take() != ")":
            raise UnreadableError(self.pattern)
        return text

    def _escape(self) -> str:
        """The characters that an escape stands for; an anchor stands for none, and so for an empty text."""
        character = self._take()
        if character in CLASSES:
            return CLASSES[character]
        if character.lower() in CLASSES:
            excluded = CLASSES[character.lower()]
            return next(other for other in ANY if other not in excluded)
        if character in {"b", "B", "A", "Z"} or character.isdigit() or character in {"p", "P", "u", "x"}:
            raise UnreadableError(self.pattern)
        return CONTROLS.get(character, character)

    def _set(self) -> str:
        negated = self._peek() == "^"
        self.place += negated
        members = ""
        while self._peek() != "]" or not members:
            members += self._range()
        self.place += 1
        if negated:
            return next(character for character in ANY if character not in members)
        return members[0]

    def _range(self) -> str:
        first = self._take()
        if first == "\\":
            return self._escape()
        if self._peek() == "-" and self.pattern[self.place + 1] != "]":
            self.place += 1
            last = self._take()
            return "".join(chr(code) for code in range(ord(first), min(ord(last), ord(first) + 200) + 1))
        return first

    def _quantity(self, atom: str) -> int:
        match = re.match(r"([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\}", self.pattern[self.place :])
        if not match:
            return 1
        self.place += match.end()
        if self._peek() in {"?", "+"} and self._peek():
            self.place += 1
        least, most = _bounds(match)
        wanted = self.repeats if atom else 0
        return max(least, min(wanted, most))


def _bounds(match: re.Match[str]) -> tuple[int, int]:
    if match[1]:
        return {"*": (0, LONGEST), "+": (1, LONGEST), "?": (0, 1)}[match[1]]
    least = int(match[2])
    return least, (least if not match[3] else int(match[4]) if match[4] else LONGEST)
