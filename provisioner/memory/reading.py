"""Many scopes read side by side, told one after the other, with no more in memory than a few pages of each."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Final

from provisioner.memory.copying import discreet
from provisioner.memory.plane import Memories
from provisioner.model.errors import PlaneError
from provisioner.model.memory import Item
from provisioner.model.migration import PAGE

_AHEAD: Final = 4  # pages of each scope
_LOOK_UP_S: Final = 0.2


def pages(memories: Memories, store: str, scopes: Sequence[str], *, at_once: int) -> Generator[list[Item], None, None]:
    """All memories of the first scope, then of the next: a page of them at a time. May raise PlaneError. Whoever wants
    no more of them closes it: then nothing is read any more.
    """
    stop = threading.Event()
    waiting, running = deque(scopes), deque[_Ahead]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_Ahead(_discreetly(memories, store, waiting.popleft()), stop))
            yield from running[0]
            running.popleft()
    except (Exception, GeneratorExit):
        stop.set()
        for each in running:  # but who interrupts waits for nobody
            each.join()
        raise
    finally:
        stop.set()


def _discreetly(memories: Memories, store: str, scope: str) -> Iterator[Item]:
    try:
        yield from memories.items(store, scope)
    except PlaneError as error:
        raise discreet(error, scope) from None


class _Ahead:
    """Reads in a thread of its own, until nobody wants any more."""

    def __init__(self, items: Iterator[Item], stop: threading.Event) -> None:
        self._items = items
        self._stop = stop
        self._read: queue.Queue[list[Item] | BaseException] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._work, name="memories", daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def __iter__(self) -> Iterator[list[Item]]:
        """Wakes now and then: Windows tells of Ctrl-C only between waits."""
        while True:
            try:
                found = self._read.get(timeout=_LOOK_UP_S)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            if not found:
                return
            yield found

    def _work(self) -> None:
        try:
            while page := list(islice(self._items, PAGE)):
                self._put(page)
            self._put([])
        except BaseException as error:  # noqa: BLE001 - raised where it is read
            self._put(error)

    def _put(self, found: list[Item] | BaseException) -> None:
        while not self._stop.is_set():
            try:
                self._read.put(found, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
            return
