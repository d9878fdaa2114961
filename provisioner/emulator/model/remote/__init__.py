"""The remote model: any OpenAI-compatible endpoint does the extracting, the embedding and the answering.

`endpoint` is the address that "/chat/completions" is appended to: http://127.0.0.1:11434/v1 for Ollama,
http://127.0.0.1:8080/v1 for llama.cpp, https://NAME.openai.azure.com/openai/v1 for Azure OpenAI. A query in it is kept.
The key, where one is needed, is in the environment variable PROVISIONER_MODEL_API_KEY.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import (
    Answer,
    Extraction,
    Memory,
    Prompt,
    Ranking,
    Scored,
    Turn,
    Usage,
    Wishes,
)
from provisioner.emulator.model.remote.dialogue import (
    NotFittingError,
    answer_of,
    asked_again,
    checked_answer,
    request_for,
    validator_of,
)
from provisioner.emulator.model.remote.endpoint import Endpoint
from provisioner.emulator.model.remote.extraction import operations_of, question_for
from provisioner.emulator.model.remote.vectors import Vectors, cosine

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from provisioner.emulator.model.interface import Entry

__all__ = ["API_KEY_VARIABLE", "RemoteModel"]

API_KEY_VARIABLE: Final = "PROVISIONER_MODEL_API_KEY"


class RemoteModel:
    """Safe to use from several threads. Every failure is a ModelError; only a document that
    does not fit its schema is asked for again."""

    def __init__(
        self,
        endpoint: str,
        model: str,
        embedding_model: str,
        *,
        api_key: str = "",
        timeout_s: float = 120,
        client: httpx.Client | None = None,
    ) -> None:
        self._endpoint = Endpoint(endpoint, api_key=api_key, timeout_s=timeout_s, client=client)
        self._vectors = Vectors(self._endpoint, embedding_model)
        self._model = model

    def close(self) -> None:
        self._endpoint.close()

    def extract(self, conversation: Sequence[Entry], known: Sequence[Memory], wishes: Wishes) -> Extraction:
        turns = [entry for entry in conversation if isinstance(entry, Turn) and entry.role in {"user", "assistant"}]
        if not turns or not (wishes.user_profile or wishes.chat_summary or wishes.procedural):
            return Extraction(operations=(), usage=Usage())
        reply = self._endpoint.chat({"model": self._model, "temperature": 0, **question_for(turns, known, wishes)})
        return Extraction(operations=operations_of(reply.text, known, wishes), usage=reply.usage)

    def rank(self, query: str, memories: Sequence[Memory]) -> Ranking:
        if not memories:
            return Ranking(scored=(), usage=Usage())
        vectors, usage = self._vectors.of([query, *(memory.content for memory in memories)])
        asked, *held = vectors
        scored = [
            Scored(memory=memory, score=cosine(asked, vector)) for memory, vector in zip(memories, held, strict=True)
        ]
        scored.sort(key=lambda item: (-item.score, item.memory.memory_id))
        return Ranking(scored=tuple(scored), usage=usage)

    def answer(self, prompt: Prompt) -> Answer:
        """A document that does not fit the asked-for schema is asked for once more, with what is wrong with it."""
        validator = validator_of(prompt.response_format)
        body = {"model": self._model, **request_for(prompt)}
        reply = self._endpoint.chat(body)
        if validator is None:
            return answer_of(reply)
        try:
            return checked_answer(reply, validator)
        except NotFittingError as wrong:
            again = checked_answer(self._endpoint.chat(asked_again(body, reply, wrong)), validator)
        return replace(again, usage=reply.usage + again.usage)
