"""What becomes of the memories there are when something is said: restated, refined, replaced, ended, or one more."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner.emulator.model.embedded import facts
from provisioner.emulator.model.embedded.facts import ADVERB, BASES, QUOTED, SENTENCES, UNREAL, Statement, after, read
from provisioner.emulator.model.embedded.stems import TOOLS, content_stems, tools_in
from provisioner.emulator.model.interface import Create, Delete, Memory, MemoryKind, Operation, Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST: Final = 1_000  # of a content that is looked into
# What a person has one of at a time: of two facts in the same slot the newer one holds
SLOTS: Final = {
    "name": "name is|prefers to be called",
    "home": "lives in|lives near|is based in",
    "employer": "works at|works for",
    "age": r"is \d+ years",
    "diet": "(?:is|has been) (?:vegan|vegetarian|pescatarian)|eats meat",
    "role": r"(?:works as |is )an? (?:[\w-]+ ){0,3}(?:\w+(?:er|or|ist|ian|ant)|nurse|chef|student)",
    "partner": "is (?:married|single|divorced|engaged|widowed)",
    "language": "(?:works|writes|codes|programs) (?:mostly|mainly)|(?:mostly|mainly) (?:writes|uses|works in)",
    "reply": "wants the assistant to always (?:answer|reply|respond)",
    "length": r"(?:likes|prefers|loves) .*\b(?:short|brief|terse|concise|long|detailed)\b.* (?:answers|replies)",
    "indentation": r"(?:uses|prefers|likes) (?:\w+ )?(?:tabs|spaces)",
}
THE_USER: Final = re.compile(r"the user(?:'s)? ", re.IGNORECASE)
SLOT: Final = re.compile("|".join(rf"(?P<{slot}>(?:{form})\b)" for slot, form in SLOTS.items()), re.IGNORECASE)
POSSESSED: Final = re.compile(r"([\w' -]{2,40}?) (?:is|are) ", re.IGNORECASE)
PREDICATE: Final = re.compile(
    rf"{ADVERB}{{0,3}}((?:does not|cannot|never|no longer) )?(\w*)( not\b)?(.*)", re.IGNORECASE | re.DOTALL
)
LIKES: Final = {"like": 1, "love": 1, "enjoy": 1, "prefer": 1, "adore": 1, "stand": 1, "hate": -1, "dislike": -1}
USING: Final = frozenset(("use", "work", "write", "code", "program", "run", "drink", "drive", "main", *TOOLS))
LONGEST_SUMMARY: Final = 1_000
LONGEST_LINE: Final = 140
LEAST_WORDS: Final = 3  # "thanks" and "ok, go on" are not worth a line
OPENING: Final = "The user said: "
HOW_TO: Final = re.compile(
    r"(to (?!(?:be|sum|me|my|our|the|an?|some) )[\w `'./-]{3,80}?)[,:] ?"
    r"((?!(?:I|it|he|she|they|this|that|there|the|my)\b)\w.{3,300})$"
    r"|((?:always|never) .{3,200} (?:before|after|when|until) .{2,99})$",
    re.IGNORECASE,
)
PLACES: Final = frozenset(("work", "home", "school"))


class Reading(NamedTuple):
    slot: str
    family: str  # what is said, whether for or against: to like and to hate are one
    sign: int
    object: str
    about: frozenset[str]  # the object's stems


def consolidate(statements: Iterable[Statement], known: Sequence[Memory]) -> tuple[Operation, ...]:
    """At most one operation for each known memory of the profile."""
    was = {memory.memory_id: memory.content for memory in known if memory.kind == "user_profile"}
    notes = dict(was)
    for number, statement in enumerate(statements):
        if statement.content:
            _tell(statement, notes, f"\0new {number}")
        else:
            _end(statement, notes)
    kept = {key: content for key, content in notes.items() if content}
    changed = (Update(memory_id=key, content=kept[key]) for key in was if kept.get(key, was[key]) != was[key])
    gone = (Delete(memory_id=key) for key in was if key not in kept)
    made = dict.fromkeys(content for key, content in kept.items() if key not in was)
    return (*changed, *gone, *(Create(kind="user_profile", content=content) for content in made))


def _end(statement: Statement, notes: dict[str, str]) -> None:
    stems = frozenset(content_stems(statement.ends))
    for key, content in notes.items():
        if statement.ends == facts.EVERYTHING:
            notes[key] = ""
        elif stems and stems <= frozenset(content_stems(content[:LONGEST])) and _is_meant(statement.verb, content):
            notes[key] = _without(content, statement.ends)


def _tell(statement: Statement, notes: dict[str, str], new: str) -> None:
    content, told = statement.content, reading(statement.content)
    for key, old in ((key, old) for key, old in notes.items() if old):
        held = reading(old)
        same = held.family == told.family and bool(told.about and held.about)
        changed = _exchanged(old, statement) or _swapped(old, statement)
        if not changed and (old == content or (same and held.sign == told.sign and told.about <= held.about)):
            changed = old  # restated
        elif not changed and (
            (told.slot and told.slot == held.slot and not statement.adds) or (same and told.about >= held.about)
        ):
            changed = content
        if changed:
            notes[key] = changed
            return
        if same and held.sign != told.sign and told.about < held.about:
            notes[key] = _without(old, told.object)
    notes[new] = content


def _exchanged(old: str, statement: Statement) -> str:
    """From Vim to Helix, matcha instead of coffee: the old memory with the new word in it. Empty for another memory."""
    told = reading(statement.content)
    if not statement.ends or not _is_meant(told.family, old):
        return ""
    taken = told.object.removeprefix("in ")
    whole = rf"(?<!\w){re.escape(statement.ends)}(?!\w)"
    changed = re.sub(whole, lambda _: taken, old, count=1, flags=re.IGNORECASE)
    return changed if changed != old else ""


def _swapped(old: str, statement: Statement) -> str:
    """Uses Zed on Fedora, and now Helix: Uses Helix on Fedora. Empty where nothing takes another's place."""
    told, held = tools_in(statement.content), tools_in(old[:LONGEST])
    readings = (reading(statement.content), reading(old))
    same = [name for name, kind in held if told and kind == told[0][1]]
    places = {one.about & PLACES for one in readings}
    if statement.adds or len(told) != 1 or len(same) != 1 or len(places) != 1:
        return ""
    if any(one.sign < 0 or one.family not in USING for one in readings) or same[0].lower() == told[0][0].lower():
        return ""
    return old.replace(same[0], told[0][0]) if len(held) > 1 else statement.content


def _is_meant(verb: str, content: str) -> bool:
    """Who no longer uses Ruby still works at Ruby Central."""
    held = reading(content)
    verb = "like" if verb in LIKES else verb
    return verb in {"", held.family} or (verb in USING and held.family in USING and held.slot != "employer")


def _without(content: str, item: str) -> str:
    """Likes tea, coffee and cocoa, without coffee; empty when nothing would be left."""
    words, held = re.escape(re.sub(r"^\w+ (?:to|in|at|of) ", "", item.strip(" .,"))), reading(content)
    whole = rf"(?i)(?:\w+ is )?(?:mostly |mainly )?(?:\w\w |for |an? )?{words}(?:$| (?:at|on|in|for|as|with|from)\b)"
    listed = rf", {words}(?=,| and )|,?(?: and|,) {words}$|(?<= ){words}(?:,| and| on) "
    shorter = re.sub(listed, "", content, count=1, flags=re.IGNORECASE)
    is_all = held.slot == item.lower() or held.about <= set(content_stems(item)) or re.match(whole, held.object)
    return shorter if shorter != content else "" if is_all else content


@lru_cache(maxsize=16_384)
def reading(content: str) -> Reading:
    text = after(THE_USER, content[:LONGEST].strip().rstrip("."))
    refusal, verb, negated, rest = PREDICATE.match(text).groups()  # type: ignore[union-attr]  # fits any text
    base, slot, possessed = BASES.get(verb.lower(), verb.lower()), SLOT.match(text), POSSESSED.match(text)
    sign = LIKES.get(base, 1) * (-1 if refusal or negated else 1)
    name = slot.lastgroup if slot else possessed[1].lower() if possessed and base not in {"is", *BASES.values()} else ""
    about = frozenset(content_stems(rest))
    return Reading((name or "") if sign > 0 else "", "like" if base in LIKES else base, sign, rest.strip(), about)


def summarise(texts: Sequence[str], known: Sequence[Memory]) -> tuple[Operation, ...]:
    """A line for each fact and each question, or how a message begins; the oldest ones give way."""
    earlier = next((memory for memory in known if memory.kind == "chat_summary"), None)
    lines = earlier.content.removeprefix(OPENING).split("; ") if earlier else []
    said = dict.fromkeys(line[:LONGEST_LINE].replace(";", ",") for text in texts for line in _lines(text))
    lines = [*(line for line in lines if line not in said), *said]
    while len(OPENING) + len("; ".join(lines)) > LONGEST_SUMMARY:
        lines = lines[1:]
    return _written("chat_summary", OPENING + "; ".join(lines), earlier) if said else ()


def _lines(text: str) -> list[str]:
    sentences = [line for line in _sentences([text]) if len(line.split()) >= LEAST_WORDS]
    facts = [statement.content for statement in read(text) if statement.content]
    return [*facts, *(line for line in sentences if line.endswith("?"))] or sentences[:1]


def procedures(texts: Sequence[str], known: Sequence[Memory]) -> tuple[Operation, ...]:
    """To release: tag and push. A how-to for the same goal replaces the earlier one."""
    earlier = {_goal(memory.content): memory for memory in known if memory.kind == "procedural"}
    found = filter(None, (HOW_TO.match(line.rstrip(".!")) for line in _sentences(texts) if not UNREAL.search(line)))
    told = (f"{how[1]}: {how[2]}" if how[1] else how[3] for how in found if not how.string.endswith("?"))
    new = {_goal(how_to): how_to[:1].upper() + how_to[1:] for how_to in told}
    return tuple(one for goal, how_to in new.items() for one in _written("procedural", how_to, earlier.get(goal)))


def _sentences(texts: Sequence[str]) -> list[str]:
    lines = (line.strip() for text in texts for line in SENTENCES.split(QUOTED.sub(" ", text[: facts.LONGEST_TEXT])))
    return [line for line in lines if not facts.SECRET.search(line)]


def _written(kind: MemoryKind, content: str, earlier: Memory | None) -> tuple[Operation, ...]:
    if earlier is None:
        return (Create(kind=kind, content=content),)
    return (Update(memory_id=earlier.memory_id, content=content),) if content != earlier.content else ()


def _goal(how_to: str) -> tuple[str, ...]:
    return content_stems(how_to.partition(":")[0])
