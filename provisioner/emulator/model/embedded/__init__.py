"""The embedded model: rules, a lexicon and a ranking. See the docstring of the room above for what it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.emulator.model.interface import (
    Answer,
    Create,
    Extraction,
    Memory,
    Operation,
    Prompt,
    Ranking,
    Turn,
    Update,
    Usage,
    Wishes,
)

from .calls import proposed
from .compose import question_of, text_answer, tool_outputs
from .consolidate import consolidate
from .documents import document
from .guidance import guidance
from .hints import Hints
from .howto import procedures
from .ranking import rank
from .rules import read
from .statements import Stated
from .summary import summarise
from .told import with_told
from .words import token_estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provisioner.emulator.model.interface import Entry

    from .statements import Statement

__all__ = ["EmbeddedModel"]


class EmbeddedModel:
    """Deterministic: the same input gives the same output, in every process."""

    def extract(self, conversation: Sequence[Entry], known: Sequence[Memory], wishes: Wishes) -> Extraction:
        turns = [entry for entry in conversation if isinstance(entry, Turn) and entry.role in {"user", "assistant"}]
        operations: list[Operation] = []
        if wishes.user_profile:
            operations += consolidate(_wished(turns, wishes), known, "user_profile")
        if wishes.chat_summary:
            operations += summarise(turns, known)
        if wishes.procedural:
            operations += procedures(turns, known)
        written = [operation.content for operation in operations if isinstance(operation, Create | Update)]
        usage = Usage(
            input_tokens=token_estimate(*(turn.text for turn in turns))
            + token_estimate(*(memory.content for memory in known)),
            output_tokens=token_estimate(*written),
            embedding_tokens=token_estimate(*written),
        )
        return Extraction(operations=tuple(operations), usage=usage)

    def rank(self, query: str, memories: Sequence[Memory]) -> Ranking:
        return rank(query, memories)

    def answer(self, prompt: Prompt) -> Answer:
        informed = with_told(prompt)
        reply = text_answer(informed)
        answered = tool_outputs(prompt.conversation)
        hints = Hints(question=question_of(prompt.conversation), memories=tuple(informed.memories), reply=reply)
        # A tool is given what was asked, never what would be answered.
        calls = () if answered else proposed(prompt, replace(hints, reply=hints.question))
        text = "" if calls else reply if prompt.response_format is None else _formatted(prompt, hints)
        return Answer(text=text, calls=calls, usage=_usage(prompt, text + "".join(call.arguments for call in calls)))


def _wished(turns: Sequence[Turn], wishes: Wishes) -> Iterator[Statement]:
    wanted = guidance(wishes.user_profile_details)
    for turn in turns:
        if turn.role == "user":
            yield from (said for said in read(turn.text) if not isinstance(said, Stated) or wanted.keeps(said.content))


def _formatted(prompt: Prompt, hints: Hints) -> str:
    wanted = prompt.response_format
    schema = wanted.schema if wanted else True
    value = {"answer": hints.reply} if schema is True else document(schema, hints)
    return json.dumps(value, ensure_ascii=False)


def _usage(prompt: Prompt, text: str) -> Usage:
    spoken = [
        entry.text if isinstance(entry, Turn) else entry.output if hasattr(entry, "output") else entry.arguments
        for entry in prompt.conversation
    ]
    read_texts = [prompt.instructions, *spoken, *(memory.content for memory in prompt.memories)]
    images = sum(entry.image_tokens for entry in prompt.conversation if isinstance(entry, Turn))
    return Usage(input_tokens=token_estimate(*read_texts) + images, output_tokens=token_estimate(text))
