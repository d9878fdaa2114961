"""The rolling summary: one memory per scope, a line for each turn of the user, the oldest lines giving way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Create, Memory, Operation, Turn, Update

from .rules import read
from .statements import Stated
from .text import plain, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_SUMMARY: Final = 1_000
LONGEST_LINE: Final = 140
LEAST_WORDS: Final = 3  # "thanks" and "ok, go on" are not worth a line
OPENING: Final = "The user "
BETWEEN: Final = "; "


def summarise(turns: Iterable[Turn], known: Sequence[Memory]) -> tuple[Operation, ...]:
    lines = list(dict.fromkeys(line for turn in turns if turn.role == "user" for line in _lines(turn.text)))
    if not lines:
        return ()
    earlier = next((memory for memory in known if memory.kind == "chat_summary"), None)
    if earlier is None:
        return (Create(kind="chat_summary", content=_bounded(lines)),)
    kept = [line for line in _parted(earlier.content) if line not in lines]
    content = _bounded([*kept, *lines])
    return (Update(memory_id=earlier.memory_id, content=content),) if content != earlier.content else ()


def _parted(summary: str) -> list[str]:
    return [line for line in summary.removeprefix(OPENING).rstrip(".").split(BETWEEN) if line]


def _bounded(lines: list[str]) -> str:
    while len(lines) > 1 and len(BETWEEN.join(lines)) > LONGEST_SUMMARY - len(OPENING) - 1:
        lines = lines[1:]
    return f"{OPENING}{BETWEEN.join(lines)}."


def _lines(text: str) -> Iterator[str]:
    facts = [statement.content for statement in read(text) if isinstance(statement, Stated)]
    if facts:
        yield _short(
            "said: " + ", ".join(fact[:1].lower() + fact[1:] if fact[1:2].islower() else fact for fact in facts)
        )
    asked = next(
        (sentence for sentence, mark in sentences(plain(text)) if "?" in mark and len(sentence.split()) >= LEAST_WORDS),
        "",
    )
    if asked:
        yield _short(f"asked: {asked}?")
    elif not facts:
        first = next((sentence for sentence, _ in sentences(plain(text)) if len(sentence.split()) >= LEAST_WORDS), "")
        if first:
            yield _short(f"wrote: {first}")


def _short(line: str) -> str:
    line = line.replace(";", ",").strip().rstrip(".")
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE].rsplit(" ", 1)[0].rstrip(" ,.;:") + " ..."
