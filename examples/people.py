"""Three people, whose memories must survive what becomes of the store: docs/memory-story.md tells when to run it.

    .venv/bin/python examples/people.py tell    each tells something, in a scope of their own
    .venv/bin/python examples/people.py ask     what is remembered of each, and what the agent answers them

Which store that is, the agent of stores.yaml says, so the program is the same before and after a migration. On Azure it
needs FOUNDRY_PROJECT_ENDPOINT and somebody who is signed in.
Needs azure-ai-projects and azure-identity: .venv/bin/python -m pip install ".[examples]"
"""

from __future__ import annotations

import os
import sys

from azure.ai.projects import AIProjectClient
from azure.identity import DefaultAzureCredential

AGENT = "dev-buddy"
SAID = {
    "ada": "I write Rust for a living, I use Helix as my editor, and I like terse answers.",
    "ben": "I write Elixir, I use Zed as my editor, and I work on Fedora.",
    "cleo": "I write Kotlin, I use Emacs as my editor, and I live in Lisbon.",
}


def main(what: str) -> None:
    with (
        DefaultAzureCredential() as credential,
        AIProjectClient(os.environ["FOUNDRY_PROJECT_ENDPOINT"], credential) as project,
    ):
        store = store_of(project)
        for person, text in SAID.items():
            if what == "tell":
                project.beta.memory_stores.begin_update_memories(
                    name=store, scope=person, items=text, update_delay=0
                ).result()
            found = project.beta.memory_stores.search_memories(name=store, scope=person, items=text)
            print(f"{person}: {' '.join(each.memory_item.content for each in found.memories)}")
            if what == "ask":
                print(f"{person} is told: {answer(project, person, 'Which editor do I use?')}")


def store_of(project: AIProjectClient) -> str:
    (tool,) = project.agents.get(AGENT).versions.latest.definition["tools"]
    return str(tool["memory_store_name"])


def answer(project: AIProjectClient, person: str, question: str) -> str:
    """In a call without any history."""
    with project.get_openai_client() as openai:
        agent = {"agent_reference": {"type": "agent_reference", "name": AGENT}}
        caller = {"x-memory-user-id": person}  # as the manifest's {{$userId}}, when the caller says who it is
        return openai.responses.create(input=question, extra_body=agent, extra_headers=caller).output_text


if __name__ == "__main__":
    main(sys.argv[1])
