"""A store's `user_profile_details`: what its free text asks for and rules out.

The rule: naming topics says what matters, and facts of other topics are kept too, as a profile without a name or a
diet would help nobody. Topics after "avoid", "exclude", "do not store" and the like are never kept. Only where the
text says "only" (or "nothing but", "limited to") are facts outside the named topics dropped.
Passwords and other secrets are never kept, whatever the text says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of, wider_than
from .lexicon import WIDE_TOPICS
from .reading import reading
from .tables import word_set
from .words import content_stems, words

if TYPE_CHECKING:
    from collections.abc import Iterator

SENTENCE: Final = re.compile(r"[.;!\n]+")
EXCLUDING: Final = re.compile(
    r"\b(?:nothing(?! but)|avoid|exclud\w+|omit|except(?: for)?|without|ignor\w+|skip|leave out|never|not|don't|do not"
    r"|no)\b",
    re.IGNORECASE,
)
ONLY: Final = re.compile(r"\b(?:only|solely|exclusively|nothing but|limited to|just)\b", re.IGNORECASE)
VAGUE_STEMS: Final = word_set(
    "data inform detail store rememb collect save record includ person sensit precis user topic keep track"
)
ALWAYS_OUT: Final = frozenset({"secret"})
SLOT_TOPICS: Final = {
    "role": "role",
    "employer": "employer",
    "location": "location",
    "origin": "location",
    "age": "age",
    "name": "name",
    "timezone": "timezone",
    "diet": "diet",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Guidance:
    wanted: frozenset[str]
    unwanted: frozenset[str]
    unwanted_stems: frozenset[str]
    wanted_stems: frozenset[str]
    restricts: bool

    def keeps(self, content: str) -> bool:
        topics = topics_of(content)
        stems = frozenset(content_stems(content))
        if not topics.isdisjoint(self.unwanted) or not stems.isdisjoint(self.unwanted_stems):
            return False
        return not self.restricts or not topics.isdisjoint(self.wanted) or not stems.isdisjoint(self.wanted_stems)


@lru_cache(maxsize=256)
def guidance(details: str) -> Guidance:
    wanted, unwanted = "", ""
    for sentence in SENTENCE.split(details[:4_000]):
        start = EXCLUDING.search(sentence)
        wanted += f" {sentence[: start.start()] if start else sentence}"
        unwanted += f" {sentence[start.end() :] if start else ''}"
    return Guidance(
        wanted=_topics(wanted),
        unwanted=_topics(unwanted) | ALWAYS_OUT,
        unwanted_stems=frozenset(_unknown(unwanted)),
        wanted_stems=frozenset(_unknown(wanted)),
        restricts=bool(ONLY.search(wanted)) and bool(_topics(wanted)),
    )


def _topics(text: str) -> frozenset[str]:
    wide = frozenset(topic for word in words(text) for topic in WIDE_TOPICS.get(word, ()))
    concepts = concepts_of(text) | wide
    # "preferred languages" is about languages: liking them is not a topic
    return frozenset(concepts - {"preference"}) or concepts


def _unknown(text: str) -> Iterator[str]:
    """Words no concept knows still count, by themselves."""
    for word in words(text):
        stem = "".join(content_stems(word))
        if (
            stem
            and stem not in VAGUE_STEMS
            and not concepts_of(word)
            and word not in WIDE_TOPICS
            and not ONLY.match(word)
        ):
            yield stem


def topics_of(content: str) -> frozenset[str]:
    concepts = concepts_of(content)
    slots = frozenset(SLOT_TOPICS[slot] for slot in reading(content).slots if slot in SLOT_TOPICS)
    direct = concepts | slots
    return direct | wider_than(direct)
