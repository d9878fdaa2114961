"""Certificates: made once per state, replaced when unusable."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from provisioner.emulator.tls import certificates_in

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = "-----BEGIN CERTIFICATE-----"


def test_certificates_are_kept(tmp_path: Path) -> None:
    first = certificates_in(tmp_path / "tls").ca.read_bytes()

    assert certificates_in(tmp_path / "tls").ca.read_bytes() == first


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"], ids=["missing", "empty", "nonsense"])
def test_unusable_certificates_are_made_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = tmp_path / "tls"
    certificates_in(folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)

    found = certificates_in(folder)

    ssl.create_default_context(cafile=str(found.ca))
    assert [path.name for path in tmp_path.iterdir()] == ["tls"]


def test_the_bundle_holds_the_public_authorities_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = tmp_path / "company.pem"
    company.write_text("# the proxy of the company\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(company))

    found = certificates_in(tmp_path / "tls")

    assert found.bundle.read_bytes().startswith(found.ca.read_bytes())
    assert "the proxy of the company" in found.bundle.read_text()
    monkeypatch.setenv("SSL_CERT_FILE", str(found.bundle))
    assert certificates_in(tmp_path / "tls").bundle.read_text().count(PUBLIC) > 50


def test_no_key_of_the_authority_is_left_behind(tmp_path: Path) -> None:
    certificates_in(tmp_path / "tls")

    keys = [path.name for path in (tmp_path / "tls").iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == ["server.pem"]
