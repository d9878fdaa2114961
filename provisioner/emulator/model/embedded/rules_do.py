"""What follows "I" and a verb, in the present or the perfect, and what is hoped for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of, is_tool
from .nouns import LASTING_STATES
from .statements import Statement, is_passing, stated, thing
from .tables import word_list
from .verbs import (
    ADVERBS,
    CLASS,
    DROPPED_ADVERBS,
    alternatives,
    bases_by_gerund,
    bases_by_participle,
    gerund,
    participle,
    third,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY_ADVERBS: Final = rf"(?:(?:{alternatives(ADVERBS + DROPPED_ADVERBS)}) )*"
DOES: Final = re.compile(
    rf"I (?P<how>{ANY_ADVERBS})(?P<verb>{alternatives(CLASS)})\b(?P<rest>(?: .+)?)$", re.IGNORECASE
)
NEGATED: Final = alternatives([*CLASS, *bases_by_participle(), "stand", "tolerate"])
DOES_NOT: Final = re.compile(
    r"I (?P<not>do not|cannot|can never|have never) "
    rf"(?P<how>{ANY_ADVERBS})(?P<verb>{NEGATED})\b(?P<rest>(?: "
    r".+)?)$",
    re.IGNORECASE,
)
TENDS: Final = re.compile(
    rf"I (?P<how>{ANY_ADVERBS})(?:tend|try|like|love|prefer|hate) to (?P<rest>.+)$", re.IGNORECASE
)
HAS_DONE: Final = re.compile(
    rf"I have (?P<how>{ANY_ADVERBS})(?:(?P<been>been) (?P<doing>{alternatives(bases_by_gerund())})"
    rf"|(?P<done>{alternatives(bases_by_participle())}|got))\b(?P<rest> .+)$",
    re.IGNORECASE,
)
HAS_BEEN: Final = re.compile(
    rf"I have been (?P<what>(?:(?P<state>{alternatives(LASTING_STATES)})|(?:an?|the) .+) (?:for|since) .+)$",
    re.IGNORECASE,
)
HAS: Final = re.compile(
    r"I have (?P<rest>(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d+|no|several|many|twin"
    r"|celiac|coeliac|asthma|diabetes|dyslexia|adhd|insomnia|kids|children|dogs|cats)\b.*)$",
    re.IGNORECASE,
)
WOULD: Final = re.compile(
    r"I would (?:(?:really|much|always|also) )*(?P<verb>prefer|rather|love|like)(?P<rest> .+)$", re.IGNORECASE
)
WANT: Final = re.compile(
    r"I (?:really |also |still )?(?:want|need|hope|plan|aim|intend|am hoping)(?P<rest> to (?:learn"
    r"|become|visit|move to|travel|lose|quit|retire|master|improve|launch|migrate|get better|speak"
    r"|climb|run a|start a|open a|write a (?:book|novel)|avoid|finish my)\b.+)$",
    re.IGNORECASE,
)
PAST: Final = re.compile(
    r"I (?P<rest>(?:was born|was raised|grew up|studied|graduated|majored|trained as)\b .+)$", re.IGNORECASE
)
OFTEN: Final = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|usually|always|often|never|twice|once a|on (?:mon|tues"
    r"|wednes|thurs|fri|satur|sun)days?|on weekends|at weekends"
    r"|mornings|evenings|nights|rarely|regularly|(?:at|around|before|after) (?:\d{1,2}|dawn|noon"
    r"|midnight|work)|most (?:days|mornings|evenings)|early|by (?:bus|bike|train|car|tram))\b",
    re.IGNORECASE,
)
IDIOM: Final = re.compile(
    r" (?:to (?:know|ask|say|see|make|write|use|have|be|do|go|run)\b(?<!to have)|into |out |out of "
    r"|around |up |fine|you\b|like\b|that\b|of\b)",
    re.IGNORECASE,
)
THE_TASK: Final = re.compile(r" the (?:command|code|script|tests?|following|app|program|query)\b", re.IGNORECASE)
# Verbs that are seldom nouns part a clause wherever they stand; the others where something follows that a noun has not
CLEARLY_VERBS: Final = alternatives(
    word_list(
        """
        am use like love hate enjoy prefer dislike avoid live speak own have drive eat know read listen maintain
        contribute teach collect meditate write get go take
        """
    )
)
SHARED: Final = re.compile(
    r"(?:,? and|,? but|,)(?: (?:also|now|usually|always|mostly|often|mainly|never|then))? "
    rf"(?=(?:do not|{CLEARLY_VERBS}) \w|(?:{alternatives(CLASS)}) (?:it|them)\b|(?:{alternatives(CLASS)}) "
    r"(?:in|at|as|for|with|on|from|to|a|an|the|my|mostly|mainly|every|about|\w+ly)\b)",
    re.IGNORECASE,
)
ABOUT_THE_SAME: Final = re.compile(
    rf"(?P<how>{ANY_ADVERBS})(?P<verb>{alternatives(CLASS)}) (?P<rest>(?:it|them)\b.*)$", re.IGNORECASE
)
TRANSITIVE: Final = frozenset({"use", "like", "prefer", "dislike", "live", "speak", "know", "have", "plan"})
QUANTITY: Final = re.compile(r" (?:(?:very|too|so) )?(?:much|well|often|a lot)$", re.IGNORECASE)


def shared_subject(clause: str) -> Iterator[str]:
    """The clauses that share one subject: "I live in Porto and work at Fabrikam"."""
    if not re.match(r"I\b", clause):
        yield clause
        return
    place = 0
    parts: list[str] = []
    for match in SHARED.finditer(clause):
        if len(clause[place : match.start()].split()) > 1:
            parts.append(clause[place : match.start()])
            also = re.search(r"\b(?:also|usually|always|mostly|often|mainly|never)\b", match.group(), re.IGNORECASE)
            place = match.end() - (len(also.group()) + 1 if also else 0)
    parts.append(clause[place:])
    yield from _subjects(parts)


def _subjects(parts: list[str]) -> Iterator[str]:
    """What says nothing without the part before stays there: "and usually drink it"."""
    whole = parts[0]
    for part in parts[1:]:
        if match := ABOUT_THE_SAME.match(part):
            whole += f" and {match['how']}{third(match['verb'].casefold())} {match['rest']}"
            continue
        yield whole
        whole = f"I {part}"
    yield whole


def i_do(clause: str) -> Iterator[Statement]:
    for rule in (_does_not, _has_done, _has, _would, _want, _past, _tends, _does):
        found = rule(clause)
        if found:
            adds = bool(re.search(r"\balso\b", clause, re.IGNORECASE))
            yield stated(found, adds=adds) if adds else stated(found)
            return


def _adverbs(how: str) -> str:
    return " ".join(word for word in how.casefold().split() if word in ADVERBS)


def _joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _lasts(base: str, how: str, rest: str) -> str:
    """What follows the verb, if with it the sentence says something lasting; a space stands for nothing needed."""
    kind = CLASS.get(base, "like")
    what = thing(rest)
    of_the_moment = not how.strip() and THE_TASK.match(rest)
    if (rest.strip() and not what) or of_the_moment or (IDIOM.match(_after_particle(base, rest)) and kind != "plan"):
        return ""
    needs_more = kind in TRANSITIVE and not what
    if (
        needs_more
        or (kind == "routine" and not OFTEN.search(f"{how} {what}"))
        or _is_moment(base, kind, what, habit=bool(how.strip()))
    ):
        return ""
    return what or " "


def _after_particle(base: str, rest: str) -> str:
    return rest.removeprefix(" up") if base in {"wake", "get"} else rest


def _is_moment(base: str, kind: str, what: str, *, habit: bool) -> bool:
    if kind == "know":
        return not is_tool(what) and "spoken" not in concepts_of(what)
    if kind == "do":
        return not what or is_passing(what)
    if base in {"type", "build", "script"}:
        return not is_tool(what)
    if kind == "have" and re.match(r"(?:to|been|not|never|no idea|just|already|\w+ed)\b", what, re.IGNORECASE):
        return True
    if kind == "plan":
        return not re.match(r"(?:to|on|a|the|for)\b", what) or is_passing(what)
    passing = kind in {"use", "have", "like", "dislike", "prefer"} and is_passing(what)
    return passing and not habit and "style" not in concepts_of(what)


def _does(clause: str) -> str:
    match = DOES.match(clause)
    if not match:
        return ""
    base = match["verb"].casefold()
    what = _lasts(base, match["how"], QUANTITY.sub("", match["rest"]))
    return _joined(_adverbs(match["how"]), third(base), what) if what else ""


def _tends(clause: str) -> str:
    """A habit or a liking of doing something: "I tend to use tabs", "I like to cook"."""
    match = TENDS.match(clause)
    verb = (
        re.match(rf"(?P<verb>{alternatives(CLASS)})\b(?P<rest>(?: .+)?)$", match["rest"], re.IGNORECASE)
        if match
        else None
    )
    how = re.search(r"\b(tend|try|like|love|prefer|hate) to\b", clause, re.IGNORECASE)
    if not match or not verb or not how or (verb["rest"] and not thing(verb["rest"])):
        return ""
    if CLASS[verb["verb"].casefold()] == "routine" and not thing(verb["rest"]):
        return ""
    return _joined(third(how.group(1).casefold()), "to", match["rest"])


def _does_not(clause: str) -> str:
    match = DOES_NOT.match(clause)
    if not match:
        return ""
    form = match["verb"].casefold()
    what = thing(QUANTITY.sub("", match["rest"]))
    if form in {"stand", "tolerate"} and what and not is_passing(what):
        return f"Cannot {form} {what}"
    if match["not"].casefold() == "have never":
        base = bases_by_participle().get(form, "")
        return f"Has never {participle(base)} {what}" if base and what and not is_passing(what) else ""
    allowed = form in CLASS and (
        match["not"].casefold() == "do not" or CLASS[form] in {"eat", "do", "have", "use", "speak"}
    )
    durable = _lasts(form, match["how"], match["rest"]) if allowed and CLASS[form] != "plan" else ""
    if not durable or (CLASS.get(form) == "know" and not is_tool(durable)):
        return ""
    return _joined("Cannot" if match["not"].casefold().startswith("can") else "Does not", form, durable)


def _has_done(clause: str) -> str:
    match = HAS_DONE.match(clause)
    what = thing(match["rest"]) if match else ""
    if not match or not what or is_passing(what):
        return ""
    if match["been"]:
        base = bases_by_gerund()[match["doing"].casefold()]
        lasting = CLASS[base] not in {"routine", "plan"} and re.search(r"\b(?:for|since)\b|", what) is not None
        return _joined("Has been", _adverbs(match["how"]), gerund(base), what) if lasting else ""
    if match["done"].casefold() == "got":
        return f"Has {what}" if re.match(r"(?:an?|two|three|\d+) ", what) else ""
    base = bases_by_participle()[match["done"].casefold()]
    since = re.search(
        r"\b(?:for (?:\d+|a|an|two|three|four|five|six|seven|eight|nine|ten|many|several|over)|since|always|never)\b",
        clause,
    )
    if base == "have" or not since or CLASS[base] == "routine":
        return ""
    return _joined("Has", _adverbs(match["how"]), participle(base), what)


def _has(clause: str) -> str:
    if been := HAS_BEEN.match(clause):
        return f"Has been {thing(been['what'])}" if re.match(r"(?:an?|the) ", been["what"]) else f"Is {been['state']}"
    match = HAS.match(clause)
    what = thing(match["rest"]) if match else ""
    lasting = what and not is_passing(what) and not re.match(r"no (?:idea|clue|problem|time)", what)
    return f"Has {what}" if lasting else ""


def _would(clause: str) -> str:
    match = WOULD.match(clause)
    what = thing(match["rest"]) if match else ""
    if not match or not what or (is_passing(what) and "style" not in concepts_of(what)):
        return ""
    verb = match["verb"].casefold()
    if verb in {"prefer", "rather"}:
        return (
            f"Prefers {re.sub(r'^(?:have|get|see|use|you to|if you|that you) ', '', what).replace(' than ', ' over ')}"
            if not re.match(r"not\b", what)
            else ""
        )
    dream = re.match(
        r"to (?:learn|become|visit|move to|travel|retire|master|speak|climb|live|run a|start a|open a"
        r"|write a (?:book|novel))\b",
        what,
    )
    answers = "style" in concepts_of(what) and re.search(
        r"\b(?:answers|replies|responses|explanations|examples|you to (?:answer|reply|respond|be|keep))\b", what
    )
    if answers:
        return f"Prefers {re.sub(r'^(?:to (?:get|have|see)|your|you to give me) ', '', what)}"
    return f"Would {verb} {what}" if dream else ""


def _want(clause: str) -> str:
    match = WANT.match(clause)
    what = thing(match["rest"].replace(" to ", "", 1)) if match else ""
    return f"Wants to {what}" if what and not is_passing(what) else ""


def _past(clause: str) -> str:
    match = PAST.match(clause)
    return match["rest"].strip() if match and thing(match["rest"]) else ""
