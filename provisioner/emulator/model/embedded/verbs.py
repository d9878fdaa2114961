"""The verbs the rules know, their forms, and the class of what each says about a person. Data, and the morphology."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .tables import phrases, word_list

if TYPE_CHECKING:
    from collections.abc import Iterable

# What lasts when said in the present tense. Of the class "routine" it lasts only together with how often.
VERBS: Final[dict[str, str]] = {
    "use": "use, run, code, program, develop, deploy, write, script, type, build",
    "work": "work, freelance, specialise, specialize, consult, volunteer",
    "like": "like, love, enjoy, adore, appreciate, favour, favor, support, fancy",
    "prefer": "prefer",
    "dislike": "hate, dislike, loathe, detest, avoid, despise",
    "live": "live, reside",
    "speak": "speak",
    "know": "know, understand",
    "eat": "eat, drink, cook, bake, smoke, vape",
    "have": "have, own, drive, ride, keep, wear",
    "do": """
        play, read, listen, swim, cycle, climb, practise, practice, teach, study, collect, travel, commute,
        sleep, meditate, paint, draw, garden, knit, hike, ski, surf, dance, sing, jog, row, sail, fish,
        manage, lead, maintain, contribute, mentor, coach, follow, watch, attend, publish, blog, stream,
        rent, suffer, care, believe, identify, shop, vote, bike, invest, save, earn, report, subscribe,
        prioritise, prioritize, celebrate, observe, host, handle, oversee, train, design, learn, grow,
        breed, foster, brew
    """,
    "plan": "plan, hope, intend, aim",
    "routine": """
        go, take, get, wake, start, finish, do, make, walk, visit, call, meet, check, review, order, buy,
        stay, leave, eat out, test, commit, push, add, ask
    """,
}

CLASS: Final[dict[str, str]] = {base: name for name, bases in VERBS.items() for base in phrases(bases)}

IRREGULAR_THIRD: Final = {"have": "has", "do": "does", "go": "goes", "be": "is"}
DOUBLING: Final = frozenset(
    {"run", "program", "swim", "jog", "knit", "plan", "get", "shop", "blog", "commit", "script"} - {"script"}
)
IRREGULAR_PARTICIPLE: Final = {
    "have": "had",
    "run": "run",
    "write": "written",
    "speak": "spoken",
    "know": "known",
    "understand": "understood",
    "eat": "eaten",
    "drink": "drunk",
    "drive": "driven",
    "ride": "ridden",
    "keep": "kept",
    "wear": "worn",
    "read": "read",
    "swim": "swum",
    "teach": "taught",
    "sleep": "slept",
    "draw": "drawn",
    "sing": "sung",
    "lead": "led",
    "build": "built",
    "grow": "grown",
    "breed": "bred",
    "oversee": "overseen",
}

ADVERBS: Final = word_list(
    """
    mostly mainly usually always often never only sometimes primarily rarely exclusively typically generally
    normally regularly occasionally mainly largely predominantly frequently seldom
    """
)
DROPPED_ADVERBS: Final = word_list(
    """
    really also just now actually currently still definitely absolutely particularly especially strongly
    personally recently finally too much very greatly quite truly certainly simply already ever do mean
    """
)


def third(base: str) -> str:
    """works, studies, watches, has"""
    if base in IRREGULAR_THIRD:
        return IRREGULAR_THIRD[base]
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


def gerund(base: str) -> str:
    """working, coding, running"""
    if base in DOUBLING:
        return base + base[-1] + "ing"
    ends_mute = base.endswith("e") and not base.endswith(("ee", "ye", "oe"))
    return (base[:-1] if ends_mute else base) + "ing"


def participle(base: str) -> str:
    if base in IRREGULAR_PARTICIPLE:
        return IRREGULAR_PARTICIPLE[base]
    if base in DOUBLING:
        return base + base[-1] + "ed"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + ("d" if base.endswith("e") else "ed")


@lru_cache(maxsize=1)
def bases_by_third() -> dict[str, str]:
    return {third(base): base for base in CLASS}


@lru_cache(maxsize=1)
def bases_by_gerund() -> dict[str, str]:
    return {gerund(base): base for base in CLASS}


@lru_cache(maxsize=1)
def bases_by_participle() -> dict[str, str]:
    return {participle(base): base for base in CLASS}


def alternatives(forms: Iterable[str]) -> str:
    """A pattern of the forms, longest first so that none hides another."""
    return "|".join(sorted(set(forms), key=lambda form: (-len(form), form)))
