"""Scopes of memories: whose they are, in whatever way an application names people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from provisioner.model.document import Document
from provisioner.model.words import listed, quoted

MOST_SCOPES: Final = 100  # of a store; Microsoft Learn, what-is-memory
# Azure/kars, sanitize_scope; nothing states a length.
PATTERN: Final = r"^[A-Za-z0-9_\-.%+@/]+$"
_SCOPE: Final = re.compile(PATTERN)
_WRONG: Final = re.compile(r"[^A-Za-z0-9_\-.%+@/]")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")  # after a space: in `a#1` it is a character that the service refuses
_SHOWN: Final = 5
ADVICE: Final = "Use letters, digits and `_ - . % + @ /`."


def scope_fault(text: str) -> str:
    """What the service would refuse it for, as the end of a sentence; empty where it would not."""
    if not text:
        return "is empty"
    if _SCOPE.fullmatch(text):
        return ""
    wrong = [quoted(char) for char in wrong_characters(text)]
    return f"holds {listed(wrong[:_SHOWN])}, which the service takes in no scope"


def wrong_characters(text: str) -> str:
    """Those that the service takes in no scope, each once."""
    return "".join(dict.fromkeys(_WRONG.findall(text)))


class Line(NamedTuple):
    """A scope, and the number of its line."""

    number: int
    scope: str


def listed_scopes(text: str) -> Iterator[Line]:
    """The scopes of a text that has one a line; blank lines and what follows a `#` are nobody's."""
    for number, line in enumerate(text.split("\n"), 1):
        if scope := _COMMENT.sub("", line).strip(" \t\r"):
            yield Line(number, scope)


def declared_scopes(entry: Document) -> tuple[str, ...]:
    """Those that a store's entry names, with its files put in; each once, in the order of the entry."""
    found = (line.scope for _, text in texts_of_scopes(entry) for line in listed_scopes(text))
    return tuple(dict.fromkeys(found))


def texts_of_scopes(entry: Document) -> Iterator[tuple[tuple[str, ...], str]]:
    """What an entry's `scopes` are made of, each with its path; what could not be read is left out."""
    said = entry.get("scopes")
    if isinstance(said, str):
        yield ("scopes",), said
    for index, each in enumerate(said if isinstance(said, (list, tuple)) else ()):
        if isinstance(each, str):
            yield ("scopes", str(index)), each
