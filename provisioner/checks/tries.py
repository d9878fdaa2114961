"""One try of a check: the time it has, what it costs, and how it says what is not as it should be."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provisioner.checks.models import Models
from provisioner.memory.plane import Memories
from provisioner.model.check import WORD, Tokens
from provisioner.planes.clock import Clock
from provisioner.planes.service import Planes

_SLICE_S: Final = 0.2  # how late a try learns that it is stopped
_FIRST_S: Final = 0.2
_LONGEST_S: Final = 5.0
_SYLLABLES: Final = [f"{one}{two}" for one in "bdfgklmnprstvz" for two in "aeiou"]


class Unmet(Exception):  # noqa: N818 - an answer, not an error
    """What is not as the check wants it. `is_final` where trying again can only hide it."""

    def __init__(self, message: str, hint: str = "", *, is_final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.is_final = is_final


class Stopped(Exception):  # noqa: N818 - as above
    """Somebody wants it to end."""


class Pace:
    """How much time a try has left, and pauses that end when somebody stops it."""

    def __init__(self, clock: Clock, timeout_s: float, stopping: Callable[[], bool]) -> None:
        self._clock = clock
        self._ends = clock.now() + timeout_s
        self._stopping = stopping
        self._pause_s = _FIRST_S

    @property
    def left_s(self) -> float:
        return max(0.0, self._ends - self._clock.now())

    def has_time(self) -> bool:
        """Whether there is time for one look more, after a pause that grows. Raises Stopped."""
        if self.left_s <= 0:
            return False
        self.pause(min(self._pause_s, self.left_s))
        self._pause_s = min(_LONGEST_S, self._pause_s * 1.5)
        return True

    def pause(self, seconds: float) -> None:
        """Raises Stopped."""
        until = self._clock.now() + seconds
        while True:
            if self._stopping():
                raise Stopped
            left = until - self._clock.now()
            if left <= 0:
                return
            self._clock.sleep(min(left, _SLICE_S))


@dataclass(slots=True)
class Spent:
    """What a check has cost, over all its tries."""

    tokens: Tokens = field(default_factory=Tokens)

    def add(self, usage: Mapping[str, Any] | Tokens) -> None:
        self.tokens += usage if isinstance(usage, Tokens) else tokens_in(usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a try works with."""

    planes: Planes
    memories: Memories
    models: Models
    clock: Clock
    pace: Pace
    spent: Spent


def tokens_in(usage: Mapping[str, Any]) -> Tokens:
    """As memory stores, responses, completions and embeddings have it."""

    def number(*names: str) -> int:
        return next((value for name in names if isinstance(value := usage.get(name), int)), 0)

    return Tokens(
        input=number("input_tokens", "prompt_tokens"),
        output=number("output_tokens", "completion_tokens"),
        embedding=number("embedding_tokens"),
    )


def made_up() -> str:
    """A word that nobody has said before."""
    return "".join(secrets.choice(_SYLLABLES) for _ in range(5)).capitalize()


def said(fact: str, word: str) -> str:
    return fact.replace(WORD, word)


def throw_away() -> str:
    """The name of a scope, or of a user."""
    return f"provisioner-check-{secrets.token_hex(6)}"
