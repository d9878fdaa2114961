"""How alike two words are: GloVe's vectors of 24,000 stems, in 1.4 MB beside this file.

benchmarks/vectors.py makes the file, and says from what. Memories are few and short enough for plain Python.
"""

from __future__ import annotations

from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("glove.bin")  # the stems, frequent ones first, in one line; then the numbers
SIZE: Final = 50
COMMON: Final = 0.08  # Zipf: the share of the most frequent word in all words
RARE: Final = 5e-4  # a word with this share says half as much as one that is never heard


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, int], memoryview]:
    stems, _, numbers = FILE.read_bytes().partition(b"\n")
    return {stem: place for place, stem in enumerate(stems.decode("ascii").split(" "))}, memoryview(numbers).cast("b")


@lru_cache(maxsize=16_384)
def _vector(stem: str) -> tuple[float, ...]:
    """Of length 1; empty for a stem that is not known."""
    places, numbers = _table()
    if (place := places.get(stem)) is None:
        return ()
    parts = numbers[place * SIZE : (place + 1) * SIZE].tolist()
    length = sum(map(mul, parts, parts)) ** 0.5
    return tuple(part / length for part in parts)


def likeness(one: str, other: str) -> float:
    """Of two stems, from 0 to 1 for the same. Squared: a little alike is as good as nothing."""
    if one == other:
        return 1.0
    cosine = sum(map(mul, _vector(one), _vector(other)))
    return cosine * cosine if cosine > 0 else 0.0


def weight(stem: str) -> float:
    """What a stem says about a text, from nearly 0 for frequent ones to 1 for unknown ones (Arora et al., 2017)."""
    place = _table()[0].get(stem)
    return 1.0 if place is None else RARE / (RARE + COMMON / (place + 2))
