"""Text that is safe to show: nothing in a value may steer a terminal or mislead the eye."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from provisioner.model.invisible import CONTROLS, INVISIBLE, SURROGATES

LONG_LINE: Final = 400
_LEAD: Final = 40

_UNSEEN: Final = re.compile(f"[{CONTROLS}\t\r{INVISIBLE}{SURROGATES}]")
_SHORT: Final = {"\t": "\\t", "\r": "\\r"}


def visible(text: str) -> str:
    """The text with every control or invisible character but newline written as an escape."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_escaped, text)


def one_line(text: str) -> str:
    """The same, and newlines are escapes too."""
    return visible(text).replace("\n", "\\n")


_FLAG: Final = re.compile(r"(?<![a-z-])(--[a-z][a-z-]*) ([^\s-]\S*)")
_COMMAND: Final = re.compile(r"az [a-z]")
_GLUE: Final = "\0"  # visible text has none of its own
_GAP: Final = re.compile(r"(?<=[^ ]) (?! *$)")
_NARROWEST: Final = 20  # what a line has room for at least, however deep it is indented


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    code = ord(char)
    return _SHORT.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def cut(line: str, start: int = 0) -> str:
    """One line made visible, from `start` and no longer than a reader can take; says how much it leaves out."""
    head = f"({start} unchanged characters) …" if start else ""
    left = len(line) - start - LONG_LINE
    tail = f"… (+{left} characters)" if left > 0 else ""
    return f"{head}{one_line(line[start : start + LONG_LINE])}{tail}"


def cut_pair(before: str, after: str) -> tuple[str, str]:
    """Two versions of one line; when they are long, cut so that the first difference is in sight."""
    start = 0
    if max(len(before), len(after)) > LONG_LINE:
        start = max(0, _first_difference(before, after) - _LEAD)
    return cut(before, start), cut(after, start)


def _first_difference(before: str, after: str) -> int:
    same, differs = 0, min(len(before), len(after)) + 1  # so much is the same, and so much is not
    while differs - same > 1:
        middle = (same + differs) // 2
        if before[same:middle] == after[same:middle]:
            same = middle
        else:
            differs = middle
    return same


def wrapped(text: str, *, width: int, indent: str = "", hang: str | None = None) -> list[str]:
    """Prose in lines of at most `width`, paragraphs kept; a longer word stays whole, and so do a flag with its value
    and a paragraph that is a command of the Azure CLI: they are there to be copied. Lines after the first of a
    paragraph begin with `hang`, or else as the first does.
    """
    lines: list[str] = []
    for paragraph in _FLAG.sub(rf"\1{_GLUE}\2", visible(text)).split("\n"):
        if _COMMAND.match(paragraph):
            lines.append(f"{indent}{paragraph}")
            continue
        words = paragraph.split(" ")
        lead = " " * next((at for at, word in enumerate(words) if word), 0)
        pieces = _filled(
            [word for word in words if word], first=width - len(indent + lead), rest=width - len(hang or indent)
        )
        lines.extend(f"{(hang or indent) if at else indent + lead}{piece}" for at, piece in enumerate(pieces))
    return [line.replace(_GLUE, " ") for line in lines]


def _filled(words: Sequence[str], *, first: int, rest: int) -> list[str]:
    """The words in as few lines as their lengths allow; a word that is too long has a line of its own."""
    lines: list[str] = []
    for word in words:
        room = max(first if len(lines) == 1 else rest, _NARROWEST)
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def folded(line: str, *, width: int, start: str, hang: str) -> list[str]:
    """One line of a value behind `start`, parted between words where it is longer than `width`: what follows stands
    behind `hang`, deeper by two than the line itself. Nothing is lost but one space at each place where it is parted.
    """
    if len(start) + len(line) <= width:
        return [f"{start}{line}"]
    deeper = " " * (len(line) - len(line.lstrip(" ")) + 2)
    hang += deeper if len(hang + deeper) + _NARROWEST <= width else ""
    lines: list[str] = []
    at = 0
    while len(line) - at > (room := max(width - len(hang if lines else start), _NARROWEST)):
        if (gap := _gap(line, at, room)) < 0:
            break
        lines.append(f"{hang if lines else start}{line[at:gap]}")
        at = gap + 1
    return [*lines, f"{hang if lines else start}{line[at:]}"]


def _gap(line: str, at: int, room: int) -> int:
    """The last place between two words within the room, or else the first one behind it; -1 where there is none."""
    near = line.rfind(" ", at + 1, at + room + 1)
    while near > at and not _GAP.match(line, near):
        near = line.rfind(" ", at + 1, near)
    if near > at:
        return near
    later = _GAP.search(line, at + room + 1)
    return later.start() if later else -1
