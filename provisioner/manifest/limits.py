"""Limits: what a manifest may take, and how many problems of one sort are told.

Whoever sends a pull request chooses how much is to be read, and how much of it is wrong; this is why it is answered in
seconds all the same. One budget counts for all files, for what their aliases stand for and their variables bring along.
It is the one value of this room that changes while others hold it. Its limits are above anything a project holds: ten
thousand agents with instructions of several pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

from provisioner.model.diagnostic import Diagnostic, Location, Severity


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
        self._whole: Budget | None = None
        self._limits: Final = {**{each: each.limit for each in Resource}, **(limits or {})}
        self._left: Final = dict(self._limits)

    def left(self, what: Resource) -> int:
        return self._left[what]

    def copied(self, *, within: Budget) -> Budget:
        """One that has as much left, and what is taken from it is taken from the other one, too."""
        part = Budget(self._limits)
        part._left.update(self._left)
        part.is_spent = self.is_spent
        part._whole = within
        return part

    def take(self, what: Resource, amount: int = 1) -> bool:
        """Whether there was so much left."""
        self._left[what] -= amount
        was_left = self._left[what] >= 0 and (self._whole is None or self._whole.take(what, amount))
        self.is_spent = self.is_spent or not was_left
        return was_left

    def exceeded(self, what: Resource, where: Location | None = None) -> Diagnostic:
        """What to tell when there was not."""
        message = f"The manifest has more than {self._limits[what]:,} {what.words}; what comes after this is not read."
        hint = "All files count together, and so does what they name. Make several manifests of it."
        return Diagnostic(code="manifest-too-big", message=message, hint=hint, where=where)


MOST_TOLD: Final = 1_000
MOST_COUNTED: Final = 20_000  # more would take longer than it is worth


def bounded(problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The first thousand of one sort, and then how many more there are. That is an error where one of them is, or where
    nobody looked at all of them.
    """
    more, hides_error, where = 0, False, None
    for number, problem in enumerate(problems, 1):
        if number <= MOST_TOLD:
            where = problem.where
            yield problem
            continue
        more += 1
        hides_error = hides_error or problem.is_error
        if number > MOST_COUNTED:
            yield untold(more, where, is_error=True, at_least=True)
            return
    if more:
        yield untold(more, where, is_error=hides_error)


def untold(more: int, where: Location | None, *, is_error: bool, at_least: bool = False) -> Diagnostic:
    """`more` problems beside those that are told."""
    number = f"at least {more:,}" if at_least else f"{more:,}"
    message = f"There {'is' if number == '1' else 'are'} {number} more of this sort behind it."
    severity = Severity.ERROR if is_error else Severity.WARNING
    hint = "Correct those that are told, and look again."
    return Diagnostic(code="more-problems", message=message, hint=hint, severity=severity, where=where)
