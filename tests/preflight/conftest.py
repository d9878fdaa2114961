"""Two worlds: commands as a user runs them (`foundry`, see `tests.command`), and planes (`near`, see
`tests.planes.world`).
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from provisioner.emulator import Emulator
from provisioner.planes.service import Planes
from tests.command import _running, foundry, project, provisioner
from tests.planes import world
from tests.planes.world import admin_client, running

__all__ = ["_running", "admin_client", "foundry", "near", "planes", "project", "provisioner", "running"]


@pytest.fixture
def near(running: Emulator, admin_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> world.Foundry:
    return world.prepared(running, admin_client, monkeypatch)


@pytest.fixture
def planes(near: world.Foundry) -> Iterator[Planes]:
    with near.connected() as planes:
        yield planes
