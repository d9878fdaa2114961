"""The table in `retry.py`, without any wire."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.clock import SystemClock
from provisioner.planes.retry import ATTEMPTS, HUNG_ATTEMPTS, Again, asked_wait, is_unclear, persistently
from tests.planes.world import FakeClock

NOW = datetime(2026, 8, 1, 12, tzinfo=timezone.utc)


class Flaky:
    """Fails so many times, then works."""

    def __init__(self, times: int, *, wait_s: float | None = None) -> None:
        self.left = times
        self.calls = 0
        self.cause = PlaneError(Failure(message="busy", code="x"), wait_s=wait_s)

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise Again(self.cause, reason="the service is busy")
        return "done"


def test_what_works_at_last_is_returned_and_every_wait_was_noted(clock: FakeClock) -> None:
    notes: list[str] = []
    assert persistently(Flaky(2), clock=clock, note=notes.append) == "done"
    assert len(clock.slept) == 2
    assert notes == [f"the service is busy; trying again in {seconds:.1f} s" for seconds in clock.slept]


def test_it_gives_up_after_the_attempts_with_the_last_cause(clock: FakeClock) -> None:
    flaky = Flaky(100)
    with pytest.raises(PlaneError) as caught:
        persistently(flaky, clock=clock, note=lambda _: None)
    assert caught.value is flaky.cause
    assert flaky.calls == ATTEMPTS
    assert len(clock.slept) == ATTEMPTS - 1


def test_what_hung_is_tried_once_more_and_no_further(clock: FakeClock) -> None:
    cause = PlaneError(Failure(message="silence"))
    signals = iter([Again(cause, reason="busy"), *(Again(cause, reason="no answer", hung=True) for _ in range(9))])
    asked: list[int] = []

    def attempt() -> None:
        asked.append(1)
        raise next(signals)

    with pytest.raises(PlaneError, match="silence"):
        persistently(attempt, clock=clock, note=lambda _: None)
    assert len(asked) == 1 + HUNG_ATTEMPTS


def test_pauses_double_with_bounded_jitter_up_to_a_limit(clock: FakeClock) -> None:
    with pytest.raises(PlaneError):
        persistently(Flaky(100), clock=clock, note=lambda _: None, attempts=12, longest_s=20)
    for number, slept in enumerate(clock.slept):
        grown = min(20, 0.5 * 2**number)
        assert grown / 2 <= slept <= grown


@pytest.mark.parametrize(("asked", "slept"), [(7.5, 7.5), (0.05, 0.05), (86400, 300)])
def test_the_service_is_waited_for_as_long_as_it_asks_five_minutes_at_most(
    clock: FakeClock, asked: float, slept: float
) -> None:
    persistently(Flaky(1, wait_s=asked), clock=clock, note=lambda _: None)
    assert clock.slept == [slept]


def test_asking_for_no_wait_at_all_does_not_spend_the_attempts_in_a_moment(clock: FakeClock) -> None:
    persistently(Flaky(3, wait_s=0), clock=clock, note=lambda _: None)
    assert all(slept >= 0.25 for slept in clock.slept)


def test_what_cannot_be_helped_is_raised_at_once(clock: FakeClock) -> None:
    def attempt() -> None:
        raise PlaneError(Failure(message="no"))

    with pytest.raises(PlaneError, match="no"):
        persistently(attempt, clock=clock, note=lambda _: None)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "0.1"}, 0.1),
        ({"Retry-After": "0"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "50", "Retry-After": "12"}, 0.05),
        ({"retry-after-ms": "soon", "Retry-After": "12"}, 12.0),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"Retry-After": "Sat, 01 Aug 2026 12:00:30 -0000"}, 30.0),
        ({"Retry-After": "Sat, 01 Aug 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 251616715199.0),
        ({"Retry-After": "Sat, 01 Jan 0001 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Sat, 01 Aug 2026 12:00:00 +9999"}, None),
        ({"Retry-After": f"Sat, {'9' * 30} Aug 2026 12:00:00 GMT"}, None),
        ({"Retry-After": "1e309"}, None),
        ({"Retry-After": "Ă"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": ""}, None),
    ],
    ids=str,
)
def test_how_long_the_service_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, today=lambda: NOW) == seconds


def test_a_date_is_compared_with_the_clock_on_the_wall() -> None:
    soon = asked_wait({"Retry-After": format_datetime(datetime.now(timezone.utc) + timedelta(minutes=10))})
    assert soon is not None
    assert 580 < soon <= 600


def test_which_statuses_leave_open_whether_the_work_was_done() -> None:
    assert [status for status in range(600) if is_unclear(status)] == [
        408,
        500,
        502,
        503,
        504,
        506,
        *range(508, 600),
    ]


def test_the_real_clock_only_grows() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    assert clock.now() >= before
