"""One thing given up and another taken up in the same breath, and what has only just become so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of, is_tool, wider_than
from .nouns import LASTING_STATES
from .reading import noun_slot
from .rules_change import SUBJECT, core, in_use, no_longer
from .statements import Statement, Withdrawn, stated, thing
from .verbs import CLASS, alternatives, bases_by_gerund, third

if TYPE_CHECKING:
    from collections.abc import Iterator

AT: Final = r"(?:work(?:ing|ed)? (?:at|for|with)|started (?:working )?(?:at|with)|(?:moved|went|gone) to|join(?:ed)?)"
CHANGED_JOBS: Final = re.compile(
    rf"{SUBJECT} (?:left|quit|resigned from) (?:my job (?:at|with) )?(?P<old>[A-Z].*?)"
    rf"(?:,? (?:and|to|then|so) (?:then |now |I |am |have )*{AT}| for) (?P<new>[A-Z].*)$"
)
GIVEN_AWAY: Final = r"(?:sold|traded in|gave away|given away|got rid of|gotten rid of)"
BOUGHT: Final = r"(?:bought|buy|got|get|purchased|ordered|(?:now )?(?:have|own|drive|ride))"
SOLD: Final = re.compile(rf"{SUBJECT} {GIVEN_AWAY} (?:my|our|the) (?:old )?(?P<old>[\w' -]{{2,40}})$", re.IGNORECASE)
SOLD_FOR: Final = re.compile(
    rf"{SUBJECT} {GIVEN_AWAY} (?:my|our|the) (?:old )?(?P<old>.+?)"
    rf"(?:,? (?:and|to|then) (?:then |now |I )*{BOUGHT}| for) (?P<new>.+)$",
    re.IGNORECASE,
)
GOT_NO_MORE: Final = re.compile(
    rf"{SUBJECT} (?:got|bought|use|run|have) (?P<new>.+?),? (?:and |so |so it's )?no more (?P<old>.+)$", re.IGNORECASE
)
# What is done in one way at a time; likes and the like have room for both
IN_ONE_WAY: Final = frozenset({"use", "eat", "have", "live", "work"})
BASES: Final = [base for base, kind in CLASS.items() if kind in IN_ONE_WAY]
GERUNDS: Final = [gerund for gerund, base in bases_by_gerund().items() if base in BASES]
INSTEAD: Final = re.compile(
    rf"I (?:(?:now|mostly|have|been|am|have started|started) )*(?P<verb>{alternatives([*BASES, *GERUNDS])}) "
    r"(?P<new>.+?),? (?:instead of|in place of|and (?:not|no longer)) (?:using )?(?P<old>.+)$",
    re.IGNORECASE,
)
BECAME: Final = re.compile(
    rf"{SUBJECT} (?:got|gotten|became|become|gone|went|turned) (?P<state>(?:{alternatives(LASTING_STATES)})\b.*)$",
    re.IGNORECASE,
)
NO_MORE: Final = re.compile(
    r"(?:there is |it is |I am |we are )?(?:no more|done with|through with|finished with) (?P<what>[\w+#. -]{1,40}?)"
    r"(?: for (?:me|us))?$",
    re.IGNORECASE,
)
IS_MINE: Final = re.compile(
    r"(?P<what>[\w+#. -]{1,40}?) (?:is|has become|became) (?:now )?my (?:new |current )?(?P<noun>[\w' -]{2,40})$",
    re.IGNORECASE,
)


def swapped(clause: str) -> Iterator[Statement]:
    for rule in (_jobs, _goods, _instead, _state, _no_more, _mine):
        found = list(rule(clause))
        if found:
            yield from found
            return


def _jobs(clause: str) -> Iterator[Statement]:
    if match := CHANGED_JOBS.match(clause):
        yield stated(f"Works at {core(match['new'])}", instead_of=core(match["old"]))


def _goods(clause: str) -> Iterator[Statement]:
    if match := SOLD_FOR.match(clause):
        if re.match(r"an? ", match["new"], re.IGNORECASE):
            yield stated(f"Has {core(match['new'])}", instead_of=core(match["old"]))
    elif match := SOLD.match(clause):
        yield Withdrawn(about=f"Has {core(match['old'])}")
    elif (match := GOT_NO_MORE.match(clause)) and is_tool(match["old"]):
        yield from in_use(match["new"], re.sub(r" for (?:me|us)$", "", match["old"]))


def _instead(clause: str) -> Iterator[Statement]:
    match = INSTEAD.match(clause)
    if match and core(match["new"]):
        verb = match["verb"].casefold()
        base = bases_by_gerund().get(verb, verb)
        yield stated(f"{third(base)} {core(match['new'])}", instead_of=core(match["old"]))


def _state(clause: str) -> Iterator[Statement]:
    match = BECAME.match(clause)
    if match and thing(match["state"]):
        yield stated(f"Is {core(match['state'])}")


def _no_more(clause: str) -> Iterator[Statement]:
    match = NO_MORE.match(clause)
    concepts = concepts_of(match["what"]) if match else frozenset[str]()
    if not match:
        return
    if not {"tool", "language"}.isdisjoint(concepts | wider_than(concepts)) and "style" not in concepts:
        yield from no_longer("use", match["what"])
    elif "drink" in concepts:
        yield from no_longer("drink", match["what"])
    elif "food" in concepts | wider_than(concepts):
        yield from no_longer("eat", match["what"])


def _mine(clause: str) -> Iterator[Statement]:
    """ "Zed is my editor": of what a person has one of, said the other way round."""
    match = IS_MINE.match(clause)
    slot = noun_slot(match["noun"].casefold()) if match else ""
    if not match or slot.startswith("my ") or not thing(match["what"]):
        return
    if slot.startswith("use:"):
        yield stated(f"Uses {match['what']}")
    elif slot == "location":
        yield stated(f"Lives in {match['what']}")
    elif match["what"][:1].isupper():
        yield stated(f"{match['noun']} is {match['what']}")
