"""A project with the two deployments, a store, and somebody to speak to it.

Updates take `UPDATE_S` of the emulator's clock, which tests move: nothing here waits.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from provisioner.emulator import Clock, Emulator, Options

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
UPDATE_S = 10
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT, EMBEDDING = "gpt-4.1-mini", "text-embedding-3-large"


def said(*texts: str) -> list[Json]:
    return [{"type": "message", "role": "user", "content": text} for text in texts]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """One store and one scope, unless a test says otherwise."""

    project: Any
    admin: Any
    store: str = "memory"
    scope: str = "ann"

    def post(self, verb: str, **body: Any) -> Any:
        return self.project("POST", f"/memory_stores/{self.store}{verb}", {"scope": self.scope, **body})

    def submit(self, *texts: str, delay: int | None = 0, **more: Any) -> str:
        delayed = {} if delay is None else {"update_delay": delay}
        answer = self.post(":update_memories", items=said(*texts), **delayed, **more)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["update_id"])

    def poll(self, update: str) -> Json:
        answer = self.project("GET", f"/memory_stores/{self.store}/updates/{update}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def learn(self, *texts: str) -> Json:
        """From saying something to its result."""
        update = self.submit(*texts)
        self.admin.advance(UPDATE_S)
        return self.poll(update)

    def write(self, content: str, kind: str = "user_profile", **more: Any) -> Json:
        answer = self.post("/items", content=content, kind=kind, **more)
        assert answer.status_code == 200, answer.text
        item: Json = answer.json()
        return item

    def search(self, *texts: str, **more: Any) -> Any:
        return self.post(":search_memories", **{**({"items": said(*texts)} if texts else {}), **more})

    def found(self, *texts: str, **more: Any) -> list[str]:
        answer = self.search(*texts, **more)
        assert answer.status_code == 200, answer.text
        return [memory["memory_item"]["content"] for memory in answer.json()["memories"]]

    def held(self, kind: str | None = None) -> list[str]:
        answer = self.project("POST", f"/memory_stores/{self.store}/items:list", {"scope": self.scope}, kind=kind)
        return [item["content"] for item in answer.json()["data"]]

    def of(self, scope: str) -> Memory:
        return replace(self, scope=scope)


@pytest.fixture
def deploy(arm: Any, documents: Any) -> Any:
    def put(name: str, model: str, version: str) -> None:
        arm("PUT", f"{ACCOUNT}/deployments/{name}", documents.deployment(model, version, capacity=1)).raise_for_status()

    return put


@pytest.fixture
def undeploy(arm: Any) -> Any:
    def delete(name: str) -> None:
        arm("DELETE", f"{ACCOUNT}/deployments/{name}").raise_for_status()

    return delete


@pytest.fixture
def models(deploy: Any) -> None:
    deploy(CHAT, CHAT, "2025-04-14")
    deploy(EMBEDDING, EMBEDDING, "1")


@pytest.fixture
def make_store(project: Any, documents: Any) -> Any:
    def make(name: str = "memory", **options: Any) -> None:
        definition = {"options": options} if options else {}
        project("POST", "/memory_stores", documents.store(name, definition=definition)).raise_for_status()

    return make


@pytest.fixture
def memory(project: Any, admin: Any, models: None, make_store: Any) -> Memory:  # noqa: ARG001
    admin.switch(update_seconds=UPDATE_S)
    make_store()
    return Memory(project=project, admin=admin)


@pytest.fixture
def started(project: Any, admin: Any, documents: Any) -> Any:
    """`with started(options, clock) as memory`: an emulator of its own, with the deployments and the store."""

    @contextmanager
    def start(options: Options, clock: Clock | None = None) -> Iterator[Memory]:
        with Emulator(options, clock) as emulator:
            trust = ssl.create_default_context(cafile=emulator.ca_file)
            with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
                for name, model, version in ((CHAT, CHAT, "2025-04-14"), (EMBEDDING, EMBEDDING, "1")):
                    client.put(
                        f"{ACCOUNT}/deployments/{name}",
                        params={"api-version": "2025-09-01"},
                        json=documents.deployment(model, version, capacity=1),
                        headers={"Authorization": f"Bearer {_token(emulator, 'https://management.azure.com')}"},
                    ).raise_for_status()
                here = replace(project, client=client, token=_token(emulator, "https://ai.azure.com"))
                if here("GET", "/memory_stores/memory").status_code == 404:
                    here("POST", "/memory_stores", documents.store()).raise_for_status()
                yield Memory(project=here, admin=type(admin)(client=client))

    return start


def _token(emulator: Emulator, audience: str) -> str:
    headers = {"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]}
    answer = httpx.get(
        emulator.env["IDENTITY_ENDPOINT"], params={"resource": audience}, headers=headers, trust_env=False
    )
    return str(answer.json()["access_token"])
