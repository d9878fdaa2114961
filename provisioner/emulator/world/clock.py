"""Time that tests can move. Nothing here waits: things are over when the clock says so."""

from __future__ import annotations

import time
from typing import Final

LATEST: Final = 253_370_764_800  # 9999-01-01: dates that are worked out from a time still fit into that year


class Clock:
    """Seconds since the epoch. Without `at` it runs with the machine's clock; with it, it stands still."""

    def __init__(self, at: float | None = None) -> None:
        self._at = at
        self._ahead_s = 0.0

    def now(self) -> float:
        return (time.time() if self._at is None else self._at) + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Raises ValueError for a time that no calendar has; it is then as it was."""
        if not 0 <= self.now() + seconds <= LATEST:  # false for NaN too
            raise ValueError("The clock goes from the year 1970 to the year 9999.")
        self._ahead_s += seconds

    def reset(self) -> None:
        """As if it had never been moved."""
        self._ahead_s = 0.0
