"""How much a store holds and how often it is asked. Numbers: Microsoft Learn, what-is-memory."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from provisioner.emulator.project.memory import rows
from provisioner.emulator.wire.errors import Refusal, bad_request

if TYPE_CHECKING:
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import State

SCOPES_MAX: Final = 100  # of a store
MEMORIES_MAX: Final = 10_000  # of a scope
WINDOW_S: Final = 60


def check_rate(call: Call, what: str) -> None:
    """1,000 searches and 1,000 updates in each minute of the clock. assumed: per project; code as for agents."""
    limit = call.switches.memory_requests_per_minute
    window, counts = int(call.now // WINDOW_S), call.world.memory_requests
    key = (call.project, what)
    since, seen = counts.get(key, (window, 0))
    seen = seen + 1 if since == window else 1
    counts[key] = (window, seen)
    if limit and seen > limit:
        left = ceil((window + 1) * WINDOW_S - call.now)
        raise Refusal(
            429,
            "rate_limit_exceeded",
            f"Memory {what} requests are limited to {limit:g} per minute. Please retry after {left} seconds.",
            kind="error",
            headers={"Retry-After": str(left)},
        )


def check_scopes(state: State, store: Store, scope: str, now: float) -> None:
    """A scope is there while it has memories, or an update that waits. assumed: the shape of the refusal."""
    if not rows.is_known(state, store.row, scope, now) and rows.count_scopes(state, store.row, now) >= SCOPES_MAX:
        message = f"Memory store '{store.name}' has {SCOPES_MAX} scopes, which is the most it can have."
        raise bad_request(message, param="scope", code="scope_limit_exceeded")


def require_room(state: State, store: Store, scope: str, now: float) -> None:
    """For one more memory; in a write transaction. What has expired goes where it could stand in the way: to look for
    it at every memory would take the longer the more there are.
    """
    if rows.is_known(state, store.row, scope, now) and rows.count_kept(state, store.row, scope) < MEMORIES_MAX:
        return
    rows.purge(state, store.row, now)
    check_scopes(state, store, scope, now)
    if is_full(state, store, scope, now, adding=1):
        raise full(scope)


def is_full(state: State, store: Store, scope: str, now: float, *, adding: int) -> bool:
    return rows.count(state, store.row, scope, now) + adding > MEMORIES_MAX


def full(scope: str) -> Refusal:
    """assumed: the shape."""
    message = f"Scope '{scope}' has {MEMORIES_MAX} memories, which is the most it can have."
    return bad_request(message, param="scope", code="memory_limit_exceeded")
