"""Clients of OpenAI's own library, as azure-ai-projects makes them, and the two deployments they need."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import PromptAgentDefinition
from azure.identity import ManagedIdentityCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

    from provisioner.emulator import Emulator

CHAT = "gpt-4.1-mini"
EMBEDDING = "text-embedding-3-large"
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)


@dataclass(frozen=True, kw_only=True)
class Programs:
    """What a program of a user would hold: a project, and OpenAI clients of it."""

    project: AIProjectClient
    closing: ExitStack

    def openai(self, agent: str | None = None, **options: Any) -> OpenAI:
        made = self.project.get_openai_client(agent_name=agent, max_retries=0, **options)
        return self.closing.enter_context(made)

    def agent(self, name: str = "buddy", **definition: Any) -> str:
        """Publishes a version; returns its number."""
        wanted = PromptAgentDefinition(**{"model": CHAT, "instructions": "Be brief.", **definition})
        return str(self.project.agents.create_version(name, definition=wanted).version)

    def store(self, name: str = "prefs", **more: Any) -> None:
        definition = {"kind": "default", "chat_model": CHAT, "embedding_model": EMBEDDING}
        self.project.beta.memory_stores.create({"name": name, "definition": definition, **more})


def asking(name: str = "buddy", version: str | None = None) -> dict[str, Any]:
    """The keywords that name an agent."""
    reference = {"type": "agent_reference", "name": name, **({"version": version} if version else {})}
    return {"extra_body": {"agent_reference": reference}}


@pytest.fixture(name="asking")
def asking_fixture() -> Any:
    return asking


@pytest.fixture
def account() -> str:
    """The path of the account on the management plane."""
    return ACCOUNT


@pytest.fixture
def deployed(arm: Any, documents: Any) -> None:
    for name, body in (
        (CHAT, documents.deployment()),
        (EMBEDDING, documents.deployment(EMBEDDING, "1", sku="Standard")),
    ):
        arm("PUT", f"{ACCOUNT}/deployments/{name}", body).raise_for_status()


def programs_of(emulator: Emulator, client_id: str | None, closing: ExitStack) -> Programs:
    credential = closing.enter_context(ManagedIdentityCredential(client_id=client_id))
    project = closing.enter_context(AIProjectClient(emulator.project, credential))
    return Programs(project=project, closing=closing)


@pytest.fixture
def programs(azure: Emulator, deployed: None) -> Iterator[Programs]:  # noqa: ARG001
    with ExitStack() as closing:
        yield programs_of(azure, None, closing)


@pytest.fixture
def programs_as(azure: Emulator, deployed: None) -> Iterator[Any]:  # noqa: ARG001
    """Programs of a caller with a client id, and so an object id, of its own."""
    with ExitStack() as closing:
        yield lambda client_id: programs_of(azure, client_id, closing)


@pytest.fixture
def v1(project: Any) -> Any:
    """Bare requests under /openai/v1, which takes no api-version."""

    def send(method: str, path: str, body: Any = None, **more: Any) -> Any:
        return project(method, f"/openai/v1{path}", body, **{"api-version": None, **more})

    return send
