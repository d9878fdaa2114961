"""Checks of what is live, as a manifest declares them, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Final, TypeAlias

from provisioner.model.address import Address
from provisioner.model.diagnostic import Location
from provisioner.model.errors import Failure

TIMEOUT_S: Final = 180
RETRIES: Final = 2
WORD: Final = "{word}"  # where the made-up word of a fact stands
FACT: Final = f"I use an editor called {WORD}."
QUESTION: Final = "Which editor do I use?"
USER_ID: Final = "{{$userId}}"  # in the scope of a memory tool
DELAY_S: Final = 300  # of a memory tool that says none (azure-ai-projects 2.10, MemorySearchPreviewTool)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCheck:
    """A made-up fact is remembered by a store, found again, and not seen from another scope."""

    name: str
    subject: Address
    fact: str = FACT
    question: str = QUESTION
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    where: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of an answer. `tool` is one that is called: the name of a function, or a tool's type."""

    contains: tuple[str, ...] = ()
    matches: str = ""
    tool: str = ""
    latency_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCheck:
    """An agent is asked, where `ask` is not empty, and where it `recalls`, told a fact in one call and asked for it in
    another.
    """

    name: str
    subject: Address
    ask: str = ""
    expected: Expected = field(default_factory=Expected)
    recalls: bool = False
    fact: str = FACT
    question: str = QUESTION
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    where: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCheck:
    """A deployment answers: with a completion, or an embedding, whichever its model gives."""

    name: str
    subject: Address
    timeout_s: float = TIMEOUT_S
    retries: int = RETRIES
    where: Location | None = None


Check: TypeAlias = MemoryCheck | AgentCheck | DeploymentCheck
KINDS: Final = {MemoryCheck: "memory", AgentCheck: "agent", DeploymentCheck: "deployment"}


class CheckState(str, Enum):
    """`SKIPPED` is what somebody stopped."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What models charge for, as far as the service says it: it is silent about what an agent remembers later."""

    input: int = 0
    output: int = 0
    embedding: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output + self.embedding

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(**{it.name: getattr(self, it.name) + getattr(other, it.name) for it in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """`message` says what was seen, `hint` what to do. `failure` is the service's refusal, where that is why. `tries`
    are those of the whole check.
    """

    name: str
    kind: str
    subject: Address
    state: CheckState
    message: str
    hint: str = ""
    failure: Failure | None = None
    elapsed_s: float = 0.0
    tries: int = 1
    tokens: Tokens = field(default_factory=Tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """In the order of the manifest."""

    results: tuple[CheckResult, ...]
    elapsed_s: float = 0.0

    @property
    def has_passed(self) -> bool:
        return all(it.state is CheckState.OK for it in self.results)

    @property
    def tokens(self) -> Tokens:
        return total(it.tokens for it in self.results)

    def count(self, state: CheckState) -> int:
        return sum(it.state is state for it in self.results)


def total(several: Iterable[Tokens]) -> Tokens:
    return sum(several, Tokens())


def tool_word(name: str) -> str:
    """Equal for a tool's type and that of its calls: `memory_search_preview`, `memory_search_call`."""
    return re.sub(r"(_preview|_call)+$", "", name)
