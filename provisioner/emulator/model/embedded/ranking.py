"""Which memories matter for a query: word by word, each with the word of the other side that is most like it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.embedded.stems import content_stems, stem, tools_in
from provisioner.emulator.model.embedded.vectors import likeness, weight
from provisioner.emulator.model.interface import Memory, Ranking, Scored, Usage
from provisioner.emulator.model.items import token_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST_TEXT: Final = 4_000
MOST_TERMS: Final = 60  # of one text: more say no more about its topic
FITS: Final = 0.45  # from here on a memory has to do with the query, whatever kind it is of
PROFILE_FLOOR: Final = 0.01  # a profile is always somewhat relevant: it comes behind what fits
SUMMARY_SHARE: Final = 0.3
SUMMARY_FLOOR: Final = 2.0  # of one that is asked for, whatever it is about
EARLIER: Final = re.compile(
    r"\b(?:earlier|last time|so far|conversation|summar\w+|(?:we|i) (?:talk|discuss|said|say|ask|mention)\w*)\b",
    re.IGNORECASE,
)


def rank(query: str, memories: Sequence[Memory]) -> Ranking:
    query = query[:LONGEST_TEXT]
    fits = fitting(query, [memory.content for memory in memories])
    wanted = bool(EARLIER.search(query))
    scores = (round(_score(memory.kind, fit, wanted=wanted), 6) for memory, fit in zip(memories, fits, strict=True))
    scored = [Scored(memory=memory, score=score) for memory, score in zip(memories, scores, strict=True) if score > 0]
    scored.sort(key=lambda item: (-item.score, item.memory.content, item.memory.memory_id))
    return Ranking(scored=tuple(scored), usage=Usage(embedding_tokens=token_estimate(query)))


def _score(kind: str, fit: float, *, wanted: bool) -> float:
    """A summary repeats what the facts say, so it comes behind them, unless the past conversation is asked for."""
    if kind == "user_profile":
        return fit + PROFILE_FLOOR
    if kind == "chat_summary" and wanted:
        return fit + SUMMARY_FLOOR
    return 0.0 if fit < FITS else fit * SUMMARY_SHARE if kind == "chat_summary" else fit


def fitting(query: str, contents: Sequence[str]) -> list[float]:
    """For each content, from 0 to 2: how much of the query it answers, and how much of it the query asks for."""
    asked, texts = _terms(query), [_terms(content) for content in contents]
    others = {term for text in texts for term in text}
    alike = {(one, other): likeness(one, other) for one in asked for other in others}
    return [
        _covered(asked, text, lambda one, other: alike[one, other])
        + _covered(text, asked, lambda other, one: alike[one, other])
        for text in texts
    ]


def _terms(text: str) -> Mapping[str, float]:
    """Its stems, and what sorts of tools it names, each with what it says."""
    kinds = (stem(kind) for _, kind in tools_in(text[:LONGEST_TEXT]))
    stems = islice(dict.fromkeys((*kinds, *content_stems(text[:LONGEST_TEXT]))), MOST_TERMS)
    return {term: weight(term) for term in stems}


def _covered(these: Mapping[str, float], those: Mapping[str, float], alike: Callable[[str, str], float]) -> float:
    best = (
        (says, max((alike(one, other) * those[other] for other in those), default=0)) for one, says in these.items()
    )
    return sum(says * most for says, most in best) / (sum(these.values()) or 1)
