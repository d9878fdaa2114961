"""A checksum that a text carries in itself: over all of it, with zeros in the checksum's own place."""

from __future__ import annotations

import re
from typing import Final

_PREFIX: Final = "sha256:"
UNSUMMED: Final = f"{_PREFIX}{'0' * 64}"
_SUM: Final = re.compile(r"sha256:[0-9a-f]{64}")


def summed(text: str) -> str:
    """The text, with its checksum in the last place where it says UNSUMMED."""
    before, _, after = text.rpartition(UNSUMMED)
    return f"{before}{_sum(text)}{after}"


def is_whole(text: str, checksum: str) -> bool:
    """Whether the text is, to the letter, the one that got this checksum. Windows may have turned its line ends."""
    if not _SUM.fullmatch(checksum):
        return False
    before, found, after = text.replace("\r\n", "\n").rpartition(checksum)
    return bool(found) and _sum(f"{before}{UNSUMMED}{after}") == checksum


def _sum(text: str) -> str:
    import hashlib  # noqa: PLC0415 - it loads OpenSSL, which nobody needs who stays offline

    return f"{_PREFIX}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
