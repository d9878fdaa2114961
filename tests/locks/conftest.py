"""The command as in `tests/command.py`, and a storage of ours for its locks, trusted by the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import _running, foundry, project, provisioner
from tests.foundry import EXAMPLE, Foundry
from tests.locks.storage import CONTAINER, Storage, running

__all__ = ["_running", "foundry", "project", "provisioner"]


@pytest.fixture(scope="session")
def _storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with running(tmp_path_factory.mktemp("storage")) as storage:
        yield storage


@pytest.fixture
def storage(_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    _storage.reset()
    monkeypatch.setenv("CURL_CA_BUNDLE", _storage.ca_file)
    return _storage


@pytest.fixture
def manifest(foundry: Foundry, project: Path, storage: Storage) -> Path:  # noqa: ARG001 - its environment is used
    """The example, with a lock."""
    path = project / "stores.yaml"
    lock = f"lock:\n  azure_blob:\n    account_url: {storage.url}\n    container: {CONTAINER}\n"
    path.write_text(EXAMPLE + "\n" + lock, encoding="utf-8")
    return path
