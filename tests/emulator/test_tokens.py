"""Audiences, roles, and the endpoints that hand out tokens."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest

if TYPE_CHECKING:
    from provisioner.emulator import Emulator

DEPLOYMENTS = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry/deployments"
)
UNAUTHORIZED = {
    "statusCode": 401,
    "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
    "(https://ai.azure.com/), or have expired.",
}


def forged(**claims: Any) -> str:
    return jwt.encode({"aud": "https://ai.azure.com", "exp": time.time() + 60, **claims}, "x" * 32, "HS256")


def expired(emulator: Emulator, audience: str) -> str:
    world = emulator._servers[0].config.app._world  # type: ignore[union-attr]
    return str(world.tokens.issue(audience, lifetime_s=-60))


def ask(emulator: Emulator, path: str = "/msi/token", **headers: str) -> httpx.Response:
    base = emulator.env["IDENTITY_ENDPOINT"].removesuffix("/msi/token")
    query = {"api-version": "2019-08-01", "resource": "https://ai.azure.com"}
    return httpx.get(base + path, params=query, headers=headers, trust_env=False)


@pytest.mark.parametrize("token", ["", "no-token-at-all", forged()], ids=["missing", "garbage", "forged"])
@pytest.mark.rule(1)
def test_the_project_plane_has_one_answer_without_an_envelope_for_every_bad_token(project: Any, token: str) -> None:
    answer = replace(project, token=token)("GET", "/memory_stores")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.rule(1)
def test_the_project_plane_refuses_a_management_token(project: Any, arm: Any) -> None:
    answer = replace(project, token=arm.token)("GET", "/memory_stores")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.rule(1)
def test_management_takes_a_token_for_its_own_endpoint(arm: Any, project: Any, emulator: Emulator) -> None:
    """What the JavaScript management clients ask for: the endpoint they are given, and /.default."""
    world = emulator._servers[0].config.app._world  # type: ignore[union-attr]
    own = [world.tokens.issue(f"{emulator.management}{end}") for end in ("", "/")]

    assert [replace(arm, token=token)("GET", DEPLOYMENTS).status_code for token in own] == [200, 200]
    assert replace(project, token=own[0])("GET", "/memory_stores").status_code == 401
    elsewhere = world.tokens.issue("https://127.0.0.1:1")
    assert replace(arm, token=elsewhere)("GET", DEPLOYMENTS).status_code == 401


def test_the_project_plane_refuses_an_expired_token(project: Any, emulator: Emulator) -> None:
    answer = replace(project, token=expired(emulator, "https://ai.azure.com"))("GET", "/memory_stores")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.rule(1)
def test_management_names_the_wrong_audience(arm: Any, project: Any) -> None:
    answer = replace(arm, token=project.token)("GET", DEPLOYMENTS)

    assert answer.status_code == 401
    assert answer.json()["error"] == {
        "code": "InvalidAuthenticationTokenAudience",
        "message": "The access token has been obtained for wrong audience or resource 'https://ai.azure.com'. It "
        "should exactly match with one of the allowed audiences 'https://management.core.windows.net/',"
        "'https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.",
    }


@pytest.mark.parametrize(("token", "code"), [("", "AuthenticationFailed"), (forged(), "InvalidAuthenticationToken")])
def test_management_tells_a_missing_token_from_a_bad_one(arm: Any, token: str, code: str) -> None:
    answer = replace(arm, token=token)("GET", DEPLOYMENTS)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


def test_management_tells_an_expired_token(arm: Any, emulator: Emulator) -> None:
    answer = replace(arm, token=expired(emulator, "https://management.azure.com"))("GET", DEPLOYMENTS)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")


@pytest.mark.parametrize(
    "audience",
    ["https://management.azure.com", "https://management.azure.com/", "https://management.core.windows.net/"],
)
def test_management_accepts_its_audiences_with_and_without_a_slash(arm: Any, emulator: Emulator, audience: str) -> None:
    token = httpx.get(
        emulator.env["IDENTITY_ENDPOINT"],
        params={"resource": audience},
        headers={"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]},
        trust_env=False,
    ).json()["access_token"]

    assert replace(arm, token=token)("GET", DEPLOYMENTS).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("denied-401", 401), ("denied-403", 403)])
@pytest.mark.rule(2)
def test_a_good_token_without_a_data_role_is_denied_in_an_envelope(
    project: Any, admin: Any, role: str, status: int
) -> None:
    admin.switch(data_role=role)

    answer = project("POST", "/agents/buddy/versions", {})

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "PermissionDenied"
    assert "accounts/AIServices/agents/write" in answer.json()["error"]["message"]


@pytest.mark.rule(2)
def test_a_data_role_says_nothing_about_management(arm: Any, admin: Any) -> None:
    admin.switch(data_role="denied-401")

    assert arm("GET", DEPLOYMENTS).status_code == 200


def test_a_good_token_without_a_management_role_is_forbidden(arm: Any, admin: Any) -> None:
    admin.switch(management_role="denied")

    answer = arm("PUT", f"{DEPLOYMENTS}/chat", {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "deployments/write" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/metadata/identity/oauth2/token", "/metadata/identity/oauth2/token/"])
def test_the_metadata_service_answers_with_and_without_a_slash(emulator: Emulator, path: str) -> None:
    assert ask(emulator, path, Metadata="true").status_code == 200
    assert ask(emulator, path).status_code == 400


def test_a_token_carries_what_every_client_reads(emulator: Emulator) -> None:
    answer = ask(emulator, **{"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]}).json()

    assert answer.keys() >= {"access_token", "expires_on", "expires_in", "resource", "token_type"}
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims.keys() >= {"aud", "tid", "oid", "exp"}
    assert claims["aud"] == "https://ai.azure.com"


def test_a_token_needs_the_identity_header(emulator: Emulator) -> None:
    assert ask(emulator).status_code == 401
    assert ask(emulator, **{"X-IDENTITY-HEADER": "guessed"}).status_code == 401


def test_a_token_needs_an_audience(emulator: Emulator) -> None:
    answer = httpx.get(
        emulator.env["IDENTITY_ENDPOINT"],
        headers={"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]},
        trust_env=False,
    )

    assert answer.status_code == 400


def test_a_service_principal_logs_in(client: httpx.Client, arm: Any) -> None:
    found = client.get("/some-tenant/v2.0/.well-known/openid-configuration").json()
    form = {"grant_type": "client_credentials", "scope": "https://management.core.windows.net//.default"}

    answer = client.post(found["token_endpoint"], data=form).json()

    assert answer["token_type"] == "Bearer"
    assert replace(arm, token=answer["access_token"])("GET", DEPLOYMENTS).status_code == 200


def test_a_login_without_a_scope_is_refused(client: httpx.Client) -> None:
    assert client.post("/some-tenant/oauth2/v2.0/token", data={"x": "y"}).status_code == 400


def test_the_identity_listener_serves_nothing_else(emulator: Emulator) -> None:
    assert ask(emulator, "/api/projects/local/agents").status_code == 501


def test_moving_the_clock_expires_no_token(project: Any, admin: Any) -> None:
    admin.advance(10 * 86_400)

    assert project("GET", "/agents").status_code == 200
