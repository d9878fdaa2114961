"""A run that somebody stops: how it is told to, and what it told until then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from provisioner.cli.terminal import note
from provisioner.model.progress import ApplyFinished, ChangeNoted, ChangeProgressed, Event


class Relay:
    """Hands events on, one at a time, from whichever thread, and keeps them. The end is not handed on: whether it is
    one is certain only when nobody can interrupt any more.
    """

    def __init__(self, listener: Callable[[Event], None]) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._told: list[Event] = []
        self._stopped = False

    def __call__(self, event: Event) -> None:
        with self._lock:
            if not isinstance(event, ChangeNoted | ChangeProgressed):
                self._told.append(event)
            if not self._stopped and not isinstance(event, ApplyFinished):
                self._listener(event)

    def stop(self) -> tuple[Event, ...]:
        """Hand no more events on; gives what was told until now, but for notes and how far it was."""
        with self._lock:
            self._stopped = True
            return tuple(self._told)


_OF_CHANGES: Final = "running changes are brought to their end, no others are started"


@contextmanager
def stop_on_signals(says: str = _OF_CHANGES) -> Iterator[threading.Event]:
    """The first Ctrl-C (or SIGTERM) lets running changes end; the second one does not wait for them. `says` is what
    happens meanwhile.
    """
    stopping = threading.Event()

    def stop(signum: int, frame: object) -> None:  # noqa: ARG001
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        note(f"Stopping: {says}. Again to leave at once.")

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
