"""An environment that is made on the management plane, as `az` and Bicep make one, from a resource group to a role."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-dev"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/dev-foundry"
PROJECT = f"{ACCOUNT}/projects/app"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dev-pipeline"
CREDENTIALS = f"{IDENTITY}/federatedIdentityCredentials"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/dev-logs"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/dev-insights"
ROLES = "providers/Microsoft.Authorization"
FOUNDRY_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
USAGES_READER = "bba48692-92b0-4667-a9ad-c31c7b334ac2"
CS_CONTRIBUTOR = "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"
AN_ACCOUNT = {
    "location": "swedencentral",
    "kind": "AIServices",
    "sku": {"name": "S0"},
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "allowProjectManagement": True,
        "customSubDomainName": "dev-foundry",
        "disableLocalAuth": True,
        "publicNetworkAccess": "Enabled",
    },
}
A_PROJECT = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}, "properties": {}}
A_COMPONENT = {
    "location": "swedencentral",
    "kind": "web",
    "properties": {"Application_Type": "web", "WorkspaceResourceId": WORKSPACE},
}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def good(answer: Any) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def credential(subject: str = "repo:me/app:ref:refs/heads/main", **more: Any) -> dict[str, Any]:
    issuer, audiences = "https://token.actions.githubusercontent.com", ["api://AzureADTokenExchange"]
    return {"properties": {"issuer": issuer, "subject": subject, "audiences": audiences, **more}}


def assigned(arm: Any, scope: str, role: str, principal: str) -> Any:
    definition = f"{SUBSCRIPTION}/{ROLES}/roleDefinitions/{role}"
    given = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
    return arm("PUT", f"{scope}/{ROLES}/roleAssignments/{uuid.uuid4()}", {"properties": given})


def as_client(caller: Any, client_id: str, audience: str) -> Any:
    """As a pipeline signs in: with a token of somebody else's for the client id."""
    form = {"client_id": client_id, "scope": f"{audience}/.default", "client_assertion": "x"}
    answer = caller.client.post("/tenant/oauth2/v2.0/token", data=form)
    return replace(caller, token=answer.json()["access_token"])


@pytest.fixture
def group(arm: Any) -> Any:
    good(arm("PUT", GROUP, {"location": "swedencentral"}))
    return arm


@pytest.fixture
def identity(group: Any) -> Any:
    return good(group("PUT", IDENTITY, {"location": "swedencentral"}))["properties"]


@pytest.mark.rule(55)
def test_an_environment_is_made_in_the_order_of_its_files_and_its_pipeline_can_work(
    group: Any, project: Any, admin: Any, documents: Any
) -> None:
    arm = group
    admin.switch(roles="assigned")
    good(arm("PUT", ACCOUNT, AN_ACCOUNT))
    app = good(arm("PUT", PROJECT, A_PROJECT))
    good(assigned(arm, ACCOUNT, FOUNDRY_USER, app["identity"]["principalId"]))
    pipeline = good(arm("PUT", IDENTITY, {"location": "swedencentral"}))["properties"]
    for name, subject in (("main", "repo:me/app:ref:refs/heads/main"), ("prod", "repo:me/app:environment:prod")):
        good(arm("PUT", f"{CREDENTIALS}/{name}", credential(subject)))
    good(assigned(arm, ACCOUNT, CS_CONTRIBUTOR, pipeline["principalId"]))
    good(assigned(arm, PROJECT, FOUNDRY_USER, pipeline["principalId"]))
    good(arm("PUT", WORKSPACE, {"location": "swedencentral", "properties": {"sku": {"name": "PerGB2018"}}}))
    insights = good(arm("PUT", COMPONENT, A_COMPONENT))["properties"]
    key = {"category": "AppInsights", "authType": "ApiKey", "target": COMPONENT, "isSharedToAll": True}
    key |= {"credentials": {"key": insights["ConnectionString"]}, "metadata": {"ApiType": "Azure"}}
    good(arm("PUT", f"{PROJECT}/connections/insights", {"properties": key}))

    manager = as_client(arm, pipeline["clientId"], "https://management.azure.com")
    app_plane = replace(project, prefix="/api/projects/app")
    user = as_client(app_plane, pipeline["clientId"], "https://ai.azure.com")
    for model, version in (("gpt-4.1-mini", "2025-04-14"), ("text-embedding-3-large", "1")):
        good(manager("PUT", f"{ACCOUNT}/deployments/{model}", documents.deployment(model, version)))
    good(user("POST", "/memory_stores", documents.store()))
    items = [{"type": "message", "role": "user", "content": "I like tea"}]
    update = user("POST", "/memory_stores/memory:update_memories", {"scope": "u", "update_delay": 0, "items": items})
    admin.advance(1)
    read = user("GET", f"/memory_stores/memory/updates/{update.json()['update_id']}").json()

    assert read["status"] == "completed"
    assert error(assigned(manager, ACCOUNT, FOUNDRY_USER, str(uuid.uuid4()))) == (403, "AuthorizationFailed")
    assert error(manager("DELETE", GROUP)) == (403, "AuthorizationFailed")


@pytest.mark.rule(55)
def test_a_role_on_the_account_does_not_show_the_quota_of_its_subscription(
    group: Any, identity: Any, admin: Any
) -> None:
    admin.switch(roles="assigned")
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    good(assigned(group, ACCOUNT, CS_CONTRIBUTOR, identity["principalId"]))
    pipeline = as_client(group, identity["clientId"], "https://management.azure.com")
    usages = f"{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/swedencentral/usages"

    assert error(pipeline("GET", usages)) == (403, "AuthorizationFailed")
    good(assigned(group, SUBSCRIPTION, USAGES_READER, identity["principalId"]))
    assert good(pipeline("GET", usages))["value"]
    assert pipeline("GET", f"{ACCOUNT}/models").status_code == 200


@pytest.mark.rule(55)
def test_an_account_reads_as_it_was_put_with_what_the_service_adds(group: Any) -> None:
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    for name in ("app", "other"):
        good(group("PUT", f"{ACCOUNT}/projects/{name}", A_PROJECT))

    read = group("GET", ACCOUNT).json()

    assert (read["kind"], read["sku"], read["identity"]["type"]) == ("AIServices", {"name": "S0"}, "SystemAssigned")
    assert (
        read["properties"].items()
        >= {
            **AN_ACCOUNT["properties"],  # type: ignore[dict-item]  # a map
            "endpoint": "https://dev-foundry.cognitiveservices.azure.com/",
            "defaultProject": "app",
            "associatedProjects": ["app", "other"],
            "provisioningState": "Succeeded",
        }.items()
    )
    assert read["properties"]["endpoints"]["AI Foundry API"] == "https://dev-foundry.services.ai.azure.com/"


@pytest.mark.rule(55)
@pytest.mark.parametrize("key", ["location", "kind", "sku", "identity", "properties", "tags"])
@pytest.mark.parametrize("value", [3, True, ["y"]])
def test_what_is_of_another_shape_is_refused_and_changes_nothing(group: Any, key: str, value: object) -> None:
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    before = group("GET", ACCOUNT).json()
    project = [] if key in {"kind", "sku"} else [f"{ACCOUNT}/projects/odd"]  # which has neither

    for path in (f"{ACCOUNT}-2", ACCOUNT, *project):
        code = error(group("PUT", path, {**AN_ACCOUNT, key: value}))
        assert code in {(400, "InvalidRequestContent"), (409, "InvalidResourceLocation")}, path
    assert group("GET", ACCOUNT).json() == before
    assert group("GET", f"{ACCOUNT}/projects").json()["value"] == []


@pytest.mark.rule(55)
def test_a_project_is_the_default_if_it_is_the_first_and_stays_so(group: Any) -> None:
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    first = good(group("PUT", PROJECT, A_PROJECT))
    second = good(group("PUT", f"{ACCOUNT}/projects/other", A_PROJECT))
    again = good(group("PUT", PROJECT, {**A_PROJECT, "properties": {"displayName": "The app"}}))

    assert [it["properties"]["isDefault"] for it in (first, second, again)] == [True, False, True]
    assert (again["name"], again["properties"]["displayName"]) == ("dev-foundry/app", "The app")
    endpoint = "https://dev-foundry.services.ai.azure.com/api/projects/app"
    assert again["properties"]["endpoints"] == {"AI Foundry API": endpoint}
    assert first["identity"] == again["identity"]
    assert [it["name"] for it in group("GET", f"{ACCOUNT}/projects").json()["value"]] == [
        "dev-foundry/app",
        "dev-foundry/other",
    ]


@pytest.mark.rule(7, 55)
def test_a_slow_account_is_polled_and_takes_no_project_before_it_is_made(group: Any, admin: Any) -> None:
    admin.switch(write_seconds=30)

    made = group("PUT", ACCOUNT, AN_ACCOUNT)
    early = group("PUT", PROJECT, A_PROJECT)

    def status() -> str:
        bearer = {"Authorization": f"Bearer {group.token}"}
        return str(group.client.get(made.headers["azure-asyncoperation"], headers=bearer).json()["status"])

    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert group("GET", ACCOUNT).json()["properties"]["provisioningState"] == "Creating"
    assert error(early) == (409, "RequestConflict")
    assert status() == "InProgress"
    admin.advance(31)
    assert status() == "Succeeded"
    assert group("GET", ACCOUNT).json()["properties"]["provisioningState"] == "Succeeded"
    admin.switch(write_seconds=0)
    assert group("PUT", PROJECT, A_PROJECT).status_code == 201


@pytest.mark.rule(55)
def test_a_failed_account_takes_no_project_until_it_is_put_again(group: Any, admin: Any) -> None:
    admin.fault({"method": "PUT", "times": 1}, operation_error={"code": "Sad", "message": "It did not work out."})
    group("PUT", ACCOUNT, AN_ACCOUNT)

    assert error(group("PUT", PROJECT, A_PROJECT)) == (400, "BadRequest")
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    good(group("PUT", PROJECT, A_PROJECT))


@pytest.mark.rule(55)
def test_accounts_and_projects_are_patched_member_by_member(group: Any) -> None:
    good(group("PUT", ACCOUNT, {**AN_ACCOUNT, "tags": {"a": "1"}}))
    good(group("PUT", PROJECT, A_PROJECT))

    account = good(group("PATCH", ACCOUNT, {"tags": {"b": "2"}, "properties": {"publicNetworkAccess": "Disabled"}}))
    project = good(group("PATCH", PROJECT, {"properties": {"description": "For tests"}}))

    assert account["tags"] == {"a": "1", "b": "2"}
    assert account["properties"].items() >= {"publicNetworkAccess": "Disabled", "disableLocalAuth": True}.items()
    assert (project["properties"]["description"], project["properties"]["isDefault"]) == ("For tests", True)
    assert error(group("PATCH", f"{ACCOUNT}x", {})) == (404, "ResourceNotFound")


@pytest.mark.rule(55)
@pytest.mark.parametrize("path", [ACCOUNT, PROJECT, WORKSPACE])
def test_what_is_there_is_not_moved_to_another_region(group: Any, path: str) -> None:
    good(group("PUT", ACCOUNT, AN_ACCOUNT))
    good(group("PUT", PROJECT, A_PROJECT))
    good(group("PUT", WORKSPACE, {"location": "Sweden Central"}))

    assert error(group("PUT", path, {"location": "westus"})) == (409, "InvalidResourceLocation")


@pytest.mark.rule(55)
def test_a_sub_domain_is_taken_once(group: Any) -> None:
    good(group("PUT", ACCOUNT, AN_ACCOUNT))

    assert error(group("PUT", f"{ACCOUNT}-2", AN_ACCOUNT)) == (409, "CustomDomainInUse")


@pytest.mark.rule(56)
def test_an_identity_is_the_same_wherever_it_is_assigned(group: Any, identity: Any) -> None:
    both = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    account = good(group("PUT", ACCOUNT, {**AN_ACCOUNT, "identity": both}))
    made = as_client(group, identity["clientId"], "https://management.azure.com")

    store = good(made("PUT", f"{WORKSPACE}2", {"location": "westus"}))

    assert identity.keys() == {"tenantId", "principalId", "clientId"}
    known = {key: identity[key] for key in ("principalId", "clientId")}
    assert account["identity"]["userAssignedIdentities"][IDENTITY] == known
    assert store["systemData"]["createdBy"] == identity["principalId"]


@pytest.mark.rule(56)
@pytest.mark.usefixtures("identity")
def test_credentials_of_an_identity_are_written_one_at_a_time(group: Any, admin: Any) -> None:
    admin.switch(write_seconds=1000)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(group("PUT", f"{CREDENTIALS}/first", credential("a"))))
    first.start()
    while not group("GET", CREDENTIALS).json()["value"]:
        pass

    refused = group("PUT", f"{CREDENTIALS}/second", credential("b"))
    admin.advance(1000)
    first.join()

    assert error(refused) == (409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity")
    assert answers[0].status_code == 201


@pytest.mark.rule(56)
@pytest.mark.usefixtures("identity")
@pytest.mark.parametrize(
    ("name", "document", "refused"),
    [
        ("ab", credential("b"), (400, "InvalidResourceName")),
        ("second", {}, (400, "BadRequest")),
        ("second", credential("b", audiences=["a", "b"]), (400, "BadRequest")),
        ("second", credential("b", issuer=5), (400, "BadRequest")),
        ("second", credential("b" * 601), (400, "BadRequest")),
        ("second", credential("a"), (400, "BadRequest")),
    ],
)
def test_a_wrong_credential_is_refused(group: Any, name: str, document: Any, refused: Any) -> None:
    good(group("PUT", f"{CREDENTIALS}/first", credential("a")))

    assert error(group("PUT", f"{CREDENTIALS}/{name}", document)) == refused


@pytest.mark.rule(56)
@pytest.mark.usefixtures("identity")
def test_a_credential_is_put_again_listed_and_deleted(group: Any) -> None:
    assert [group("PUT", f"{CREDENTIALS}/main", credential()).status_code for _ in range(2)] == [201, 200]
    assert [it["name"] for it in group("GET", CREDENTIALS).json()["value"]] == ["main"]
    assert group("GET", f"{CREDENTIALS}/main").json()["id"] == f"{CREDENTIALS}/main"
    assert [group("DELETE", f"{CREDENTIALS}/main").status_code for _ in range(2)] == [200, 204]
    assert error(group("GET", f"{CREDENTIALS}/main")) == (404, "ResourceNotFound")
    assert error(group("PUT", f"{IDENTITY}x/federatedIdentityCredentials/main", credential())) == (
        404,
        "ParentResourceNotFound",
    )


@pytest.mark.rule(56)
@pytest.mark.usefixtures("identity")
def test_an_identity_has_at_most_twenty_credentials(group: Any) -> None:
    for number in range(20):
        good(group("PUT", f"{CREDENTIALS}/number-{number}", credential(f"s{number}")))

    assert error(group("PUT", f"{CREDENTIALS}/more", credential("more"))) == (400, "BadRequest")
    good(group("PUT", f"{CREDENTIALS}/number-3", credential("another")))


@pytest.mark.rule(57)
def test_monitoring_is_stored_with_its_keys(group: Any) -> None:
    workspace = good(group("PUT", WORKSPACE, {"location": "swedencentral", "tags": {"a": "b"}}))
    component = good(group("PUT", COMPONENT, A_COMPONENT))

    assert (workspace["type"], workspace["tags"]) == ("Microsoft.OperationalInsights/workspaces", {"a": "b"})
    assert workspace["properties"].items() >= {"retentionInDays": 30, "provisioningState": "Succeeded"}.items()
    assert component["properties"]["ConnectionString"].startswith(
        f"InstrumentationKey={component['properties']['InstrumentationKey']};"
    )
    assert group("GET", COMPONENT.replace("Microsoft.Insights", "microsoft.insights")).json() == component
    assert group("DELETE", COMPONENT).status_code == 200
    assert error(group("GET", COMPONENT)) == (404, "ResourceNotFound")


@pytest.mark.rule(57)
@pytest.mark.parametrize(
    ("path", "document", "refused"),
    [
        (WORKSPACE, {}, (400, "LocationRequired")),
        (WORKSPACE, {"location": "westus", "properties": {"sku": {"name": "Best"}}}, (400, "InvalidParameter")),
        (WORKSPACE, {"location": "westus", "properties": 5}, (400, "InvalidRequestContent")),
        (f"{WORKSPACE}-", {"location": "westus"}, (400, "InvalidResourceName")),
        (COMPONENT, {**A_COMPONENT, "kind": None}, (400, "InvalidParameter")),
        (COMPONENT, {**A_COMPONENT, "properties": {"Application_Type": "web"}}, (400, "WorkspaceNotFound")),
        (COMPONENT.replace("rg-dev", "rg-none"), A_COMPONENT, (404, "ResourceGroupNotFound")),
    ],
)
def test_wrong_monitoring_is_refused(group: Any, path: str, document: Any, refused: Any) -> None:
    assert error(group("PUT", path, document)) == refused


@pytest.mark.rule(55)
@pytest.mark.usefixtures("identity")
def test_a_group_that_is_deleted_takes_all_of_them_with_it(group: Any) -> None:
    good(group("PUT", WORKSPACE, {"location": "swedencentral"}))
    group("DELETE", GROUP)
    good(group("PUT", GROUP, {"location": "swedencentral"}))

    assert [group("GET", path).status_code for path in (IDENTITY, WORKSPACE)] == [404, 404]
