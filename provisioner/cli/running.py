"""Showing a plan, asking, running it and telling what became of it: the second half of apply and destroy."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from provisioner.apply.execute import execute
from provisioner.cli.terminal import Terminal, remark, say
from provisioner.kinds import KINDS
from provisioner.model.errors import Interrupted, ProvisionerError, Refused
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event, Status
from provisioner.render.outcomes import outcomes_text
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import JsonProgress, PlainProgress, Renderer, TerminalProgress, planned_document
from provisioner.render.styles import PLAIN

if TYPE_CHECKING:
    from provisioner.planes.service import Planes


def running_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)
    return click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json writes an event a line to stdout.",
    )(function)


def carry_out(plan: Plan, planes: Planes, terminal: Terminal, *, style: str, yes: bool, parallelism: int) -> int:
    """Show, ask, run, report. Raises Refused when a guard forbids it; returns the exit code."""
    _show(plan, terminal, style=style, yes=yes)
    if plan.refusals:
        raise Refused(plan.refusals)
    if plan.is_empty:
        return 0
    if not yes:
        _ask(len(plan.changes), terminal)
    with _stop_on_signals() as stopping, _progress(terminal, style) as renderer:
        finished = execute(
            plan,
            KINDS,
            planes,
            emit=Steady(renderer),
            now=time.monotonic,
            parallelism=parallelism,
            stopping=stopping.is_set,
        )
    return _report(finished, terminal, style)


def _show(plan: Plan, terminal: Terminal, *, style: str, yes: bool) -> None:
    """Before anything is asked or done. The JSON stream begins with the plan by itself, once it is run."""
    if style == "text":
        say(plan_text(plan, styles=terminal.out, width=terminal.width))
    elif plan.refusals or plan.is_empty:
        say(json.dumps(planned_document(plan)))
    elif not yes:
        remark(plan_text(plan, styles=terminal.err, width=terminal.width))


def _ask(count: int, terminal: Terminal) -> None:
    if not terminal.can_ask():
        raise ProvisionerError(
            "Nobody can be asked here, so nothing was changed.", "Add --yes to apply without asking."
        )
    noun = "this change" if count == 1 else f"these {count} changes"
    if not click.confirm(f"\nApply {noun}?", err=True):
        raise ProvisionerError("Not confirmed; nothing was changed.")


@contextmanager
def _progress(terminal: Terminal, style: str) -> Iterator[Renderer]:
    if style == "json":
        yield JsonProgress(sys.stdout)
    elif terminal.is_live:
        with TerminalProgress(sys.stderr, colour=terminal.err is not PLAIN) as moving:
            yield moving
    else:
        yield PlainProgress(sys.stderr)


def _report(finished: ApplyFinished, terminal: Terminal, style: str) -> int:
    if style == "text":
        say(outcomes_text(finished, styles=terminal.out, width=terminal.width))
    undone = [outcome for outcome in finished.outcomes if outcome.status is not Status.DONE]
    if finished.interrupted and undone:
        return Interrupted.exit_code
    return 1 if undone else 0


class Steady:
    """A renderer that is called by one thread at a time and dropped when its stream breaks: a closed pipe must not
    leave a half-applied plan.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer: Renderer | None = renderer
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._renderer is None:
                return
            try:
                self._renderer(event)
            except (OSError, ValueError):  # ValueError: the stream was closed
                self._renderer = None


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """The first Ctrl-C (or SIGTERM) lets running changes end; the second one does not wait for them."""
    stopping = threading.Event()

    def stop(signum: int, frame: object) -> None:  # noqa: ARG001
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        remark("Stopping: running changes are brought to their end, no others are started. Again to leave at once.")

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
