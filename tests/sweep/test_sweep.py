"""Each request of each command, times each fault: what is told is true, nothing is lost, and once the fault is over the
same command ends with nothing left to do.

A run tries a sample, the same every day. Each case of a share has its turn by its name; `SWEEP=all python -m pytest
tests/sweep` tries all of them, and any other text in SWEEP those whose name contains it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from tests.planes.world import Foundry
from tests.sweep.commands import Command, Result, told
from tests.sweep.live import Live, live
from tests.sweep.misfortunes import Misfortune, misfortunes_of
from tests.sweep.scenarios import SCENARIOS, STRANGERS, Scenario
from tests.sweep.truth import complaints, losses

Json = dict[str, Any]
ONE_IN: Final = 40
_SAID: Final = ("MemoryStores=V1Preview",)
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")
_SUBSCRIPTION: Final = "/subscriptions/00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True, kw_only=True)
class Request:
    """The nth of those with its method and path, and the one at `place` among all."""

    method: str
    path: str
    nth: int
    place: int

    def __str__(self) -> str:
        return f"{self.method} {self.path.rpartition('/accounts/local-foundry')[2] or self.path} #{self.nth}"


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """A scenario as it goes when nothing happens."""

    start: Json
    before: Live
    after: Live
    requests: tuple[Request, ...]


def is_chosen(case: str) -> bool:
    wanted = os.environ.get("SWEEP")
    if wanted is not None:
        return wanted == "all" or wanted in case
    return int.from_bytes(sha256(case.encode()).digest()[:4], "big") % ONE_IN == 0


class Stage:
    """Where scenarios are played."""

    def __init__(self, foundry: Foundry, folder: Path) -> None:
        self.foundry = foundry
        self._folder = folder

    def command(self, scenario: Scenario) -> Command:
        return Command(
            file=self._file(scenario.after), destroys=scenario.destroys, adopts=scenario.adopts, loses=scenario.loses
        )

    def again(self, scenario: Scenario, now: Live) -> Command:
        """The same, but for names of stores that are gone: to allow their loss would be a slip of the pen."""
        command = self.command(scenario)
        return replace(command, loses=tuple(it for it in command.loses if scenario.destroys or it in now.objects))

    def tell(self, command: Command, *, timeout_s: float = 120) -> Result:
        return told(command, self.foundry.where, clock=self.foundry.clock, timeout_s=timeout_s)

    def live(self) -> Live:
        return live(self.foundry.admin.state())

    def set(self, start: Json) -> None:
        self.forget_faults()
        self.foundry.admin.post("state", start)

    def forget_faults(self) -> None:
        self.foundry.admin.client.delete("/_emulator/faults").raise_for_status()

    def undisturbed(self, scenario: Scenario) -> Undisturbed:
        start = self._start(scenario)
        before = self.live()
        self.foundry.admin.forget_requests()
        result = self.tell(self.command(scenario))
        assert result.code == 0, result
        requests = tuple(_requests(self.foundry.admin.requests()))
        after = self.live()
        assert self.tell(self.again(scenario, after)).is_idle
        return Undisturbed(start=start, before=before, after=after, requests=requests)

    def _start(self, scenario: Scenario) -> Json:
        for text in (STRANGERS, *scenario.before):
            result = self.tell(Command(file=self._file(text)))
            assert result.code == 0, result
        with self.foundry.connected() as planes:
            for store in self.foundry.admin.state()["objects"]["stores"]:
                memory = {"scope": "somebody", "kind": "user_profile", "content": f"Told to {store['name']}."}
                planes.project.post(f"memory_stores/{store['name']}/items", memory, features=_SAID)
        self.foundry.admin.switch(**scenario.switches)
        return self.foundry.admin.state()

    def _file(self, text: str) -> Path:
        file = self._folder / f"{sha256(text.encode()).hexdigest()[:12]}.yaml"
        file.write_text(text, encoding="utf-8")
        return file


def _requests(recorded: list[Json]) -> Iterator[Request]:
    """Of the two planes; what is different each time in a path is a star."""
    seen: Counter[tuple[str, str]] = Counter()
    planes = [it for it in recorded if it["path"].startswith(("/subscriptions/", "/api/projects/"))]
    for place, it in enumerate(planes, start=1):
        rest = it["path"].removeprefix(_SUBSCRIPTION)
        path = it["path"].removesuffix(rest) + _ID.sub("*", rest)
        seen[it["method"], path] += 1
        yield Request(method=it["method"], path=path, nth=seen[it["method"], path], place=place)


@pytest.fixture
def stage(foundry: Foundry, tmp_path: Path) -> Stage:
    return Stage(foundry, tmp_path)


def cases_of(name: str, requests: tuple[Request, ...]) -> Iterator[tuple[str, Request, Misfortune]]:
    for request in requests:
        for told_as, misfortune in misfortunes_of(request.method, request.path).items():
            case = f"{name}: {request}: {told_as}"
            if is_chosen(case):
                yield case, request, misfortune


@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_happens_to_one_request_what_is_told_is_true_and_nothing_is_lost(stage: Stage, name: str) -> None:
    scenario = SCENARIOS[name]
    usual = stage.undisturbed(scenario)
    found: list[str] = []
    tried = 0
    for case, request, misfortune in cases_of(name, usual.requests):
        tried += 1
        stage.set(usual.start)
        stage.foundry.admin.post("faults", misfortune.fault(request.method, request.path, request.nth, request.place))
        found += [f"{case}: {it}" for it in _disturbed(stage, scenario, usual, request, misfortune)]
    assert not found, f"{len(found)} complaints in {tried} cases:\n" + "\n".join(found)


def _disturbed(
    stage: Stage, scenario: Scenario, usual: Undisturbed, request: Request, misfortune: Misfortune
) -> Iterator[str]:
    command = stage.command(scenario)
    result = stage.tell(command, timeout_s=misfortune.timeout_s)
    stage.forget_faults()
    is_believed = request.method == "GET" and misfortune.do.get("status") == 404  # that an object is not there
    for it in complaints(result, scenario, usual.before, stage.live(), usual.after):
        if not (is_believed and "is told as done" in it):
            yield it
    yield from _mended(stage, scenario, usual)


def _mended(stage: Stage, scenario: Scenario, usual: Undisturbed) -> Iterator[str]:
    """Whether the same command, run again, ends with nothing left to do, and nothing lost on the way."""
    again = stage.tell(stage.again(scenario, stage.live()))
    if again.code != 0:
        yield f"run again, it fails: {again.err or again.events[-1]}"
    now = stage.live()
    yield from losses(scenario, usual.before, now, usual.after)
    if now.objects != usual.after.objects:
        moved = [it for it in {**now.objects, **usual.after.objects} if now.of(it) != usual.after.of(it)]
        yield f"run again, it ends with others: {[(it, now.of(it), usual.after.of(it)) for it in moved]}"
    last = stage.tell(stage.again(scenario, now))
    if not last.is_idle:
        yield f"run again, something is left to do: {last.events[0]}"
