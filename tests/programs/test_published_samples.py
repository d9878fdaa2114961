"""The samples published with azure-ai-projects, as they are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.programs.processes import Ran

if TYPE_CHECKING:
    from tests.programs.conftest import Program

pytestmark = pytest.mark.contract

Expected = tuple[str, ...]

REMEMBERS: Final = (
    r"Created memory store: my_memory_store \(memstore_\w+\): Example memory store for conversations",
    r"Chat model: gpt-5.4-mini\n",
    r"Embedding model: text-embedding-3-large\n",
    r"Updated with [1-9]\d* memory operations\n",
    r"CREATE, Memory ID: mem_\w+, Content: .*dark roast coffee",
    r"Found [1-9]\d* memories\n",
    r"Memory ID: mem_\w+, Content: .*dark roast coffee",
    r"Deleted memories for scope 'user_123'\n",
    r"Deleted memory store `my_memory_store`\n",
)
SUPERSEDES: Final = (
    r"Scheduled memory update operation \(Update ID: memupd_\w+, Status: queued\)\n",
    r"Scheduled memory update operation \(Update ID: memupd_\w+, Status: (queued|in_progress)\)\n",
    r"Superseded first memory update operation \(Update ID: memupd_\w+, Status: (queued|superseded)\)\n",
    r"Second update memupd_\w+ completed with [2-9] memory operations\n",
    r"CREATE, Memory ID: mem_\w+, Content: .*dark roast coffee",
    r"CREATE, Memory ID: mem_\w+, Content: .*cappuccinos",
    r"Found [1-9]\d* memories\n(?s:(?=.*dark roast coffee)(?=.*cappuccinos))",  # what one has told the next need not
    r"Found \d+ memories\n",
    r"Deleted memory store `my_memory_store`\n",
)
KEEPS_ITEMS: Final = (
    r"Retrieved: my_memory_store \(memstore_\w+\): Example memory store for conversations\n",
    r"Updated: my_memory_store \(memstore_\w+\): Updated description\n",
    r"Found 1 memory stores\n",
    r"Created memory item: mem_\w+ \(kind=user_profile\) -> The user prefers responses in concise bullet points.\n",
    r"Updated memory item: mem_\w+ -> The user prefers concise bullet points and Python code samples.\n",
    r"Found 2 memory items in scope 'user_123':\n",
    r"Deleted memory item mem_\w+: deleted=True\n",
    r"Deleted memory store: True\n",
)
ANSWERS_TWICE: Final = (
    r"Created conversation with initial user message \(id: conv_\w+\)\n",
    r"Response output: .*France",
    r"Added a second user message to the conversation\n",
    r"Response output: .*capital",
    r"Conversation deleted\n",
)
CALLS_A_FUNCTION: Final = (
    r"'type': 'function_call_output', 'call_id': 'call_\w+'",
    r"Agent response: .*befriend a baby otter",
)
LISTS_DEPLOYMENTS: Final = (
    r"List all deployments:\n",
    r"'name': 'gpt-5.4-mini'",
    r"'name': 'text-embedding-3-large'",
    r"List all deployments by the model publisher `Microsoft`:\nList all deployments of model `Phi-4`:\n",
    r"Get a single deployment named `gpt-5.4-mini`:\n",
    r"Type: ModelDeployment\nName: gpt-5.4-mini\nModel Name: gpt-5.4-mini\n",
    r"Model Version: \S+\nModel Publisher: OpenAI\n",
)
STREAMS: Final = (
    r"Stream response created with ID: resp_\w+\n",
    r"capital city of France",
    r"Response completed. Access final text in 'event.response.output_text'\n",
)
RETRIEVES: Final = (
    r"Agent retrieved \(id: MyAgent, name: MyAgent, version: 1\)\n",
    r"Retrieved conversation \(id: conv_\w+\)\n",
    r"Response output: .*feet are in a mile",
)
CHATS: Final = (r"Assistant: .*Eiffel Tower", r"Assistant: .*fun fact")
EVENT: Final = (r'Response output: \{"name": "[^"]+", "date": "[^"]+", "participants": \["Alice", "Bob"\]\}\n',)

SAMPLES: Final[dict[str, Expected]] = {
    "memories/sample_memory_basic": REMEMBERS,
    "memories/sample_memory_basic_async": REMEMBERS,
    "memories/sample_memory_advanced": SUPERSEDES,
    "memories/sample_memory_advanced_async": SUPERSEDES,
    "memories/sample_memory_crud": KEEPS_ITEMS,
    "memories/sample_memory_crud_async": KEEPS_ITEMS,
    "agents/sample_agent_basic": ANSWERS_TWICE,
    "agents/sample_agent_basic_async": ANSWERS_TWICE,
    "agents/sample_agent_retrieve_basic": RETRIEVES,
    "agents/sample_agent_structured_output": EVENT,
    "agents/sample_agent_structured_output_async": EVENT,
    "agents/sample_agent_stream_events": STREAMS,
    "agents/tools/sample_agent_function_tool": CALLS_A_FUNCTION,
    "deployments/sample_deployments": LISTS_DEPLOYMENTS,
    "deployments/sample_deployments_async": LISTS_DEPLOYMENTS,
    "chat_completions/sample_chat_completions_basic": CHATS,
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_published_sample_runs_and_sees_what_it_is_about(samples: Path, program: Program, sample: str) -> None:
    ran = program(sys.executable, samples / f"{sample}.py")

    assert ran.code == 0, ran
    ran.says(*SAMPLES[sample])


@pytest.mark.parametrize("style", [pytest.param("", id="sync"), pytest.param("_async", id="async")])
def test_the_published_agent_recalls_in_another_conversation_what_it_was_told_in_the_first(
    memory_search: Callable[[str], Ran], style: str
) -> None:
    """Its last line uses a client that it has closed before, so it always ends with exit code 1."""
    ran = memory_search(style)

    ran.says(
        r"Agent created \(id: MyAgent, name: MyAgent, version: 1\)\n",
        r"Created conversation \(id: conv_\w+\)\n",
        r"Response output: .*dark roast coffee",
        r"Created new conversation \(id: conv_\w+\)\n",
        r"Response output: .*dark roast coffee",
        r"Conversations deleted\n",
    )
    assert ran.code == 1, ran
    assert "HTTP transport has already been closed" in ran.err
