"""What follows "I am"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of, is_tool
from .nouns import LASTING_STATES, NATIONALITIES
from .statements import Statement, Withdrawn, is_passing, stated, thing
from .tables import word_list, word_set
from .verbs import CLASS, alternatives, bases_by_gerund, third

if TYPE_CHECKING:
    from collections.abc import Iterator

AM: Final = re.compile(
    r"I am (?:(?:also|now|currently|really|actually|still|very|a strict|strictly|just|both|mostly"
    r"|mainly|absolutely|so) )*(?P<rest>.+)$",
    re.IGNORECASE,
)
PASSING_TIME: Final = re.compile(
    r"\b(?:today|tonight|tomorrow|this (?:week|morning|afternoon|evening)|right now|for the (?:day|weekend))\b",
    re.IGNORECASE,
)

LIKED: Final = re.compile(
    r"(?:a (?:big |huge |great |real )?fan of|into|fond of|keen on|crazy about|a lover of) "
    r"(?P<what>.+)$",
    re.IGNORECASE,
)
TRAIT: Final = re.compile(
    r"(?:(?:severely |slightly |mildly |deathly |originally )?(?:allergic to|intolerant (?:to|of)"
    r"|interested in|good at|bad at|great at|terrible at|new to"
    r"|fluent in|afraid of|scared of|responsible for|in charge of|comfortable with|used to|passionate "
    r"about|sensitive to|obsessed with"
    r"|experienced (?:in|with)|familiar with|employed (?:by|at)|married to|based (?:in|out of|near)"
    r"|located in|from|enrolled in"
    r"|self-taught|certified in)) (?P<what>.+)$",
    re.IGNORECASE,
)
BEING: Final = re.compile(r"(?:an?|the|one of) (?P<what>.+)$", re.IGNORECASE)
NOT_A_ROLE: Final = re.compile(
    r"(?:bit|little|lot|tad|couple|few|hurry|mess|fool|one|same|only one|first|next|rush|pain|problem|bot|robot)\b",
    re.IGNORECASE,
)
AGE: Final = re.compile(r"(?P<years>\d{1,2})(?: years? old| years of age)?$", re.IGNORECASE)
DECADE: Final = re.compile(
    r"in my (?:(?:early|mid|late)[ -])?(?:twenties|thirties|forties|fifties|sixties|seventies|\d0s)$", re.IGNORECASE
)
ZONE: Final = re.compile(
    r"(?:in|on) (?:the )?(?:(?:UTC|GMT)(?: ?[+-] ?\d{1,2}(?::\d\d)?)?|[A-Z]{2,4}T|[\w/]+ (?:time ?zone"
    r"|time))(?: time ?zone| time)?$"
)
ON_TEAM: Final = re.compile(
    r"(?:on|in|with|at) (?:the|a) [\w &-]{2,40} (?:team|group|department|squad)\b.*$", re.IGNORECASE
)
PLACE: Final = re.compile(r"in (?P<where>(?:the )?[A-Z][\w'.-]+(?:,? (?:[A-Z][\w'.-]+|de|of|la))*)$")
NAMED: Final = re.compile(r"(?:called|named|known as) (?P<name>[\w'-]+(?: [A-Z][\w'-]+){0,2})$", re.IGNORECASE)
NAME: Final = re.compile(
    r"(?P<name>[A-Z][a-z][\w'-]*(?: [A-Z][\w'-]+){0,2})(?:,? (?:a|an|the) (?P<role>[\w -]{3,60}))?$"
)
NOT_NAMES: Final = word_set(
    """
    sorry happy sure good fine ready back here done glad tired new great confused stuck lost busy
    """
)
UNDER_WAY: Final = word_list(
    """
    getting having preparing moving migrating launching organising organizing expecting renovating applying rewriting
    porting raising recovering
    """
)
GERUND: Final = re.compile(
    rf"(?P<verb>{alternatives([*bases_by_gerund(), *UNDER_WAY])})"
    r"(?P<rest>\s.+)$",
    re.IGNORECASE,
)
GOAL: Final = re.compile(
    r"(?P<how>(?:trying|going|hoping|about|planning) to|thinking (?:of|about)|looking forward to) "
    r"(?P<what>(?:learn|learning|become|becoming|visit|visiting|move to|moving to|run|running|travel"
    r"|travelling|lose|losing|quit|quitting|retire|retiring|improve"
    r"|improving|launch|launching|migrate|migrating|marry|start a|starting a|get better|getting|eat"
    r"|eating|buy|buying|train|training|cut down|save|have a baby)\b.+)$",
    re.IGNORECASE,
)
JOURNEY: Final = re.compile(
    r"(?:going|flying|travelling|traveling|moving|relocating|driving|cycling) to (?P<what>(?:the )?[A-Z].+)$"
)
# Being on these or among these means using them
TOGETHER: Final = re.compile(r"\s*/\s*|,\s*(?:and\s+)?|\s+and\s+|\s*\+\s+|\s+with\s+|\s+on\s+")


def i_am(clause: str) -> Iterator[Statement]:
    match = AM.match(clause)
    if not match or PASSING_TIME.search(clause):
        return
    adds = bool(re.match(r"I am also\b", clause, re.IGNORECASE))
    rest = thing(match["rest"]) or match["rest"].strip()
    if re.match(r"(?:not|no longer)\b", rest, re.IGNORECASE):
        yield from _am_not(rest)
        return
    for rule in (_named, _zone, _age, _liked, _trait, _state, _doing, _goal, _tools, _place, _being, _name):
        content = rule(rest)
        if content:
            yield stated(content, adds=adds)
            return


def _am_not(rest: str) -> Iterator[Statement]:
    what = re.sub(r"^(?:not|no longer) |\s+any more$", "", rest, flags=re.IGNORECASE)
    ended = bool(re.match(r"no longer", rest, re.IGNORECASE)) or rest.casefold().endswith("any more")
    content = next(filter(None, (rule(what) for rule in (_liked, _trait, _state, _tools, _being, _doing, _at))), "")
    if content and ended:
        yield Withdrawn(about=content)
    elif content.startswith("Likes "):
        yield stated(f"Does not like {content.removeprefix('Likes ')}")
    elif content.startswith("Is "):
        yield stated(f"Is not {content.removeprefix('Is ')}")


def _at(rest: str) -> str:
    return f"Works {rest}" if re.match(r"(?:at|with) [A-Z]", rest) else ""


def _named(rest: str) -> str:
    match = NAMED.match(rest)
    return f"Name is {match['name']}" if match else ""


def _zone(rest: str) -> str:
    return f"Is {rest}" if ZONE.match(rest) or DECADE.match(rest) else ""


def _age(rest: str) -> str:
    match = AGE.match(rest)
    return f"Is {match['years']} years old" if match else ""


def _liked(rest: str) -> str:
    match = LIKED.match(rest)
    return f"Likes {match['what']}" if match and thing(match["what"]) else ""


def _trait(rest: str) -> str:
    match = TRAIT.match(rest)
    return f"Is {rest}" if match and thing(match["what"]) and not is_passing(match["what"]) else ""


def _state(rest: str) -> str:
    first = re.match(r"[\w-]+", rest)
    word = first.group().casefold() if first else ""
    few = len(rest.split()) <= 6
    return f"Is {rest}" if few and (word in LASTING_STATES or word in NATIONALITIES) else ""


def _doing(rest: str) -> str:
    match = GERUND.match(rest)
    what = thing(match["rest"]) if match else ""
    if (
        not match
        or not what
        or is_passing(what)
        or re.match(r"(?:on|with|for|at) (?:it|this|that|these|my (?:code|script))\b", what)
    ):
        return ""
    base = bases_by_gerund().get(match["verb"].casefold(), "")
    kind = CLASS.get(base, "plan")
    if match["verb"].casefold() in {"getting", "having"}:
        return f"Is {rest}" if re.match(r"(?:married|divorced|engaged|a (?:baby|puppy|kitten|dog|cat))\b", what) else ""
    if kind == "routine" or base in {"type", "ask"}:
        return ""
    if (
        base == "use"
        or (kind == "use" and is_tool(what) and not re.match(r"(?:an?|the|my|our|some)\b", what))
        or kind == "live"
        or (base == "work" and not what.startswith("on "))
    ):
        return f"{third(base)} {what}"
    return f"Is {match['verb'].casefold()} {what}"


def _goal(rest: str) -> str:
    match = GOAL.match(rest) or JOURNEY.match(rest)
    return f"Is {rest}" if match and not is_passing(match["what"]) else ""


def _tools(rest: str) -> str:
    """What someone is "on": an editor, a system, or one on the other."""
    if ON_TEAM.match(rest):
        return f"Is {rest}"
    match = re.match(r"(?:on|using) (?P<what>.+)$", rest, re.IGNORECASE)
    names = TOGETHER.split(match["what"]) if match else []
    if not names or len(names) > 6 or not all(is_tool(name) for name in names):
        return ""
    systems = [name for name in names if "os" in concepts_of(name)]
    others = [name for name in names if name not in systems]
    return f"Uses {joined(others)} on {joined(systems)}" if systems and others else f"Uses {joined(names)}"


def _place(rest: str) -> str:
    match = PLACE.match(rest)
    return f"Is in {match['where']}" if match and not is_tool(match["where"]) else ""


def _being(rest: str) -> str:
    match = BEING.match(rest)
    if not match or NOT_A_ROLE.match(match["what"]) or is_passing(match["what"]):
        return ""
    return f"Is {rest}"


def _name(rest: str) -> str:
    match = NAME.match(rest)
    if not match or match["name"].casefold() in NOT_NAMES or concepts_of(match["name"]):
        return ""
    return f"Name is {match['name']}" if not match["role"] else f"Name is {match['name']}, a {match['role']}"


def joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
