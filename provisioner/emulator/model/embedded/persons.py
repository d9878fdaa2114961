"""Whose words: from what the user says of themselves to what is noted of them, and back to "you"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .verbs import ADVERBS, bases_by_third

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_TO_THIRD: Final[Mapping[str, str]] = {
    "i'm": "they are",
    "i am": "they are",
    "i've": "they have",
    "i'd": "they would",
    "i'll": "they will",
    "i was": "they were",
    "i": "they",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
    "we": "they",
    "us": "them",
    "our": "their",
    "ours": "theirs",
    "ourselves": "themselves",
    "we're": "they are",
    "we've": "they have",
    "your answers": "answers",
    "your replies": "replies",
    "your responses": "responses",
    "your explanations": "explanations",
}
THIRD_TO_SECOND: Final[Mapping[str, str]] = {
    "they": "you",
    "them": "you",
    "their": "your",
    "theirs": "yours",
    "themselves": "yourself",
}
SECOND_HEADS: Final[Mapping[str, str]] = {
    "is": "you are",
    "has": "you have",
    "was": "you were",
    "does not": "you do not",
    "is not": "you are not",
    "has not": "you have not",
    "cannot": "you cannot",
    "grew": "you grew",
    "studied": "you studied",
    "no longer": "you no longer",
    "moved": "you moved",
    "used to": "you used to",
    "wants": "you want",
    "needs": "you need",
}


ALSO_DOES: Final = re.compile(
    rf" and (?P<how>(?:(?:{'|'.join(ADVERBS)}) )?)(?P<verb>\w+) (?P<it>it|them)\b", re.IGNORECASE
)


def _swap(table: Mapping[str, str], text: str) -> str:
    pattern = "|".join(re.escape(key) for key in sorted(table, key=len, reverse=True))
    return re.sub(rf"\b(?:{pattern})\b(?!')", lambda match: table[match.group().casefold()], text, flags=re.IGNORECASE)


def noted(text: str) -> str:
    """my team -> their team"""
    return _swap(FIRST_TO_THIRD, text)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def spoken_to(content: str) -> str:
    """A memory as one says it to the user: "Works in Rust" -> "you work in Rust"."""
    text = re.sub(r"^(?:the )?user(?:'s)? ", "", content.strip().rstrip("."), flags=re.IGNORECASE)
    return _swap(THIRD_TO_SECOND, ALSO_DOES.sub(_second_verb, _with_subject(text)))


def _second_verb(match: re.Match[str]) -> str:
    base = bases_by_third().get(match["verb"].casefold(), match["verb"])
    return f" and {match['how']}{base} {match['it']}"


def _with_subject(text: str) -> str:
    for head, second in SECOND_HEADS.items():
        if re.match(rf"{head}\b", text, re.IGNORECASE):
            return second + text[len(head) :]
    parts = re.match(rf"((?:(?:{'|'.join(ADVERBS)})\s)?)(\w+)(.*)", text, re.IGNORECASE | re.DOTALL)
    base = bases_by_third().get(parts.group(2).casefold()) if parts else None
    if parts and base:
        return f"you {parts.group(1).casefold()}{base}{parts.group(3)}"
    return f"your {_lowered(text)}" if re.match(r"[\w' -]{2,40} (?:is|are|has|have|\w+s)\b", text) else f"“{text}”"


def _lowered(text: str) -> str:
    """Only where the capital is that of a sentence: "Team", not "UK office"."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
