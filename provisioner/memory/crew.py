"""Work that brings more work, side by side, with no more of it in memory than the workers can hold."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from provisioner.apply.workers import side_by_side

Task: TypeAlias = Callable[[], None]


class Crew:
    """`at_once` workers. A task may offer more tasks: one that waits for a free worker, or is done at once where as
    many wait already. After the first error nothing more is begun, and it is raised when all have ended.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = max(1, at_once)
        self._changed = threading.Condition()
        self._offered: deque[Task] = deque()
        self._busy = 0
        self._error: BaseException | None = None

    @property
    def has_failed(self) -> bool:
        return self._error is not None

    def do(self, tasks: Iterable[Task]) -> None:
        """Returns when they, and all that they offered, are done."""
        coming = iter(tasks)
        side_by_side([lambda: self._work(coming)] * self._at_once, name="memories", at_once=self._at_once)
        if self._error is not None:
            raise self._error

    def offer(self, task: Task) -> None:
        with self._changed:
            if waits := len(self._offered) < self._at_once:
                self._offered.append(task)
                self._changed.notify()
        if not waits:
            task()

    def _work(self, coming: Iterator[Task]) -> None:
        while (task := self._next(coming)) is not None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001, PERF203 - raised in the end
                with self._changed:
                    self._error = self._error or error
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self, coming: Iterator[Task]) -> Task | None:
        """What was offered goes first: it fills the memory."""
        with self._changed:
            while not self.has_failed:
                task = self._offered.popleft() if self._offered else next(coming, None)
                if task is not None:
                    self._busy += 1
                    return task
                if not self._busy:
                    return None
                self._changed.wait()
            return None
