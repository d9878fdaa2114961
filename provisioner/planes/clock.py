"""Time, as something that can be passed in."""

from __future__ import annotations

import time
from typing import Final, Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class WakefulClock(SystemClock):
    """Counts the time that the machine sleeps, too, as whoever waits elsewhere does: on Linux and macOS the clock that
    Python takes for it stands still then.
    """

    _ID: Final = getattr(time, "CLOCK_BOOTTIME", None) or getattr(time, "CLOCK_MONOTONIC", None)

    def now(self) -> float:
        return time.clock_gettime(self._ID) if self._ID is not None else time.monotonic()
