"""Declared misfortune: which requests, and what happens to them. Nothing here is random.

How a declaration reads is in `handles/fault_reader.py`; what each misfortune does, in `handles/fault_injection.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from provisioner.emulator.model.interface import Json

READS: Final = frozenset({"GET", "HEAD"})
TOKEN_PATH: Final = re.compile(
    r"/msi/token|/metadata/identity/oauth2/token|/[^/]+/oauth2/v2\.0/token|/[^/]+(/v2\.0)?/\.well-known/.*",
    re.IGNORECASE,
)


class Unsaid(Enum):
    """Of a body: null is one, too."""

    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfortune:
    """What to do to one request. Empty, nothing."""

    status: int | None = None
    body: object = UNSAID
    headers: Mapping[str, str] = field(default_factory=dict)
    after_effect: bool = False  # the request takes effect first, then the rest of this happens
    delay_s: float = 0
    drop: str | None = None  # "before" the effect or "after" it: the connection is closed without an answer
    truncate: bool | int = False  # so many bytes of the answer are sent (True: half), then the connection is closed
    stale_s: float = 0  # a read answers what was true so long ago
    stale_answer: bool = False  # a write takes effect, and its answer shows the object as it was before
    without_effect: bool = False  # a write is answered as if it were done, and changes nothing
    set: Mapping[str, Any] = field(default_factory=dict)  # JSON pointers into the answer, and what stands there instead
    remove: Sequence[str] = ()  # JSON pointers to what the answer lacks
    size_bytes: int = 0  # the answer is filled up with blanks
    stall_s: float = 0  # the answer stops in its middle for so long
    switches: Mapping[str, Any] = field(default_factory=dict)  # of the emulator, for this request only
    operation_error: Json | None = None  # the management write that it starts ends Failed, with this error
    quota: Json | None = None  # these change the world, as the handles under /_emulator of that name do
    model: Json | None = None
    drift: Json | None = None

    @property
    def changes_the_world(self) -> bool:
        return any(effect is not None for effect in (self.quota, self.model, self.drift))


NOTHING = Misfortune()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a fault can know of a request."""

    method: str
    path: str  # decoded
    query: Mapping[str, str]
    now: float


@dataclass(kw_only=True, slots=True)
class Fault:
    method: str | None
    path: re.Pattern[str]
    strikes_tokens: bool  # also the way to a token, which other faults spare
    query: Mapping[str, str]  # globs
    nth: int
    times: int | None
    until: float | None
    do: Misfortune
    declared: Json
    seen: int = 0
    done: int = 0
    problem: str = ""  # why its effect on the world failed

    def matches(self, asked: Asked) -> bool:
        return (
            self.method in {None, asked.method}
            and (self.until is None or asked.now < self.until)
            and self.path.search(asked.path) is not None
            and (self.strikes_tokens or TOKEN_PATH.fullmatch(asked.path) is None)
            and all(fnmatchcase(asked.query.get(name, ""), glob) for name, glob in self.query.items())
        )

    @property
    def is_ready(self) -> bool:
        return self.seen >= self.nth and (self.times is None or self.done < self.times)

    def describe(self) -> Json:
        told = {**self.declared, "seen": self.seen, "done": self.done}
        return {**told, "problem": self.problem} if self.problem else told


class Faults:
    def __init__(self) -> None:
        self._declared: list[Fault] = []

    def add(self, faults: Iterable[Fault]) -> None:
        self._declared += faults

    def clear(self) -> None:
        self._declared.clear()

    @property
    def longest_stale_s(self) -> float:
        return max((fault.do.stale_s for fault in self._declared), default=0)

    def strike(self, asked: Asked, has_past: Callable[[float], bool]) -> Fault | None:
        """The first fault that applies; every matching one counts the request. `has_past` says whether what was
        true so many seconds ago differs from what is true now.
        """
        matching = [fault for fault in self._declared if fault.matches(asked)]
        for fault in matching:
            fault.seen += 1
        ready = next((fault for fault in matching if fault.is_ready and _is_felt(fault, asked, has_past)), None)
        if ready is not None:
            ready.done += 1
        return ready

    def describe(self) -> list[Json]:
        return [fault.describe() for fault in self._declared]


def _is_felt(fault: Fault, asked: Asked, has_past: Callable[[float], bool]) -> bool:
    """Some are about reads, some about writes; the others are of no use to them."""
    if fault.do.stale_s:
        return asked.method in READS and has_past(fault.do.stale_s)
    return asked.method not in READS or not (fault.do.stale_answer or fault.do.without_effect)
