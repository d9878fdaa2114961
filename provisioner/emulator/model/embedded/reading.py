"""What a memory says, in a form that two memories can be compared by. Works on any wording, not only on ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .concepts import LONGEST_TEXT, concepts_of, is_tool, mentions
from .lexicon import SINGLE_CONCEPTS, TASTE_CONCEPTS
from .verbs import ADVERBS, CLASS, bases_by_gerund, bases_by_participle, bases_by_third
from .words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterator

USER: Final = re.compile(r"^(?:the )?user(?:'s)? ", re.IGNORECASE)
HEAD: Final = re.compile(
    r"(?P<not>(?:no longer|never|does not|doesn't|is not|isn't|cannot|can't|has not|has "
    rf"never)\s)?(?P<how>(?:(?:{'|'.join(ADVERBS)})\s)*)"
    r"(?P<aux>(?:is|has been|has)\s(?=\w+(?:ing|ed)\b))?(?P<verb>\w+)\b(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
ABOUT_SOMETHING: Final = re.compile(r"(?P<noun>[\w' &-]{2,40}?) (?:is|are)(?P<not> not)? (?P<rest>.*)$", re.DOTALL)
CONTEXT: Final = re.compile(
    r"\b(?:at (?:work|home|school|university)|for (?:work|fun|[\w-]+(?: projects)?)|on (?:weekends"
    r"|holiday)|in the (?:morning|evening)s?)\b",
    re.IGNORECASE,
)
AGE: Final = re.compile(r"\d{1,3} years? old", re.IGNORECASE)
ZONE: Final = re.compile(
    r"\b(?:time ?zone|UTC|GMT|CES?T|[PEMC][SD]T|(?:pacific|eastern|central|mountain) time)\b", re.IGNORECASE
)

NOUN_SLOTS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:first |full |preferred )?name", "name"),
    (r"(?:employer|company|workplace)", "employer"),
    (r"(?:job|role|job title|profession|occupation|position)", "role"),
    (r"(?:location|city|home ?town|home|address)", "location"),
    (r"time ?zone", "timezone"),
    (r"age", "age"),
    (r"diet", "diet"),
    (r"(?:main |primary |daily |work )?(?:editor|ide|code editor|text editor)", "use:editor"),
    (r"(?:main |primary |daily |work )?(?:os|operating system)", "use:os"),
    (r"(?:main |primary |usual )?shell", "use:shell"),
    (r"(?:main |primary |usual |default )?browser", "use:browser"),
    (r"(?:main|primary|day-to-day|daily|usual) (?:programming )?language", "main language"),
)
# Likes, dislikes and preferences talk of the same: a change between them is a change of mind
FAMILY: Final = {"prefer": "like", "dislike": "like"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    family: str  # of the verb, or "is" and the noun for "Favourite tea is oolong"
    negative: bool
    terms: frozenset[str]
    slots: frozenset[str]  # of each a person has one value
    context: frozenset[str]  # "at work": the same slot may have another value elsewhere
    rest: str  # what follows the verb


def reading(content: str) -> Reading:
    return _reading(content[:LONGEST_TEXT])


@lru_cache(maxsize=32_768)
def _reading(content: str) -> Reading:
    text = USER.sub("", " ".join(content.split())).rstrip(".")
    head = HEAD.match(text)
    base = _base(head["verb"].casefold()) if head else ""
    if head and not base and re.match(r"is\b|isn't", head["not"] or head["aux"] or "", re.IGNORECASE):
        return _of_being(text, f"{head['how']}{head['verb']}{head['rest']}", negative=bool(head["not"]))
    if head is None or not base:
        return _of_noun(text)
    kind = CLASS.get(base, base)
    how = f"{head['how']} {head['rest']}".casefold()
    context = frozenset(match.casefold() for match in CONTEXT.findall(text))
    negative = bool(head["not"]) or kind == "dislike" or bool(re.match(r" no(?:t)?\b", head["rest"]))
    rest = head["rest"].strip()
    return Reading(
        family=FAMILY.get(kind, kind),
        negative=negative,
        terms=frozenset(content_stems(rest)) | ({"called"} if "called" in rest and base == "prefer" else frozenset()),
        slots=frozenset() if negative and kind != "eat" else frozenset(_slots(kind, how, rest)),
        context=context,
        rest=rest,
    )


def _of_being(text: str, rest: str, *, negative: bool) -> Reading:
    """Of "is not allergic" and "is married", where what follows only looks like a verb."""
    return Reading(
        family="be",
        negative=negative,
        terms=frozenset(content_stems(rest)),
        slots=frozenset() if negative else frozenset(_slots("be", "", rest)),
        context=frozenset(match.casefold() for match in CONTEXT.findall(text)),
        rest=rest,
    )


def _base(verb: str) -> str:
    if verb in {"is", "are", "be", "lives"}:
        return "live" if verb == "lives" else "be"
    forms = (bases_by_third(), bases_by_gerund(), bases_by_participle())
    return verb if verb in CLASS else next((table[verb] for table in forms if verb in table), "")


def _of_noun(text: str) -> Reading:
    match = ABOUT_SOMETHING.match(text)
    noun = match["noun"].casefold() if match else ""
    rest = match["rest"].strip() if match else text
    return Reading(
        family=f"is {noun}" if noun else "",
        negative=bool(match and match["not"]),
        terms=frozenset(content_stems(rest)),
        slots=frozenset({noun_slot(noun)}) if noun else frozenset(),
        context=frozenset(),
        rest=rest,
    )


def noun_slot(noun: str) -> str:
    return next((slot for pattern, slot in NOUN_SLOTS if re.fullmatch(pattern, noun)), f"my {noun}")


def _slots(kind: str, how: str, rest: str) -> Iterator[str]:
    concepts = concepts_of(rest)
    if kind == "be":
        yield from _slots_of_being(rest)
    elif kind == "work":
        yield from _slots_of_work(how, rest)
    elif kind == "live":
        yield "location"
    elif kind in {"use", "prefer"}:
        yield from (f"{kind}:{concept}" for concept in SINGLE_CONCEPTS if concept in concepts and concept != "diet")
        if re.search(r"\b(?:mostly|mainly|primarily)\b", how) and "language" in concepts:
            yield "main language"
    if kind == "prefer" and re.match(r"to be called\b", rest):
        yield "name"
    if "diet" in concepts and kind in {"be", "do"} and "allergic" not in rest:
        yield "diet"
    if kind in {"use", "prefer", "like"}:
        yield from (f"taste:{concept}" for concept in TASTE_CONCEPTS if concept in concepts)


def _slots_of_being(rest: str) -> Iterator[str]:
    if ZONE.search(rest):
        yield "timezone"
    elif re.match(r"(?:based |located |living )?in (?:the )?[A-Z]|based\b", rest):
        yield "location"
    elif re.match(r"(?:originally )?from\b", rest):
        yield "origin"
    elif AGE.match(rest):
        yield "age"
    elif re.match(r"(?:called|named)\b", rest):
        yield "name"
    elif re.match(r"an? ", rest) and "role" in concepts_of(
        re.split(r"\b(?:at|for|in|with|who)\b", rest, maxsplit=1)[0]
    ):
        yield "role"
    elif re.match(r"(?:single|married|engaged|divorced|widowed)\b", rest):
        yield "marital status"


def _slots_of_work(how: str, rest: str) -> Iterator[str]:
    if re.search(r"\b(?:at|for) (?:an? |the )?[A-Z]", rest):
        yield "employer"
    if re.search(r"\bas an? \w", rest):
        yield "role"
    if re.search(r"\b(?:mostly|mainly|primarily|exclusively)\b", how) and is_tool(rest):
        yield "main language"


def value_in(content: str, slot: str) -> str:
    """The words of a memory that fill one slot: "VS Code" for use:editor."""
    concept = slot.partition(":")[2]
    return next((surface for surface, concepts in mentions(content) if concept and concept in concepts), "")
