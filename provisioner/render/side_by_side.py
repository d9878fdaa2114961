"""Two texts beside each other, row by row, with the words that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from provisioner.render.linediff import MOST, Stretch, more, stretches
from provisioner.render.safe import LONG_LINE, cut, cut_pair

_CONTEXT: Final = 3
_COMPARED: Final = 300  # pairs of lines of one text in which words are told apart: beyond, that takes seconds
_ALIKE: Final = 0.4  # less than that in common, and every word would be marked
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")
_SENTENCE: Final = re.compile(r"(?<=[.!?;]) +")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`number` is that of the line, 0 where one goes on that was parted."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row without cells is `note` alone: what is left out there."""

    before: Cell | None = None
    after: Cell | None = None
    same: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """Lines, long ones parted behind their sentences so that they can be compared; and the number of each."""

    parts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, lines: Sequence[str]) -> _Text:
        text = cls()
        for number, line in enumerate(lines, start=1):
            parts = _SENTENCE.split(line) if len(line) > LONG_LINE else [line]
            text.parts.extend(parts)
            text.numbers.extend([number, *(0 for _ in parts[1:])])
        return text


def side_by_side(before: Sequence[str], after: Sequence[str], *, most: int = MOST) -> Iterator[Row]:
    """Rows to show: visible, long unchanged stretches folded; of lines that go or come `most` each."""
    old, new = _Text.of(before), _Text.of(after)
    found = stretches(old.parts, new.parts)
    at_old = at_new = changed = 0
    for index, stretch in enumerate(found):
        numbers = old.numbers[at_old:], new.numbers[at_new:]
        if stretch.same:
            lead, trail = (0 if index == 0 else _CONTEXT), (0 if index == len(found) - 1 else _CONTEXT)
            yield from _unchanged(stretch.before, *numbers, lead=lead, trail=trail)
        else:
            room = max(most - changed, 0)
            yield from _changed(stretch, *numbers, room=room, told_apart=max(_COMPARED - changed, 0))
            changed += max(len(stretch.before), len(stretch.after))
        at_old += len(stretch.before)
        at_new += len(stretch.after)
    if changed > most:
        yield Row(note=f"{more(changed - most, 'line')} that differ")


def _unchanged(
    lines: Sequence[str], olds: Sequence[int], news: Sequence[int], *, lead: int, trail: int
) -> Iterator[Row]:
    hidden = len(lines) - lead - trail
    for at, line in enumerate(lines):
        if hidden < 2 or at < lead or at >= len(lines) - trail:
            pieces = (Piece(cut(line)),)
            yield Row(Cell(olds[at], pieces), Cell(news[at], pieces), same=True)
        elif at == lead:
            parts = "lines" if all(olds[lead : lead + hidden]) else "parts"
            yield Row(note=f"{hidden:,} unchanged {parts}")


def _changed(
    stretch: Stretch, olds: Sequence[int], news: Sequence[int], *, room: int, told_apart: int
) -> Iterator[Row]:
    compared = told_apart if len(stretch.before) == len(stretch.after) else 0
    for at, (old, new) in enumerate(zip_longest(stretch.before[:room], stretch.after[:room])):
        if old is not None and new is not None and at < compared:
            sides = _told_apart(*cut_pair(old, new))
        else:
            sides = tuple(() if text is None else (Piece(cut(text)),) for text in (old, new))
        yield Row(
            Cell(olds[at], sides[0]) if old is not None else None,
            Cell(news[at], sides[1]) if new is not None else None,
        )


def _told_apart(old: str, new: str) -> tuple[tuple[Piece, ...], ...]:
    """The words of both, those that differ marked; none where nearly all of them do."""
    from difflib import SequenceMatcher  # noqa: PLC0415  # only a plan with long texts pays for it

    words = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return (Piece(old),), (Piece(new),)
    codes = matcher.get_opcodes()
    return (
        tuple(Piece("".join(words[0][i:j]), tag != "equal") for tag, i, j, _, _ in codes if j > i),
        tuple(Piece("".join(words[1][i:j]), tag != "equal") for tag, _, _, i, j in codes if j > i),
    )
