"""Values a question offers for the fields of a form: numbers, quotations, places, dates, names, what is remembered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of
from .reading import reading
from .tables import word_set
from .words import stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.model.interface import Memory

LONGEST_TEXT: Final = 4_000
NUMBER: Final = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,10})?(?!\w)")
QUOTED: Final = re.compile(r"\"([^\"\n]{1,200})\"|(?<!\w)'([^'\n]{1,200})'(?!\w)|“([^”\n]{1,200})”|`([^`\n]{1,200})`")
MONTH: Final = r"(?:jan|febr?|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}"
DAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTH_NAME: Final = re.compile(rf"{MONTH}\b", re.IGNORECASE)
DATE: Final = re.compile(
    rf"\b(\d{{4}}-\d\d-\d\d|today|tonight|tomorrow|yesterday|(?:next |this |on )?{DAY}|next (?:week"
    rf"|month|year)|(?:{MONTH} \d{{1,2}}(?:, \d{{4}})?)|\d{{1,2}} {MONTH}(?: \d{{4}})?)\b",
    re.IGNORECASE,
)
TIME: Final = re.compile(r"\b(\d{1,2}:\d\d(?: ?[ap]m)?|\d{1,2} ?[ap]m|noon|midnight)\b", re.IGNORECASE)
EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
URL: Final = re.compile(r"https?://[^\s\"'<>]{1,500}")
NAMES: Final = re.compile(r"[A-Z][\w'-]{0,30}(?: [A-Z][\w'-]{0,30}){0,3}")
PLACE: Final = re.compile(
    r"\b(?:in|at|near|for|to|from|of) ((?:the )?[A-Z][\w'.-]{0,30}(?:,? [A-Z][\w'.-]{0,30}){0,3})"
)
AFTER: Final = r"\b{}s? (?:is |of |to |=|: ?|called |named )?([\w@./:+-]{{1,60}})"
PREPOSITIONS: Final = {
    "origin": "from",
    "source": "from",
    "from": "from",
    "destination": "to",
    "target": "to",
    "to": "to",
}

PLACES: Final = word_set("city location place town country address region destination origin where")
DATES: Final = word_set("date day when deadline due")
TIMES: Final = word_set("time hour")
PEOPLE: Final = word_set(
    """
    participant people attendee person guest recipient names member author user contact
    """
)
TITLES: Final = word_set("name title event subject topic heading label item product")
WHOLE: Final = word_set("query question text prompt message input search term request content body")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hints:
    question: str
    memories: tuple[Memory, ...] = ()
    reply: str = ""  # what would be said in plain text

    def numbers(self, name: str) -> Iterator[int | float]:
        text = self.question[:LONGEST_TEXT]
        named = re.search(AFTER.format(re.escape(name[:40])), text, re.IGNORECASE) if name else None
        found = [*(NUMBER.findall(named[1]) if named else []), *NUMBER.findall(text)]
        yield from (float(number) if "." in number else int(number) for number in found)

    def texts(self, name: str) -> Iterator[str]:
        """What the question holds for a field of that name, the likeliest first."""
        text = self.question[:LONGEST_TEXT]
        parts = _parts(name)
        yield from self._named(name, text)
        if not parts.isdisjoint(DATES):
            yield from DATE.findall(text)
        if not parts.isdisjoint(TIMES):
            yield from TIME.findall(text)
        if "email" in parts:
            yield from EMAIL.findall(text)
        if not parts.isdisjoint({"url", "uri", "link"}):
            yield from URL.findall(text)
        if not parts.isdisjoint(PLACES):
            yield from self._places(parts, text)
        if not parts.isdisjoint(PEOPLE):
            yield from self._people(text)
        yield from ("".join(groups) for groups in QUOTED.findall(text))
        yield from self._remembered(name)

    def fallbacks(self, name: str) -> Iterator[str]:
        parts = _parts(name)
        if not parts.isdisjoint(TITLES):
            yield from list(self._people(self.question[:LONGEST_TEXT]))[:1]
            yield " ".join(self.question.split()[:6]).rstrip(" .?!,")
        if not parts.isdisjoint(WHOLE):
            yield self.question.strip()[:LONGEST_TEXT]
        yield self.reply
        yield self.question.strip()[:LONGEST_TEXT]

    def _named(self, name: str, text: str) -> Iterator[str]:
        spoken = " ".join(re.findall(r"[a-z]+|[A-Z][a-z]*|\d+", name[:40]))
        match = (
            re.search(rf"\b{re.escape(spoken)}s? (?:is|=|called|named|of) ([\w@./:+-]{{1,60}})", text, re.IGNORECASE)
            if spoken
            else None
        )
        if match:
            yield match[1].rstrip(".")

    def _places(self, parts: frozenset[str], text: str) -> Iterator[str]:
        wanted = next((preposition for part, preposition in PREPOSITIONS.items() if part in parts), "")
        if wanted:
            yield from re.findall(
                rf"\b{wanted} ((?:the )?[A-Z][\w'.-]{{0,30}}(?:,? [A-Z][\w'.-]{{0,30}}){{0,3}})", text
            )
        yield from (place.rstrip(".") for place in PLACE.findall(text))
        yield from (
            memory.content.split(" in ", 1)[1]
            for memory in self.memories
            if "location" in reading(memory.content).slots and " in " in memory.content
        )

    def _people(self, text: str) -> Iterator[str]:
        """Capitalised, and not only because the sentence starts there, nor a day or a tool."""
        for match in NAMES.finditer(text):
            first = match.start() == 0 or text[: match.start()].rstrip()[-1:] in {".", "?", "!", ":", "\n"}
            ordinary = bool(DATE.fullmatch(match.group()) or MONTH_NAME.fullmatch(match.group())) or match.group() in {
                "I",
                "I'm",
                "I've",
            }
            if not ordinary and not (
                first and (" " not in match.group() and not re.match(r",? and [A-Z]", text[match.end() :]))
            ):
                yield match.group()

    def _remembered(self, name: str) -> Iterator[str]:
        wanted = concepts_of(" ".join(sorted(_parts(name)))) - {"preference"}
        for memory in self.memories:
            says = reading(memory.content)
            if says.slots & _parts(name) or wanted & concepts_of(memory.content):
                yield says.rest or memory.content


def _parts(name: str) -> frozenset[str]:
    """user_name and userName: user, name; plurals count as singulars."""
    pieces = words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name[:80]))
    return frozenset(form for piece in pieces for form in (piece, stem(piece), piece.removesuffix("s")))
