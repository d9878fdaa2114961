"""What is looked up before anything is written: cloud, subscription, groups, accounts, catalogue, quota."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
PROVIDER = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"
ACCOUNTS = f"{SUBSCRIPTION}/resourceGroups/rg-local/providers/Microsoft.CognitiveServices/accounts"
ACCOUNT = f"{ACCOUNTS}/local-foundry"


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def usage(arm: Any, name: str, location: str = "eastus2") -> tuple[int, int]:
    value = arm("GET", f"{PROVIDER}/locations/{location}/usages").json()["value"]
    entry = next(entry for entry in value if entry["name"]["value"] == name)
    return entry["currentValue"], entry["limit"]


def test_the_cloud_describes_itself_without_a_token_as_one_object(client: Any) -> None:
    found = client.get("/metadata/endpoints?api-version=2022-09-01").json()

    assert found["resourceManager"].startswith("https://127.0.0.1")
    assert found["authentication"]["audiences"][0] == "https://management.core.windows.net/"


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions",
        SUBSCRIPTION,
        "/tenants",
        f"{SUBSCRIPTION}/resourcegroups",
        f"{SUBSCRIPTION}/resourcegroups/rg-local",
    ],
)
def test_subscriptions_tenants_and_groups_take_any_dated_api_version(arm: Any, path: str) -> None:
    assert replace(arm, version="2022-12-01")("GET", path).status_code == 200
    assert replace(arm, version="yesterday")("GET", path).status_code == 400


def test_a_group_is_made_and_changed(arm: Any) -> None:
    path = f"{SUBSCRIPTION}/resourceGroups/rg-two"

    assert (arm("HEAD", path).status_code, arm("HEAD", f"{SUBSCRIPTION}/resourceGroups/rg-local").status_code) == (
        404,
        204,
    )
    assert arm("PUT", path, {"location": "westus"}).status_code == 201
    assert arm("PUT", path, {"location": "westus", "tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    assert error(arm("PUT", path, {})) == (400, "LocationRequired")


def test_an_account_and_its_project_are_made_read_and_deleted(arm: Any, project: Any) -> None:
    second = f"{ACCOUNTS}/second"

    assert arm("PUT", second, {"location": "westus", "tags": {"a": "b"}}).status_code == 201
    assert arm("PUT", second, {"location": "westus"}).status_code == 200
    assert arm("PUT", f"{second}/projects/blue", {}).status_code == 201
    assert arm("PUT", f"{second}/projects/blue", {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    assert arm("GET", f"{second}/projects/blue").json()["name"] == "second/blue"
    assert replace(project, prefix="/api/projects/blue")("GET", "/agents").status_code == 200
    assert [found["name"] for found in arm("GET", ACCOUNTS).json()["value"]] == ["local-foundry", "second"]
    assert len(arm("GET", f"{PROVIDER}/accounts").json()["value"]) == 2
    assert error(arm("DELETE", second)) == (409, "CannotDeleteResource")
    assert arm("DELETE", f"{second}/projects/blue").status_code == 200
    assert arm("DELETE", f"{second}/projects/blue").status_code == 204
    assert error(arm("GET", f"{second}/projects/blue")) == (404, "ResourceNotFound")
    assert [arm("DELETE", second).status_code for _ in range(2)] == [200, 204]


def test_an_account_name_is_taken_once_and_must_be_good(arm: Any) -> None:
    arm("PUT", f"{SUBSCRIPTION}/resourceGroups/rg-two", {"location": "westus"})
    elsewhere = ACCOUNT.replace("rg-local", "rg-two")

    assert error(arm("PUT", elsewhere, {"location": "westus"})) == (409, "CustomDomainInUse")
    assert error(arm("PUT", f"{ACCOUNTS}/x", {"location": "westus"})) == (400, "InvalidResourceName")


def test_deleting_a_project_deletes_what_is_in_it(arm: Any, project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store())
    project("POST", "/agents/buddy/versions", documents.version())

    arm("DELETE", f"{ACCOUNT}/projects/local")

    counts = admin.get("state")["counts"]
    assert (counts["stores"], counts["agents"], counts["versions"]) == (0, 0, 0)


def test_a_project_is_found_by_the_account_in_the_host_name(arm: Any, project: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNTS}/second", {"location": "westus"})
    arm("PUT", f"{ACCOUNTS}/second/projects/local", {})
    port = project.client.base_url.port
    project("POST", "/agents/buddy/versions", documents.version())

    def names(host: str) -> int:
        return len(project("GET", "/agents", headers={"Host": f"{host}:{port}"}).json()["data"])

    assert (names("127.0.0.1"), names("local-foundry.localhost"), names("second.localhost")) == (1, 1, 0)


def test_the_default_project_has_a_second_name(project: Any) -> None:
    assert replace(project, prefix="/api/projects/_project")("GET", "/agents").status_code == 200


def test_an_unknown_project_is_404(project: Any) -> None:
    answer = replace(project, prefix="/api/projects/none")("GET", "/agents")

    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Project not found")


@pytest.mark.rule(11)
def test_the_catalogue_lists_models_with_their_skus_and_lifecycle(arm: Any) -> None:
    value = arm("GET", f"{PROVIDER}/locations/eastus2/models").json()["value"]
    models = {(entry["model"]["name"], entry["model"]["version"]): entry["model"] for entry in value}

    assert len(models) == 232
    mini = models["gpt-5.4-mini", "2026-03-17"]
    assert mini["skus"][0].keys() >= {"name", "usageName", "capacity", "deprecationDate", "rateLimits"}
    assert {model["lifecycleStatus"] for model in models.values()} >= {
        "GenerallyAvailable",
        "Deprecating",
        "Deprecated",
    }
    assert {"gpt-5-mini", "gpt-4o", "text-embedding-3-small", "Mistral-Large-3"} <= {name for name, _ in models}
    assert not {key for model in models.values() for key in model} & {"regions", "publisher", "sources", "sure"}
    assert len(arm("GET", f"{ACCOUNT}/models").json()["value"]) == len(models)


def test_every_sku_of_the_catalogue_has_an_allowance(arm: Any) -> None:
    models = arm("GET", f"{ACCOUNT}/models").json()["value"]
    names = {entry["name"]["value"] for entry in arm("GET", f"{ACCOUNT}/usages").json()["value"]}

    assert {sku["usageName"] for model in models for sku in model["skus"]} <= names


@pytest.mark.rule(10)
def test_quota_counts_over_all_accounts_of_a_region(arm: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNTS}/second", {"location": "East US 2"})
    arm("PUT", f"{ACCOUNTS}/far", {"location": "westus"})
    for account, capacity in (("local-foundry", 100), ("second", 30), ("far", 7)):
        arm(
            "PUT",
            f"{ACCOUNTS}/{account}/deployments/e",
            documents.deployment("text-embedding-3-large", "1", sku="Standard", capacity=capacity),
        )

    assert usage(arm, "OpenAI.Standard.text-embedding-3-large") == (130, 350)
    assert usage(arm, "OpenAI.Standard.text-embedding-3-large", "westus") == (7, 350)


@pytest.mark.rule(10)
def test_more_than_the_quota_is_refused_and_a_change_is_charged_its_difference(arm: Any, documents: Any) -> None:
    def put(name: str, capacity: int) -> Any:
        document = documents.deployment("text-embedding-3-large", "1", sku="Standard", capacity=capacity)
        return arm("PUT", f"{ACCOUNT}/deployments/{name}", document)

    put("first", 300)
    refused = put("second", 60)
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "code": "InsufficientQuota",
        "message": "This operation require 60 new capacity in quota Tokens Per Minute (thousands) - "
        "text-embedding-3-large, which is bigger than the current available capacity 50. The current quota usage is "
        "300 and the quota limit is 350 for quota Tokens Per Minute (thousands) - text-embedding-3-large.",
    }
    assert put("first", 350).status_code == 200
    assert put("first", 351).status_code == 400
    assert put("first", 10).status_code == 200
    assert put("second", 60).status_code == 201
    arm("DELETE", f"{ACCOUNT}/deployments/first")
    assert usage(arm, "OpenAI.Standard.text-embedding-3-large") == (60, 350)


@pytest.mark.rule(10)
def test_a_patch_is_charged_too(arm: Any, documents: Any) -> None:
    path = f"{ACCOUNT}/deployments/e"
    arm("PUT", path, documents.deployment("text-embedding-3-large", "1", sku="Standard", capacity=300))

    assert error(arm("PATCH", path, {"sku": {"capacity": 400}})) == (400, "InsufficientQuota")
    arm("PATCH", path, {"sku": {"capacity": 20}})
    assert usage(arm, "OpenAI.Standard.text-embedding-3-large") == (20, 350)


def test_a_limit_can_be_set(arm: Any, admin: Any, documents: Any) -> None:
    name = "OpenAI.GlobalStandard.gpt4.1-mini"
    admin.post("quota", {"usage": name, "limit": 5}).raise_for_status()

    assert usage(arm, name) == (0, 5)
    assert error(arm("PUT", f"{ACCOUNT}/deployments/c", documents.deployment())) == (400, "InsufficientQuota")
    assert admin.post("quota", {"usage": "nothing", "limit": 5}).status_code == 400
