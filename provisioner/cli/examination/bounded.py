"""Checks side by side, each bounded in time: whatever becomes of one, the others are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.apply.workers import Ended, Workers
from provisioner.cli import surroundings
from provisioner.cli.options import Checks
from provisioner.cli.session import Request
from provisioner.doctor.verdict import Verdict, failed, unknown
from provisioner.model.errors import PlaneError, ProvisionerError, Unreadable
from provisioner.planes.credentials import SignIn

Verdicts = dict[str, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that each step may take: one answer; a token, and a name to be resolved; a first read; a plan."""

    answer_s: float = 5
    token_s: float = 15
    access_s: float = 10
    plan_s: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a test passes in instead: who is signed in, what time it is, which versions run."""

    patience: Patience = field(default_factory=Patience)
    sign_in: Callable[[], SignIn] = SignIn
    now: Callable[[], float] = time.time
    versions: Callable[[], Mapping[str, str]] = surroundings.versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command wants to know."""

    request: Request
    checks: Checks
    outside: Outside


def verdicts(
    tasks: Mapping[str, Callable[[], Verdict]], seconds: float, waits: Sequence[str] | None = None
) -> Verdicts:
    """What becomes of each, whatever becomes of the others."""
    ended = within(tasks, seconds)
    return {
        name: one.result
        if (one := ended.get(name)) is not None and one.error is None
        else why(name, one.error if one is not None else None, seconds, waits or [])
        for name in tasks
    }


def why(name: str, error: BaseException | None, seconds: float, waits: Sequence[str]) -> Verdict:
    """Of a check that came to no verdict of its own."""
    if error is None:
        last = f" The last that was heard: {waits[-1]}." if waits else ""
        return unknown(name, f"It took longer than {seconds:.0f} s.{last}", "`provisioner plan` waits longer.")
    if isinstance(error, (Unreadable, PlaneError)):
        failures = [it.failure for it in (error.causes if isinstance(error, Unreadable) else (error,))]
        hints = dict.fromkeys(it.advice for it in failures)
        requests = tuple(it.request_id for it in failures if it.request_id)
        said = "\n".join(it.message for it in failures)
        return failed(name, said, " ".join(filter(None, hints)), requests=requests)
    if isinstance(error, ProvisionerError):
        return failed(name, error.message, error.hint)
    return unknown(name, f"Not known: {broken(error)}.", "Please report it, with this table.")


def within(tasks: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, Ended[str, Any]]:
    """Those that ended in time, side by side. The others go on, and nobody waits for them."""
    workers: Workers[str, Any] = Workers("doctor")
    for name, task in tasks.items():
        workers.start(name, task)
    until = time.monotonic() + seconds
    ended: dict[str, Ended[str, Any]] = {}
    while workers.running and time.monotonic() < until:
        ended |= {it.key: it for it in workers.collect()}
    return ended


def broken(error: BaseException) -> str:
    return f"this check broke off with {type(error).__name__}, a mistake of ours"
