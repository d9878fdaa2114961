"""The labelled queries, and how much of what is relevant is among the first five."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from provisioner.emulator.model import Memory, MemoryKind
from provisioner.emulator.model.embedded import EmbeddedModel
from provisioner.emulator.model.embedded.ranking import plain_bm25

QUERIES = Path(__file__).with_name("queries.yaml")
FIRST = 5

Ranker: TypeAlias = Callable[[str, Sequence[Memory]], list[str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    query: str
    relevant: frozenset[str]
    memories: tuple[Memory, ...]


def cases() -> Iterator[Case]:
    for person in yaml.safe_load(QUERIES.read_text(encoding="utf-8")):
        memories = tuple(_memory(key, value) for key, value in person["memories"].items())
        for query, relevant in person["queries"].items():
            yield Case(query=query, relevant=frozenset(relevant), memories=memories)


def _memory(key: str, value: Any) -> Memory:
    kind: MemoryKind
    kind, content = value if isinstance(value, list) else ("user_profile", value)
    return Memory(memory_id=key, kind=kind, content=content)


def embedded(query: str, memories: Sequence[Memory]) -> list[str]:
    return [scored.memory.memory_id for scored in EmbeddedModel().rank(query, memories).scored]


def stems_only(query: str, memories: Sequence[Memory]) -> list[str]:
    scores = plain_bm25(query, [memory.content for memory in memories])
    found = [(score, memory.memory_id) for score, memory in zip(scores, memories, strict=True) if score > 0]
    return [memory_id for _, memory_id in sorted(found, key=lambda pair: (-pair[0], pair[1]))]


def recall(case: Case, ranker: Ranker, first: int = FIRST) -> float:
    found = case.relevant.intersection(ranker(case.query, case.memories)[:first])
    return len(found) / min(len(case.relevant), first)


def mean_recall(ranker: Ranker, first: int = FIRST) -> float:
    recalls = [recall(case, ranker, first) for case in cases()]
    return sum(recalls) / len(recalls)
