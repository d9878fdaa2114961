"""Tasks side by side, in threads that die with the program.

Not concurrent.futures: its threads are waited for when the program ends, so leaving at once would have to wait for
every pause that a plane takes, and those may last minutes.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, cast

K = TypeVar("K")
T = TypeVar("T")
_LOOK_UP_S: Final = 0.2  # Windows tells of Ctrl-C only between waits


@dataclass(frozen=True, slots=True)
class Ended(Generic[K, T]):
    """A task that ended, with an error or without."""

    key: K
    error: BaseException | None
    _result: T | None = None

    @property
    def result(self) -> T:
        """Raises the task's error where it has one."""
        if self.error is not None:
            raise self.error
        return cast("T", self._result)


class Workers(Generic[K, T]):
    """`running` counts what was started and not yet collected. For one driving thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ended: queue.SimpleQueue[Ended[K, T]] = queue.SimpleQueue()
        self.running = 0

    def start(self, key: K, task: Callable[[], T]) -> None:
        thread = threading.Thread(target=self._work, args=(key, task), name=self._name, daemon=True)
        thread.start()
        self.running += 1

    def collect(self) -> Iterable[Ended[K, T]]:
        """Whatever has ended; waits a moment when nothing has."""
        try:
            yield self._collected(self._ended.get(timeout=_LOOK_UP_S))
            while True:
                yield self._collected(self._ended.get_nowait())
        except queue.Empty:
            return

    def _collected(self, ended: Ended[K, T]) -> Ended[K, T]:
        self.running -= 1
        return ended

    def _work(self, key: K, task: Callable[[], T]) -> None:
        try:
            ended: Ended[K, T] = Ended(key, None, task())
        except BaseException as error:  # noqa: BLE001 - handed to the driving thread, which raises it
            ended = Ended(key, error)
        self._ended.put(ended)


def side_by_side(tasks: Iterable[Callable[[], T]], *, name: str, at_once: int) -> list[Ended[int, T]]:
    """Run all tasks, no more than `at_once` at a time; what became of each, in their order."""
    workers: Workers[int, T] = Workers(name)
    waiting = deque(enumerate(tasks))
    ended: list[Ended[int, T]] = []
    while waiting or workers.running:
        while waiting and workers.running < at_once:
            workers.start(*waiting.popleft())
        ended.extend(workers.collect())
    return sorted(ended, key=lambda each: each.key)
