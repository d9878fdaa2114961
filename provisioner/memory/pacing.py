"""Requests at the rate that the service bears."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from provisioner.model.errors import PlaneError
from provisioner.model.migration import RATE
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback

T = TypeVar("T")
_THROTTLED: Final = 429
_ROUNDS: Final = 10  # each is all the attempts of a plane
_REST_S: Final = 60.0  # where the service does not say how long: its limits are for a minute


def usual_rate(*endpoints: str) -> int:
    """How many requests a minute the projects bear, where nobody says: a Foundry on this machine limits those of
    memories by no rate.
    """
    return 0 if all(is_loopback(each) for each in endpoints) else RATE


class Pace:
    """Lets requests of all threads through at `rate` a minute, evenly; 0 is as fast as they come."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self._every_s = 60 / rate if rate else 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock.now()

    def wait(self) -> None:
        """Until the next request may be sent."""
        if not self._every_s:
            return
        with self._lock:
            now = self._clock.now()
            at = max(now, self._next)
            self._next = at + self._every_s
        if at > now:
            self._clock.sleep(at - now)

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Again, for many minutes, where the service throttles longer than a plane is patient. `attempt` may be made
        any number of times.
        """
        for _ in range(_ROUNDS):
            try:
                return attempt()
            except PlaneError as error:  # noqa: PERF203 - a request costs more
                if error.failure.status != _THROTTLED:
                    raise
                self._clock.sleep(error.wait_s or _REST_S)
        return attempt()
