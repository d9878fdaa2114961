"""From the user's turns to statements: each clause is read by the first rule that knows its form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .rules_am import PASSING_TIME, i_am
from .rules_change import ALL, ended, forgotten, started, switched
from .rules_do import i_do, shared_subject
from .rules_my import mine, told
from .rules_swap import swapped
from .statements import Stated, Statement, Withdrawn, expanded, stated
from .text import LEADING, LEADING_PHRASE, plain, sentences, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RULES: Final[tuple[Callable[[str], Iterator[Statement]], ...]] = (
    swapped,
    switched,
    started,
    ended,
    i_am,
    told,
    mine,
    i_do,
)
LEAD: Final = re.compile(rf"(?P<lead>{LEADING_PHRASE}),? (?P<rest>i(?:'m|'ve)? .+)$", re.IGNORECASE)
MOST_STATEMENTS: Final = 64  # of one turn


def read(text: str) -> list[Statement]:
    """What one turn of the user states, in its order."""
    found = list(_requests(text))
    for clause in statements(text):
        if len(found) >= MOST_STATEMENTS:
            break
        found += _of_clause(clause)
    return found[:MOST_STATEMENTS]


def _of_clause(clause: str) -> list[Statement]:
    if forgotten(clause) or PASSING_TIME.search(clause):
        return []
    lead = LEAD.match(clause)
    start, rest = (lead["lead"], lead["rest"]) if lead else ("", clause)
    found = [statement for part in shared_subject(_as_subject(expanded(rest))) for statement in _of_part(part)]
    return _led(start, found)


def _led(lead: str, found: list[Statement]) -> list[Statement]:
    """What stands before "I" is a fact of its own ("As a nurse") or belongs to the first one ("at home")."""
    if re.match(r"as an? ", lead, re.IGNORECASE):
        return [stated(f"Is {lead[3:]}"), *found]
    if lead and found and isinstance(found[0], Stated):
        return [replace(found[0], content=f"{found[0].content} {lead.casefold()}"), *found[1:]]
    return found


def _of_part(part: str) -> list[Statement]:
    for rule in RULES:
        found = list(rule(part))
        if found:
            return found
    return []


def _as_subject(clause: str) -> str:
    """An adverb in front goes where the rules look for it: "mostly I write" is "I mostly write"."""
    return re.sub(rf"^({LEADING}),? i\b", r"I \1", re.sub(r"^i\b", "I", clause), flags=re.IGNORECASE)


def _requests(text: str) -> Iterator[Statement]:
    """What is to be forgotten: after "forget that" comes what would have been a statement."""
    for sentence, _ in sentences(plain(text)):
        what = forgotten(
            expanded(
                re.sub(r"^(?:(?:please|actually|ok|and|can you|could you|now),? )+", "", sentence, flags=re.IGNORECASE)
            )
        )
        if what == ALL:
            yield Withdrawn(about=ALL)
        elif what:
            meant = [statement.content for statement in _of_clause(what) if isinstance(statement, Stated)]
            yield from (Withdrawn(about=content) for content in meant or [what])
