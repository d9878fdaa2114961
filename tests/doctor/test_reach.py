"""The way to both planes: name, connection, certificate, proxy, who answers, and what time it is there."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import certifi
import pytest

from provisioner.cli.examination import Patience
from provisioner.doctor.probes import probe, proxy_to, shown_proxy
from provisioner.doctor.reach import Answer, Fault, Silence, clocked, reached
from provisioner.emulator import Options
from provisioner.planes.trust import trusted_authorities
from tests.doctor.looks import answering, closed_port, found, listening, signed_in_as, started, tunnelling
from tests.foundry import Foundry
from tests.tracing import running_untraced

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
TRUST = ssl.create_default_context()
NOBODY = "https://nobody.invalid/api/projects/x"
PAGE = b"<!doctype html><title>Sign in</title>"
HTML = {"Content-Type": "text/html"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.lower, PROXIES), "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def here(foundry: Foundry, project: Path, monkeypatch: pytest.MonkeyPatch) -> Foundry:
    started(project)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return foundry


def looked_at(url: str, timeout_s: float = 5) -> Answer | Silence:
    return probe(url, TRUST, timeout_s=timeout_s)


def fault_at(url: str, timeout_s: float = 5) -> Fault:
    seen = looked_at(url, timeout_s)
    assert isinstance(seen, Silence)
    return seen.fault


def test_a_name_that_is_not_found() -> None:
    """`.invalid` never is, by RFC 6761."""
    assert fault_at(NOBODY) is Fault.NAME


def test_a_port_where_nothing_listens() -> None:
    assert fault_at(f"https://127.0.0.1:{closed_port()}/") is Fault.REFUSED


def test_a_host_that_says_nothing() -> None:
    with listening() as port:
        assert fault_at(f"https://127.0.0.1:{port}/", timeout_s=0.3) is Fault.TIMEOUT


@pytest.mark.usefixtures("here")
def test_what_takes_longer_than_all_patience_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    with listening() as port:
        monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", f"https://127.0.0.1:{port}/api/projects/x")
        seen = found(patience=Patience(answer_s=20, token_s=1.5, access_s=2, plan_s=2))

    assert time.monotonic() - begun < 10
    assert "does not answer in time" in seen["project-plane"].message
    assert seen["management-plane"].state.value == "ok"
    assert seen["management-access"].state.value == "ok"


def test_a_host_that_speaks_no_tls() -> None:
    with answering(200) as port:
        assert fault_at(f"https://127.0.0.1:{port}/") is Fault.TLS


@pytest.mark.parametrize("url", ["ftp://nobody.invalid/", "https://127.0.0.1:what/", "https://[::1/"])
def test_what_is_no_url(url: str) -> None:
    assert fault_at(url) is Fault.SETTINGS


def test_a_certificate_of_an_unknown_ca(here: Foundry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    public = tmp_path / "others.pem"
    public.write_bytes(Path(certifi.where()).read_bytes())
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(public))
    seen = found()

    assert here.requests() == []
    for plane in ("project-plane", "management-plane"):
        assert seen[plane].state.value == "failed"
        assert "certificate is not trusted here" in seen[plane].message
        assert "SSL_CERT_FILE" in seen[plane].hint
        assert seen[plane].details["fault"] == "untrusted-certificate"
    assert seen["project-token"].state.value == "ok"
    assert seen["project-access"].message == "Not asked: see `project-plane`."
    assert seen["management-access"].message == "Not asked: see `management-plane`."


@pytest.mark.usefixtures("here")
def test_a_bundle_that_cannot_be_read_is_told_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "no-such-file.pem")
    seen = found()

    assert seen["ca-bundle"].state.value == "failed"
    assert "SSL_CERT_FILE" in seen["ca-bundle"].message
    assert seen["project-plane"].message == "Not asked: see `ca-bundle`."
    assert seen["project-access"].message == "Not asked: see `ca-bundle`."
    assert seen["sign-in"].state.value == "ok"


@pytest.mark.usefixtures("here")
def test_a_local_foundry_that_was_stopped_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = f"https://127.0.0.1:{closed_port()}"
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", f"{endpoint}/api/projects/local")
    seen = found()

    assert seen["project-plane"].state.value == "failed"
    assert "any more" in seen["project-plane"].message
    assert "provisioner emulator" in seen["project-plane"].hint
    assert seen["management-plane"].state.value == "ok"
    assert "any more" in seen["plan"].message


@pytest.mark.parametrize(
    ("answer", "state", "word"),
    [
        pytest.param(
            {"body": PAGE.decode(), "headers": {"Content-Type": "text/html"}}, "failed", "web page", id="html"
        ),
        pytest.param({"body": f"\n {PAGE.decode()}"}, "failed", "web page", id="a page that is called JSON"),
        pytest.param({"body": "", "headers": {"Content-Length": "0"}}, "ok", "answers", id="nothing"),
        pytest.param({"status": 503, "body": {"error": {}}}, "warning", "answers 503", id="a fault"),
        pytest.param(
            {"status": 302, "headers": {"Location": "https://login.example/?token=hush"}},
            "failed",
            "to login.example;",
            id="a redirect",
        ),
        pytest.param({"status": 307, "headers": {"Location": "https://["}}, "failed", "elsewhere;", id="to nowhere"),
    ],
)
def test_what_answers_in_the_place_of_azure(here: Foundry, answer: dict[str, Any], state: str, word: str) -> None:
    here.fault({"path": "*/agents*", "times": 1}, {"status": 200, **answer})
    seen = found()

    assert seen["project-plane"].state.value == state
    assert word in seen["project-plane"].message
    assert "hush" not in repr(seen)
    assert seen["management-plane"].state.value == "ok"


@pytest.mark.usefixtures("project")
def test_a_proxy_leads_to_azure(foundry: Foundry, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both planes under their own names, through a proxy to a local Foundry that is called so."""
    started(project)
    names = ("management.azure.com", "*.services.ai.azure.com")
    with running_untraced(Options(cert_names=names)) as emulator, tunnelling(port_of(emulator.project)) as proxy:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, emulator.ca_file)
        for name in ("NO_PROXY", "no_proxy", "FOUNDRY_ACCOUNT", "PROVISIONER_MANAGEMENT_ENDPOINT"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", "https://local-foundry.services.ai.azure.com/api/projects/local")
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hush@127.0.0.1:{proxy}")
        seen = found()

    shown = f"http://127.0.0.1:{proxy} (with a user name)"
    assert {it.state.value for it in seen.values()} == {"ok"}, seen
    assert f"local-foundry.services.ai.azure.com through {shown}" in seen["proxy"].message
    assert f"management.azure.com through {shown} is found" in seen["management-plane"].message
    assert "HTTPS_PROXY set" in seen["proxy"].message
    assert "hush" not in repr(seen)
    assert foundry.requests() == []


def port_of(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("status", "fault"), [(407, "proxy-refused"), (403, "proxy-refused")])
def test_a_proxy_that_refuses(status: int, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", "https://local-foundry.services.ai.azure.com/api/projects/x")
    with answering(status, PAGE, Content_Type="text/html") as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        seen = found()

    assert seen["project-plane"].details["fault"] == fault
    assert f"through http://127.0.0.1:{port}: the proxy refuses to connect ({status}" in seen["project-plane"].message
    assert seen["management-access"].state.value == "ok"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("proxy", "word"),
    [
        ("http://nobody.invalid:1", "the proxy's name is not found"),
        ("socks5://127.0.0.1:1", "no connection can be set up"),
        ("what://x", "no connection can be set up"),
    ],
)
def test_a_proxy_that_is_none(proxy: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", "https://my-account.services.ai.azure.com/api/projects/x")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    seen = found()

    assert seen["project-plane"].state.value == "failed"
    assert word in seen["project-plane"].message


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("http://proxy.example:8080", "http://proxy.example:8080"),
        ("http://me:a@b@proxy.example:8080/?x", "http://proxy.example:8080 (with a user name)"),
        ("proxy.example", "http://proxy.example"),
        ("me:hush", "a proxy whose address cannot be read"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        ("http://hush hush", "a proxy whose address cannot be read"),
    ],
)
def test_a_proxy_is_shown_without_what_may_be_secret(named: str, shown: str) -> None:
    assert shown_proxy(named) == shown


def test_no_proxy_leads_to_this_machine_or_to_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("NO_PROXY", ".inside.example")

    assert proxy_to("https://outside.example/") == "http://proxy.example:1"
    assert [proxy_to(url) for url in ("https://127.0.0.1:1/", "https://a.inside.example/", "nonsense")] == [""] * 3


# clocks


@pytest.mark.parametrize(("skew", "state"), [(0, "ok"), (20, "ok"), (60, "warning"), (3600, "warning")])
def test_a_clock_that_goes_wrong_is_warned_of(here: Foundry, skew: float, state: str) -> None:
    here.switch(skew_seconds=skew)
    seen = found()["clock"]

    assert seen.state.value == state
    assert ("behind" in seen.message) is (state == "warning")
    assert ("too old or too young" in seen.message) is (skew > 300)
    assert ("NTP" in seen.hint) is (state == "warning")


@pytest.mark.usefixtures("here")
def test_a_clock_that_is_ahead_is_told_as_that() -> None:
    seen = found(
        now=lambda: time.time() + 86_400, sign_in=signed_in_as({"aud": "https://ai.azure.com"}, lifetime_s=1e6)
    )

    assert seen["clock"].message.startswith("This machine's clock is 24 hours ahead of that of 127.0.0.1:")


@pytest.mark.parametrize("date", ["yesterday", "", "Sat, 99 Nov 2026 99:99:99 GMT", "Thu, 01 Jan 99999 00:00:00 GMT"])
def test_a_date_that_is_none_tells_nothing(here: Foundry, date: str) -> None:
    for path in ("*/agents*", "*/subscriptions*"):
        here.fault({"path": path}, {"status": 200, "body": {"value": []}, "headers": {"Date": date}})

    assert found()["clock"].state.value == "unknown"


def test_who_gives_no_answer_tells_no_time() -> None:
    seen = clocked({"a": Answer(status=200), "b": Silence(fault=Fault.NAME), "c": None})

    assert seen.state.value == "unknown"


def test_a_page_is_no_witness_of_the_time() -> None:
    assert clocked({"a": Answer(status=200, is_page=True, ahead_s=9999)}).state.value == "unknown"
    assert clocked({"a": Answer(status=200, ahead_s=1), "b": Answer(status=200, ahead_s=-90)}).message.startswith(
        "This machine's clock is 90 seconds ahead of that of b."
    )


def test_every_fault_has_words() -> None:
    for fault in Fault:
        seen = reached("project-plane", "a.example", Silence(fault=fault, told="why"), proxy="http://p")

        assert seen.state.value == "failed"
        assert "{" not in seen.message + seen.hint
        assert seen.hint


def test_a_date_of_the_answer_is_compared_with_when_it_came() -> None:
    with answering(200) as port:
        seen = probe(f"http://127.0.0.1:{port}/", trusted_authorities(), timeout_s=5, now=lambda: 0.0)

    assert isinstance(seen, Answer)
    assert seen.ahead_s is not None
    assert abs(seen.ahead_s - time.time()) < 60
