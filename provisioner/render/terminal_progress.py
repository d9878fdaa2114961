"""The live view: running changes below; what is to stay is printed above."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeProgressed,
    ChangeStarted,
    Event,
)
from provisioner.model.redact import harmless
from provisioner.render.exhaustive import assert_never
from provisioner.render.safe import one_line
from provisioner.render.words import VERBS, duration, progress_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

_FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_PER_S: Final = 8
_COLOURS: Final = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.MIGRATE: "blue",
    Action.DELETE: "red",
    Action.ADOPT: "cyan",
    Action.RELEASE: "cyan",
}


@dataclass(slots=True)
class _Running:
    change: Change
    started: float
    note: str = ""


class TerminalProgress:
    """A line per running change: symbol, address, time so far, what it waits for.

    Close it however a run ends: that gives the terminal its cursor back.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        colour: bool = True,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._colour = colour
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()  # the view is drawn by a thread of its own
        self._running: dict[Address, _Running] = {}
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case ApplyStarted():
                self._open()
            case ChangeStarted(change=change):
                self._start(change)
            case ChangeNoted(change=change, note=note):
                self._note(change, one_line(harmless(note)))
            case ChangeProgressed(change=change, progress=progress):
                self._note(change, one_line(harmless(progress_text(progress))))
            case ChangeFinished(outcome=outcome):
                self._finish(outcome.change)
            case ApplyFinished():
                self.close()
            case _:
                assert_never(event)

    def close(self) -> None:
        """End the live view; doing it twice is fine."""
        live, self._live = self._live, None
        with self._lock:
            self._running.clear()
        if live is not None:
            live.stop()

    def _open(self) -> None:
        from rich.live import Live  # noqa: PLC0415  # only a terminal pays for rich

        self._live = Live(
            get_renderable=self._view,
            console=self._drawn_on(),
            refresh_per_second=_FRAMES_PER_S,
            transient=True,
            redirect_stdout=False,  # results belong to stdout, whatever the terminal shows
        )
        self._live.start()

    def _start(self, change: Change) -> None:
        with self._lock:
            self._running[change.address] = _Running(change, self._clock())

    def _note(self, change: Change, note: str) -> None:
        with self._lock:
            if change.address in self._running:
                self._running[change.address].note = note

    def _finish(self, change: Change) -> None:
        with self._lock:
            self._running.pop(change.address, None)

    def show(self, text: str) -> None:
        """Lines, painted or not, that stay above the running changes."""
        from rich.text import Text  # noqa: PLC0415

        self._drawn_on().print(Text.from_ansi(text), soft_wrap=True)

    def _drawn_on(self) -> Console:
        """Made when there is something to draw: whoever has nothing to apply does not pay for rich."""
        if self._console is None:
            self._console = _console(self._stream, colour=self._colour)
        return self._console

    def _view(self) -> Text:
        from rich.text import Text  # noqa: PLC0415

        now = self._clock()
        with self._lock:
            lines = [_running_line(running, now) for running in self._running.values()]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)


def _console(stream: TextIO, *, colour: bool) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(file=stream, no_color=not colour, highlight=False, markup=False, emoji=False)


def _running_line(running: _Running, now: float) -> Text:
    from rich.text import Text  # noqa: PLC0415

    change, elapsed = running.change, now - running.started
    frame = _FRAMES[int(elapsed * _FRAMES_PER_S) % len(_FRAMES)]
    verb = VERBS[change.action]
    return Text.assemble(
        (f"{frame} ", "dim"),
        (f"{verb.symbol:>3} ", _COLOURS[change.action]),
        (one_line(str(change.address)), "bold"),
        f" {verb.doing} {duration(elapsed)}",
        (f"  {running.note}" if running.note else "", "dim"),
    )
