"""When a request is sent again, and after how long: one table for both planes.

answer                        GET, PUT, PATCH, DELETE    POST
429, 408                      again                      again (it was not taken)
no connection                 again                      again (it was not sent)
500, 502, 503, 504, cut off   again                      read first, then again
409                           again if it is another's   read first, then again
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import tenacity

from provisioner.model.errors import PlaneError
from provisioner.planes.clock import Clock

T = TypeVar("T")

NOT_TAKEN: Final = frozenset({408, 429})
UNCLEAR: Final = frozenset({500, 502, 503, 504})
ATTEMPTS: Final = 6
_FIRST_S: Final = 0.5
_LONGEST_S: Final = 30.0
_LONGEST_ASKED_S: Final = 300.0


class Again(Exception):  # noqa: N818 - a signal, not an error
    """Try once more. `cause` is what is raised when that does not help."""

    def __init__(self, cause: PlaneError, *, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


def persistently(
    attempt: Callable[[], T],
    *,
    clock: Clock,
    note: Callable[[str], None],
    attempts: int = ATTEMPTS,
    longest_s: float = _LONGEST_S,
) -> T:
    """Run `attempt` until it returns. It raises Again to be run once more; the last Again's cause is raised in the
    end. Waits as the service asks (five minutes at most), else with growing, jittered pauses.
    """

    def pause(state: tenacity.RetryCallState) -> float:
        signal = state.outcome.exception() if state.outcome else None
        asked = signal.cause.wait_s if isinstance(signal, Again) else None
        if asked is not None:
            return min(asked, _LONGEST_ASKED_S)
        grown: float = min(longest_s, _FIRST_S * 2 ** (state.attempt_number - 1))
        return grown * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients, guards nothing

    def tell(state: tenacity.RetryCallState) -> None:
        signal = state.outcome.exception() if state.outcome else None
        note(f"{signal}; trying again in {state.upcoming_sleep:.1f} s")

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Again),
        stop=tenacity.stop_after_attempt(attempts),
        wait=pause,
        sleep=clock.sleep,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except Again as signal:
        raise signal.cause from signal


def asked_wait(headers: Mapping[str, str], *, today: Callable[[], datetime] | None = None) -> float | None:
    """Seconds from `retry-after-ms` or `Retry-After` (seconds or a date); None where there is neither."""
    milliseconds = headers.get("retry-after-ms")
    if milliseconds is not None and (found := _seconds(milliseconds)) is not None:
        return found / 1000
    after = headers.get("Retry-After")
    if after is None:
        return None
    if (found := _seconds(after)) is not None:
        return found
    try:
        moment = parsedate_to_datetime(after)
    except ValueError:
        return None
    now = (today or (lambda: datetime.now(timezone.utc)))()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - now).total_seconds())


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
