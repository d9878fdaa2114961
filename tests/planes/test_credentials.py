"""Tokens: two audiences, asked once, kept, refreshed; and never seen anywhere."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from provisioner.model.errors import PlaneError
from provisioner.planes.credentials import SignIn, Tokens, sign_in_failure
from provisioner.planes.service import connect
from tests.planes.world import FakeClock, FakeCredential, Foundry, deployments_path


def test_a_token_is_asked_for_once_and_kept(clock: FakeClock) -> None:
    credential = FakeCredential(now=clock.now, lifetime_s=3600)
    tokens = Tokens(credential, "scope", now=clock.now)
    assert {tokens.bearer() for _ in range(5)} == {"secret-1"}
    assert credential.asked == [("scope", None)]


def test_a_token_is_asked_for_again_five_minutes_before_it_expires(clock: FakeClock) -> None:
    tokens = Tokens(FakeCredential(now=clock.now, lifetime_s=3600), "scope", now=clock.now)
    tokens.bearer()
    clock.sleep(3299)
    assert tokens.bearer() == "secret-1"
    clock.sleep(2)
    assert tokens.bearer() == "secret-2"


def test_a_challenge_is_answered_with_a_new_token(clock: FakeClock) -> None:
    credential = FakeCredential(now=clock.now)
    tokens = Tokens(credential, "scope", now=clock.now)
    tokens.bearer()
    assert tokens.get_token("scope", claims="more").token == "secret-2"
    assert credential.asked[-1] == ("scope", "more")


class _Unable(FakeCredential):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:  # noqa: ARG002
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        ClientAuthenticationError("DefaultAzureCredential failed\nwith\nmany lines"),
        ServiceRequestError("no route"),
        ValueError("a broken setting"),
        FileNotFoundError("token file"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whoever_is_not_signed_in_is_told_how_to(error: Exception) -> None:
    with pytest.raises(PlaneError) as caught:
        Tokens(_Unable(error), "scope").bearer()
    failure = caught.value.failure
    assert (failure.code, failure.status) == ("not-signed-in", 0)
    assert "az login" in failure.advice
    assert "--local" in failure.advice
    assert "many lines" not in failure.message
    assert caught.value.__cause__ is error


def test_an_error_without_words_is_named_by_its_class() -> None:
    assert sign_in_failure(ValueError()).message == "No token could be had: ValueError"


def test_a_setting_that_azure_does_not_understand_is_a_sign_in_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nobody")
    with pytest.raises(PlaneError) as caught, SignIn() as sign_in:
        sign_in.tokens("scope").bearer()
    assert caught.value.failure.code == "not-signed-in"
    assert "nobody" in caught.value.message


def test_an_identity_endpoint_that_refuses_is_a_sign_in_failure_on_both_planes(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with foundry.connected() as planes:
        assert planes.management is not None
        with pytest.raises(PlaneError) as project:
            planes.project.get("agents/a")
        with pytest.raises(PlaneError) as management:
            list(planes.management.items(deployments_path(planes.management)))
    assert project.value.failure.code == management.value.failure.code == "not-signed-in"
    assert foundry.clock.slept == []


def test_the_credential_is_closed_behind_its_user(foundry: Foundry) -> None:
    assert foundry.emulator.env["IDENTITY_ENDPOINT"]
    with SignIn() as sign_in:
        assert sign_in.get_token("https://ai.azure.com/.default").token
    with pytest.raises(Exception, match="closed"):
        sign_in.get_token("https://management.azure.com/.default")


def test_both_planes_are_closed_behind_their_user(foundry: Foundry) -> None:
    with foundry.connected() as planes:
        assert planes.management is not None
        list(planes.management.items(deployments_path(planes.management)))
        list(planes.project.items("agents"))
    with pytest.raises(RuntimeError, match="closed"):
        planes.project.get("agents/a")
    with pytest.raises(PlaneError, match="closed"):
        list(planes.management.items(deployments_path(planes.management)))


def test_each_plane_gets_the_audience_it_wants_and_asks_once(foundry: Foundry) -> None:
    with foundry.connected() as planes:
        assert planes.management is not None
        for _ in range(3):
            list(planes.management.items(deployments_path(planes.management)))
            list(planes.project.items("agents"))
    asked = [request["query"]["resource"] for request in foundry.admin.requests(path="/msi/token")]
    assert sorted(asked) == ["https://ai.azure.com", "https://management.azure.com"]
    sent = {request["audience"] for request in foundry.admin.requests("GET") if request["audience"]}
    assert sent == {"https://ai.azure.com", "https://management.azure.com"}


def test_no_token_is_asked_for_before_it_is_needed(foundry: Foundry) -> None:
    with foundry.connected():
        pass
    assert foundry.admin.requests() == []


def test_tokens_appear_in_no_log_line_and_no_exception(foundry: Foundry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    foundry.admin.fault("GET", "*/agents/broken", status=400, body="no")
    with connect(foundry.where, clock=foundry.clock) as planes:
        assert planes.management is not None
        list(planes.management.items(deployments_path(planes.management)))
        list(planes.project.items("agents"))
        with pytest.raises(PlaneError) as refused:
            planes.project.get("agents/broken")
    told = caplog.text + str(refused.getrepr())
    assert "/agents" in told
    # every JWT starts so: it is the encoded `{"`
    assert "eyJ" not in told


def test_a_token_that_no_header_can_carry_is_told() -> None:
    class Odd(FakeCredential):
        def get_token(self, *scopes: str, **more: Any) -> AccessToken:  # noqa: ARG002
            return AccessToken("t\u00f6ken", 10**12)

    with pytest.raises(PlaneError) as caught:
        Tokens(Odd(), "scope").bearer()
    assert caught.value.failure.code == "not-signed-in"
    assert "t\u00f6ken" not in caught.value.message


def test_a_dead_identity_endpoint_on_this_machine_is_told_as_that() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/msi/token"
        failure = sign_in_failure(ValueError("x"), {"IDENTITY_ENDPOINT": url})
    assert failure.code == "nothing-listens"
    assert "IDENTITY_ENDPOINT" in failure.advice
    for elsewhere in ("http://169.254.169.254/token", "http://127.0.0.1:99999/token", "gopher://127.0.0.1", ""):
        assert sign_in_failure(ValueError("x"), {"IDENTITY_ENDPOINT": elsewhere}).code == "not-signed-in"


def test_an_identity_endpoint_where_somebody_is_is_not_told_as_dead() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/msi/token"
        assert sign_in_failure(ValueError("x"), {"IDENTITY_ENDPOINT": url}).code == "not-signed-in"


class _Meeting(FakeCredential):
    """Gives a token when two are asked for at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.met = threading.Barrier(2)

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        self.met.wait(10)
        return super().get_token(*scopes, **more)


def test_tokens_asked_for_ahead_are_asked_for_side_by_side_and_once() -> None:
    credential = _Meeting()
    with SignIn(lambda: credential) as sign_in:
        sign_in.ahead("project", "management")
        for scope in ("project", "management"):
            assert sign_in.tokens(scope).bearer()
    assert sorted(scope for scope, _ in credential.asked) == ["management", "project"]


def test_nobody_waits_for_a_token_that_nobody_needs() -> None:
    let = threading.Event()
    found: list[FakeCredential] = []

    def find() -> FakeCredential:
        let.wait(10)
        found.append(FakeCredential())
        return found[0]

    with SignIn(find) as sign_in:
        sign_in.ahead("project", "management")
        assert sign_in.tokens("management") is not sign_in.tokens("project")
    assert found == []
    let.set()


def test_what_went_wrong_is_found_out_once_for_all_who_wait_and_tried_again_later() -> None:
    class Recovering(FakeCredential):
        def get_token(self, *scopes: str, **more: Any) -> AccessToken:
            token = super().get_token(*scopes, **more)
            if len(self.asked) == 1:
                raise ValueError("nobody is signed in")
            return token

    clock, credential = FakeClock(), Recovering()
    tokens = Tokens(credential, "scope", now=clock.now)
    tokens.ahead()
    for _ in range(2):
        with pytest.raises(PlaneError, match="nobody is signed in"):
            tokens.bearer()
    assert len(credential.asked) == 1
    clock.sleep(5)
    assert tokens.bearer() == "secret-2"
