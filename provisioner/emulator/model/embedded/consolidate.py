"""New statements against what is known: restated, refined, replaced, contradicted, withdrawn, or new."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Create, Delete, Memory, MemoryKind, Operation, Update

from .concepts import concepts_of, is_tool, wider_than
from .lexicon import DIET_EXCLUDES
from .reading import Reading, reading, value_in
from .rules_change import ALL
from .statements import Stated, Statement, Withdrawn
from .words import content_stems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ITEMS: Final = re.compile(r",\s+(?:and\s+)?|\s+and\s+|\s+or\s+|\s*/\s*|\s+on\s+(?=[A-Z]|\w+OS\b)")
LEAD: Final = re.compile(r"(?:[\w-]+ ){0,2}?(?:in|with|on|at|to|from|of|by|about) ", re.IGNORECASE)
DETERMINER: Final = re.compile(r"(?:an?|the|their|one) ", re.IGNORECASE)


@dataclass(slots=True)
class Note:
    """A memory while statements are weighed: known ones have an id, new ones not yet."""

    content: str
    memory_id: str = ""
    was: str = ""
    ended: bool = False  # what it said was withdrawn, which leaves its place to what comes instead

    @property
    def says(self) -> Reading:
        return reading(self.content)


def consolidate(statements: Iterable[Statement], known: Sequence[Memory], kind: MemoryKind) -> tuple[Operation, ...]:
    notes = [Note(memory.content, memory.memory_id, memory.content) for memory in known if memory.kind == kind]
    for statement in statements:
        if isinstance(statement, Withdrawn):
            _withdraw(statement.about, notes)
        else:
            _state(statement, notes)
    return tuple(_operations(notes, kind))


def _operations(notes: list[Note], kind: MemoryKind) -> Iterator[Operation]:
    for note in notes:
        if not note.memory_id:
            if note.content:
                yield Create(kind=kind, content=note.content)
        elif not note.content:
            yield Delete(memory_id=note.memory_id)
        elif note.content != note.was:
            yield Update(memory_id=note.memory_id, content=note.content)


def _state(statement: Stated, notes: list[Note]) -> None:
    new = reading(statement.content)
    alive = [note for note in notes if note.content]
    if any(_covers(note.says, new) for note in alive):
        _drop_displaced(statement, new, alive)
        return
    place = _place_of(statement, new, alive)
    if place is None:
        _fill_or_add(statement, new, notes)
    else:
        place.content = _replaced(place.content, statement, new)
    _drop_displaced(statement, new, [note for note in alive if note is not place])


def _fill_or_add(statement: Stated, new: Reading, notes: list[Note]) -> None:
    """What comes instead of something just ended takes its place: "no longer uses Perl, uses Ruby"."""
    about = concepts_of(new.rest)
    free = [note for note in notes if note.ended and not note.content and about & concepts_of(note.was)]
    if free:
        free[0].content = statement.content
    else:
        notes.append(Note(statement.content))


def _place_of(statement: Stated, new: Reading, alive: list[Note]) -> Note | None:
    """The memory that the statement is a newer version of."""
    tests: tuple[Callable[[Note], bool], ...] = (
        lambda note: bool(statement.instead_of) and _mentions(note.content, statement.instead_of, new),
        lambda note: _contradicts(note.says, new),
        lambda note: _covers(new, note.says),
        lambda note: not statement.adds and _same_slot(note.says, new),
        lambda note: _ruled_out(note, new),
        lambda note: _breaks_diet(note, statement.content, new),
    )
    return next((note for test in tests for note in alive if test(note)), None)


def _drop_displaced(statement: Stated, new: Reading, others: list[Note]) -> None:
    """Other memories the newer statement leaves no room for."""
    for note in others:
        if (
            note.says.family == new.family
            and note.says.negative != new.negative
            and new.terms in _item_terms(note.says)
        ):
            note.content = _without(note.content, new)
            continue
        displaced = _same_slot(note.says, new) and note.says.slots <= new.slots and not statement.adds
        if not _covers(note.says, new) and (displaced or _contradicts(note.says, new) or _ruled_out(note, new)):
            note.content = ""


def _covers(one: Reading, other: Reading) -> bool:
    """Whether the first says all that the second says."""
    same_kind = one.family == other.family and one.negative == other.negative
    return same_kind and other.terms <= one.terms and bool(other.terms or not one.terms)


def _contradicts(one: Reading, new: Reading) -> bool:
    opposite = one.family == new.family and one.negative != new.negative
    return opposite and bool(one.terms) and (one.terms == new.terms or one.terms in _item_terms(new))


def _item_terms(says: Reading) -> list[frozenset[str]]:
    """Of each item of a list, alone and with the words that go for all of them."""
    lead, items = _list_in(says.rest)
    return [frozenset(content_stems(text)) for item in items for text in (item, lead + item)]


def _list_in(rest: str) -> tuple[str, list[str]]:
    """ "allergic to nuts and eggs" is "allergic to ", and nuts, and eggs."""
    match, separator = LEAD.match(rest), ITEMS.search(rest)
    lead = match.group() if match and not (separator and separator.start() < match.end()) else ""
    return lead, ITEMS.split(rest[len(lead) :])


def _same_slot(one: Reading, other: Reading) -> bool:
    return not one.slots.isdisjoint(other.slots) and one.context == other.context and one.negative == other.negative


def _mentions(content: str, phrase: str, new: Reading) -> bool:
    wanted = frozenset(content_stems(phrase))
    says = reading(content)
    return (
        bool(wanted)
        and wanted <= says.terms
        and not says.negative
        and (says.family in {new.family, "work", "use", "live", "be", "eat", "do"} or says.family.startswith("is "))
    )


def _ruled_out(note: Note, new: Reading) -> bool:
    """Steak is off the table for someone who is vegetarian or eats no meat."""
    says = note.says
    if says.negative or not (says.family in {"like", "eat"} or says.family.startswith("is favourite")):
        return False
    excluded = {
        concept
        for diet, concepts in DIET_EXCLUDES.items()
        if "diet" in new.slots and diet in new.rest.casefold()
        for concept in concepts
    }
    if new.negative and new.family == "eat":
        excluded |= {term for term in new.rest.casefold().split() if term in {"meat", "fish", "dairy"}}
    concepts = concepts_of(says.rest)
    return not excluded.isdisjoint(concepts | wider_than(concepts))


def _breaks_diet(note: Note, content: str, new: Reading) -> bool:
    """Someone who eats meat is no longer vegetarian."""
    if new.negative or not re.search(r"\b(?:eats?|eating)\b", content, re.IGNORECASE) or note.says.negative:
        return False
    eaten = concepts_of(new.rest)
    kept = [excluded for diet, excluded in DIET_EXCLUDES.items() if diet in note.says.rest.casefold()]
    return (
        "diet" in note.says.slots
        and "diet" not in eaten
        and any(not (eaten | wider_than(eaten)).isdisjoint(excluded) for excluded in kept)
    )


def _replaced(content: str, statement: Stated, new: Reading) -> str:
    """The memory with the new value in the old one's place where that reads well, else the statement itself."""
    old = reading(content)
    shared = old.slots & new.slots
    if old.family != new.family or len(old.slots - new.slots) == 0 or len(new.slots) != 1:
        return _substituted(content, statement, new) or statement.content
    slot = next(iter(shared), "")
    before, after = value_in(content, slot), value_in(statement.content, slot)
    return content.replace(before, after) if before and after else statement.content


def _substituted(content: str, statement: Stated, new: Reading) -> str:
    """The memory with only the replaced words changed: one who moves to another editor keeps the system."""
    old = statement.instead_of
    if not old or reading(content).family not in {new.family, "work"} or len(new.rest.split()) > 4:
        return ""
    value = re.sub(r"^(?:at|in|for|with|on) ", "", new.rest)

    def _new(match: re.Match[str]) -> str:
        return value if DETERMINER.match(value) else f"{match['lead'] or ''}{value}"

    pattern = rf"(?P<lead>\b{DETERMINER.pattern})?(?<!\w){re.escape(old)}(?!\w)"
    swapped = re.sub(pattern, _new, content, count=1, flags=re.IGNORECASE)
    return swapped if swapped != content else ""


def _withdraw(about: str, notes: list[Note]) -> None:
    if about == ALL:
        for note in notes:
            note.content = ""
        return
    gone = reading(about)
    for note in notes:
        if note.content and (_covers(note.says, gone) or _ends_use(note.says, gone) or _is_topic(note, about, gone)):
            note.content = _without(note.content, gone)
            note.ended = True


def _ends_use(says: Reading, gone: Reading) -> bool:
    """Whoever no longer uses a tool does not work in it either, in whatever words that is known."""
    of_use = says.family in {"use", "work"} or any(
        slot.startswith("use:") or slot == "main language" for slot in says.slots
    )
    holds = bool(gone.terms) and gone.terms <= says.terms and "employer" not in says.slots
    return gone.family == "use" and of_use and holds and not says.negative and is_tool(gone.rest)


def _is_topic(note: Note, about: str, gone: Reading) -> bool:
    """Whether the request names what the memory is about ("forget my age"), not what it says."""
    if gone.family or not re.match(r"(?:my|where|what|which|how old|that)\b", about, re.IGNORECASE):
        return False
    asked = frozenset(content_stems(about))
    slots = {slot.removeprefix("use:").removeprefix("my ") for slot in note.says.slots}
    named = any(frozenset(content_stems(slot)) and frozenset(content_stems(slot)) <= asked for slot in slots)
    return named or (bool(asked) and asked <= frozenset(content_stems(note.content)))


def _without(content: str, gone: Reading) -> str:
    """What is left of a list when one of its items is withdrawn; "" when nothing is."""
    says = reading(content)
    lead, items = _list_in(says.rest)
    named = (gone.terms, gone.terms - frozenset(content_stems(lead)))
    left = [item for item in items if frozenset(content_stems(item)) not in named]
    if len(items) < 2 or len(left) in {0, len(items)} or says.terms == gone.terms:
        return ""
    rest = left[0] if len(left) == 1 else f"{', '.join(left[:-1])} and {left[-1]}"
    return content[: content.index(says.rest)] + lead + rest if says.rest in content else ""
