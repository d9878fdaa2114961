"""Checks against a local Foundry over real HTTP. `applied` has the example's resources; `clock` moves its time, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from provisioner.checks.running import Runner, models_for
from provisioner.model.address import Address
from provisioner.model.check import Check, CheckReport, CheckResult, MemoryCheck
from provisioner.planes.service import connect
from tests.command import _running, foundry, project, provisioner
from tests.foundry import EXAMPLE, Command, Foundry

__all__ = ["_running", "foundry", "project", "provisioner"]

STORE = Address("stores", "dev-prefs-memory")
AGENT = Address("agents", "dev-buddy")


@dataclass
class MovedClock:
    """Whoever sleeps moves the local Foundry's time, and nobody waits."""

    foundry: Foundry
    time: float = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.foundry.advance(seconds)


Run: TypeAlias = Callable[..., CheckReport]


@pytest.fixture
def clock(foundry: Foundry) -> MovedClock:
    return MovedClock(foundry)


@pytest.fixture
def applied(foundry: Foundry, project: Path, provisioner: Command) -> Foundry:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    done = provisioner("apply", "--yes")
    assert done.code == 0, done.err
    foundry.forget_requests()
    return foundry


@pytest.fixture
def run(applied: Foundry, clock: MovedClock) -> Iterator[Run]:
    """Runs checks; `stopping` may stop them."""
    with connect(applied.where, clock=clock) as planes:

        def all_of(*checks: Check, stopping: Callable[[], bool] = lambda: False) -> CheckReport:
            with models_for(checks, planes, clock, lambda _: None) as models:
                return Runner(planes, models, clock=clock, stopping=stopping).run(checks, parallelism=4)

        yield all_of


@pytest.fixture
def remembers(run: Run) -> Callable[..., CheckResult]:
    """The result of a memory check of the example's store."""

    def result(stopping: Callable[[], bool] = lambda: False, **more: object) -> CheckResult:
        check = MemoryCheck(name="remembers", subject=STORE, **{"retries": 0, **more})  # type: ignore[arg-type]
        (found,) = run(check, stopping=stopping).results
        return found

    return result


def left_in(foundry: Foundry) -> list[object]:
    """All memories of all stores."""
    return list(foundry.objects("memories"))
