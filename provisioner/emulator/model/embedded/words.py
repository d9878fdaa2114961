"""Words of a text, their stems, and the estimate of tokens.

Stems come from snowballstemmer: pure Python, no dependencies, kept by the makers of Snowball. It is imported at
the first word, since not every run of the emulator needs it.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from .tables import word_set

CHARACTERS_PER_TOKEN: Final = 4
LONGEST_WORD: Final = 40  # beyond it a "word" is data, and stemming it would only cost time

# c++, c#, .net, node.js and snake_case are words; hyphens and slashes part words
WORD: Final = re.compile(r"\.?[^\W_](?:[^\W_]|[._'](?=[^\W_]))*(?:\+\+|#)?")

STOPWORDS: Final = word_set(
    """
    a about all am an and any are as at be been being but by can could did do does doing done for from get give
    had has have having he her here hers him his how i if in into is it its just kind let like me more most much
    my need no nor not now of off on one or our out over own please shall she should so some such tell than that
    the their them then there these they thing things this those to too up us use used user user's using uses
    very want was way we well were what when where which while who whom why will with would you your
    """
)


def words(text: str) -> tuple[str, ...]:
    found = (match.group().casefold() for match in WORD.finditer(text))
    return tuple(word.removesuffix("'s")[:LONGEST_WORD] for word in found)


@lru_cache(maxsize=1)
def _stemmer_class() -> Any:
    return import_module("snowballstemmer.english_stemmer").EnglishStemmer


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    # A stemmer holds the word it works on, so threads must not share one; making one costs nothing.
    return str(_stemmer_class()().stemWord(word)) if word.isascii() and word.isalpha() else word


def content_stems(text: str) -> tuple[str, ...]:
    """Without the words that say nothing about the topic."""
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)


def token_estimate(*texts: str) -> int:
    return sum(math.ceil(len(text) / CHARACTERS_PER_TOKEN) for text in texts)
