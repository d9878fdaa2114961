"""The models behind the local Foundry: they extract memories, rank them and answer. No server, no state.

`Model` is the whole interface. Two rooms implement it:

- `embedded.EmbeddedModel`, the default, is a few rules. It reads English first-person statements clause by clause,
  keeps what has the form of a durable fact, ranks by word vectors, and says what it recalls. It is deterministic,
  needs no download and no network. It is not a language model: it understands nothing, writes no code and never
  invents. What it does not recognise gives no memory, rather than a wrong one. It is to stay below a thousand lines:
  whoever needs more of it needs a script (`scripts.py`) or a real model.
- `remote.RemoteModel` asks any OpenAI-compatible endpoint to do the same work for real.

Usage figures of the embedded model are estimates: a token for every four characters, 765 for an image (85 for one
of low detail).
"""

from __future__ import annotations

from provisioner.emulator.model.interface import (
    Answer,
    Create,
    Delete,
    Entry,
    Extraction,
    Memory,
    MemoryKind,
    Model,
    ModelError,
    Operation,
    Prompt,
    Ranking,
    ResponseFormat,
    Scored,
    Tool,
    ToolCall,
    ToolOutput,
    Turn,
    Update,
    Usage,
    Wishes,
)
from provisioner.emulator.model.items import conversation_of

__all__ = [
    "Answer",
    "Create",
    "Delete",
    "Entry",
    "Extraction",
    "Memory",
    "MemoryKind",
    "Model",
    "ModelError",
    "Operation",
    "Prompt",
    "Ranking",
    "ResponseFormat",
    "Scored",
    "Tool",
    "ToolCall",
    "ToolOutput",
    "Turn",
    "Update",
    "Usage",
    "Wishes",
    "conversation_of",
]
