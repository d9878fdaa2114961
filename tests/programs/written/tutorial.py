"""An agent with memory, from an empty project to one version that serves everybody.

Makes the requests that a tutorial on agent memory teaches, with their shapes: plain REST of the preview surface for the
store, the SDK for the agent. Prints what each step saw, one JSON object a line. It knows two variables; who is calling
is the credential's own business.
"""

# ruff: noqa: T201  a program speaks by printing
from __future__ import annotations

import json
import os
import time
from typing import Any

import requests
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import PromptAgentDefinition
from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential

ENDPOINT = os.environ["FOUNDRY_PROJECT_ENDPOINT"]
CHAT_MODEL = os.environ.get("FOUNDRY_MODEL_NAME", "gpt-5.4-mini")
EMBEDDING_MODEL = "text-embedding-3-large"
STORE = "workshop-memory"
AGENT = "workshop-helper"
INSTRUCTIONS = "You help one engineer. Look into your memory first and let what you find there shape the answer."
PATIENCE_S = 60
SOMEBODY_ELSE = "99999999-9999-4999-8999-999999999999"

Json = dict[str, Any]


class MemoryApi:
    """The preview REST surface: asynchronous updates, polled; everything needs a token of the project plane."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential

    def ask(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        token = self._credential.get_token("https://ai.azure.com/.default").token
        return requests.request(
            method,
            f"{ENDPOINT}/{path}",
            params={"api-version": "2025-11-15-preview"},
            headers={"Authorization": f"Bearer {token}"},
            json=body,
            timeout=PATIENCE_S,
        )

    def make_store(self) -> requests.Response:
        self.ask("DELETE", f"memory_stores/{STORE}")
        options = {
            "user_profile_enabled": True,
            "user_profile_details": "Languages, editors, operating system, how answers should look.",
            "chat_summary_enabled": True,
        }
        definition = {"kind": "default", "chat_model": CHAT_MODEL, "embedding_model": EMBEDDING_MODEL}
        return self.ask(
            "POST",
            "memory_stores",
            {"name": STORE, "description": "What the helper knows.", "definition": {**definition, "options": options}},
        )

    def teach(self, scope: str, items: list[Json]) -> tuple[list[str], Json]:
        """Every status on the way, and the last answer."""
        body = {"scope": scope, "items": items, "update_delay": 0}
        begun = self.ask("POST", f"memory_stores/{STORE}:update_memories", body)
        statuses, deadline = [begun.json()["status"]], time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            update = self.ask("GET", f"memory_stores/{STORE}/updates/{begun.json()['update_id']}").json()
            statuses.append(update["status"])
            if update["status"] == "completed":
                return statuses, update
            time.sleep(0.2)
        raise TimeoutError(statuses)

    def recall(self, scope: str, query: str, most: int = 5) -> Json:
        body = {"scope": scope, "query": query, "max_num_results": most}
        found: Json = self.ask("POST", f"memory_stores/{STORE}:search_memories", body).json()
        return found


def exchange(said: str, answered: str) -> list[Json]:
    return [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": answered}]},
    ]


def contents(answer: Json) -> list[str]:
    return [memory["content"] for memory in answer["memories"]]


class Helper:
    """The agent. Every question is a call of its own that shares no history with any other."""

    def __init__(self, project: AIProjectClient) -> None:
        self._agents = project.agents
        self._openai = project.get_openai_client()
        self._version = ""

    def becomes(self, scope: str) -> str:
        tool: Any = {"type": "memory_search", "memory_store_name": STORE, "scope": scope, "update_delay": 1}
        made = self._agents.create_version(
            AGENT,
            definition=PromptAgentDefinition(model=CHAT_MODEL, instructions=INSTRUCTIONS, tools=[tool]),
            description="Remembers whom it helps.",
        )
        self.serves(made.version)
        return made.version

    def serves(self, version: str) -> None:
        self._version = version

    def asked(self, question: str) -> str:
        reference = {"type": "agent_reference", "name": AGENT, "version": self._version}
        return self._openai.responses.create(input=question, extra_body={"agent_reference": reference}).output_text


def show(step: str, **seen: object) -> None:
    print(json.dumps({"step": step, **seen}), flush=True)


def store_and_search(memory: MemoryApi) -> None:
    made = memory.make_store()
    show("store", status=made.status_code, name=made.json()["name"])

    said = "I mostly write Rust, and I prefer answers as bullet points. I use Helix on Debian."
    statuses, update = memory.teach("user_ada", exchange(said, "Understood: Rust, bullet points, Helix, Debian."))
    show("extracted", statuses=statuses, facts=contents(update), has_error_key="error" in update)

    question = "Which language and editor does this engineer use?"
    show("recalled", facts=contents(memory.recall("user_ada", question)))
    show("best", facts=contents(memory.recall("user_ada", "Which operating system?", most=1)))
    show("other_scope", facts=contents(memory.recall("user_ben", question)))


def agent_recalls(memory: MemoryApi, helper: Helper) -> None:
    question = "How should I read a file line by line?"
    show("agent", version=helper.becomes("user_ada"), answer=helper.asked(question))

    helper.asked("I've switched to async everywhere.")  # first exercise: something new, in a call of its own
    deadline = time.monotonic() + PATIENCE_S
    while not any("async" in fact for fact in contents(memory.recall("user_ada", "async"))):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.3)
    show("taught", answer=helper.asked("How should I fetch two pages, async or not?"))

    show("isolated", version=helper.becomes("user_ben"), answer=helper.asked(question))  # second exercise


def one_version_serves_all(helper: Helper, elses: Helper) -> None:
    """The third exercise: `{{$userId}}`. The other caller runs the same version under an identity of its own."""
    question = "What would you suggest for my desk?"
    version = helper.becomes("{{$userId}}")
    elses.serves(version)
    before = helper.asked(question)
    helper.asked("I prefer standing desks.")
    deadline, mine = time.monotonic() + PATIENCE_S, ""
    while "standing" not in mine and time.monotonic() < deadline:
        time.sleep(2)  # longer than the delay, so that asking again does not put off the update
        mine = helper.asked(question)
    show("user_id", version=version, before=before, mine=mine, elses=elses.asked(question))


def main() -> None:
    with (
        DefaultAzureCredential() as credential,
        DefaultAzureCredential(managed_identity_client_id=SOMEBODY_ELSE) as another,
        AIProjectClient(ENDPOINT, credential) as project,
        AIProjectClient(ENDPOINT, another) as elses_project,
    ):
        memory, helper = MemoryApi(credential), Helper(project)
        store_and_search(memory)
        agent_recalls(memory, helper)
        one_version_serves_all(helper, Helper(elses_project))


if __name__ == "__main__":
    main()
