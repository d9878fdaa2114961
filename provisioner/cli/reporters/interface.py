"""What every reporter does."""

from __future__ import annotations

from typing import Protocol, TextIO

from provisioner.model.check import CheckReport
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event
from provisioner.render.abandoned import Abandoned


class Reporter(Protocol):
    """Tells a run from its plan to its end, results on stdout. Called by one thread at a time. An end is told once: by
    `refused`, `finished` or `abandoned`, or by the plan where there is nothing to do.
    """

    def plan(self, plan: Plan, *, asks: bool) -> None:
        """Before anything is asked or done. Raises ProvisionerError where somebody is to agree to what nobody reads."""

    def question_stream(self) -> TextIO | None:
        """Where the question about the plan is asked."""

    def refused(self, error: ProvisionerError) -> None:
        """Why nothing, or nothing more, was done; on stderr that is said for every format."""

    def event(self, event: Event) -> None:
        """All but the end, which is told when it is certain. A stream that breaks is left: a closed pipe must not leave
        a half-applied plan.
        """

    def finished(self, finished: ApplyFinished) -> None:
        """Raises what stdout broke with where that may have kept anybody from reading what was done."""

    def checked(self, report: CheckReport) -> None:
        """What checks found, behind the end."""

    def abandoned(self, left: Abandoned) -> None:
        """Nobody waits for what is under way; what is known of it."""

    def close(self) -> None:
        """Give the terminal back, however it ended; doing it twice is fine."""
