"""Showing a plan, asking, running it and telling what became of it: the second half of apply and destroy."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

import click

from provisioner.apply.execute import execute
from provisioner.cli.terminal import Terminal, complain, forget, is_shown, is_terminal, note, remark, say
from provisioner.kinds import KINDS
from provisioner.model.errors import Interrupted, ProvisionerError, Refused
from provisioner.model.pipelines import inert
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, ChangeFinished, ChangeNoted, Event, Status
from provisioner.render.abandoned import abandoned, abandoned_document, abandoned_text
from provisioner.render.json_text import json_text
from provisioner.render.outcomes import outcomes_text, was_interrupted
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import (
    JsonProgress,
    PlainProgress,
    Renderer,
    Results,
    TerminalProgress,
    event_document,
    failed_document,
    planned_document,
)
from provisioner.render.safe import wrapped
from provisioner.render.styles import PLAIN
from provisioner.render.target import target_phrase

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
    asks = not (yes or plan.is_empty or plan.refusals)
    _show(plan, terminal, style=style, yes=yes, asks=asks)
    if plan.refusals:
        raise Refused(plan.refusals)
    if plan.is_empty:
        if style == "json":
            _say_last(json_text(event_document(ApplyFinished(outcomes=()))))
        return 0
    if asks:
        _ask(plan, terminal, style)
    finished: ApplyFinished | None = None
    with _listeners(terminal, style) as steady:
        with suppress(KeyboardInterrupt):
            finished = _execute(plan, planes, steady, parallelism=parallelism, on_error=on_error)
        told = steady.stop()
        if finished is not None:
            steady.end(finished)
    if finished is None:
        return _leave(plan, told, terminal, style)
    return _report(finished, terminal, steady)


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
    """The stream of JSON lines ends with why nothing, or nothing more, was done: also where we are to blame."""
    try:
        yield
    except (ProvisionerError, KeyboardInterrupt) as error:
        if style == "json":
            known = error if isinstance(error, ProvisionerError) else Interrupted("Interrupted.")
            _say_last(json_text(failed_document(known)))
        raise
    except OSError:
        raise  # a stream of ours is broken, so there is nowhere to say it
    except Exception as error:
        if style == "json":
            ours = f"A mistake in the program ended it ({type(error).__name__})."
            _say_last(json_text(failed_document(ProvisionerError(ours, "Please report it."))))
        raise


def _say_last(text: str) -> None:
    """On stdout, where that is possible; the exit code and stderr tell, too."""
    try:
        say(text)
    except (OSError, RuntimeError, ValueError):
        forget(sys.stdout)


def _show(plan: Plan, terminal: Terminal, *, style: str, yes: bool, asks: bool) -> None:
    """Before anything is asked or done. The JSON stream begins with the plan by itself, once it is run."""
    text = plan_text(plan, styles=terminal.out, width=terminal.width) if style == "text" else ""
    if style == "json" and (plan.refusals or plan.is_empty or not yes):
        text = json_text(planned_document(plan))
    try:
        if text:
            say(text)
    except BrokenPipeError:
        forget(sys.stdout)
        if asks and style == "text":
            raise ProvisionerError(
                "Nobody reads the plan any more, so nothing was changed.", "Add --yes to apply without asking."
            ) from None
    if asks and terminal.can_ask() and _asked_on(style) is not sys.stdout:
        remark(plan_text(plan, styles=terminal.err, width=terminal.width))


def _asked_on(style: str) -> TextIO | None:
    """Behind the plan, in the same stream: two streams may be shown in any order. What is written to a file is seen by
    nobody, so there it is stderr, as where stdout holds JSON.
    """
    return sys.stdout if style == "text" and is_shown(sys.stdout) else sys.stderr


def _ask(plan: Plan, terminal: Terminal, style: str) -> None:
    if not terminal.can_ask():
        raise ProvisionerError(
            "Nobody can be asked here, so nothing was changed.", "Add --yes to apply without asking."
        )
    these = "this change" if len(plan.changes) == 1 else f"these {len(plan.changes)} changes"
    where = f" to {target_phrase(plan.target)}" if plan.target else ""
    question = inert("\n".join(wrapped(f"Apply {these}{where}? [y/N]", width=terminal.width)))
    try:
        click.echo(f"\n{question} ", file=_asked_on(style), nl=False)
        answer = sys.stdin.readline()
        if answer and not is_terminal(_asked_on(style)):
            click.echo(file=_asked_on(style))  # a terminal shows the newline that was typed
    except KeyboardInterrupt:
        answer = ""
    if not answer:
        _leave_the_line(style)
        raise Interrupted("Interrupted; nothing was changed.")
    if answer.strip().lower() not in ("y", "yes"):
        raise ProvisionerError("Not confirmed; nothing was changed.")


def _leave_the_line(style: str) -> None:
    """Without an answer the question's line is open still: in its stream, and where a terminal shows two streams."""
    asked = _asked_on(style)
    with suppress(OSError, ValueError):
        click.echo(file=asked)
    if asked is not sys.stderr and not is_terminal(asked) and is_terminal(sys.stderr):
        remark("")


@contextmanager
def _listeners(terminal: Terminal, style: str) -> Iterator[Steady]:
    """Who hears of the events: results on stdout, signs of life on stderr. So each is said once, together or apart."""
    if style == "json":
        yield Steady(JsonProgress(sys.stdout) if sys.stdout is not None else _unheard)
        return
    if terminal.is_live and sys.stderr is not None:
        with TerminalProgress(sys.stderr, colour=terminal.err is not PLAIN) as moving:
            yield Steady(Results(moving.show, styles=terminal.out, width=terminal.width), moving)
    else:
        plain = PlainProgress(sys.stderr) if sys.stderr is not None else _unheard
        yield Steady(Results(say, styles=terminal.out, width=terminal.width), plain)


def _unheard(event: Event) -> None:
    """The program was started without the stream."""


def _report(finished: ApplyFinished, terminal: Terminal, steady: Steady) -> int:
    """Whether stdout was read to the end changes nothing of what was done; that it could not be written is told."""
    if isinstance(steady.broken, OSError) and not isinstance(steady.broken, BrokenPipeError):
        remark(outcomes_text(finished, styles=terminal.err, width=terminal.width))
        raise steady.broken
    if steady.broken is not None:
        forget(sys.stdout)
    undone = [outcome for outcome in finished.outcomes if outcome.status is not Status.DONE]
    if was_interrupted(finished):
        return Interrupted.exit_code
    return 1 if undone else 0


def _leave(plan: Plan, events: tuple[Event, ...], terminal: Terminal, style: str) -> int:
    """Nobody waits for what is under way; what is known of it is told."""
    left = abandoned(plan, events)
    if style == "text":
        told = {event.outcome.change.address for event in events if isinstance(event, ChangeFinished)}
        _say_last(abandoned_text(left, told=told, styles=terminal.out, width=terminal.width))
    else:
        _say_last(json_text(abandoned_document(left)))
    complain("Interrupted.", terminal=terminal)
    return Interrupted.exit_code


class Steady:
    """Renderers that are called by one thread at a time, each dropped when its stream breaks: a closed pipe must not
    leave a half-applied plan. Keeps what it was told; `broken` is what the first one's stream broke with. The end is
    told when it is certain: by `end`, not as an event.
    """

    def __init__(self, *renderers: Renderer) -> None:
        self._renderers: list[Renderer | None] = list(renderers)
        self._lock = threading.Lock()
        self._told: list[Event] = []
        self._stopped = False
        self.broken: OSError | ValueError | None = None

    def __call__(self, event: Event) -> None:
        with self._lock:
            if not isinstance(event, ChangeNoted):
                self._told.append(event)
            if not self._stopped and not isinstance(event, ApplyFinished):
                self._render(event)

    def stop(self) -> tuple[Event, ...]:
        """Render no more events; gives what was told until now, but for notes."""
        with self._lock:
            self._stopped = True
            return tuple(self._told)

    def end(self, finished: ApplyFinished) -> None:
        with self._lock:
            self._render(finished)

    def _render(self, event: Event) -> None:
        """The first one last: it shows what is to stay, when the others have taken away what is not."""
        for index in reversed(range(len(self._renderers))):
            self._try(index, event)

    def _try(self, index: int, event: Event) -> None:
        renderer = self._renderers[index]
        try:
            if renderer is not None:
                renderer(event)
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            self._renderers[index] = None
            if index == 0:
                self.broken = error


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """The first Ctrl-C (or SIGTERM) lets running changes end; the second one does not wait for them."""
    stopping = threading.Event()

    def stop(signum: int, frame: object) -> None:  # noqa: ARG001
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        note("Stopping: running changes are brought to their end, no others are started. Again to leave at once.")

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
