"""Resource groups go with what is in them; what accounts are and hold besides deployments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
PROVIDER = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-local"
ACCOUNTS = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts"
ACCOUNT = f"{ACCOUNTS}/local-foundry"
TENANT = "11111111-1111-4111-8111-111111111111"


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def polled(admin: Any, arm: Any, answer: Any) -> int:
    bearer = {"Authorization": f"Bearer {arm.token}"}
    return int(admin.client.get(answer.headers["location"], headers=bearer).status_code)


@pytest.mark.rule(40)
def test_a_group_goes_with_its_accounts_and_can_be_polled(arm: Any, project: Any, admin: Any) -> None:
    admin.switch(write_seconds=30)

    going = arm("DELETE", GROUP)

    assert going.status_code == 202
    assert polled(admin, arm, going) == 202
    assert arm("DELETE", GROUP).headers["location"] == going.headers["location"]
    assert arm("GET", GROUP).json()["properties"]["provisioningState"] == "Deleting"
    assert error(arm("PUT", f"{ACCOUNTS}/late", {})) == (409, "ResourceGroupBeingDeleted")
    assert error(arm("PUT", GROUP, {"location": "eastus2"})) == (409, "ResourceGroupBeingDeleted")
    admin.advance(30)
    assert polled(admin, arm, going) == 200
    assert error(arm("GET", GROUP)) == (404, "ResourceGroupNotFound")
    assert error(arm("DELETE", GROUP)) == (404, "ResourceGroupNotFound")
    assert arm("GET", f"{SUBSCRIPTION}/resourceGroups").json()["value"] == []
    assert project("GET", "/agents").status_code == 404


@pytest.mark.rule(15, 40)
def test_accounts_of_a_deleted_group_can_be_had_back_without_their_projects(
    arm: Any, project: Any, documents: Any
) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/chat", documents.deployment())
    project("POST", "/agents/buddy/versions", documents.version())
    arm("DELETE", GROUP)

    (deleted,) = arm("GET", f"{PROVIDER}/deletedAccounts").json()["value"]
    assert (deleted["name"], arm("GET", deleted["id"]).status_code) == ("local-foundry", 200)
    assert arm("PUT", GROUP, {"location": "westus"}).status_code == 201
    assert arm("GET", ACCOUNTS).json()["value"] == []
    assert error(arm("PUT", ACCOUNT, {})) == (409, "FlagMustBeSetForRestore")
    assert arm("PUT", ACCOUNT, {"properties": {"restore": True}}).status_code == 201
    assert arm("GET", f"{ACCOUNT}/deployments/chat").status_code == 200
    assert arm("GET", f"{ACCOUNT}/projects").json()["value"] == []
    arm("PUT", f"{ACCOUNT}/projects/local", {})
    assert project("GET", "/agents").json()["data"] == []


def test_an_account_of_a_deleted_group_is_purged(arm: Any) -> None:
    arm("DELETE", GROUP)
    (deleted,) = arm("GET", f"{PROVIDER}/deletedAccounts").json()["value"]

    assert [arm("DELETE", deleted["id"]).status_code for _ in range(2)] == [200, 204]
    assert arm("GET", f"{PROVIDER}/deletedAccounts").json()["value"] == []


def test_a_group_may_fail_to_go(arm: Any, admin: Any) -> None:
    failure = {"code": "ResourceGroupDeletionBlocked", "message": "Something holds it."}
    admin.fault({"method": "DELETE"}, operation_error=failure)

    going = arm("DELETE", GROUP)

    assert polled(admin, arm, going) == 409
    assert arm("GET", ACCOUNT).status_code == 200


def test_a_group_may_say_that_it_went(arm: Any, admin: Any) -> None:
    admin.fault({"method": "DELETE"}, without_effect=True)

    going = arm("DELETE", GROUP)

    assert (going.status_code, polled(admin, arm, going)) == (202, 200)
    assert arm("GET", GROUP).json()["properties"]["provisioningState"] == "Succeeded"


def test_another_group_is_left_alone(arm: Any) -> None:
    other = f"{SUBSCRIPTION}/resourceGroups/rg-two"
    arm("PUT", other, {"location": "westus"})
    arm("PUT", ACCOUNTS.replace("rg-local", "rg-two") + "/second", {})
    arm("DELETE", other)

    assert [found["name"] for found in arm("GET", f"{PROVIDER}/accounts").json()["value"]] == ["local-foundry"]


@pytest.mark.rule(41)
@pytest.mark.parametrize("path", [ACCOUNT, f"{ACCOUNT}/projects/local", f"{ACCOUNTS}/made"])
def test_managed_identities_are_somebody_and_stay_so(arm: Any, path: str) -> None:
    arm("PUT", f"{ACCOUNTS}/made", {"identity": {"type": "SystemAssigned"}})

    identity = arm("GET", path).json()["identity"]
    arm("PUT", path, {"tags": {"a": "b"}})

    assert (identity["type"], identity["tenantId"]) == ("SystemAssigned", TENANT)
    assert str(UUID(identity["principalId"])) == identity["principalId"]
    assert arm("GET", path).json()["identity"] == identity


@pytest.mark.rule(41)
def test_identities_are_of_the_sort_that_is_asked_for(arm: Any) -> None:
    named = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me"
    both = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {named: {}}}

    none = arm("PUT", f"{ACCOUNTS}/one", {"identity": {"type": "None"}}).json()["identity"]
    shown = arm("PUT", f"{ACCOUNTS}/two", {"identity": both}).json()["identity"]

    assert none == {"type": "None"}
    assert shown["userAssignedIdentities"][named].keys() == {"principalId", "clientId"}
    assert len({shown["principalId"], *shown["userAssignedIdentities"][named].values()}) == 3


@pytest.mark.rule(41)
def test_an_account_lists_its_keys_unless_it_takes_none(arm: Any) -> None:
    keys = arm("POST", f"{ACCOUNT}/listKeys").json()
    arm("PUT", ACCOUNT, {"properties": {"disableLocalAuth": True}})

    assert keys.keys() == {"key1", "key2"}
    assert keys["key1"] != keys["key2"]
    refused = arm("POST", f"{ACCOUNT}/listKeys")
    assert error(refused) == (400, "BadRequest")
    assert refused.json()["error"]["message"] == "Failed to list key. disableLocalAuth is set to be true"
    assert error(arm("POST", f"{ACCOUNTS}/nobody/listKeys")) == (404, "ResourceNotFound")
    assert replace(arm, token="")("POST", f"{ACCOUNT}/listKeys").status_code == 401
