"""What happens while a plan runs: events, told as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from provisioner.model.errors import Failure
from provisioner.model.plan import Change, Plan


class Status(str, Enum):
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`remarks` are sentences about what was done, whatever the status: a version that takes no traffic, say."""

    change: Change
    status: Status
    reason: str = ""
    failure: Failure | None = None
    elapsed_s: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyStarted:
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStarted:
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNoted:
    """A sign of life inside a change: waiting for an operation, retrying after a throttle."""

    change: Change
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one step of a change is. What is not known yet is None; `left_s` is about this step."""

    doing: str
    done: int
    total: int | None = None
    unit: str = "memories"
    per_minute: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProgressed:
    """Told every second or so of changes that take long."""

    change: Change
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFinished:
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyFinished:
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    elapsed_s: float = 0.0


Event: TypeAlias = ApplyStarted | ChangeStarted | ChangeNoted | ChangeProgressed | ChangeFinished | ApplyFinished
