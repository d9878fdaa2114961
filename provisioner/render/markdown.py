"""Text made harmless inside GitHub's markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from provisioner.model.pipelines import inert
from provisioner.render.safe import one_line

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>|~&$]|\A[-+=](?=\s|[-=])")
# What GitHub turns into mentions, references and links after it has read entities: only parting it helps.
_REFERENCE: Final = re.compile(r"(?P<before>[@#]|:(?=//)|\bwww(?=\.)|\b[Gg][Hh](?=-\d))")
_EITHER: Final = re.compile(f"{_MARKUP.pattern}|{_REFERENCE.pattern}")
_UNSEEN_SPACE: Final = "&#8203;"
_BACKTICKS: Final = re.compile("`+")


def prose(text: str) -> str:
    """One line of plain words: no markup, no HTML, no mentions, references or links."""
    return _EITHER.sub(_parted_or_entity, one_line(text))


def code(text: str) -> str:
    """One line of code: GitHub looks for no references in it, but for markup."""
    return f"<code>{_MARKUP.sub(_entity, one_line(text))}</code>"


def fenced(lines: Sequence[str], language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside, and without commands for a pipeline."""
    body = inert("\n".join(lines))
    longest = max((len(run) for run in _BACKTICKS.findall(body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def _parted_or_entity(found: re.Match[str]) -> str:
    before = found.group("before")
    return f"{before}{_UNSEEN_SPACE}" if before else _entity(found)


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};"
