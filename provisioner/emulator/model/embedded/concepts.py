"""Which concepts a text touches, directly and more widely."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .lexicon import CONCEPTS, NAMES_AND_WORDS
from .tables import phrases
from .words import WORD, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_PHRASE: Final = 4
LONGEST_TEXT: Final = 1_000  # characters of a memory or question that count


@lru_cache(maxsize=1)
def _members() -> dict[tuple[str, ...], frozenset[str]]:
    """Phrases as stems, so that "preferences" is found by "prefers"."""
    table: dict[tuple[str, ...], set[str]] = {}
    for concept, (_, members) in CONCEPTS.items():
        for member in phrases(members):
            table.setdefault(tuple(stem(word) for word in words(member)), set()).add(concept)
    return {phrase: frozenset(concepts) for phrase, concepts in table.items()}


@lru_cache(maxsize=1)
def _wider() -> dict[str, frozenset[str]]:
    direct = {concept: phrases(parents) for concept, (parents, _) in CONCEPTS.items()}
    return {concept: frozenset(_ancestors(concept, direct)) for concept in direct}


def _ancestors(concept: str, direct: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for parent in direct[concept]:
        yield parent
        yield from _ancestors(parent, direct)


def mentions(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each longest known phrase as written, with its concepts, from left to right."""
    found = list(WORD.finditer(text))
    keys = [_key(match.group()) for match in found]
    place = 0
    while place < len(keys):
        length = _longest(keys, place)
        if length:
            surface = text[found[place].start() : found[place + length - 1].end()]
            yield surface, _members()[tuple(keys[place : place + length])]
        place += length or 1


def _longest(keys: list[str], place: int) -> int:
    for length in range(min(LONGEST_PHRASE, len(keys) - place), 0, -1):
        if tuple(keys[place : place + length]) in _members():
            return length
    return 0


def _key(word: str) -> str:
    """A name that is also an everyday word counts as the name only when written with a capital."""
    key = stem(word.casefold().removesuffix("'s"))
    return "" if word.islower() and key in _names() else key


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(map(stem, NAMES_AND_WORDS))


def concepts_of(text: str) -> frozenset[str]:
    return _concepts_of(text[:LONGEST_TEXT])


@lru_cache(maxsize=32_768)  # a full scope's memories, some times over
def _concepts_of(text: str) -> frozenset[str]:
    return frozenset(concept for _, concepts in mentions(text) for concept in concepts)


def wider_than(concepts: frozenset[str]) -> frozenset[str]:
    """The concepts above these; a concept that is both stays out."""
    return frozenset(parent for concept in concepts for parent in _wider().get(concept, ())) - concepts


def is_tool(text: str) -> bool:
    """Whether it names something one works with: a language, an editor, an operating system, a library."""
    concepts = concepts_of(text)
    return not {"coding", "tool"}.isdisjoint(concepts | wider_than(concepts))
