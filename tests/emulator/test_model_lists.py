"""What can be deployed where, and what is left of it: lists of models and usages, by region and by account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
PROVIDER = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"
ACCOUNTS = f"{SUBSCRIPTION}/resourceGroups/rg-local/providers/Microsoft.CognitiveServices/accounts"
ACCOUNT = f"{ACCOUNTS}/local-foundry"
NEWEST = "2026-09-01"
ALLOWED = {"name": "GlobalStandard", "capacity": {"maximum": 100, "allowedValues": [10, 50, 100]}}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def usages(arm: Any, path: str) -> dict[str, tuple[int, int]]:
    value = arm("GET", path).json()["value"]
    return {entry["name"]["value"]: (entry["currentValue"], entry["limit"]) for entry in value}


def everything(arm: Any, path: str) -> list[Any]:
    answer = arm("GET", path).json()
    found = answer["value"]
    while "nextLink" in answer:
        answer = arm.client.get(answer["nextLink"], headers={"Authorization": f"Bearer {arm.token}"}).json()
        found += answer["value"]
    return list(found)


@pytest.mark.rule(50)
@pytest.mark.parametrize("path", [f"{ACCOUNT}/models", f"{PROVIDER}/locations/eastus2/models"])
def test_models_page_since_the_newest_api_version(arm: Any, path: str) -> None:
    newest = replace(arm, version=NEWEST)

    assert "nextLink" not in arm("GET", path).json()
    assert len(newest("GET", path).json()["value"]) == 200
    assert [it.get("name") for it in everything(newest, path)] == [it.get("name") for it in everything(arm, path)]


@pytest.mark.rule(50)
def test_skus_tell_their_own_lifecycle_since_the_newest_api_version(arm: Any) -> None:
    old = arm("GET", f"{ACCOUNT}/models").json()["value"][0]
    new = replace(arm, version=NEWEST)("GET", f"{ACCOUNT}/models").json()["value"][0]

    assert not {"lifecycleStatus", "scope"} & old["skus"][0].keys()
    assert new["skus"][0].items() >= {"lifecycleStatus": new["lifecycleStatus"], "scope": "Base"}.items()


def test_a_page_that_was_never_given_is_refused(arm: Any) -> None:
    answer = replace(arm, version=NEWEST)("GET", f"{ACCOUNT}/models", **{"$skipToken": "next"})

    assert error(answer) == (400, "InvalidSkipToken")


@pytest.mark.rule(50)
def test_a_sku_may_retire_before_its_model(arm: Any, admin: Any, documents: Any) -> None:
    skus = [{"name": "GlobalStandard", "lifecycleStatus": "Deprecated"}, "DataZoneStandard"]
    admin.post("models", {"name": "gpt-9", "version": "1", "skus": skus}).raise_for_status()

    refused = arm("PUT", f"{ACCOUNT}/deployments/a", documents.deployment("gpt-9", "1"))
    taken = arm("PUT", f"{ACCOUNT}/deployments/a", documents.deployment("gpt-9", "1", sku="DataZoneStandard"))

    assert (error(refused), taken.status_code) == ((400, "ServiceModelDeprecated"), 201)


@pytest.mark.rule(9)
@pytest.mark.parametrize(("capacity", "status"), [(50, 201), (60, 400)])
def test_a_capacity_is_one_of_the_allowed_ones(
    arm: Any, admin: Any, documents: Any, capacity: int, status: int
) -> None:
    admin.post("models", {"name": "gpt-9", "version": "1", "skus": [ALLOWED]}).raise_for_status()

    answer = arm("PUT", f"{ACCOUNT}/deployments/a", documents.deployment("gpt-9", "1", capacity=capacity))

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("sku", "said"),
    [
        ({"name": "GlobalStandard", "capacity": {"allowedValues": 5}}, "skus[0].capacity.allowedValues"),
        ({"name": "GlobalStandard", "capacity": {"allowedValues": ["5"]}}, "skus[0].capacity.allowedValues[0]"),
        ({"name": "GlobalStandard", "lifecycleStatus": "Old"}, "skus[0].lifecycleStatus"),
    ],
)
def test_a_wrong_sku_is_named(admin: Any, sku: Any, said: str) -> None:
    answer = admin.post("models", {"name": "gpt-9", "version": "1", "skus": [sku]})

    assert (answer.status_code, said in answer.text) == (400, True)


@pytest.mark.rule(10)
def test_accounts_and_deployments_count_in_their_own_region(arm: Any, documents: Any) -> None:
    for name, region in (("near", "East US 2"), ("north", "swedencentral")):
        arm("PUT", f"{ACCOUNTS}/{name}", {"location": region, "kind": "AIServices", "sku": {"name": "S0"}})
        arm("PUT", f"{ACCOUNTS}/{name}/deployments/a", documents.deployment(capacity=7))

    here, there = (usages(arm, f"{ACCOUNTS}/{name}/usages") for name in ("near", "north"))

    assert here == usages(arm, f"{ACCOUNT}/usages") == usages(arm, f"{PROVIDER}/locations/eastus2/usages")
    assert (here["OpenAI.S0.AccountCount"], there["OpenAI.S0.AccountCount"]) == ((2, 30), (1, 30))
    assert here["OpenAI.GlobalStandard.gpt4.1-mini"] == there["OpenAI.GlobalStandard.gpt4.1-mini"] == (7, 5000)


@pytest.mark.rule(10)
def test_usage_goes_when_its_deployment_goes(arm: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/a", documents.deployment(capacity=7))
    arm("DELETE", f"{ACCOUNT}/deployments/a")

    assert usages(arm, f"{ACCOUNT}/usages")["OpenAI.GlobalStandard.gpt4.1-mini"] == (0, 5000)
