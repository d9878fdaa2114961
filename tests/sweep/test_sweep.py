"""Each request of each command, times each fault, and a kill before and after each write: what is told is true, nothing
is lost, and the same command, run again, ends with nothing left to do.

A run tries a sample, the same every day. `SWEEP=all python -m pytest tests/sweep` tries every case, and any other text
in SWEEP those whose name contains it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import pytest

from tests.sweep.misfortunes import Misfortune, believed, misfortunes_of
from tests.sweep.scenarios import SCENARIOS, Scenario
from tests.sweep.stage import Request, Stage, Undisturbed
from tests.sweep.truth import complaints, differences, losses
from tests.sweep.victims import Victims
from tests.whole import IS_WHOLE, SWEEP

pytestmark = pytest.mark.untraced

ONE_IN: Final = 700
ONE_KILL_IN: Final = 25
# Both are answered so slowly that nobody gets to know what.
_HELD: Final = {
    "killed before": {"status": 500, "stall_s": 60},
    "killed after": {"status": 500, "stall_s": 60, "after_effect": True},
}


def is_chosen(case: str, one_in: int) -> bool:
    if SWEEP is not None:
        return IS_WHOLE or SWEEP in case
    return int.from_bytes(sha256(case.encode()).digest()[:4], "big") % one_in == 0


def cases_of(name: str, requests: tuple[Request, ...]) -> Iterator[tuple[str, Request, Misfortune]]:
    for request in requests:
        for told_as, misfortune in misfortunes_of(request.method, request.path).items():
            case = f"{name}: {request}: {told_as}"
            if is_chosen(case, ONE_IN):
                yield case, request, misfortune


@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_happens_to_one_request_what_is_told_is_true_and_nothing_is_lost(stage: Stage, name: str) -> None:
    scenario = SCENARIOS[name]
    usual = stage.undisturbed(name)
    found: list[str] = []
    tried = 0
    for case, request, misfortune in cases_of(name, usual.requests):
        tried += 1
        stage.begin(usual.start)
        stage.foundry.admin.post("faults", misfortune.fault(request.method, request.path, request.nth, request.place))
        found += [f"{case}: {it}" for it in _disturbed(stage, scenario, usual, request, misfortune)]
    assert not found, f"{len(found)} complaints in {tried} cases:\n" + "\n".join(found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot fork here")
@pytest.mark.parametrize("name", SCENARIOS)
def test_whoever_is_killed_while_writing_goes_on_the_next_time(stage: Stage, mortals: Victims, name: str) -> None:
    scenario = SCENARIOS[name]
    usual = stage.undisturbed(name)
    found: list[str] = []
    tried = 0
    for request in usual.requests:
        for moment, do in _HELD.items():
            case = f"{name}: {request}: {moment}"
            if request.method != "GET" and is_chosen(case, ONE_KILL_IN):
                tried += 1
                stage.begin(usual.start)
                stage.foundry.admin.post(
                    "faults", Misfortune(do=do).fault(request.method, request.path, request.nth, 0)
                )
                found += [f"{case}: {it}" for it in _killed(stage, mortals, scenario, usual, request)]
    assert not found, f"{len(found)} complaints in {tried} cases:\n" + "\n".join(found)


def _killed(stage: Stage, mortals: Victims, scenario: Scenario, usual: Undisturbed, request: Request) -> Iterator[str]:
    command = stage.command(scenario)
    code = mortals.killed_at(request.method, request.path, request.nth, command, stage.foundry)
    if code != -9:
        yield f"it was not killed, but ended with {code}"
    stage.forget_faults()
    yield from losses(scenario, usual.before, stage.live(), usual.after)
    yield from _mended(stage, scenario, usual)


def _disturbed(
    stage: Stage, scenario: Scenario, usual: Undisturbed, request: Request, misfortune: Misfortune
) -> Iterator[str]:
    command = stage.command(scenario)
    result = stage.tell(command, timeout_s=misfortune.timeout_s)
    stage.forget_faults()
    credit = believed(request.method, misfortune)
    yield from complaints(result, scenario, usual.before, stage.live(), usual.after, believed=credit)
    yield from _mended(stage, scenario, usual)


def _mended(stage: Stage, scenario: Scenario, usual: Undisturbed) -> Iterator[str]:
    """Whether the same command, run again, ends with nothing left to do, and nothing lost on the way."""
    again = stage.tell(stage.again(scenario, stage.live()))
    if again.code != 0:
        yield f"run again, it fails: {again.err or again.events[-1]}"
    now = stage.live()
    yield from losses(scenario, usual.before, now, usual.after)
    for address, one, other in differences(now, usual.after):
        yield f"run again, {address} ends as {one}, not as {other}"
    last = stage.tell(stage.again(scenario, now))
    if not last.is_idle:
        yield f"run again, something is left to do: {last.events[0]}"
