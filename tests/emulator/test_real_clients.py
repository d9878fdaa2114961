"""Programs nobody here wrote, knowing only the emulator's environment."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import (
    AgentEndpointConfig,
    FixedRatioVersionSelectionRule,
    MemoryStoreDefaultDefinition,
    MemoryStoreDefaultOptions,
    PromptAgentDefinition,
    VersionSelector,
)
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator import Emulator

pytestmark = pytest.mark.contract
HERE = ("rg-local", "local-foundry")


@pytest.fixture
def management(azure: Emulator) -> Iterator[Any]:
    with (
        DefaultAzureCredential() as credential,
        CognitiveServicesManagementClient(
            credential,
            azure.env["AZURE_SUBSCRIPTION_ID"],
            base_url=azure.management,
            polling_interval=0,  # where the service names no time: by itself it waits for half a minute
        ) as client,
    ):
        yield client


@pytest.fixture
def foundry(azure: Emulator) -> Iterator[AIProjectClient]:
    with DefaultAzureCredential() as credential, AIProjectClient(azure.project, credential) as client:
        yield client


@pytest.fixture(params=["sync", "async", "bare"])
def write_style(request: pytest.FixtureRequest, admin: Any) -> str:
    admin.switch(write_style=request.param, write_seconds=0.05)
    return str(request.param)


def test_the_credential_gets_a_token_for_either_plane(azure: Emulator) -> None:  # noqa: ARG001
    with DefaultAzureCredential() as credential:
        assert credential.get_token("https://ai.azure.com/.default").token
        assert credential.get_token("https://management.azure.com/.default").expires_on > 0


@pytest.mark.usefixtures("write_style")
def test_the_management_client_creates_updates_lists_and_deletes(management: Any, documents: Any) -> None:
    deployments = management.deployments

    made = deployments.begin_create_or_update(*HERE, "chat", documents.deployment(capacity=10)).result()
    changed = deployments.begin_create_or_update(*HERE, "chat", documents.deployment(capacity=20)).result()
    patched = deployments.begin_update(*HERE, "chat", {"tags": {"team": "a"}}).result()

    assert [made.sku.capacity, changed.sku.capacity, patched.sku.capacity] == [10, 20, 20]
    assert patched.tags == {"team": "a"}
    assert changed.properties.provisioning_state == "Succeeded"
    assert [found.name for found in deployments.list(*HERE)] == ["chat"]
    deployments.begin_delete(*HERE, "chat").result()
    assert list(deployments.list(*HERE)) == []


def test_the_management_client_reads_catalogue_quota_and_account(management: Any) -> None:
    assert management.accounts.get(*HERE).name == "local-foundry"
    assert [project.name for project in management.projects.list(*HERE)] == ["local-foundry/local"]
    assert "gpt-4.1-mini" in {entry.model.name for entry in management.models.list("eastus2")}
    assert "OpenAI.Standard.gpt-4o" in {entry.name.value for entry in management.usages.list("eastus2")}


def test_the_management_client_pages_through_a_thousand_deployments(management: Any, admin: Any) -> None:
    admin.post("seed", {"deployments": 1000}).raise_for_status()

    assert len({found.name for found in management.deployments.list(*HERE)}) == 1000


def test_the_management_client_pages_through_the_models_of_an_account(management: Any) -> None:
    assert len(list(management.accounts.list_models(*HERE))) == 232
    assert "AccountCount" in {entry.name.value for entry in management.accounts.list_usages(*HERE).value}


@pytest.mark.usefixtures("write_style")
def test_the_management_client_makes_accounts_and_projects(management: Any) -> None:
    where = ("rg-local", "dev-foundry")
    account = {"location": "swedencentral", "kind": "AIServices", "sku": {"name": "S0"}, "properties": {}}
    project = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}, "properties": {}}

    made = management.accounts.begin_create(*where, account).result()
    app = management.projects.begin_create(*where, "app", project).result()
    patched = management.accounts.begin_update(*where, {"tags": {"a": "b"}}).result()

    assert (made.properties.provisioning_state, patched.tags) == ("Succeeded", {"a": "b"})
    assert (app.name, app.properties.provisioning_state) == ("dev-foundry/app", "Succeeded")
    assert app.identity.principal_id
    management.projects.begin_delete(*where, "app").result()
    management.accounts.begin_delete(*where).result()
    assert [it.name for it in management.accounts.list()] == ["local-foundry"]


def test_the_management_client_raises_its_own_exceptions(management: Any) -> None:
    with pytest.raises(ResourceNotFoundError):
        management.deployments.get(*HERE, "missing")


def test_the_project_client_keeps_memory_stores(foundry: AIProjectClient) -> None:
    stores = foundry.beta.memory_stores
    definition = MemoryStoreDefaultDefinition(
        chat_model="chat",
        embedding_model="embedding",
        options=MemoryStoreDefaultOptions(user_profile_enabled=True, chat_summary_enabled=False),
    )

    made = stores.create(name="prefs", definition=definition, description="first", metadata={"owner": "me"})
    changed = stores.update("prefs", description="second")

    assert made.definition["options"]["chat_summary_enabled"] is False
    assert (changed.description, changed.metadata) == ("second", {"owner": "me"})
    assert [found.name for found in stores.list()] == ["prefs"]
    assert stores.get("prefs").id == made.id
    with pytest.raises(ResourceExistsError):
        stores.create(name="prefs", definition=definition)
    assert stores.delete("prefs").deleted
    with pytest.raises(ResourceNotFoundError):
        stores.get("prefs")


def test_the_project_client_keeps_agents(foundry: AIProjectClient) -> None:
    agents = foundry.agents

    first = agents.create_version("buddy", definition=PromptAgentDefinition(model="chat", instructions="one"))
    agents.create_version("buddy", definition=PromptAgentDefinition(model="chat", instructions="two"))
    pinned = agents.update_details(
        "buddy",
        agent_endpoint=AgentEndpointConfig(
            version_selector=VersionSelector(
                version_selection_rules=[FixedRatioVersionSelectionRule(agent_version="1", traffic_percentage=100)]
            )
        ),
    )

    assert (first.version, agents.get("buddy").versions.latest.version) == ("1", "2")
    assert pinned.agent_endpoint is not None
    assert [found.name for found in agents.list()] == ["buddy"]
    assert [found.version for found in agents.list_versions("buddy")] == ["2", "1"]
    assert agents.get_version("buddy", "1").definition["instructions"] == "one"
    agents.disable("buddy")
    assert agents.get("buddy").state == "disabled"
    agents.enable("buddy")
    assert agents.delete_version("buddy", "2").deleted
    assert agents.delete("buddy").deleted
    with pytest.raises(ResourceNotFoundError):
        agents.get("buddy")


def test_the_project_client_sees_the_deployments(foundry: AIProjectClient, management: Any, documents: Any) -> None:
    management.deployments.begin_create_or_update(*HERE, "chat", documents.deployment()).result()

    assert foundry.deployments.get("chat").name == "chat"
    assert [found.name for found in foundry.deployments.list(model_name="gpt-4.1-mini")] == ["chat"]
    assert list(foundry.deployments.list(model_publisher="Meta")) == []


def test_the_project_client_may_delete_while_it_lists(foundry: AIProjectClient, admin: Any) -> None:
    admin.post("seed", {"stores": 45, "agents": 45}).raise_for_status()

    for found in foundry.beta.memory_stores.list():
        foundry.beta.memory_stores.delete(found.name)
    for agent in foundry.agents.list():
        foundry.agents.delete(agent.name)

    assert admin.get("state?objects=false")["counts"]["stores"] == 0
    assert admin.get("state?objects=false")["counts"]["agents"] == 0


def test_the_project_client_shows_the_code_of_a_refusal(foundry: AIProjectClient) -> None:
    with pytest.raises(HttpResponseError) as refused:
        foundry.agents.create_version("not_valid", definition=PromptAgentDefinition(model="chat"))

    assert refused.value.status_code == 400
    assert "63 characters" in str(refused.value)


ASYNC_JOURNEY = """
import asyncio, os
from azure.ai.projects.aio import AIProjectClient
from azure.ai.projects.models import MemoryStoreDefaultDefinition, PromptAgentDefinition
from azure.identity.aio import DefaultAzureCredential

async def main():
    endpoint = os.environ["FOUNDRY_PROJECT_ENDPOINT"]
    async with DefaultAzureCredential() as credential, AIProjectClient(endpoint, credential) as client:
        stores = client.beta.memory_stores
        definition = MemoryStoreDefaultDefinition(chat_model="chat", embedding_model="embedding")
        await stores.create(name="prefs", definition=definition)
        await client.agents.create_version("buddy", definition=PromptAgentDefinition(model="chat"))
        print([found.name async for found in stores.list()], [found.name async for found in client.agents.list()])
        await stores.delete("prefs")
        await client.agents.delete("buddy")

asyncio.run(main())
"""


def test_the_async_clients_do_the_same(emulator: Emulator) -> None:
    """In a process of its own, as aiohttp reads the CA variables when it is imported."""
    ran = subprocess.run(
        [sys.executable, "-c", ASYNC_JOURNEY],
        env={**os.environ, **emulator.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ran.stdout.strip(), ran.returncode) == ("['prefs'] ['buddy']", 0), ran.stderr
