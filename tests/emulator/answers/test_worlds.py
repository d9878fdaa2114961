"""Emulators of their own: one that is started again, one with a slow model, programs in another process."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from provisioner.emulator import Emulator, Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)


class World:
    """A running emulator with a deployment, and bare requests to it."""

    def __init__(self, emulator: Emulator, client: httpx.Client) -> None:
        self.emulator, self._client = emulator, client

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token('https://ai.azure.com')}"}
        return self._client.request(method, f"/api/projects/local{path}", json=body, headers=headers)

    def manage(self, method: str, path: str, body: Any = None) -> None:
        headers = {"Authorization": f"Bearer {self._token('https://management.azure.com')}"}
        query = "api-version=2025-09-01"
        self._client.request(method, f"{ACCOUNT}/{path}?{query}", json=body, headers=headers).raise_for_status()

    def deploy(self, documents: Any) -> None:
        self.manage("PUT", f"deployments/{CHAT}", documents.deployment())

    def _token(self, audience: str) -> str:
        answer = httpx.get(
            self.emulator.env["IDENTITY_ENDPOINT"],
            params={"resource": audience},
            headers={"X-IDENTITY-HEADER": self.emulator.env["IDENTITY_HEADER"]},
            trust_env=False,
        )
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def world(**options: Any) -> Iterator[World]:
    with Emulator(Options(**options)) as emulator:
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
            yield World(emulator, client)


def test_what_was_said_outlives_a_restart(tmp_path: Path, documents: Any) -> None:
    state = str(tmp_path / "state.db")
    with world(state=state) as first:
        first.deploy(documents)
        conversation = first("POST", "/openai/v1/conversations", {}).json()["id"]
        body = {"model": CHAT, "input": "My name is Ada.", "conversation": conversation}
        response = first("POST", "/openai/v1/responses", body).json()

    with world(state=state) as second:
        assert second("GET", f"/openai/v1/responses/{response['id']}").json() == response
        items = second("GET", f"/openai/v1/conversations/{conversation}/items").json()["data"]
        again = {"model": CHAT, "input": "Hello", "previous_response_id": response["id"]}
        assert second("POST", "/openai/v1/responses", again).json()["status"] == "completed"

    assert [item["role"] for item in items] == ["assistant", "user"]


class SlowModel(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that answers when it is let."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SlowModelHandler)
        self.asked, self.let = threading.Event(), threading.Event()
        self.requests: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class SlowModelHandler(BaseHTTPRequestHandler):
    server: SlowModel

    def do_POST(self) -> None:
        self.server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.asked.set()
        self.server.let.wait(20)
        message = {"role": "assistant", "content": "Paris, after some thought."}
        body = json.dumps(
            {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {}}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def slow_model() -> Iterator[SlowModel]:
    with SlowModel() as model:
        thread = threading.Thread(target=model.serve_forever, args=(0.01,))
        thread.start()
        yield model
        model.let.set()
        model.shutdown()
        thread.join()


def test_while_a_slow_model_thinks_everything_else_goes_on(slow_model: SlowModel, documents: Any) -> None:
    with world(model_endpoint=slow_model.address, model="m") as local:
        local.deploy(documents)
        made = local("POST", "/openai/v1/conversations", {"items": [{"role": "user", "content": "Hello"}]}).json()
        answers: list[httpx.Response] = []
        body = {"model": CHAT, "instructions": "Be brief.", "input": "Capital?", "conversation": made["id"]}
        asking = threading.Thread(target=lambda: answers.append(local("POST", "/openai/v1/responses", body)))
        asking.start()
        assert slow_model.asked.wait(20)

        assert local("POST", "/openai/v1/conversations", {}).status_code == 200
        assert local("DELETE", f"/openai/v1/conversations/{made['id']}").status_code == 200

        slow_model.let.set()
        asking.join(20)

    assert answers[0].json()["output"][0]["content"][0]["text"] == "Paris, after some thought."
    said = [message["content"] for message in slow_model.requests[0]["messages"] if message["role"] == "user"]
    assert said == ["Hello", "Capital?"]


def test_a_project_that_is_deleted_while_the_model_thinks_gets_no_answer(slow_model: SlowModel, documents: Any) -> None:
    with world(model_endpoint=slow_model.address, model="m") as local:
        local.deploy(documents)
        answers: list[httpx.Response] = []
        body = {"model": CHAT, "input": "Capital?"}
        asking = threading.Thread(target=lambda: answers.append(local("POST", "/openai/v1/responses", body)))
        asking.start()
        assert slow_model.asked.wait(20)
        local.manage("DELETE", "projects/local")
        slow_model.let.set()
        asking.join(20)

    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (404, "not_found")


def test_a_model_that_cannot_be_reached_is_a_server_error(documents: Any) -> None:
    with world(model_endpoint="http://127.0.0.1:9/v1", model="m") as local:
        local.deploy(documents)

        refused = local("POST", "/openai/v1/responses", {"model": CHAT, "input": "Hello"})
        kept = local("GET", "/openai/v1/responses").json()

    assert (refused.status_code, refused.json()["error"]["code"]) == (500, "server_error")
    assert kept["data"] == []


ASYNC_JOURNEY = """
import asyncio, os
from azure.ai.projects.aio import AIProjectClient
from azure.ai.projects.models import PromptAgentDefinition
from azure.identity.aio import DefaultAzureCredential

async def main():
    endpoint = os.environ["FOUNDRY_PROJECT_ENDPOINT"]
    async with DefaultAzureCredential() as credential, AIProjectClient(endpoint, credential) as project:
        definition = PromptAgentDefinition(model="gpt-4.1-mini", instructions="Be brief.")
        await project.agents.create_version("buddy", definition=definition)
        async with project.get_openai_client(agent_name="buddy") as client:
            conversation = await client.conversations.create(items=[{"role": "user", "content": "Hello"}])
            response = await client.responses.create(conversation=conversation.id)
            stream = await client.responses.create(input="Hello", stream=True)
            events = [event.type async for event in stream]
            items = [item.role async for item in client.conversations.items.list(conversation.id, order="asc")]
            print(response.status, events[-1], items)

asyncio.run(main())
"""


@pytest.mark.usefixtures("deployed")
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

    assert ran.stdout.strip() == "completed response.completed ['user', 'assistant']", ran.stderr
