"""Who is signed in, which credential it is, and what its tokens say of themselves."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from provisioner.doctor.sign_in import Token, held
from provisioner.planes.answering import heard
from provisioner.planes.credentials import SignIn
from tests.doctor.looks import Given, closed_port, found, signed_in_as, started
from tests.foundry import Foundry

USER = {
    "aud": "https://ai.azure.com",
    "tid": "11111111-2222-3333-4444-555555555555",
    "oid": "66666666-7777-8888-9999-000000000000",
    "upn": "me@example.org",
    "scp": "user_impersonation",
}
NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _here(foundry: Foundry, project: Path) -> Foundry:
    started(project)
    return foundry


def told(claims: object, *, left_s: float = 3600, scope: str = "https://ai.azure.com/.default") -> Any:
    token = Token(claims=claims, expires_on=NOW + left_s)  # type: ignore[arg-type]  # whatever a token may hold
    return held("project-token", token, scope=scope, now=NOW)


def test_nobody_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    seen = found()

    assert seen["sign-in"].state.value == "failed"
    assert "\nEnvironmentCredential: authentication unavailable" in seen["sign-in"].message
    assert "Set in the environment: AZURE_TOKEN_CREDENTIALS, IDENTITY_ENDPOINT." in seen["sign-in"].message
    assert "az login" in seen["sign-in"].hint
    assert seen["project-token"].message == "There is none: see `sign-in`."
    assert seen["project-plane"].state.value == "ok"
    assert seen["project-access"].message == "Not asked: see `project-token`."


def test_a_setting_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
    seen = found()

    assert seen["sign-in"].state.value == "failed"
    assert "AZURE_TOKEN_CREDENTIALS" in seen["sign-in"].message


def test_a_chain_is_told_in_its_order_with_the_one_that_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
    seen = found()["sign-in"]

    assert seen.state.value == "ok"
    assert seen.message.startswith(
        "ManagedIdentityCredential answered; tried in order: EnvironmentCredential and ManagedIdentityCredential."
    )
    assert seen.details["credential"] == "ManagedIdentityCredential"


def test_a_local_foundry_that_was_stopped_gives_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{closed_port()}/msi/token")
    seen = found()["sign-in"]

    assert seen.state.value == "failed"
    assert "any more" in seen.message


def test_a_credential_that_never_answers_is_not_waited_for() -> None:
    asked, over = threading.Event(), threading.Event()

    class Slow:
        def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ARG002
            asked.set()
            over.wait(30)
            return Given(USER).get_token()

    seen = found(sign_in=lambda: SignIn(Slow))
    over.set()

    assert asked.is_set()
    assert "No token was given within 2 s." in seen["sign-in"].message
    assert seen["management-plane"].state.value == "ok"


def test_a_token_that_is_over() -> None:
    seen = found(sign_in=signed_in_as(USER, lifetime_s=-60))

    assert seen["project-token"].state.value == "failed"
    assert "(over)" in seen["project-token"].message
    assert "Sign in again" in seen["project-token"].hint
    assert seen["project-access"].message == "Not asked: see `project-token`."


def test_a_token_for_something_else_is_warned_of_and_the_plane_refuses_it() -> None:
    seen = found(sign_in=signed_in_as({**USER, "aud": "https://graph.microsoft.com"}))

    assert seen["project-token"].state.value == "warning"
    assert "asked for https://ai.azure.com" in seen["project-token"].message
    assert seen["project-access"].state.value == "failed"


def test_a_token_for_one_plane_alone() -> None:
    class OfOne:
        def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ARG002
            if "management" in scopes[0]:
                raise ValueError("AADSTS500011: no such resource")
            return Given(USER).get_token()

    seen = found(sign_in=lambda: SignIn(OfOne))

    assert [seen[it].state.value for it in ("sign-in", "project-token", "management-token")] == ["ok", "ok", "failed"]
    assert "AADSTS500011" in seen["management-token"].message


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        (USER, "of a user with the object id 66666666-7777-8888-9999-000000000000 of the tenant 11111111"),
        ({**USER, "scp": "", "idtyp": "app"}, "of an application with"),
        ({**USER, "idtyp": "app", "xms_mirid": "/subscriptions/x"}, "of a managed identity with"),
        ({"aud": ["a"], "oid": 5, "scp": None}, "For nobody until"),
        ({"aud": "https://ai.azure.com/"}, "of somebody."),
    ],
)
def test_a_token_is_told_by_its_claims(claims: object, words: str) -> None:
    seen = told(claims)

    assert words in seen.message
    assert "me@example.org" not in repr(seen)


@pytest.mark.parametrize(
    ("left_s", "state", "word"),
    [(7200, "ok", "2 h left"), (600, "ok", "10 min left"), (120, "warning", "2 min left"), (0, "failed", "over")],
)
def test_a_token_that_ends_soon_is_warned_of(left_s: float, state: str, word: str) -> None:
    assert (told(USER, left_s=left_s).state.value, word in told(USER, left_s=left_s).message) == (state, True)
    assert (told({}, left_s=left_s).state.value, "opaque" in told({}, left_s=left_s).message) == (state, True)


@pytest.mark.parametrize(
    ("audience", "scope", "fits"),
    [
        ("https://ai.azure.com/", "https://ai.azure.com/.default", True),
        ("18a66f5f-dbdf-4c17-9dd7-1634712a9cbe", "https://ai.azure.com/.default", True),
        ("https://management.core.windows.net/", "https://management.azure.com/.default", True),
        ("https://management.core.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default", True),
        ("https://cognitiveservices.azure.com", "https://ai.azure.com/.default", False),
        ("https://management.core.windows.net/", "https://ai.azure.com/.default", False),
    ],
)
def test_an_audience_has_several_names(audience: str, scope: str, *, fits: bool) -> None:
    assert (told({**USER, "aud": audience}, scope=scope).state.value == "ok") is fits


def test_an_end_beyond_all_calendars_is_some_day() -> None:
    assert "some day" in told(USER, left_s=1e20).message


def test_what_is_heard_belongs_to_the_thread_that_asked() -> None:
    logger = logging.getLogger("azure.identity._credentials.chained")
    before = logging.getLogger("azure.identity").level
    with heard() as answers:
        thread = threading.Thread(target=lambda: logger.info("%s acquired a token from %s", "Chain", "OtherCredential"))
        thread.start()
        thread.join()
        mine = answers.here
        logger.info("%s acquired a token from %s", "Chain", "AzureCliCredential")

        assert (mine, answers.here) == ("", "AzureCliCredential")
    assert logging.getLogger("azure.identity").level == before
    assert logging.getLogger("azure.identity").propagate
