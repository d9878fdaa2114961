"""Showing a plan, asking, running it and telling what became of it: the second half of apply and destroy."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from provisioner.apply.execute import execute
from provisioner.cli.terminal import Terminal, complain, forget, remark, say
from provisioner.kinds import KINDS
from provisioner.model.errors import Interrupted, ProvisionerError, Refused
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, ChangeNoted, Event, Status
from provisioner.render.abandoned import Abandoned, abandoned, abandoned_document, abandoned_text
from provisioner.render.outcomes import outcomes_text, was_interrupted
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import (
    JsonProgress,
    PlainProgress,
    Renderer,
    TerminalProgress,
    failed_document,
    planned_document,
)
from provisioner.render.styles import PLAIN

if TYPE_CHECKING:
    from provisioner.planes.service import Planes


def running_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)
    function = click.option(
        "--on-error",
        type=click.Choice(["continue", "stop"]),
        default="continue",
        show_default=True,
        help="After a failure go on with what does not need the failed one, or start nothing more.",
    )(function)
    return click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json writes an event a line to stdout.",
    )(function)


def carry_out(
    plan: Plan, planes: Planes, terminal: Terminal, *, style: str, yes: bool, parallelism: int, on_error: str
) -> int:
    """Show, ask, run, report. Raises Refused when a guard forbids it; returns the exit code."""
    _show(plan, terminal, style=style, yes=yes)
    if plan.refusals:
        raise Refused(plan.refusals)
    if plan.is_empty:
        return 0
    if not yes:
        _ask(len(plan.changes), terminal)
    finished: ApplyFinished | None = None
    with _progress(terminal, style) as renderer:
        steady = Steady(renderer)
        with suppress(KeyboardInterrupt):
            finished = _execute(plan, planes, steady, parallelism=parallelism, on_error=on_error)
        told = steady.stop()
    if finished is None:
        return _leave(abandoned(plan, told), terminal, style)
    return _report(finished, terminal, style, steady)


def _execute(plan: Plan, planes: Planes, steady: Steady, *, parallelism: int, on_error: str) -> ApplyFinished:
    """Raises KeyboardInterrupt when told a second time to stop."""
    with _stop_on_signals() as stopping:
        return execute(
            plan,
            KINDS,
            planes,
            emit=steady,
            now=time.monotonic,
            parallelism=parallelism,
            stopping=stopping.is_set,
            stop_on_failure=on_error == "stop",
        )


@contextmanager
def told_in_json(style: str) -> Iterator[None]:
    """The stream of JSON lines ends with why nothing, or nothing more, was done."""
    try:
        yield
    except (ProvisionerError, KeyboardInterrupt) as error:
        if style == "json":
            known = error if isinstance(error, ProvisionerError) else Interrupted("Interrupted.")
            _say_last(json.dumps(failed_document(known)))
        raise


def _say_last(text: str) -> None:
    """On stdout, where that is possible; the exit code and stderr tell, too."""
    try:
        say(text)
    except (OSError, RuntimeError, ValueError):
        forget(sys.stdout)


def _show(plan: Plan, terminal: Terminal, *, style: str, yes: bool) -> None:
    """Before anything is asked or done. The JSON stream begins with the plan by itself, once it is run."""
    if style == "text":
        say(plan_text(plan, styles=terminal.out, width=terminal.width))
        return
    if plan.refusals or plan.is_empty or not yes:
        say(json.dumps(planned_document(plan)))
    if not (plan.refusals or plan.is_empty or yes):
        remark(plan_text(plan, styles=terminal.err, width=terminal.width))


def _ask(count: int, terminal: Terminal) -> None:
    if not terminal.can_ask():
        raise ProvisionerError(
            "Nobody can be asked here, so nothing was changed.", "Add --yes to apply without asking."
        )
    noun = "this change" if count == 1 else f"these {count} changes"
    try:
        confirmed = click.confirm(f"\nApply {noun}?", err=True)
    except click.Abort:
        raise Interrupted("Interrupted; nothing was changed.") from None
    if not confirmed:
        raise ProvisionerError("Not confirmed; nothing was changed.")


@contextmanager
def _progress(terminal: Terminal, style: str) -> Iterator[Renderer]:
    stream = sys.stdout if style == "json" else sys.stderr
    if stream is None:
        yield _unheard
    elif style == "json":
        yield JsonProgress(stream)
    elif terminal.is_live:
        with TerminalProgress(stream, colour=terminal.err is not PLAIN) as moving:
            yield moving
    else:
        yield PlainProgress(stream)


def _unheard(event: Event) -> None:
    """The program was started without the stream."""


def _report(finished: ApplyFinished, terminal: Terminal, style: str, steady: Steady) -> int:
    if style == "text":
        say(outcomes_text(finished, styles=terminal.out, width=terminal.width))
    elif isinstance(steady.broken, OSError) and not isinstance(steady.broken, BrokenPipeError):
        remark(outcomes_text(finished, styles=terminal.err, width=terminal.width))
        raise steady.broken
    elif steady.broken is not None:
        forget(sys.stdout)
    undone = [outcome for outcome in finished.outcomes if outcome.status is not Status.DONE]
    if was_interrupted(finished):
        return Interrupted.exit_code
    return 1 if undone else 0


def _leave(left: Abandoned, terminal: Terminal, style: str) -> int:
    """Nobody waits for what is under way; what is known of it is told."""
    if style == "text":
        _say_last(abandoned_text(left, styles=terminal.out, width=terminal.width))
    else:
        _say_last(json.dumps(abandoned_document(left)))
    complain("Interrupted.", terminal=terminal)
    return Interrupted.exit_code


class Steady:
    """A renderer that is called by one thread at a time and dropped when its stream breaks: a closed pipe must not
    leave a half-applied plan. Keeps what it was told; `broken` is what the stream broke with.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer: Renderer | None = renderer
        self._lock = threading.Lock()
        self._told: list[Event] = []
        self.broken: OSError | ValueError | None = None

    def __call__(self, event: Event) -> None:
        with self._lock:
            if not isinstance(event, ChangeNoted):
                self._told.append(event)
            if self._renderer is None:
                return
            try:
                self._renderer(event)
            except (OSError, ValueError) as error:  # ValueError: the stream was closed
                self._renderer = None
                self.broken = error

    def stop(self) -> tuple[Event, ...]:
        """Render nothing more; gives what was told until now, but for notes."""
        with self._lock:
            self._renderer = None
            return tuple(self._told)


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
    numbers = [it for it in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(it) is not signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
