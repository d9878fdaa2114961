"""What the rules find in a clause, and the checks they share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from .nouns import PASSING_NOUNS
from .persons import capitalised, noted
from .text import CLOSING, without_reason

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_FACT_WORDS: Final = 25
LONGEST_FACT: Final = 160

CONTRACTIONS: Final[Mapping[str, str]] = {
    "i'm": "I am",
    "im": "I am",
    "i've": "I have",
    "ive": "I have",
    "i'd": "I would",
    "i'll": "I will",
    "don't": "do not",
    "dont": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "isn't": "is not",
    "aren't": "are not",
    "can't": "cannot",
    "can not": "cannot",
    "cant": "cannot",
    "haven't": "have not",
    "hasn't": "has not",
    "wasn't": "was not",
    "won't": "will not",
    "we're": "we are",
    "we've": "we have",
    "name's": "name is",
    "anymore": "any more",
    "any longer": "any more",
    "wouldn't": "would not",
    "favorite": "favourite",
}
CONTRACTION: Final = re.compile(rf"\b(?:{'|'.join(sorted(CONTRACTIONS, key=len, reverse=True))})\b", re.IGNORECASE)

KNOWN_NAMES: Final = ("vs code", "visual studio code", "code review", "unit tests", "type hints", "test-driven")
VAGUE: Final = re.compile(
    r"(?:it|this|that|these|those|them|him|her|you|your|yours|one|ones|so|to (?:know|ask|see|say|be"
    r"|hear|get|have|thank|check"
    r"|understand|do (?:this|that|it))|what|how|when|where|why|who|which|the (?:way|idea|look|sound"
    r"|fact|approach|answer|answers"
    r"|code|following|first|second|latter|former|same|one|result|output|suggestion|last|other|new"
    r"|above)|some help|help|a way"
    r"|a (?:hand|solution|function|script)|something|anything|nothing|everything|stuff|and|or|but|of)\b(?![-'])",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    content: str
    instead_of: str = ""  # what it replaces, in the user's words
    adds: bool = False  # said to come on top of what is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    about: str  # as the memory would be worded


Statement: TypeAlias = Stated | Withdrawn


def expanded(clause: str) -> str:
    return CONTRACTION.sub(lambda match: CONTRACTIONS[match.group().casefold()], clause)


def stated(text: str, *, instead_of: str = "", adds: bool = False) -> Stated:
    content = capitalised(noted(" ".join(text.split())))
    return Stated(content=content[:LONGEST_FACT].rstrip(" ,"), instead_of=instead_of.strip(), adds=adds)


def thing(text: str) -> str:
    """What a statement is about, without its reasons; "" where that says nothing lasting."""
    core = without_reason(text.strip(" ,.:"))
    while core and (match := CLOSING.search(core[-40:])):
        core = core[: len(core) - len(core[-40:]) + match.start()]
    return "" if VAGUE.match(core) or len(core.split()) > LONGEST_FACT_WORDS else core


def is_passing(text: str) -> bool:
    """Of this conversation, not of the person: "a question about loops"."""
    head = re.split(r"\b(?:of|about|with|for|that|which|in|on|from|to|called|named)\b", text.casefold(), maxsplit=1)[0]
    for name in KNOWN_NAMES:
        head = head.replace(name, "")
    return not PASSING_NOUNS.isdisjoint(re.findall(r"[a-z]+", head))
