"""A run for people: results on stdout, signs of life on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from provisioner.cli.reporters.stdout import UntilBroken, require_told, say_last
from provisioner.cli.terminal import Terminal, forget, is_shown, remark, say
from provisioner.model.address import Address
from provisioner.model.check import CheckReport
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, ChangeFinished, Event
from provisioner.render.abandoned import Abandoned, abandoned_text
from provisioner.render.checks import checks_text
from provisioner.render.progress import PlainProgress, Results
from provisioner.render.styles import PLAIN
from provisioner.render.terminal_progress import TerminalProgress


class TextReporter:
    """Each thing is said once, whether the two streams are read together or apart."""

    def __init__(self, terminal: Terminal, render: Callable[[Plan], str]) -> None:
        """`render`: how a plan is shown that is only shown."""
        self._terminal = terminal
        self._render = render
        self._told: set[Address] = set()
        self._live: TerminalProgress | None = None
        if terminal.is_live and sys.stderr is not None:
            self._live = TerminalProgress(sys.stderr, colour=terminal.err is not PLAIN)
        above = self._live.show if self._live else say
        self._results = UntilBroken(Results(above, styles=terminal.out, width=terminal.width))
        self._signs = UntilBroken(self._live or PlainProgress(remark))

    def plan(self, plan: Plan, *, asks: bool) -> None:
        try:
            say(self._render(plan))
        except BrokenPipeError:
            forget(sys.stdout)
            if asks:
                raise ProvisionerError(
                    "Nobody reads the plan any more, so nothing was changed.", "Add --yes to apply without asking."
                ) from None

    def question_stream(self) -> TextIO | None:
        """Behind the plan, in the same stream: two streams may be shown in any order. What is written to a file is seen
        by nobody, so there it is stderr.
        """
        return sys.stdout if is_shown(sys.stdout) else sys.stderr

    def refused(self, error: ProvisionerError) -> None:
        """Is told on stderr alone."""

    def event(self, event: Event) -> None:
        """Signs of life go first: what is to stay is shown when they have taken away what is not."""
        if isinstance(event, ChangeFinished):
            self._told.add(event.outcome.change.address)
        self._signs(event)
        self._results(event)

    def finished(self, finished: ApplyFinished) -> None:
        self.event(finished)
        self.close()
        require_told(finished, self._results.broken, self._terminal)

    def checked(self, report: CheckReport) -> None:
        say_last("\n" + checks_text(report, styles=self._terminal.out, width=self._terminal.width))

    def abandoned(self, left: Abandoned) -> None:
        self.close()
        say_last(abandoned_text(left, told=self._told, styles=self._terminal.out, width=self._terminal.width))

    def close(self) -> None:
        if self._live is not None:
            self._live.close()
