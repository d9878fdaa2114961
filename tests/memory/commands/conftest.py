"""See `tests.command`. `stores` has two empty stores of one manifest; `memories` writes into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from provisioner.planes.service import connect
from tests.command import _running, foundry, project, provisioner
from tests.foundry import Command, Foundry

__all__ = ["_running", "foundry", "project", "provisioner"]

MANIFEST = """\
version: 1
name: team
project: {endpoint: "${env:FOUNDRY_PROJECT_ENDPOINT}"}
deployments:
  chat: {model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}, sku: {name: GlobalStandard, capacity: 10}}
  embed: {model: {format: OpenAI, name: text-embedding-3-large, version: "1"}, sku: {name: Standard, capacity: 10}}
stores:
  prefs: {chat_model: chat, embedding_model: embed}
  notes: {live_name: team-notes, chat_model: chat, embedding_model: embed, options: {default_ttl_seconds: 86400}}
agents:
  helper:
    model: chat
    instructions: Help.
    tools: [{type: memory_search_preview, memory_store_name: prefs, scope: team_blue}]
"""
Told: TypeAlias = Callable[..., list[Item]]


@pytest.fixture
def memories(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memories]:  # noqa: ARG001
    with connect(foundry.where) as planes:
        yield Memories(planes.project)


@pytest.fixture
def stores(foundry: Foundry, project: Path, provisioner: Command) -> Foundry:
    foundry.switch(update_seconds=0)
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    words = [word for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP") for word in ("--allow-env", name)]
    done = provisioner("apply", "--yes", "--allow-host", "127.0.0.1", *words)
    assert done.code == 0, done.err
    foundry.forget_requests()
    return foundry


@pytest.fixture
def told(stores: Foundry, memories: Memories) -> Told:  # noqa: ARG001 - there must be some
    """`told(store, scope, *contents)`: what the scope then has."""

    def write(store: str, scope: str, *contents: str, kind: str = "user_profile") -> list[Item]:
        return [memories.add(store, Item(scope=scope, kind=kind, content=content)) for content in contents]

    return write
