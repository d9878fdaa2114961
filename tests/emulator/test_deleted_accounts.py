"""Accounts come back, or are purged, or hold their name; stores are made where memory is offered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
PROVIDER = "providers/Microsoft.CognitiveServices"
ACCOUNTS = f"{SUBSCRIPTION}/resourceGroups/rg-local/{PROVIDER}/accounts"
SPARE = f"{ACCOUNTS}/spare"
DELETED = f"{SUBSCRIPTION}/{PROVIDER}/locations/eastus2/resourceGroups/rg-local/deletedAccounts/spare"
TWO_DAYS = 48 * 3600


@pytest.fixture
def deleted(arm: Any, documents: Any) -> None:
    """An account with a deployment and a tag, deleted."""
    assert arm("PUT", SPARE, {"location": "eastus2", "tags": {"mine": "yes"}}).status_code == 201
    arm("PUT", f"{SPARE}/deployments/chat", documents.deployment(capacity=30))
    assert arm("DELETE", SPARE).status_code == 200


@pytest.mark.rule(15)
def test_an_account_with_projects_is_not_deleted(arm: Any) -> None:
    answer = arm("DELETE", f"{ACCOUNTS}/local-foundry")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CannotDeleteResource")
    assert "/projects/local" in answer.json()["error"]["message"]


@pytest.mark.rule(15)
@pytest.mark.usefixtures("deleted")
def test_a_deleted_account_holds_its_name_and_says_how_to_go_on(arm: Any) -> None:
    again = arm("PUT", SPARE, {"location": "eastus2"})

    assert (again.status_code, again.json()["error"]["code"]) == (409, "FlagMustBeSetForRestore")
    assert f"'{SPARE}' has been soft-deleted" in again.json()["error"]["message"]
    assert arm("GET", SPARE).status_code == 404
    assert "spare" not in {account["name"] for account in arm("GET", ACCOUNTS).json()["value"]}
    assert arm("DELETE", SPARE).status_code == 204
    group = f"{SUBSCRIPTION}/resourceGroups/other"
    arm("PUT", group, {"location": "eastus2"})
    elsewhere = arm("PUT", f"{group}/{PROVIDER}/accounts/spare", {"location": "eastus2"})
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (409, "CustomDomainInUse")


@pytest.mark.rule(15)
@pytest.mark.usefixtures("deleted")
def test_a_deleted_account_is_restored_with_what_it_had(arm: Any) -> None:
    restored = arm("PUT", SPARE, {"location": "eastus2", "properties": {"restore": True}})

    assert (restored.status_code, restored.json()["tags"]) == (201, {"mine": "yes"})
    assert "restore" not in restored.json()["properties"]
    assert arm("GET", f"{SPARE}/deployments/chat").json()["sku"]["capacity"] == 30
    assert arm("GET", f"{SUBSCRIPTION}/{PROVIDER}/deletedAccounts").json()["value"] == []


@pytest.mark.rule(15)
@pytest.mark.usefixtures("deleted")
def test_a_deleted_account_is_listed_read_and_purged(arm: Any) -> None:
    (listed,) = arm("GET", f"{SUBSCRIPTION}/{PROVIDER}/deletedAccounts").json()["value"]

    assert listed == arm("GET", DELETED).json()
    assert listed["id"] == DELETED
    assert listed["properties"]["deletionDate"] < listed["properties"]["scheduledPurgeDate"]
    assert [arm("DELETE", DELETED).status_code for _ in range(2)] == [200, 204]
    assert arm("GET", DELETED).status_code == 404
    assert arm("PUT", SPARE, {"location": "eastus2"}).json()["tags"] == {}
    assert arm("GET", f"{SPARE}/deployments/chat").status_code == 404


@pytest.mark.rule(10, 15)
@pytest.mark.usefixtures("deleted")
def test_quota_is_held_until_the_purge(arm: Any) -> None:
    def used() -> int:
        usages = arm("GET", f"{SUBSCRIPTION}/{PROVIDER}/locations/eastus2/usages").json()["value"]
        return int(next(u for u in usages if u["name"]["value"] == "OpenAI.GlobalStandard.gpt4.1-mini")["currentValue"])

    assert used() == 30
    arm("DELETE", DELETED)
    assert used() == 0


@pytest.mark.rule(15)
@pytest.mark.usefixtures("deleted")
def test_after_two_days_a_deleted_account_is_gone(arm: Any, admin: Any) -> None:
    admin.advance(TWO_DAYS)

    assert arm("GET", DELETED).status_code == 404
    assert arm("GET", f"{SUBSCRIPTION}/{PROVIDER}/deletedAccounts").json()["value"] == []
    assert arm("PUT", SPARE, {"location": "eastus2"}).json()["tags"] == {}


@pytest.fixture
def in_region(arm: Any, project: Any) -> Any:
    """A project in a region, asked by the name of its account."""

    def make(region: str) -> Any:
        arm("PUT", f"{ACCOUNTS}/far", {"location": region})
        arm("PUT", f"{ACCOUNTS}/far/projects/away", {"location": region})

        return replace(project, prefix="/api/projects/away")

    return make


@pytest.mark.rule(25)
@pytest.mark.parametrize(("region", "status"), [("eastus", 400), ("West Europe", 400), ("Sweden Central", 200)])
def test_stores_are_made_only_where_memory_is_offered(in_region: Any, documents: Any, region: str, status: int) -> None:
    away = in_region(region)

    answer = away("POST", "/memory_stores", documents.store())

    assert answer.status_code == status
    if status == 400:
        assert region in answer.json()["error"]["message"]


@pytest.mark.rule(25)
def test_the_region_gate_may_be_opened(in_region: Any, documents: Any, admin: Any) -> None:
    admin.switch(region_gate=False)

    assert in_region("eastus")("POST", "/memory_stores", documents.store()).status_code == 200
