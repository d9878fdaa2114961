"""Talk to the agent of stores.yaml in calls that share no history; its memory carries the context.

    provisioner apply --local
    provisioner emulator run --state .provisioner/local.db -- .venv/bin/python examples/recall.py

On Azure the same program needs FOUNDRY_PROJECT_ENDPOINT and somebody who is signed in.
Needs azure-ai-projects and azure-identity: .venv/bin/python -m pip install ".[examples]"
"""

from __future__ import annotations

import os
import time

from azure.ai.projects import AIProjectClient
from azure.identity import DefaultAzureCredential
from openai import OpenAI

STORE = "dev-prefs-memory"
AGENT = {"agent_reference": {"type": "agent_reference", "name": "dev-buddy"}}
SCOPE = "ada"  # as the manifest's {{$userId}}, when the caller says who it is
CALLER = {"x-memory-user-id": SCOPE}


def main() -> None:
    endpoint = os.environ["FOUNDRY_PROJECT_ENDPOINT"]
    with (
        DefaultAzureCredential() as credential,
        AIProjectClient(endpoint, credential) as project,
        project.get_openai_client() as openai,
    ):
        say(openai, "I write Rust for a living, I use Helix as my editor, and I like terse answers.")
        wait_for_memories(project)
        say(openai, "Which editor do I use?")


def say(openai: OpenAI, text: str) -> None:
    print("I say: ", text)
    answer = openai.responses.create(input=text, extra_body=AGENT, extra_headers=CALLER)
    print("It says:", answer.output_text)


def wait_for_memories(project: AIProjectClient) -> None:
    """Extraction goes on after the answer; the agent's tool starts it after a second of quiet."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = project.beta.memory_stores.search_memories(name=STORE, scope=SCOPE)
        if found.memories:
            for memory in found.memories:
                print("Remembered:", memory.memory_item.content)
            return
        time.sleep(1)
    raise SystemExit("Nothing was remembered within two minutes.")


if __name__ == "__main__":
    main()
