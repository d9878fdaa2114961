"""What a manifest may take: one budget for all its files, for what its aliases stand for and its variables bring along.

Whoever sends a pull request chooses how much is to be read; this is why it is answered in seconds all the same. The
limits are above anything a project holds: ten thousand agents with instructions of several pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from provisioner.model.diagnostic import Diagnostic, Location


class Resource(Enum):
    """What is counted, and how much of it there may be."""

    FILES = ("files", 12_000)
    BYTES = ("bytes", 64_000_000)
    VALUES = ("values, with aliases expanded", 600_000)
    RESOURCES = ("resources", 20_000)
    VARIABLES = ("references to variables", 100_000)
    CHARACTERS = ("characters of text, with aliases and variables expanded", 64_000_000)

    def __init__(self, words: str, limit: int) -> None:
        self.words = words
        self.limit = limit


class Budget:
    """Counts down. Once something is used up nothing more need be read: the manifest is refused."""

    def __init__(self, limits: Mapping[Resource, int] | None = None) -> None:
        self.is_spent = False
        self._limits: Final = {**{each: each.limit for each in Resource}, **(limits or {})}
        self._left: Final = dict(self._limits)

    def left(self, what: Resource) -> int:
        return self._left[what]

    def take(self, what: Resource, amount: int = 1) -> bool:
        """Whether there was so much left."""
        self._left[what] -= amount
        self.is_spent = self.is_spent or self._left[what] < 0
        return self._left[what] >= 0

    def exceeded(self, what: Resource, where: Location | None = None) -> Diagnostic:
        """What to tell when there was not."""
        self.is_spent = True
        message = f"The manifest has more than {self._limits[what]:,} {what.words}; what comes after this is not read."
        hint = "All files count together, and so does what they name. Make several manifests of it."
        return Diagnostic(code="manifest-too-big", message=message, hint=hint, where=where)
