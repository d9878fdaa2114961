"""Connections: what is written, what is shown of it, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

if TYPE_CHECKING:
    from provisioner.emulator import Emulator

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
PROJECT = f"{ACCOUNT}/projects/local"
DOCS = f"{PROJECT}/connections/docs"
SECRET = "hush-hush-5150"
both = pytest.mark.parametrize("holder", [ACCOUNT, PROJECT], ids=["account", "project"])


def connection(**more: Any) -> dict[str, Any]:
    properties = {"category": "ApiKey", "authType": "ApiKey", "target": "https://example.com", "metadata": {"a": "b"}}
    return {"properties": {**properties, "credentials": {"key": SECRET}, **more}}


def held(project: Any, name: str = "docs") -> Any:
    return project("POST", f"/connections/{name}/getConnectionWithCredentials").json()["credentials"]


@both
@pytest.mark.rule(42)
def test_a_connection_is_200_at_once_and_reads_without_its_credentials(arm: Any, holder: str) -> None:
    made = arm("PUT", f"{holder}/connections/docs", connection())

    body = made.json()
    assert made.status_code == 200
    assert (body["name"], body["id"], body["tags"], body["location"]) == (
        "docs",
        f"{holder}/connections/docs",
        None,
        None,
    )
    properties = body["properties"]
    assert (properties["credentials"], properties["peStatus"], properties["isDefault"]) == (None, "NotApplicable", True)
    assert properties["isSharedToAll"] is (holder == ACCOUNT)
    assert properties["metadata"] == {"a": "b"}
    assert arm("GET", f"{holder}/connections/docs").json() == body
    assert arm("GET", f"{holder}/connections").json() == {"value": [body]}
    assert arm("DELETE", f"{holder}/connections/docs").status_code == 200
    assert arm("DELETE", f"{holder}/connections/docs").status_code == 204
    assert arm("GET", f"{holder}/connections/docs").status_code == 404


@pytest.mark.rule(42)
def test_a_put_replaces_all_and_keeps_when_it_was_made(arm: Any, project: Any, admin: Any) -> None:
    made = arm("PUT", DOCS, connection(audience="api://a")).json()
    admin.advance(5)

    again = arm("PUT", DOCS.replace("docs", "DOCS"), connection(metadata=None, credentials=None))

    assert again.status_code == 200
    body = again.json()
    assert (body["name"], body["properties"]["metadata"]) == ("docs", {})
    assert "audience" not in body["properties"]
    assert body["systemData"]["createdAt"] == made["systemData"]["createdAt"] != body["systemData"]["lastModifiedAt"]
    assert held(project) == {"type": "ApiKey"}


@pytest.mark.rule(42)
@pytest.mark.parametrize("name", ["ab", "-abc", "a.bc", "x" * 34])
def test_a_bad_name_is_refused(arm: Any, name: str) -> None:
    assert arm("PUT", f"{PROJECT}/connections/{name}", connection()).status_code == 400


@pytest.mark.rule(42)
def test_the_list_is_filtered_and_writes_wait_for_the_account(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", DOCS, connection())
    arm("PUT", DOCS.replace("docs", "tool"), connection(category="RemoteTool"))

    def names(**query: str) -> list[str]:
        return [it["name"] for it in arm("GET", f"{PROJECT}/connections", **query).json()["value"]]

    assert names(includeAll="false") == ["docs", "tool"]
    assert names(category="RemoteTool") == ["tool"]
    assert names(target="https://other") == []
    admin.switch(write_seconds=60)
    arm("PUT", f"{ACCOUNT}/deployments/chat", documents.deployment())
    assert arm("PUT", DOCS, connection()).json()["error"]["code"] == "RequestConflict"


@pytest.mark.rule(43)
@pytest.mark.parametrize(
    "wrong",
    [
        {"authType": None},
        {"authType": "OAuth2", "credentials": None},
        {"authType": "AAD", "category": "AppInsights"},
        {"metadata": {"a": 1}},
        {"credentials": "x"},
    ],
)
def test_wrong_properties_are_refused(arm: Any, wrong: dict[str, Any]) -> None:
    answer = arm("PUT", DOCS, connection(**wrong))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")
    assert arm("PUT", DOCS, {}).status_code == 400
    assert arm("PUT", DOCS, connection(authType="OAuth2", credentials={})).status_code == 200


@pytest.mark.rule(44)
def test_a_patch_keeps_what_it_does_not_name(arm: Any, project: Any) -> None:
    arm("PUT", DOCS, connection(audience="api://a"))

    patched = arm(
        "PATCH", DOCS, {"properties": {"authType": "ApiKey", "metadata": {"c": "d"}, "audience": None}}
    ).json()

    properties = patched["properties"]
    assert (properties["target"], properties["metadata"]) == ("https://example.com", {"c": "d"})
    assert "audience" not in properties
    assert held(project) == {"type": "ApiKey", "key": SECRET}
    assert arm("PATCH", DOCS, {"properties": {"target": "x"}}).status_code == 400
    assert arm("PATCH", DOCS.replace("docs", "none"), {"properties": {"authType": "None"}}).status_code == 404
    arm("PATCH", DOCS, {"properties": {"authType": "AAD"}})
    assert held(project) == {"type": "AAD"}


@pytest.mark.rule(44)
def test_a_patch_may_be_made_to_wipe_credentials(arm: Any, project: Any, admin: Any) -> None:
    arm("PUT", DOCS, connection())
    admin.switch(patched_credentials="wiped")

    arm("PATCH", DOCS, {"properties": {"authType": "ApiKey"}})

    assert held(project) == {"type": "ApiKey"}


@pytest.mark.rule(45)
def test_a_project_sees_its_own_and_what_its_account_shares(arm: Any, project: Any) -> None:
    arm("PUT", f"{ACCOUNT}/connections/docs", connection(target="https://shared"))
    arm(
        "PUT",
        f"{ACCOUNT}/connections/wide",
        connection(category="RemoteTool", authType="SAS", credentials={"sas": SECRET}),
    )
    arm("PUT", f"{ACCOUNT}/connections/hidden", connection(isSharedToAll=False))
    arm("PUT", DOCS, connection(authType="CustomKeys", credentials={"keys": {"x-api-key": SECRET}}))

    seen = {it["name"]: it for it in project("GET", "/connections").json()["value"]}

    assert seen.keys() == {"docs", "wide"}
    assert seen["docs"]["target"] == "https://example.com"
    assert seen["wide"]["type"] == "RemoteTool_Preview"
    assert seen["docs"]["credentials"] == {"type": "CustomKeys"}
    assert project("GET", "/connections/DOCS").json() == seen["docs"]
    assert (held(project), held(project, "wide")) == (
        {"type": "CustomKeys", "x-api-key": SECRET},
        {"type": "SAS", "SAS": SECRET},
    )
    assert project("GET", "/connections/hidden").status_code == 404
    assert [it["name"] for it in project("GET", "/connections", connectionType="ApiKey").json()["value"]] == ["docs"]


def test_what_a_resource_was_given_is_in_nothing_that_is_shown(arm: Any, project: Any, client: Any, admin: Any) -> None:
    arm("PUT", DOCS, connection())
    admin.drift("connection", "docs", {"properties": {"credentials": {"key": f"{SECRET}-2"}}})
    state = client.get("/_emulator/state")

    shown = [state, client.get("/"), client.get("/?show=connections"), client.get("/_emulator/requests")]

    assert SECRET not in "".join(answer.text for answer in shown)
    assert "docs" in shown[2].text
    assert held(project) == {"type": "ApiKey", "key": f"{SECRET}-2"}
    assert admin.post("state", state.json()).status_code == 200
    assert arm("GET", DOCS).status_code == 200


def test_connections_go_with_what_holds_them(arm: Any, project: Any, admin: Any) -> None:
    arm("PUT", DOCS, connection())
    arm("PUT", f"{ACCOUNT}/connections/wide", connection())
    assert arm("PUT", f"{ACCOUNT}/projects/none/connections/docs", connection()).status_code == 404
    assert arm("GET", f"{ACCOUNT}/projects/none/connections").status_code == 404

    arm("DELETE", PROJECT)
    arm("PUT", PROJECT, {})

    assert arm("GET", f"{PROJECT}/connections").json() == {"value": []}
    assert [it["name"] for it in project("GET", "/connections").json()["value"]] == ["wide"]
    assert held(project, "wide")["key"] == SECRET
    admin.drift("connection", "wide", None)
    assert admin.post("drift", {"kind": "connection", "name": "wide", "changes": None}).status_code == 404


@pytest.mark.contract
def test_the_sdks_agree(azure: Emulator) -> None:
    here = ("rg-local", "local-foundry")
    with DefaultAzureCredential() as credential:
        management: Any = CognitiveServicesManagementClient(
            credential, azure.env["AZURE_SUBSCRIPTION_ID"], base_url=azure.management
        )
        client: Any = AIProjectClient(azure.project, credential)
        with management, client:
            body = connection(metadata={"team": "a"})
            made = management.project_connections.create(*here, "local", "docs", body)
            shared = management.account_connections.create(*here, "wide", connection())
            patched = management.project_connections.update(
                *here, "local", "docs", {"properties": {"authType": "ApiKey", "metadata": {"team": "b"}}}
            )

            assert (made.name, made.properties.auth_type, made.properties.credentials) == ("docs", "ApiKey", None)
            assert shared.properties.is_shared_to_all is True
            assert patched.properties.metadata == {"team": "b"}
            assert [it.name for it in management.project_connections.list(*here, "local")] == ["docs"]
            assert management.account_connections.get(*here, "wide").properties.target == "https://example.com"
            assert {it.name for it in client.connections.list()} == {"docs", "wide"}
            assert client.connections.get("docs").metadata == {"team": "b"}
            assert client.connections.get("docs", include_credentials=True).credentials.api_key == SECRET
            assert client.connections.get_default("ApiKey").name == "wide"
            management.project_connections.delete(*here, "local", "docs")
            management.account_connections.delete(*here, "wide")
            with pytest.raises(ResourceNotFoundError):
                client.connections.get("docs")
