"""The labelled questions, and how much of what is relevant is among the first five.

`queries.yaml` may be looked at while the ranking is changed. `held_out.yaml` is the judge and must not be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from provisioner.emulator.model import Memory, MemoryKind
from provisioner.emulator.model.embedded import EmbeddedModel
from provisioner.emulator.model.embedded.stems import content_stems

TUNED_ON = Path(__file__).with_name("queries.yaml")
HELD_OUT = Path(__file__).with_name("held_out.yaml")
FIRST = 5

Ranker: TypeAlias = Callable[[str, Sequence[Memory]], list[str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    query: str
    relevant: frozenset[str]
    memories: tuple[Memory, ...]


def cases(path: Path) -> Iterator[Case]:
    for person in yaml.safe_load(path.read_text(encoding="utf-8")):
        memories = tuple(_memory(key, value) for key, value in person["memories"].items())
        for query, relevant in person["questions"].items():
            yield Case(query=query, relevant=frozenset(relevant), memories=memories)


def _memory(key: str, value: Any) -> Memory:
    kind: MemoryKind
    kind, content = value if isinstance(value, list) else ("user_profile", value)
    return Memory(memory_id=key, kind=kind, content=content)


def embedded(query: str, memories: Sequence[Memory]) -> list[str]:
    return [scored.memory.memory_id for scored in EmbeddedModel().rank(query, memories).scored]


def stems_only(query: str, memories: Sequence[Memory]) -> list[str]:
    """Okapi BM25: what ranking without any idea of meaning would do. The rest of the profile follows."""
    documents = [Counter(content_stems(memory.content)) for memory in memories]
    asked = set(content_stems(query))
    mean = sum(map(Counter.total, documents)) / len(documents)
    held = Counter(term for document in documents for term in asked & set(document))
    rarity = {term: math.log(1 + (len(documents) - count + 0.5) / (count + 0.5)) for term, count in held.items()}

    def score(document: Counter[str]) -> float:
        length = 1.2 * (0.6 + 0.4 * document.total() / mean)
        return sum(rarity[term] * document[term] * 2.2 / (document[term] + length) for term in asked & set(document))

    ranked = sorted(zip(map(score, documents), memories, strict=True), key=lambda pair: (-pair[0], pair[1].content))
    return [memory.memory_id for _, memory in ranked]


def recall(case: Case, ranker: Ranker, first: int = FIRST) -> float:
    found = case.relevant.intersection(ranker(case.query, case.memories)[:first])
    return len(found) / min(len(case.relevant), first)


def mean_recall(ranker: Ranker, path: Path, first: int = FIRST) -> float:
    recalls = [recall(case, ranker, first) for case in cases(path)]
    return sum(recalls) / len(recalls)
