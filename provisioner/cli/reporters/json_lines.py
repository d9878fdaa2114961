"""A run for programs: an object a line, on stdout."""

from __future__ import annotations

import sys
from typing import TextIO

from provisioner.cli.reporters.stdout import UntilBroken, require_told, say_last
from provisioner.cli.terminal import Terminal, forget, say
from provisioner.model.check import CheckReport
from provisioner.model.document import Json
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event
from provisioner.render.abandoned import Abandoned
from provisioner.render.events_json import (
    abandoned_document,
    checked_document,
    event_document,
    failed_document,
    planned_document,
)
from provisioner.render.json_text import json_text


class JsonReporter:
    """The last line says how it ended, or why nothing, or nothing more, was done: also where we are to blame; with
    `--check`, one more says what checks found. Every line says of which run it is.
    """

    def __init__(self, terminal: Terminal, *, run_id: str) -> None:
        self._terminal = terminal
        self._run_id = run_id
        self._lines = UntilBroken(lambda event: say(self._line(event_document(event))))

    def plan(self, plan: Plan, *, asks: bool) -> None:
        """Nothing where it is carried out at once: the run begins with it."""
        if not (asks or plan.is_empty or plan.refusals):
            return
        try:
            say(self._line(planned_document(plan)))
        except BrokenPipeError:
            forget(sys.stdout)
        if plan.is_empty and not plan.refusals:
            say_last(self._line(event_document(ApplyFinished(outcomes=()))))

    def question_stream(self) -> TextIO | None:
        return sys.stderr

    def refused(self, error: ProvisionerError) -> None:
        say_last(self._line(failed_document(error)))

    def event(self, event: Event) -> None:
        self._lines(event)

    def finished(self, finished: ApplyFinished) -> None:
        self._lines(finished)
        require_told(finished, self._lines.broken, self._terminal)

    def checked(self, report: CheckReport) -> None:
        say_last(self._line(checked_document(report)))

    def abandoned(self, left: Abandoned) -> None:
        say_last(self._line(abandoned_document(left)))

    def close(self) -> None:
        """Holds nothing."""

    def _line(self, document: Json) -> str:
        return json_text({"event": document["event"], "run_id": self._run_id, **document})
