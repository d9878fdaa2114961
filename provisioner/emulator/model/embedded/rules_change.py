"""Statements about what is no longer so: switches, ends, and requests to forget."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of, is_tool
from .statements import Statement, Withdrawn, stated, thing
from .verbs import CLASS, alternatives, bases_by_gerund, gerund, third

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBJECT: Final = r"(?:I|we)(?: have| had)?(?: (?:just|recently|finally|now|also|completely|fully|since|already))*"
WHEN: Final = re.compile(
    r"\s+(?:last|this) (?:year|month|week|spring|summer|autumn|fall|winter)\b|\s+(?:yesterday|recently"
    r"|a (?:year|month|week) ago|in \d{4})$",
    re.IGNORECASE,
)
SWITCH: Final = re.compile(
    rf"{SUBJECT} (?P<verb>switched|moved|migrated|changed|converted|upgraded|relocated|gone over|went"
    r"|swapped|transitioned|jumped)(?: (?:over|back|house|away))?(?P<rest> .+)$",
    re.IGNORECASE,
)
FROM_TO: Final = re.compile(r" from (?P<old>.+?) (?:over )?to (?P<new>.+)$", re.IGNORECASE)
TO_FROM: Final = re.compile(r" to (?P<new>.+?) from (?P<old>.+)$", re.IGNORECASE)
TO: Final = re.compile(r" (?:to|into) (?P<new>.+)$", re.IGNORECASE)
REPLACED: Final = re.compile(
    rf"{SUBJECT} (?:replaced (?P<old>.+?) (?:with|by)|swapped (?P<old2>.+?) for|traded (?P<old3>.+?) "
    r"for|dropped (?P<old4>.+?) (?:for|in favou?r of)|ditched (?P<old5>.+?) for) (?P<new>.+)$",
    re.IGNORECASE,
)
INSTEAD: Final = re.compile(
    r"I (?:now )?use (?P<new>.+?) (?:instead of|rather than|not|in place of) (?P<old>.+)$", re.IGNORECASE
)
JOINED: Final = re.compile(
    r"I (?:have )?(?:just |recently )?(?:joined|started (?:working )?at|got a (?:new )?job (?:at"
    r"|with)) (?P<new>[A-Z].+)$"
)
LEFT: Final = re.compile(
    r"I (?:have )?(?:just |recently )?(?:left|quit|resigned from) (?:my job at )?(?P<old>[A-Z][\w&. -]*)$"
)
STARTED: Final = re.compile(
    rf"{SUBJECT} (?:started|begun|began|taken up|took up) (?P<verb>{alternatives(bases_by_gerund())}) (?P<rest>.+)$",
    re.IGNORECASE,
)
STOPPED: Final = re.compile(
    rf"{SUBJECT} (?P<how>stopped|quit|gave up|given up) "
    rf"(?:(?P<verb>{alternatives(bases_by_gerund())})(?:$| ))?(?P<rest>.*)$",
    re.IGNORECASE,
)
ENDED: Final = re.compile(
    rf"(?:I|we) (?:no longer (?:really )?(?P<a>{alternatives(CLASS)})\b(?P<what>.*)|do not (?:really "
    rf")?(?P<b>{alternatives(CLASS)})\b(?P<what2>.*) any more)$",
    re.IGNORECASE,
)
USED_TO: Final = re.compile(rf"I used to (?P<verb>{alternatives(CLASS)})\b(?P<what>.*)$", re.IGNORECASE)
FORGET: Final = re.compile(
    r"(?:please )?(?:forget|delete|erase|do not remember|stop remembering|remove)(?: (?:the fact|what "
    r"i said about|about))?(?: that)? (?P<what>.+)$",
    re.IGNORECASE,
)
EVERYTHING: Final = re.compile(
    r"(?:everything|all)(?: (?:that )?you (?:know|remember|have stored)| of it)?(?: about me)?$|all "
    r"(?:of )?my (?:memories|data)$",
    re.IGNORECASE,
)

# Giving these up leaves nothing to remember; of the others the end itself is worth knowing ("no longer eats meat")
NOTHING_REMAINS: Final = frozenset({"use", "have", "live", "work", "know", "do", "plan"})
ALL: Final = "*"


def forgotten(clause: str) -> str:
    """What the user wants forgotten, in the user's words; ALL for everything; "" otherwise."""
    match = FORGET.match(clause)
    if not match or re.match(r"(?:to|it|the (?!fact)|previous|all previous)\b", match["what"], re.IGNORECASE):
        return ""
    return ALL if EVERYTHING.match(match["what"]) else match["what"]


def switched(clause: str) -> Iterator[Statement]:
    replaced = REPLACED.match(clause) or INSTEAD.match(clause)
    if replaced:
        old = next((text for name, text in replaced.groupdict().items() if name.startswith("old") and text), "")
        yield from _replacing(replaced["new"], old)
        return
    if match := JOINED.match(clause):
        yield stated(f"Works at {core(match['new'])}")
        return
    if match := LEFT.match(clause):
        yield Withdrawn(about=f"Works at {core(match['old'])}")
        return
    switch = SWITCH.match(clause)
    target = _target(switch["rest"]) if switch else None
    if switch and target:
        yield from _moved(switch["verb"].casefold(), *target)


def _replacing(new: str, old: str) -> Iterator[Statement]:
    """A tool is used, another countable thing is owned."""
    if re.match(r"an? ", new, re.IGNORECASE) and not (is_tool(new) or is_tool(old)):
        yield stated(f"Has {core(new)}", instead_of=_bare(old))
    else:
        yield from in_use(new, _bare(old))


def _bare(old: str) -> str:
    return re.sub(r"^(?:my|our|the|an?) (?:old )?", "", old, flags=re.IGNORECASE)


def _target(rest: str) -> tuple[str, str] | None:
    for pattern in (FROM_TO, TO_FROM, TO):
        match = pattern.match(rest)
        if match and thing(match["new"]):
            return core(match["new"]), core(match.groupdict().get("old") or "")
    return None


def core(text: str) -> str:
    return WHEN.sub("", thing(text)).strip()


def _moved(verb: str, new: str, old: str) -> Iterator[Statement]:
    if is_tool(new) or is_tool(old):
        yield from in_use(new, old)
    elif verb in {"moved", "relocated", "moved house"} and re.match(
        r"(?:the |a |an )?[A-Z]|a (?:new )?(?:flat|house|town|city)", new
    ):
        yield stated(f"Lives in {new}", instead_of=old)
    elif concepts_of(new) & {"drink"}:
        yield stated(f"Drinks {new}", instead_of=old)
    elif re.match(r"(?:an? )?[\w-]+ diet$", new) or "diet" in concepts_of(new):
        yield stated(f"Follows {new}", instead_of=old)
    elif verb != "went" and not re.match(r"(?:the|an?|another|my|our|your) ", new):
        yield stated(f"Has {'changed' if verb == 'changed' else 'switched'} to {new}", instead_of=old)


def in_use(new: str, old: str) -> Iterator[Statement]:
    what = re.sub(r"^(?:using|writing in|coding in) ", "", core(new), flags=re.IGNORECASE)
    if what:
        yield stated(f"Uses {what}", instead_of=core(old) or old)


def started(clause: str) -> Iterator[Statement]:
    match = STARTED.match(clause)
    what = core(match["rest"]) if match else ""
    if match and what:
        base = bases_by_gerund()[match["verb"].casefold()]
        yield stated(f"{third(base)} {what}" if CLASS[base] in {"use", "work", "eat"} else f"Is {gerund(base)} {what}")


def ended(clause: str) -> Iterator[Statement]:
    if match := USED_TO.match(clause):
        yield Withdrawn(about=_about(match["verb"], match["what"]))
    elif match := ENDED.match(clause):
        yield from no_longer(match["a"] or match["b"], match["what"] if match["a"] else match["what2"])
    elif match := STOPPED.match(clause):
        base = bases_by_gerund().get((match["verb"] or "").casefold(), "")
        if base:
            yield from no_longer(base, match["rest"])
        elif match["how"].casefold() != "stopped" and thing(match["rest"]):
            yield stated(f"Has given up {core(match['rest'])}")


def _about(verb: str, what: str) -> str:
    return f"{third(verb.casefold()).capitalize()} {core(what)}".strip()


def no_longer(verb: str, what: str) -> Iterator[Statement]:
    base = verb.casefold()
    if what.strip() and not thing(what):
        return
    if CLASS[base] in NOTHING_REMAINS:
        yield Withdrawn(about=_about(base, what))
    else:
        yield stated(f"No longer {third(base)} {core(what)}")
