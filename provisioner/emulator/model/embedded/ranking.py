"""Which memories matter for a query: BM25 over stems, widened by concepts.

BM25 is written out here: it is a dozen lines, the libraries that offer it bring numpy along, and none weighs the terms
of a query, which is what lets a concept count for less than a word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Memory, Ranking, Scored, Usage

from .concepts import LONGEST_TEXT, concepts_of, wider_than
from .reading import reading
from .words import content_stems, token_estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

K1: Final = 1.2
B: Final = 0.4  # memories are short, so their length says little
CONCEPT_WEIGHT: Final = 0.55
WIDER_WEIGHT: Final = 0.3
# A profile is always somewhat relevant: without any shared word it still comes, behind what matches
PROFILE_FLOOR: Final = 0.01
SUMMARY_SHARE: Final = 0.3
SUMMARY_FLOOR: Final = 2.0  # of one that is asked for, whatever it is about
EARLIER: Final = re.compile(
    r"\b(?:earlier|last time|so far|(?:we|i) (?:talk|discuss|said|ask|mention)\w*|did (?:we|i) (?:talk"
    r"|discuss|say|ask|mention)\w*|conversation|summar\w+)\b",
    re.IGNORECASE,
)
LONGEST_QUERY: Final = 4_000

# Asking for help with something, or for advice, also asks how this person likes it
LEANINGS: Final[Mapping[str, Mapping[str, float]]] = {
    "coding": {"language": 0.5, "style": 0.4, "editor": 0.15, "os": 0.1, "framework": 0.1, "indentation": 0.1},
    "preference": {"style": 0.2},
    "food": {"diet": 0.9, "allergy": 0.9, "food": 0.2},
    "family": {"family": 0.2},
    "travel": {"location": 0.3, "travel": 0.2},
    "work": {"role": 0.3, "employer": 0.4},
    "timezone": {"timezone": 0.4, "location": 0.4},
}


def rank(query: str, memories: Sequence[Memory]) -> Ranking:
    query = query[:LONGEST_QUERY]
    documents = [_terms(memory.content) for memory in memories]
    scores = bm25(_query_terms(query), documents)
    scored = [
        Scored(memory=memory, score=round(score * _share(memory, query) + _floor(memory, query), 6))
        for memory, score in zip(memories, scores, strict=True)
    ]
    relevant = [item for item in scored if item.score > 0]
    relevant.sort(key=lambda item: (-item.score, item.memory.content, item.memory.memory_id))
    return Ranking(scored=tuple(relevant), usage=Usage(embedding_tokens=token_estimate(query)))


def _share(memory: Memory, query: str) -> float:
    """A summary repeats what the facts say, so it comes behind them, unless the past conversation is asked for."""
    return SUMMARY_SHARE if memory.kind == "chat_summary" and not EARLIER.search(query) else 1.0


def _floor(memory: Memory, query: str) -> float:
    if memory.kind == "chat_summary" and EARLIER.search(query):
        return SUMMARY_FLOOR
    return PROFILE_FLOOR if memory.kind == "user_profile" else 0.0


def _terms(content: str) -> Counter[str]:
    return _terms_of(content[:LONGEST_TEXT])


@lru_cache(maxsize=16_384)
def _terms_of(content: str) -> Counter[str]:
    concepts = concepts_of(content) | _slot_concepts(content)
    return Counter([*content_stems(content), *(f"@{concept}" for concept in sorted(concepts | wider_than(concepts)))])


def _slot_concepts(content: str) -> frozenset[str]:
    slots = {slot.rpartition(":")[2] for slot in reading(content).slots}
    return frozenset(slots & {"name", "location", "employer", "role", "timezone", "age", "diet"})


def _query_terms(query: str) -> dict[str, float]:
    stems = content_stems(query)
    concepts = concepts_of(query)
    weights = {f"@{concept}": WIDER_WEIGHT for concept in wider_than(concepts)}
    weights |= {f"@{concept}": CONCEPT_WEIGHT for concept in concepts}
    for concept in concepts | wider_than(concepts):
        for leaning, weight in LEANINGS.get(concept, {}).items():
            weights[f"@{leaning}"] = weights.get(f"@{leaning}", 0) + weight
    weights |= dict.fromkeys(stems, 1.0)
    return weights


def bm25(query: Mapping[str, float], documents: Sequence[Counter[str]]) -> list[float]:
    """Okapi BM25 with a weight for each term of the query."""
    count = len(documents)
    mean = sum(map(Counter.total, documents)) / count if count else 0
    holders = Counter(term for document in documents for term in query if term in document)
    rarity = {term: math.log(1 + (count - held + 0.5) / (held + 0.5)) for term, held in holders.items()}
    return [_score(query, document, rarity, mean) for document in documents]


def _score(query: Mapping[str, float], document: Counter[str], rarity: Mapping[str, float], mean: float) -> float:
    length = K1 * (1 - B + B * document.total() / mean) if mean else 1
    held = (term for term in query if term in document)
    return sum(query[term] * rarity[term] * document[term] * (K1 + 1) / (document[term] + length) for term in held)


def plain_bm25(query: str, contents: Iterable[str]) -> list[float]:
    """Stems only: the floor that the concepts are measured against."""
    return bm25(dict.fromkeys(content_stems(query), 1.0), [Counter(content_stems(content)) for content in contents])
