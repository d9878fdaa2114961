"""The command as a user runs it, in this process, against a local Foundry over real HTTP.

`foundry` is empty at the start of each test, and the environment points at it; `project` is an empty folder to work
in; `provisioner(...)` runs the command there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.cli.main import run
from provisioner.emulator import Options
from provisioner.planes.trust import BUNDLES
from tests.foundry import Command, Foundry, Result
from tests.tracing import running_untraced


@pytest.fixture(scope="session")
def _running() -> Iterator[Foundry]:
    with running_untraced(Options()) as emulator:
        foundry = Foundry(emulator)
        yield foundry
        foundry.close()


@pytest.fixture
def foundry(_running: Foundry, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    _running.reset()
    for name, value in _running.env.items():
        monkeypatch.setenv(name, value)
    for name in BUNDLES:  # our CA alone is read in a tenth of the time
        monkeypatch.setenv(name, _running.ca_file)
    return _running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")  # wherever the tests run
    return tmp_path


@pytest.fixture
def provisioner(project: Path, capsys: pytest.CaptureFixture[str]) -> Command:  # noqa: ARG001 - it changes the folder
    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code=code, out=captured.out, err=captured.err)

    return call
