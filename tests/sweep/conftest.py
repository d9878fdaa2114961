"""See `tests/planes/world.py` for the Foundry."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from provisioner.emulator import Emulator
from provisioner.planes.trust import BUNDLES
from tests.planes.world import Foundry, admin_client, foundry, running
from tests.sweep.stage import Stage, Undisturbed
from tests.sweep.victims import Victims, victims

__all__ = ["admin_client", "foundry", "running"]


@pytest.fixture(scope="session")
def _known() -> dict[str, Undisturbed]:
    return {}


@pytest.fixture
def stage(foundry: Foundry, tmp_path_factory: pytest.TempPathFactory, _known: dict[str, Undisturbed]) -> Stage:
    return Stage(foundry, tmp_path_factory.mktemp("manifests"), _known)


@pytest.fixture(scope="session")
def mortals(running: Emulator) -> Iterator[Victims]:
    """Processes to be killed."""
    ours = dict.fromkeys(BUNDLES, running.ca_file)
    with victims({**os.environ, **running.env, **ours}) as found:
        yield found
