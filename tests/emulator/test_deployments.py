"""Model deployments: what may be asked, what the service fills in, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT = f"{ACCOUNT}/deployments/chat"


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.rule(7, 12)
def test_a_new_deployment_is_201_and_reads_back_with_what_the_server_filled_in(arm: Any, documents: Any) -> None:
    made = arm("PUT", CHAT, documents.deployment(capacity=3, tags={"a": "b"}))

    body = made.json()
    assert made.status_code == 201
    assert made.headers["etag"] == body["etag"]
    assert body["id"] == CHAT
    assert body["type"] == "Microsoft.CognitiveServices/accounts/deployments"
    assert (body["sku"], body["tags"]) == ({"name": "GlobalStandard", "capacity": 3}, {"a": "b"})
    properties = body["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert properties["raiPolicyName"] == "Microsoft.DefaultV2"
    assert properties["currentCapacity"] == 3
    assert properties["capabilities"]["chatCompletion"] == "true"
    assert properties["rateLimits"][1] == {"key": "token", "renewalPeriod": 60, "count": 3000}
    assert body["systemData"].keys() >= {"createdAt", "lastModifiedAt", "createdBy"}
    assert arm("GET", CHAT).json() == body


@pytest.mark.rule(8, 12)
def test_a_put_is_200_on_what_exists_and_falls_back_to_defaults_for_what_it_leaves_out(
    arm: Any, documents: Any
) -> None:
    full = documents.deployment(tags={"a": "b"}, versionUpgradeOption="NoAutoUpgrade", raiPolicyName="Mine")
    made = arm("PUT", CHAT, full).json()

    again = arm("PUT", CHAT, documents.deployment())

    assert again.status_code == 200
    assert again.json()["properties"]["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert again.json()["properties"]["raiPolicyName"] == "Microsoft.DefaultV2"
    assert "tags" not in again.json()
    assert again.json()["etag"] != made["etag"]
    assert again.json()["systemData"]["createdAt"] == made["systemData"]["createdAt"]


@pytest.mark.rule(12)
def test_a_version_left_out_is_chosen_and_echoed(arm: Any, documents: Any) -> None:
    made = arm("PUT", CHAT, documents.deployment("gpt-4o", None)).json()

    assert made["properties"]["model"]["version"] == "2024-11-20"


def test_an_embedding_model_has_no_content_policy_of_the_service(arm: Any, documents: Any) -> None:
    made = arm("PUT", CHAT, documents.deployment("text-embedding-3-large", "1", sku="Standard")).json()

    assert "raiPolicyName" not in made["properties"]


def test_a_capacity_may_come_as_a_string(arm: Any, documents: Any) -> None:
    assert arm("PUT", CHAT, documents.deployment(capacity="10")).json()["sku"]["capacity"] == 10


@pytest.mark.rule(9)
def test_a_sku_under_properties_is_ignored_and_standard_applied(arm: Any, documents: Any) -> None:
    document = documents.deployment()
    document["properties"]["sku"] = document.pop("sku")

    assert arm("PUT", CHAT, document).json()["sku"]["name"] == "Standard"


def test_paths_ignore_case_and_keep_the_name_as_it_was_made(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT.replace("chat", "Chat"), documents.deployment())

    assert arm("GET", CHAT.upper()).json()["name"] == "Chat"
    assert arm("GET", CHAT.replace("resourceGroups", "resourcegroups").lower()).status_code == 200


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        pytest.param(
            {"sku": {"name": "DeveloperTier"}}, "InvalidResourceProperties", "is not supported by the model", id="sku"
        ),
        pytest.param({"sku": {"name": "S0"}}, "InvalidResourceProperties", "'S0' is invalid", id="account-sku"),
        pytest.param(
            {"sku": {"name": "GlobalStandard", "capacity": 0}},
            "InvalidCapacity",
            "'0' of account deployment should be at least 1 and no more than",
            id="too-small",
        ),
        pytest.param({"sku": {"name": "GlobalStandard", "capacity": -250}}, "InvalidCapacity", "'-250'", id="negative"),
        pytest.param(
            {"sku": {"name": "GlobalStandard", "capacity": 10**9}}, "InvalidCapacity", "no more than", id="too-large"
        ),
        pytest.param(
            {"sku": {"name": "GlobalProvisionedManaged", "capacity": 16}},
            "InvalidCapacity",
            "in steps of 5",
            id="off-step",
        ),
        pytest.param(
            {"sku": {"name": "GlobalStandard", "capacity": "many"}},
            "InvalidResourceProperties",
            "not a whole number",
            id="no-number",
        ),
        pytest.param({"sku": {"capacity": 1}}, "InvalidResourceProperties", "sku name", id="nameless-sku"),
        pytest.param({"sku": "Standard"}, "InvalidRequestContent", "must be an object", id="flat-sku"),
        pytest.param({"tags": {"a": 1}}, "InvalidTags", "map of strings", id="tags"),
    ],
)
@pytest.mark.rule(9)
def test_a_wrong_envelope_is_refused(arm: Any, documents: Any, document: Any, code: str, words: str) -> None:
    answer = arm("PUT", CHAT, {**documents.deployment(), **document})

    assert error(answer) == (400, code)
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("properties", "code", "words"),
    [
        pytest.param(
            {"scaleSettings": {"scaleType": "Standard"}},
            "InvalidResourceProperties",
            "The scale settings of account deployment is deprecated since API version '2023-05-01'",
            id="scale-settings",
        ),
        pytest.param({"versionUpgradeOption": "Never"}, "InvalidResourceProperties", "'Never'", id="upgrade-option"),
        pytest.param({"model": {"name": "gpt-4o"}}, "InvalidResourceProperties", "model format", id="no-format"),
        pytest.param(
            {"model": {"format": "OpenAI", "name": "gpt-9"}},
            "DeploymentModelNotSupported",
            "The model 'Format:OpenAI,Name:gpt-9,Version:' of account deployment is not supported.",
            id="unknown-model",
        ),
        pytest.param(
            {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "1999-01-01"}},
            "DeploymentModelNotSupported",
            "Version:1999-01-01",
            id="unknown-version",
        ),
        pytest.param(
            {"model": {"format": "xAI", "name": "grok-4-fast-reasoning", "version": "1"}},
            "ServiceModelDeprecated",
            "'Format:xAI,Name:grok-4-fast-reasoning,Version:1' has been deprecated since 05/01/2026 00:00:00.",
            id="deprecated-partner",
        ),
        pytest.param(
            {"model": {"format": "OpenAI", "name": "gpt-4", "version": "turbo-2024-04-09"}},
            "ServiceModelDeprecated",
            "Version:turbo-2024-04-09' has been deprecated.",
            id="deprecated-without-a-date",
        ),
        pytest.param(
            {"model": {"format": "Anthropic", "name": "claude-opus-5", "version": "2"}},
            "InvalidModelProviderData",
            "industry, organizationName, and countryCode",
            id="provider-data",
        ),
        pytest.param(
            {"model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0613"}},
            "ServiceModelDeprecated",
            "has been deprecated since 02/13/2025 00:00:00.",
            id="deprecated",
        ),
    ],
)
@pytest.mark.rule(9, 11)
def test_wrong_properties_are_refused(arm: Any, documents: Any, properties: Any, code: str, words: str) -> None:
    document = documents.deployment()
    document["properties"].update(properties)

    answer = arm("PUT", CHAT, document)

    assert error(answer) == (400, code)
    assert words in answer.json()["error"]["message"]
    assert arm("GET", CHAT).status_code == 404


@pytest.mark.rule(13)
def test_the_model_of_a_deployment_stays_unless_the_switch_lets_it_change(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    other = documents.deployment("gpt-4.1")

    assert error(arm("PUT", CHAT, other)) == (400, "CannotChangeDeploymentModel")
    assert arm("GET", CHAT).json()["properties"]["model"]["name"] == "gpt-4.1-mini"
    admin.switch(model_change="allowed")
    assert arm("PUT", CHAT, other).json()["properties"]["model"]["name"] == "gpt-4.1"


@pytest.mark.rule(9)
def test_only_provisioned_deployments_spill_over(arm: Any, documents: Any) -> None:
    spilling = {"spilloverDeploymentName": "standard"}
    standard = documents.deployment(**spilling)
    provisioned = documents.deployment(sku="GlobalProvisionedManaged", capacity=15, **spilling)

    assert error(arm("PUT", CHAT, standard)) == (400, "spilloverDeploymentNameInvalidSku")
    assert arm("PUT", CHAT, provisioned).json()["properties"]["spilloverDeploymentName"] == "standard"
    assert error(arm("PATCH", CHAT, {"sku": {"name": "GlobalStandard", "capacity": 10}})) == (
        400,
        "spilloverDeploymentNameInvalidSku",
    )


@pytest.mark.rule(13)
def test_the_version_of_a_model_changes_in_place(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment("gpt-4o", "2024-08-06"))

    changed = arm("PUT", CHAT, documents.deployment("gpt-4o", "2024-11-20"))

    assert (changed.status_code, changed.json()["properties"]["model"]["version"]) == (200, "2024-11-20")


@pytest.mark.rule(8)
def test_a_patch_takes_tags_and_sku_and_ignores_the_rest(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment(capacity=3, versionUpgradeOption="NoAutoUpgrade"))
    patch = {"sku": {"capacity": 5}, "tags": {"x": "y"}, "properties": {"raiPolicyName": "Mine"}}

    body = arm("PATCH", CHAT, patch).json()

    assert (body["sku"], body["tags"]) == ({"name": "GlobalStandard", "capacity": 5}, {"x": "y"})
    assert body["properties"]["raiPolicyName"] == "Microsoft.DefaultV2"
    assert body["properties"]["versionUpgradeOption"] == "NoAutoUpgrade"
    assert body["properties"]["currentCapacity"] == 5


@pytest.mark.rule(8)
def test_strict_refuses_what_would_be_ignored(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.switch(strict=True)

    assert error(arm("PATCH", CHAT, {"properties": {}})) == (400, "InvalidRequestContent")
    assert error(arm("PUT", CHAT, {**documents.deployment(), "colour": "red"})) == (400, "InvalidRequestContent")
    assert error(arm("PUT", CHAT, documents.deployment(colour="red"))) == (400, "InvalidRequestContent")


@pytest.mark.rule(7)
def test_a_delete_is_200_then_204(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())

    first, second = arm("DELETE", CHAT), arm("DELETE", CHAT)

    assert (first.status_code, first.content, second.status_code) == (200, b"", 204)
    assert arm("GET", f"{ACCOUNT}/deployments").json() == {"value": []}


@pytest.mark.rule(16)
def test_a_deployment_in_use_may_be_deleted(arm: Any, project: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/gpt-4.1-mini", documents.deployment())
    project("POST", "/memory_stores", documents.store())

    assert arm("DELETE", f"{ACCOUNT}/deployments/gpt-4.1-mini").status_code == 200
    assert project("GET", "/memory_stores/memory").status_code == 200


def test_the_skus_of_a_deployment_are_its_models(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())

    value = arm("GET", f"{CHAT}/skus").json()["value"]

    assert {"name": "GlobalStandard"} in [entry["sku"] for entry in value]
    assert value[0]["capacity"].keys() >= {"default", "minimum", "maximum", "step", "allowedValues"}


@pytest.mark.rule(14)
def test_pausing_and_resuming_is_idempotent_and_needs_a_new_api_version(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    newer = replace(arm, version="2025-12-01")

    assert arm("POST", f"{CHAT}/pause").status_code == 400
    for _ in range(2):
        assert newer("POST", f"{CHAT}/pause").json()["properties"]["deploymentState"] == "Paused"
    assert newer("POST", f"{CHAT}/resume").json()["properties"]["deploymentState"] == "Running"


def test_a_provisioned_deployment_cannot_be_paused(arm: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment(sku="GlobalProvisionedManaged", capacity=15))

    assert error(replace(arm, version="2025-12-01")("POST", f"{CHAT}/pause")) == (400, "InvalidResourceProperties")


def test_what_is_missing_is_named(arm: Any, documents: Any) -> None:
    document = documents.deployment()
    nowhere = ACCOUNT.replace("rg-local", "rg-none")
    no_account = ACCOUNT.replace("local-foundry", "other")

    assert error(arm("GET", CHAT)) == (404, "ResourceNotFound")
    assert error(arm("PATCH", CHAT, {})) == (404, "ResourceNotFound")
    assert error(arm("GET", f"{no_account}/deployments/chat")) == (404, "ResourceNotFound")
    assert error(arm("PUT", f"{no_account}/deployments/chat", document)) == (404, "ParentResourceNotFound")
    assert error(arm("PUT", f"{nowhere}/deployments/chat", document)) == (404, "ResourceGroupNotFound")
    assert error(arm("GET", CHAT.replace("0001", "0002"))) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize("name", ["-leading", "with%20space", "x" * 65])
def test_a_bad_name_is_refused(arm: Any, documents: Any, name: str) -> None:
    assert error(arm("PUT", f"{ACCOUNT}/deployments/{name}", documents.deployment())) == (400, "InvalidResourceName")


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(arm: Any, content: bytes) -> None:
    answer = arm.client.put(
        CHAT,
        params={"api-version": "2025-09-01"},
        content=content,
        headers={"Authorization": f"Bearer {arm.token}", "Content-Type": "application/json"},
    )

    assert answer.status_code == 400


def test_a_long_list_comes_in_pages(arm: Any, admin: Any) -> None:
    admin.post("seed", {"deployments": 201})

    first = arm("GET", f"{ACCOUNT}/deployments").json()
    second = arm.client.get(first["nextLink"], headers={"Authorization": f"Bearer {arm.token}"}).json()

    assert (len(first["value"]), len(second["value"])) == (200, 1)
    assert "nextLink" not in second
    assert error(arm("GET", f"{ACCOUNT}/deployments", **{"$skipToken": "x"})) == (400, "InvalidSkipToken")


@pytest.mark.rule(3)
def test_an_api_version_is_needed_and_must_be_known(arm: Any) -> None:
    assert error(replace(arm, version=None)("GET", CHAT)) == (400, "MissingApiVersionParameter")
    assert error(replace(arm, version="2001-01-01")("GET", CHAT)) == (400, "NoRegisteredProviderFound")
    for known in ("2026-05-15-preview", "2026-07-01", "2026-09-01"):
        assert error(replace(arm, version=known)("GET", CHAT)) == (404, "ResourceNotFound")
