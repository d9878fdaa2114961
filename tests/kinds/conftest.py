"""See `tests.command`; `live` is for tests of kinds whose service does more than keep documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provisioner.emulator import Emulator, Options
from provisioner.planes.service import connect
from tests.command import foundry, project, provisioner
from tests.foundry import Foundry
from tests.kinds.live_service import LiveService, WatchedProject
from tests.planes.world import FakeClock

__all__ = ["foundry", "project", "provisioner"]


@pytest.fixture(scope="session")
def _running() -> Iterator[Foundry]:
    """Seen by coverage: what it does for one kind alone is tried here."""
    with Emulator(Options()) as emulator:
        running = Foundry(emulator)
        yield running
        running.close()


@pytest.fixture
def live(foundry: Foundry) -> Iterator[LiveService]:
    clock = FakeClock()
    clock.followers.append(foundry.advance)
    with connect(foundry.where, clock=clock) as planes:
        yield LiveService(foundry=foundry, project=WatchedProject(planes.project), management=planes.management)
