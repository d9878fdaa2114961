"""What `doctor` says of a lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foundry import EXAMPLE, Command, Foundry
from tests.locks.storage import Storage
from tests.locks.test_journeys import HERE, another_run_holds


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def look(provisioner: Command, *more: str) -> dict[str, Any]:
    document = provisioner("doctor", "--format", "json", *more).document
    (found,) = [it for it in document["checks"] if it["id"] == "lock"]
    return dict(found)


@pytest.mark.usefixtures("manifest")
def test_a_free_one_is_read_and_not_taken(storage: Storage, provisioner: Command) -> None:
    found = look(provisioner, *HERE)

    assert found["state"] == "ok"
    assert "is free" in found["message"]
    assert storage.seen == ["get"]


@pytest.mark.usefixtures("manifest")
def test_who_holds_it_is_told_and_stops_nothing(storage: Storage, provisioner: Command, foundry: Foundry) -> None:
    another_run_holds(storage, provisioner, foundry)

    assert look(provisioner, *HERE)["state"] == "warning"
    assert "for destroy" in look(provisioner, *HERE)["message"]
    assert provisioner("doctor", *HERE).code == 0


@pytest.mark.usefixtures("manifest")
def test_a_missing_role_is_told_with_the_line_that_grants_it(storage: Storage, provisioner: Command) -> None:
    storage.spoil("get", status=403, code="AuthorizationPermissionMismatch")

    found = look(provisioner, *HERE)

    assert found["state"] == "failed"
    assert "Storage Blob Data Contributor" in found["hint"]


@pytest.mark.usefixtures("manifest")
def test_a_container_that_is_missing_is_told(storage: Storage, provisioner: Command) -> None:
    storage.containers.clear()

    found = look(provisioner, *HERE)

    assert found["state"] == "failed"
    assert "az storage container create" in found["hint"]


@pytest.mark.usefixtures("manifest")
def test_a_host_that_is_no_storages_is_given_no_token(storage: Storage, provisioner: Command) -> None:
    assert look(provisioner)["message"] == "Not asked: see `manifest`."
    assert storage.seen == []


@pytest.mark.usefixtures("manifest")
def test_the_embedded_foundry_needs_none(storage: Storage, provisioner: Command) -> None:
    assert look(provisioner, "--local")["state"] == "ok"
    assert storage.seen == []


@pytest.mark.usefixtures("foundry")
def test_where_none_is_declared_nobody_is_asked(project: Path, storage: Storage, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    found = look(provisioner, *HERE)

    assert (found["state"], storage.seen) == ("ok", [])
    assert "None is declared" in found["message"]
