"""Certificates: made once per state, replaced when unusable."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from provisioner.emulator import Emulator, OptionError, Options
from provisioner.emulator.serve.tls import certificates_in

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


HOSTS = ("management.azure.com", "*.services.ai.azure.com")


def answer_to(emulator: Emulator, host: str, path: str = "/metadata/endpoints") -> str:
    """The first line of the answer to a program that was led here by a proxy, and trusts our CA alone."""
    trust = ssl.create_default_context(cafile=emulator.ca_file)
    port = int(emulator.management.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as plain, trust.wrap_socket(plain, server_hostname=host) as tls:
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return tls.makefile().readline().strip()


def test_it_is_the_hosts_that_it_is_asked_to_be_and_no_others() -> None:
    with Emulator(Options(cert_names=HOSTS)) as emulator:
        assert answer_to(emulator, "management.azure.com") == "HTTP/1.1 200 OK"
        assert answer_to(emulator, "contoso.services.ai.azure.com") == "HTTP/1.1 200 OK"
        assert answer_to(emulator, "localhost") == "HTTP/1.1 200 OK"
        for other in ("login.microsoftonline.com", "a.b.services.ai.azure.com"):
            with pytest.raises(ssl.SSLCertVerificationError):
                answer_to(emulator, other)


def test_a_host_that_was_not_named_is_not_answered() -> None:
    with Emulator(Options(cert_names=HOSTS)) as emulator:
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        url, foreign = f"{emulator.management}/metadata/endpoints", {"Host": "evil.example"}
        assert httpx.get(url, headers=foreign, verify=trust, trust_env=False).status_code == 421
        assert httpx.get(url, headers={"Host": HOSTS[0]}, verify=trust, trust_env=False).status_code == 200


def test_a_project_is_found_under_a_name_of_the_cloud() -> None:
    """In the account of that name where there is one, else in the one that has it."""
    with Emulator(Options(cert_names=HOSTS)) as emulator:
        agents = "/api/projects/local/agents?api-version=v1"
        found = [answer_to(emulator, f"{a}.services.ai.azure.com", agents) for a in ("local-foundry", "contoso")]

    assert found == ["HTTP/1.1 401 Unauthorized"] * 2  # and not 404: the project is there, the token is missing


def test_a_certificate_is_made_anew_only_for_a_name_that_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    made = [certificates_in(folder, names).ca.read_bytes() for names in ((), ("a.example",), ("a.example",), ())]
    more = certificates_in(folder, ("b.example",)).ca.read_bytes()

    assert made[0] != made[1] == made[2] == made[3] != more
    assert certificates_in(folder, ("a.example", "b.example")).ca.read_bytes() == more


@pytest.mark.parametrize(
    "name", ["", "https://a.example", "a b", "a..b", "-a.example", "a.*.example", "a/b", "ä.example"]
)
def test_what_is_no_host_name_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="is no host name"):
        certificates_in(tmp_path / "tls", (name,))
