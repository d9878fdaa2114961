"""Problems by the thousand: the first are told, the rest are counted, and nobody waits for the last of a million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from provisioner.model.diagnostic import Diagnostic, Location, Severity

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
