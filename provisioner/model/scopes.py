"""Scopes of memories: whose they are, in whatever way an application names people."""

from __future__ import annotations

import re
from typing import Final

# Azure/kars, sanitize_scope; nothing states a length.
PATTERN: Final = r"^[A-Za-z0-9_\-.%+@/]+$"
_SCOPE: Final = re.compile(PATTERN)
_WRONG: Final = re.compile(r"[^A-Za-z0-9_\-.%+@/]")
ADVICE: Final = "A scope is made of letters, digits and _ - . % + @ /"


def scope_fault(text: str) -> str:
    """What the service would refuse it for, as the end of a sentence; empty where it would not."""
    if not text:
        return "is empty"
    if _SCOPE.fullmatch(text):
        return ""
    wrong = sorted({found if found.isprintable() and found != " " else repr(found) for found in _WRONG.findall(text)})
    return f"holds {', '.join(wrong[:5])}, which the service takes in no scope"
