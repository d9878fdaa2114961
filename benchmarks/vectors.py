"""Makes the word vectors of the embedded model from GloVe: fewer words, one vector for a stem, a byte for a number.

GloVe 6B, 50 dimensions: Pennington, Socher and Manning, Stanford 2014, in the public domain (PDDL 1.0),
https://nlp.stanford.edu/projects/glove/. Its file has a word and 50 numbers on each line, frequent words first.
What all words have in common (the mean, and two directions that tell frequent from rare) is taken out, as in
"All-but-the-Top" by Mu and Viswanath, 2018: without it, everything resembles everything.

    python -m benchmarks.vectors glove.6B.50d.txt
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from operator import mul
from pathlib import Path
from typing import Final, TypeAlias

from provisioner.emulator.model.embedded.stems import stem
from provisioner.emulator.model.embedded.vectors import FILE, SIZE

WORDS: Final = 40_000
FREQUENT: Final = 8_000  # words that the common directions are looked for in
DIRECTIONS: Final = 2

Vector: TypeAlias = Sequence[float]


def read(path: Path) -> dict[str, Vector]:
    with path.open(encoding="utf-8") as lines:
        rows = (line.split(" ") for _, line in zip(range(WORDS), lines, strict=False))
        return {word: [float(part) for part in parts] for word, *parts in rows if word.isascii() and word.isalpha()}


def dot(one: Vector, other: Vector) -> float:
    return float(sum(map(mul, one, other)))


def unit(vector: Vector) -> Vector:
    length = dot(vector, vector) ** 0.5
    return [part / length for part in vector]


def without(vector: Vector, direction: Vector) -> Vector:
    share = dot(vector, direction)
    return [part - share * along for part, along in zip(vector, direction, strict=True)]


def common_direction(vectors: Sequence[Vector]) -> Vector:
    """The first principal component, by power iteration."""
    columns = list(zip(*vectors, strict=True))
    covariance = [[dot(one, other) for other in columns] for one in columns]
    direction = unit([1.0] * SIZE)
    for _ in range(100):
        direction = unit([dot(row, direction) for row in covariance])
    return direction


def levelled(vectors: Sequence[Vector]) -> Sequence[Vector]:
    mean = [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]
    vectors = [[part - middle for part, middle in zip(vector, mean, strict=True)] for vector in vectors]
    for _ in range(DIRECTIONS):
        direction = common_direction(vectors[:FREQUENT])
        vectors = [without(vector, direction) for vector in vectors]
    return [unit(vector) for vector in vectors]


def by_stem(words: Sequence[str], vectors: Sequence[Vector]) -> dict[str, Vector]:
    """The mean of a stem's words, frequent ones counting for more (Zipf). The order stays that of frequency."""
    sums: dict[str, list[float]] = {}
    for rank, (word, vector) in enumerate(zip(words, vectors, strict=True)):
        so_far = sums.setdefault(stem(word), [0.0] * SIZE)
        sums[stem(word)] = [one + other / (rank + 2) for one, other in zip(so_far, vector, strict=True)]
    return {word: unit(vector) for word, vector in sums.items()}


def packed(stems: dict[str, Vector]) -> Iterator[bytes]:
    yield f"{' '.join(stems)}\n".encode("ascii")
    for vector in stems.values():
        scale = 127 / max(map(abs, vector))
        yield bytes(round(part * scale) % 256 for part in vector)


if __name__ == "__main__":
    found = read(Path(sys.argv[1]))
    stems = by_stem(list(found), levelled(list(found.values())))
    FILE.write_bytes(b"".join(packed(stems)))
    print(f"{len(stems)} stems in {FILE}")
