"""Embeddings, remembered by text: a scope's memories change little between two searches."""

from __future__ import annotations

import math
from array import array
from collections import OrderedDict
from itertools import islice
from operator import mul
from threading import Lock
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provisioner.emulator.model.remote.endpoint import Endpoint

MOST_REMEMBERED: Final = 4_096
BATCH: Final = 128


class Vectors:
    def __init__(self, endpoint: Endpoint, model: str) -> None:
        self._endpoint = endpoint
        self._model = model
        self._known: OrderedDict[str, array[float]] = OrderedDict()
        self._lock = Lock()

    def of(self, texts: Sequence[str]) -> tuple[list[array[float]], Usage]:
        """Unit vectors, in the order of the texts; usage counts only what had to be asked."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        usage = Usage()
        for batch in _batches([text for text in dict.fromkeys(texts) if text not in found]):
            vectors, used = self._endpoint.embeddings(self._model, batch)
            found |= {text: _unit(vector) for text, vector in zip(batch, vectors, strict=True)}
            usage += used
        self._remember(found)
        return [found[text] for text in texts], usage

    def _remember(self, found: dict[str, array[float]]) -> None:
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)


def _batches(texts: list[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _unit(vector: list[float]) -> array[float]:
    length = math.sqrt(sum(map(mul, vector, vector))) or 1.0
    return array("f", (number / length for number in vector))


def cosine(one: array[float], other: array[float]) -> float:
    return round(math.fsum(map(mul, one, other)), 6)
