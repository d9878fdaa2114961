"""When a request is sent again, and after how long: one table for both planes.

answer               GET, PUT, PATCH, DELETE    POST (project plane)
429                  again                      again (it was not taken)
no connection        again                      again (it was not sent)
408, 5xx, cut off    again                      read first, then again
none within timeout  once more                  read first, then once more
409                  told                       read first, then again
not JSON, odd        told; DELETE: read first   read first, then again

A 408 says that the service waited too long, not that it did nothing: one has been seen after the effect. An answer that
never comes costs the whole timeout, so it is asked for twice and no more.

On the management plane a POST only pauses or resumes, so it goes by the first column; and a 409 that tells of another
operation on the account is waited out, whatever the method. 501, 505 and 507 say that it will not be done. A
certificate that is not trusted now will not be trusted later.
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

READS: Final = frozenset({"GET", "HEAD"})
NOT_TAKEN: Final = frozenset({429})
_TIMED_OUT: Final = 408
_NEVER: Final = frozenset({501, 505, 507})
ATTEMPTS: Final = 6
HUNG_ATTEMPTS: Final = 2
PATIENCE: Final = 5  # timeouts that one answer may take to arrive whole, however it trickles
_FIRST_S: Final = 0.5
_LONGEST_S: Final = 30.0
LONGEST_ASKED_S: Final = 300.0


def is_unclear(status: int) -> bool:
    """Whether the answer leaves open if the work was done."""
    return status == _TIMED_OUT or (status >= 500 and status not in _NEVER)


class Again(Exception):  # noqa: N818 - a signal, not an error
    """Try once more. `cause` is what is raised when that does not help; `hung` where the whole timeout was spent."""

    def __init__(self, cause: PlaneError, *, reason: str, hung: bool = False) -> None:
        super().__init__(reason)
        self.cause = cause
        self.hung = hung


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
        if asked:  # "0" says nothing: sent at once, all attempts would be spent in a moment
            return min(asked, LONGEST_ASKED_S)
        grown: float = min(longest_s, _FIRST_S * 2 ** (state.attempt_number - 1))
        return grown * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients, guards nothing

    def tell(state: tenacity.RetryCallState) -> None:
        signal = state.outcome.exception() if state.outcome else None
        note(f"{signal}; trying again in {state.upcoming_sleep:.1f} s")

    hung: list[int] = []

    def stop(state: tenacity.RetryCallState) -> bool:
        signal = state.outcome.exception() if state.outcome else None
        if isinstance(signal, Again) and signal.hung:
            hung.append(state.attempt_number)
        return state.attempt_number >= attempts or len(hung) >= HUNG_ATTEMPTS

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Again),
        stop=stop,
        wait=pause,
        sleep=clock.sleep,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except Again as signal:
        cause = signal.cause
        # what broke below, and not the signal, which often points back at the cause
        raise cause from cause.__cause__ or (None if signal.__cause__ is cause else signal.__cause__)


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
    now = (today or (lambda: datetime.now(timezone.utc)))()
    try:
        moment = parsedate_to_datetime(after)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # beyond year 9999, or an offset of days
        return None


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
