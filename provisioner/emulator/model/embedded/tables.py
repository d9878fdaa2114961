"""How the tables of words are written: as plain text, wrapped where it suits the reader."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def word_list(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Parted by commas; a line break counts as a space."""
    return tuple(" ".join(part.split()) for part in text.split(",") if part.strip())
