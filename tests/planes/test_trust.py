"""Whose certificates are believed, on both planes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from provisioner.planes.service import Planes
from provisioner.planes.trust import BUNDLES, FOLDERS, trusted_authorities
from tests.planes.world import Foundry, deployments_path, failure_of

Reading = Callable[[Planes], object]


def _from_project(planes: Planes) -> object:
    return planes.project.get("agents/a")


def _from_management(planes: Planes) -> object:
    assert planes.management is not None
    return list(planes.management.items(deployments_path(planes.management)))


BOTH = pytest.mark.parametrize(
    "read", [pytest.param(_from_project, id="project"), pytest.param(_from_management, id="management")]
)


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, foundry: Foundry) -> None:  # noqa: ARG001  which names its own
    for name in (*BUNDLES, FOLDERS):
        monkeypatch.delenv(name, raising=False)


@BOTH
def test_an_untrusted_certificate_is_told_at_once(foundry: Foundry, read: Reading) -> None:
    with foundry.connected() as planes:
        failure = failure_of(lambda: read(planes))
    assert failure.code == "untrusted-certificate"
    assert "SSL_CERT_FILE" in failure.advice
    assert foundry.clock.slept == []


@BOTH
@pytest.mark.parametrize("name", BUNDLES)
def test_each_variable_serves_both_planes(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch, name: str, read: Reading
) -> None:
    monkeypatch.setenv(name, foundry.emulator.ca_file)
    with foundry.connected() as planes:
        assert not read(planes)


def test_what_several_variables_name_is_trusted_together(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    another = tmp_path / "another.pem"
    trustme.CA().cert_pem.write_to_path(str(another))
    monkeypatch.setenv("SSL_CERT_FILE", str(another))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", foundry.emulator.ca_file)
    with foundry.connected() as planes:
        assert not _from_project(planes)
        assert not _from_management(planes)


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such file"), ("no certificate", "PEM"), ("-----BEGIN CERTIFICATE-----\n", "PEM")]
)
def test_a_file_that_holds_no_ca_is_told_before_anything_is_sent(
    foundry: Foundry, tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    named = tmp_path / "named.pem"
    if content is not None:
        named.write_text(content, encoding="utf-8")
    failure = failure_of(lambda: trusted_authorities({name: str(named)}))
    assert failure.code == "wrong-connection-settings"
    assert f"{name} ({named})" in failure.message
    assert said in failure.message
    assert name in failure.advice
    assert foundry.admin.requests() == []


@BOTH
@pytest.mark.parametrize("name", [*BUNDLES, FOLDERS])
def test_a_folder_of_authorities_serves_both_planes(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, read: Reading
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which names the files of such a folder, is not installed")
    asked = [openssl, "x509", "-noout", "-subject_hash", "-in", foundry.emulator.ca_file]
    hashed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(foundry.emulator.ca_file, tmp_path / f"{hashed}.0")
    several = f"/no/such/folder{os.pathsep}{tmp_path}"
    monkeypatch.setenv(name, several if name == FOLDERS else str(tmp_path))
    with foundry.connected() as planes:
        assert not read(planes)


def test_without_a_variable_the_public_authorities_are_trusted() -> None:
    assert trusted_authorities({}).cert_store_stats()["x509_ca"] > 50
