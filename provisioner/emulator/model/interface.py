"""What a model is asked and what it says: values, and the one protocol. Scopes and ids are the caller's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json: TypeAlias = dict[str, Any]
MemoryKind: TypeAlias = Literal["user_profile", "chat_summary", "procedural"]


class ModelError(Exception):
    """The model could not do its work. `code` is stable, in kebab-case; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0
    embedding_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens + self.embedding_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            embedding_tokens=self.embedding_tokens + other.embedding_tokens,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    role: str  # "user", "assistant", "system", "developer"
    text: str
    image_tokens: int = 0  # what images beside the text are estimated at


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    name: str
    arguments: str  # JSON text, as the wire has it
    call_id: str = ""  # given by the caller when the model only proposes the call


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolOutput:
    call_id: str
    output: str


Entry: TypeAlias = Turn | ToolCall | ToolOutput


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    memory_id: str
    kind: MemoryKind
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """A memory store's options: what may be remembered, and what matters."""

    user_profile: bool = True
    user_profile_details: str = ""
    chat_summary: bool = True
    procedural: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Create:
    kind: MemoryKind
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    memory_id: str
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    memory_id: str


Operation: TypeAlias = Create | Update | Delete


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """At most one operation for each known memory, in the order to apply them."""

    operations: tuple[Operation, ...]
    usage: Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    memory: Memory
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Best first; what is not worth recalling is left out. The caller cuts at its `max_memories`."""

    scored: tuple[Scored, ...]
    usage: Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)  # a JSON Schema
    strict: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseFormat:
    schema: Mapping[str, Any] | bool = True  # True: any JSON object ("json_object")
    name: str = "answer"
    strict: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    conversation: Sequence[Entry]  # the last user turn is the question
    instructions: str = ""
    memories: Sequence[Memory] = ()  # what was recalled, best first
    tools: Sequence[Tool] = ()
    tool_choice: Literal["auto", "required", "none"] = "auto"
    only_tool: str = ""  # this one must be called, whatever tool_choice says
    response_format: ResponseFormat | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    text: str
    usage: Usage
    calls: tuple[ToolCall, ...] = ()  # proposed; call_id is empty


class Model(Protocol):
    """Each method raises ModelError when the work cannot be done; none keeps state between calls."""

    def extract(self, conversation: Sequence[Entry], known: Sequence[Memory], wishes: Wishes) -> Extraction: ...

    def rank(self, query: str, memories: Sequence[Memory]) -> Ranking: ...

    def answer(self, prompt: Prompt) -> Answer: ...
