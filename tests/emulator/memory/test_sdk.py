"""The published client, unmodified: azure-ai-projects, sync and async."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import (
    MemoryItemKind,
    MemorySearchOptions,
    MemoryStoreDefaultDefinition,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.polling.base_polling import OperationFailed
from azure.identity import DefaultAzureCredential

from provisioner.emulator import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator import Emulator

pytestmark = pytest.mark.contract


@pytest.fixture
def stores(azure: Emulator, models: None, admin: Any) -> Iterator[Any]:  # noqa: ARG001
    admin.switch(update_seconds=0)
    with DefaultAzureCredential() as credential, AIProjectClient(azure.project, credential) as client:
        definition = MemoryStoreDefaultDefinition(chat_model="gpt-4.1-mini", embedding_model="text-embedding-3-large")
        client.beta.memory_stores.create(name="prefs", definition=definition)
        yield client.beta.memory_stores


def test_the_client_updates_and_searches(stores: Any) -> None:
    poller = stores.begin_update_memories(name="prefs", scope="ann", items="I live in Lisbon.", update_delay=0)
    result = poller.result()
    found = stores.search_memories(
        name="prefs", scope="ann", items="Where do I live?", options=MemorySearchOptions(max_memories=1)
    )

    assert poller.status() == "completed"
    assert "Lisbon" in result.memory_operations[0].memory_item.content
    assert result.memory_operations[0].kind == "create"
    assert result.memory_operations[0].memory_item.updated_at.year >= 2024
    assert result.usage.total_tokens > 0
    assert "Lisbon" in found.memories[0].memory_item.content
    assert stores.delete_scope(name="prefs", scope="ann").deleted
    assert stores.search_memories(name="prefs", scope="ann").memories == []


def test_the_client_waits_about_a_second_with_a_real_clock(stores: Any, admin: Any) -> None:
    """By its own poller, as the emulator runs by default: in progress at first, and `Retry-After: 1`."""
    admin.switch(update_seconds=Options().update_seconds)
    started = time.monotonic()

    poller = stores.begin_update_memories(name="prefs", scope="ann", items="I live in Lisbon.", update_delay=0)

    assert poller.result().memory_operations
    assert time.monotonic() - started < 5


def test_the_client_sees_an_update_superseded(stores: Any) -> None:
    first = stores.begin_update_memories(name="prefs", scope="ann", items="I like apples.", update_delay=300)
    second = stores.begin_update_memories(
        name="prefs", scope="ann", items="I like pears.", previous_update_id=first.update_id, update_delay=0
    )
    told = " ".join(operation.memory_item.content for operation in second.result().memory_operations)

    assert "apples" in told
    assert "pears" in told
    first.polling_method().update_status()
    assert first.polling_method().status() == "superseded"


def test_the_client_raises_for_an_update_that_failed(stores: Any, admin: Any) -> None:
    admin.switch(project_identity="denied")
    poller = stores.begin_update_memories(name="prefs", scope="ann", items="I like pears.", update_delay=0)

    with pytest.raises((OperationFailed, HttpResponseError)):
        poller.result()
    with pytest.raises(HttpResponseError) as refused:
        stores.search_memories(name="prefs", scope="ann", items="What do I like?")
    assert "Authentication to the Azure OpenAI resource failed" in str(refused.value)


def test_the_client_keeps_memories_by_hand(stores: Any) -> None:
    made = stores.create_memory("prefs", scope="ann", content="Likes tea", kind=MemoryItemKind.USER_PROFILE)
    changed = stores.update_memory("prefs", made.memory_id, content="Likes cocoa")
    for place in range(7):
        stores.create_memory("prefs", scope="ann", content=f"Fact {place}", kind="procedural")

    assert stores.get_memory("prefs", made.memory_id).content == changed.content == "Likes cocoa"
    assert len(list(stores.list_memories("prefs", scope="ann", limit=3))) == 8
    assert [item.content for item in stores.list_memories("prefs", scope="ann", kind="user_profile")] == ["Likes cocoa"]
    assert stores.delete_memory("prefs", made.memory_id).deleted
    with pytest.raises(ResourceNotFoundError):
        stores.get_memory("prefs", made.memory_id)


def test_the_client_may_delete_while_it_lists(stores: Any) -> None:
    for place in range(7):
        stores.create_memory("prefs", scope="ann", content=f"Fact {place}", kind="user_profile")

    for item in stores.list_memories("prefs", scope="ann", limit=3):
        stores.delete_memory("prefs", item.memory_id)

    assert list(stores.list_memories("prefs", scope="ann")) == []


ASYNC_JOURNEY = """
import asyncio, os
from azure.ai.projects.aio import AIProjectClient
from azure.ai.projects.models import MemoryStoreDefaultDefinition
from azure.identity.aio import DefaultAzureCredential

async def main():
    endpoint = os.environ["FOUNDRY_PROJECT_ENDPOINT"]
    async with DefaultAzureCredential() as credential, AIProjectClient(endpoint, credential) as client:
        stores = client.beta.memory_stores
        definition = MemoryStoreDefaultDefinition(chat_model="gpt-4.1-mini", embedding_model="text-embedding-3-large")
        await stores.create(name="prefs", definition=definition)
        poller = await stores.begin_update_memories(
            name="prefs", scope="ann", items="I live in Lisbon.", update_delay=0)
        result = await poller.result()
        made = await stores.create_memory("prefs", scope="ann", content="Likes tea", kind="user_profile")
        found = await stores.search_memories(name="prefs", scope="ann", items="Where do I live?")
        listed = [item.content async for item in stores.list_memories("prefs", scope="ann", limit=1)]
        print(poller.status(), "Lisbon" in result.memory_operations[0].memory_item.content)
        print("Lisbon" in found.memories[0].memory_item.content, made.content in listed)
        print((await stores.delete_scope(name="prefs", scope="ann")).deleted)

asyncio.run(main())
"""


def test_the_async_client_does_the_same(emulator: Emulator, models: None, admin: Any) -> None:  # noqa: ARG001
    """In a process of its own, as aiohttp reads the CA variables when it is imported."""
    admin.switch(update_seconds=0)
    ran = subprocess.run(
        [sys.executable, "-c", ASYNC_JOURNEY],
        env={**os.environ, **emulator.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ran.stdout.split(), ran.returncode) == (["completed", "True", "True", "True", "True"], 0), ran.stderr
