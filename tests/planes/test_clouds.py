"""Whom a token may be sent to."""

from __future__ import annotations

import pytest

from provisioner.model.azure_hosts import account_of
from provisioner.model.errors import PlaneError
from provisioner.planes.clouds import CLOUDS, PUBLIC, cloud_of, is_trusted, require_trusted


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.services.ai.azure.com/api/projects/p",
        "https://ACME.Services.AI.Azure.com",
        "https://acme.services.ai.azure.us/x",
        "https://acme.services.ai.azure.cn:443/x",
        "https://management.azure.com",
        "https://management.azure.com/agents@latest?x=a@b",
        "https://management.usgovcloudapi.net/subscriptions",
        "https://management.chinacloudapi.cn",
    ],
)
def test_azure_over_https_is_trusted(url: str) -> None:
    assert is_trusted(url)
    require_trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://management.azure.com", id="not-encrypted"),
        pytest.param("http://acme.services.ai.azure.com", id="project-not-encrypted"),
        pytest.param("https://evil.com/.services.ai.azure.com", id="suffix-in-the-path"),
        pytest.param("https://evil.com?.services.ai.azure.com", id="suffix-in-the-query"),
        pytest.param("https://evil.com#.services.ai.azure.com", id="suffix-in-the-fragment"),
        pytest.param("https://management.azure.com.evil.com", id="longer-host"),
        pytest.param("https://evilmanagement.azure.com", id="longer-label"),
        pytest.param("https://eviservices.ai.azure.com", id="suffix-without-its-dot"),
        pytest.param("https://.services.ai.azure.com", id="no-account"),
        pytest.param("https://services.ai.azure.com", id="the-bare-suffix"),
        pytest.param("https://acme.services.ai.azure.com@evil.com", id="userinfo-before-another-host"),
        pytest.param("https://user:secret@management.azure.com", id="userinfo"),
        pytest.param("https://evil.com\\@management.azure.com", id="backslash-that-urllib3-stops-at"),
        pytest.param("https://evil.com\\.services.ai.azure.com", id="backslash"),
        pytest.param("https://evil.com%2f.services.ai.azure.com", id="escaped-slash"),
        pytest.param("https://evil.com\t.services.ai.azure.com", id="tab-that-urlsplit-drops"),
        pytest.param("https://management.azure.com\n", id="newline"),
        pytest.param(" https://management.azure.com", id="leading-blank"),
        pytest.param("https://management.azure.com.", id="trailing-dot"),
        pytest.param("https://acme.services.ai.azure.com.", id="trailing-dot-of-a-project"),
        pytest.param("http://localhost.", id="localhost-with-a-dot"),
        pytest.param("http://localhost.evil.com", id="localhost-of-another"),
        pytest.param("http://127.0.0.1.evil.com", id="loopback-of-another"),
        pytest.param("http://127.0.0.1:8443/api/projects/p", id="loopback"),
        pytest.param("https://127.0.0.1:8443/api/projects/p", id="loopback-encrypted"),
        pytest.param("http://127.8.9.10", id="loopback-elsewhere"),
        pytest.param("https://localhost:1", id="localhost"),
        pytest.param("http://LOCALHOST", id="localhost-in-capitals"),
        pytest.param("http://[::1]:8080/x", id="loopback-of-six"),
        pytest.param("http://2130706433", id="loopback-as-a-number"),
        pytest.param("http://127.1", id="loopback-abbreviated"),
        pytest.param("http://0.0.0.0", id="any-address"),
        pytest.param("http://[::1%25eth0]", id="scoped-address"),
        pytest.param("http://[::", id="broken-address"),
        pytest.param("https://10.0.0.1", id="private-address"),
        pytest.param("ftp://localhost", id="another-scheme"),
        pytest.param("//management.azure.com", id="no-scheme"),
        pytest.param("management.azure.com", id="host-alone"),
        pytest.param("https://m\u0430nagement.azure.com", id="a-cyrillic-letter"),
        pytest.param("", id="nothing"),
    ],
)
def test_nothing_else_gets_a_token(url: str) -> None:
    assert not is_trusted(url)
    with pytest.raises(PlaneError) as caught:
        require_trusted(url)
    assert caught.value.failure.code == "untrusted-host"
    assert caught.value.failure.advice
    assert "secret" not in str(caught.value)


def test_a_host_named_by_the_user_is_trusted_exactly_and_over_https_only() -> None:
    allowed = ("Gateway.Corp.example",)
    assert is_trusted("https://gateway.corp.EXAMPLE/x", allowed)
    assert not is_trusted("https://a.gateway.corp.example", allowed)
    assert not is_trusted("https://corp.example", allowed)
    assert not is_trusted("http://gateway.corp.example", allowed)
    assert not is_trusted("nonsense", ("",))


@pytest.mark.parametrize(
    ("allowed", "urls", "others"),
    [
        ("127.0.0.1", ["http://127.0.0.1:8443/p", "https://127.0.0.1"], ["http://127.0.0.2", "http://localhost"]),
        ("127.0.0.1:8443", ["http://127.0.0.1:8443/p"], ["http://127.0.0.1:8444/p", "http://127.0.0.1/p"]),
        ("LocalHost:1", ["https://LOCALHOST:1"], ["https://localhost:11", "http://127.0.0.1:1"]),
        ("::1", ["http://[::1]:8080/x", "http://[::1]"], ["http://[::2]"]),
        ("[::1]:8080", ["http://[::1]:8080/x"], ["http://[::1]:8081/x"]),
        (
            "gateway.example:8443",
            ["https://gateway.example:8443/p"],
            ["https://gateway.example", "http://gateway.example:8443"],
        ),
    ],
)
def test_this_machine_is_trusted_where_the_user_names_it(allowed: str, urls: list[str], others: list[str]) -> None:
    assert all(is_trusted(url, (allowed,)) for url in urls)
    assert not any(is_trusted(url, (allowed,)) for url in others)


def test_the_refusal_names_the_flag_only_where_it_would_help() -> None:
    def advice(url: str) -> str:
        with pytest.raises(PlaneError) as caught:
            require_trusted(url)
        return caught.value.hint

    assert "--allow-host evil.com" in advice("https://evil.com/x")
    assert "--allow-host 127.0.0.1:1" in advice("http://127.0.0.1:1/x")
    assert "https://" in advice("http://management.azure.com")
    assert "--allow-host" not in advice("http://management.azure.com")


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.project_suffix)
def test_the_project_endpoint_tells_cloud_and_account(cloud: object) -> None:
    suffix = getattr(cloud, "project_suffix", "")
    endpoint = f"https://Acme{suffix}/api/projects/p"
    assert cloud_of(endpoint) is cloud
    assert account_of(endpoint) == "acme"


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1:1/p", "http://[::", "nonsense", "https://.services.ai.azure.com"]
)
def test_where_the_host_does_not_tell_it_is_the_public_cloud_and_no_account(endpoint: str) -> None:
    assert cloud_of(endpoint) is PUBLIC
    assert account_of(endpoint) is None
