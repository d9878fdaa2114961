"""Two texts compared line by line, long unchanged stretches folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provisioner.render.safe import cut, cut_pair

_CONTEXT: Final = 3
MOST: Final = 1_000  # lines of each sign in one field: nobody reads more of them
# Beyond these the comparing takes seconds: pairs of lines, and pairs that are equal.
_TOO_MANY: Final = 4_000_000
_TOO_MANY_ALIKE: Final = 40_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that go (`before`) and come (`after`); the same on both sides when `same`."""

    before: Sequence[str]
    after: Sequence[str]
    same: bool


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`sign` is `+`, `-`, a space, or `…` for a fold."""

    sign: str
    text: str


def stretches(before: Sequence[str], after: Sequence[str]) -> list[Stretch]:
    """Laid end to end, the `before` parts are the one text and the `after` parts the other."""
    if not before or not after:
        return [Stretch(before, after, same=False)] if before or after else []
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    found = [
        Stretch(before[:head], after[:head], same=True),
        *_middle(old, new),
        Stretch(before[len(before) - tail :], after[len(after) - tail :], same=True),
    ]
    return [stretch for stretch in found if stretch.before or stretch.after]


def _middle(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    if not old or not new or len(old) * len(new) > _TOO_MANY or _alike(old, new) > _TOO_MANY_ALIKE:
        return [Stretch(old, new, same=False)]
    from difflib import SequenceMatcher  # noqa: PLC0415  # only a plan with long texts pays for it

    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Stretch(old[i:j], new[k:m], same=tag == "equal") for tag, i, j, k, m in codes]


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many pairs of a line here and one there are equal."""
    counts = Counter(new)
    return sum(times * counts[line] for line, times in Counter(old).items())


def _shared(before: Sequence[str], after: Sequence[str]) -> int:
    count = 0
    for here, there in zip(before, after, strict=False):
        if here != there:
            break
        count += 1
    return count


def diff_lines(before: Sequence[str], after: Sequence[str], *, most: int = MOST) -> Iterator[DiffLine]:
    """What to show: visible, cut where lines are too long, folded where nothing changes. Of lines that go and of those
    that come `most` are shown each, and how many more there are is told at the end.
    """
    found = stretches(before, after)
    left = {"-": most, "+": most}
    for index, stretch in enumerate(found):
        if stretch.same and max(left.values()) > 0:
            first, last = index == 0, index == len(found) - 1
            yield from _folded(stretch.before, lead=0 if first else _CONTEXT, trail=0 if last else _CONTEXT)
        elif not stretch.same:
            yield from _changed(stretch, left)
            left["-"] -= len(stretch.before)
            left["+"] -= len(stretch.after)
    yield from (DiffLine(sign, f"… {more(-room, 'line')}") for sign, room in left.items() if room < 0)


def more(count: int, noun: str) -> str:
    return f"{count:,} more {noun}{'' if count == 1 else 's'}"


def _folded(lines: Sequence[str], *, lead: int, trail: int) -> Iterator[DiffLine]:
    hidden = len(lines) - lead - trail
    if hidden < 2:
        yield from (DiffLine(" ", cut(line)) for line in lines)
        return
    yield from (DiffLine(" ", cut(line)) for line in lines[:lead])
    yield DiffLine("…", f"{hidden} unchanged lines")
    yield from (DiffLine(" ", cut(line)) for line in lines[len(lines) - trail :])


def _changed(stretch: Stretch, left: Mapping[str, int]) -> Iterator[DiffLine]:
    before, after = stretch.before[: max(left["-"], 0)], stretch.after[: max(left["+"], 0)]
    if len(before) == len(after) and len(stretch.before) == len(stretch.after):
        pairs = [cut_pair(old, new) for old, new in zip(before, after, strict=True)]
        yield from (DiffLine("-", old) for old, _ in pairs)
        yield from (DiffLine("+", new) for _, new in pairs)
    else:
        yield from (DiffLine("-", cut(line)) for line in before)
        yield from (DiffLine("+", cut(line)) for line in after)
