"""How an emulator is asked to run, and how it says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass


class StateError(Exception):
    """The state file cannot be used. The message names it; the file is left as it was found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    port: int = 0  # 0: any free one
    token_port: int = 0  # the managed-identity endpoint, plain http
    state: str = ":memory:"  # or the path of a file, made when missing
    latency_ms: float = 0  # added to every answer of the two planes
    write_seconds: float = 0  # how long a management write takes; 0: done when answered
    strict: bool = False  # refuse what the service may only ignore
    dedupe_versions: bool = False  # an identical agent version is not a new one
