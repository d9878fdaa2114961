"""What the user said earlier in the same conversation, as facts beside the recalled memories."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import Create, Memory, Turn, Update

from .consolidate import consolidate
from .rules import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model.interface import Entry, Prompt

MOST_TURNS: Final = 100
MOST_STATEMENTS: Final = 200


def with_told(prompt: Prompt) -> Prompt:
    """The prompt with the conversation's own facts among its memories: newest first, and newer ones win."""
    earlier = _earlier(prompt.conversation)
    statements = list(chain.from_iterable(read(turn.text) for turn in earlier))[-MOST_STATEMENTS:]
    if not statements:
        return prompt
    operations = consolidate(statements, prompt.memories, "user_profile")
    changed = {operation.memory_id for operation in operations if not isinstance(operation, Create)}
    told = [
        Memory(memory_id=f"told-{place}", kind="user_profile", content=operation.content)
        for place, operation in enumerate(operations)
        if isinstance(operation, Create | Update)
    ]
    kept = [memory for memory in prompt.memories if memory.memory_id not in changed]
    return replace(prompt, memories=(*reversed(told), *kept))


def _earlier(conversation: Sequence[Entry]) -> list[Turn]:
    """The user's turns before the one that is answered."""
    turns = [entry for entry in conversation if isinstance(entry, Turn) and entry.role == "user"]
    return turns[:-1][-MOST_TURNS:]
