"""Time that tests can move. Nothing here waits: things are over when the clock says so."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch. Without `at` it runs with the machine's clock; with it, it stands still."""

    def __init__(self, at: float | None = None) -> None:
        self._at = at
        self._ahead_s = 0.0

    def now(self) -> float:
        return (time.time() if self._at is None else self._at) + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds
