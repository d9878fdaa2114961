"""Unmodified programs, as processes of their own, against a running local Foundry.

`foundry` is as on its first day, with the two models deployed that the programs expect. `program(...)` runs one in an
empty folder; it gets the Foundry's environment and nothing else. What nobody here wrote is downloaded once and kept
(`shelf.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TypeAlias

import pytest

from provisioner.emulator import Options
from tests.foundry import Foundry
from tests.programs import shelf
from tests.programs.aside import outcome, running_aside
from tests.programs.processes import MODELS, Ran, run
from tests.tracing import running_untraced

Program: TypeAlias = Callable[..., Ran]


def _waits(item: pytest.Item) -> bool:
    return "memory_search" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever waits for what runs aside comes last."""
    items.sort(key=_waits)


@pytest.fixture(scope="session")
def _running() -> Iterator[Foundry]:
    with running_untraced(Options(deploy=MODELS)) as emulator:
        foundry = Foundry(emulator)
        yield foundry
        foundry.close()


@pytest.fixture
def foundry(_running: Foundry) -> Foundry:
    _running.reset()
    return _running


@pytest.fixture
def program(foundry: Foundry, tmp_path: Path) -> Program:
    def call(*command: str | Path, cwd: Path = tmp_path, **more: str) -> Ran:
        return run(*command, env={**foundry.env, **more}, cwd=cwd)

    return call


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of a run."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def samples(request: pytest.FixtureRequest, _shared: Path) -> Iterator[Path]:
    """Those of azure-ai-projects. The slow one starts as soon as any is wanted."""
    found = shelf.published_samples()
    slow_is_wanted = any(_waits(item) for item in request.session.items)
    with running_aside(found, _shared) if slow_is_wanted else nullcontext():
        yield found


@pytest.fixture
def memory_search(samples: Path, _shared: Path) -> Callable[[str], Ran]:  # noqa: ARG001  it runs them
    return lambda style: outcome(_shared, style)
