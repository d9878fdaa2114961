"""One person's memories deleted wherever they are, and read back to be sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from provisioner.apply.workers import side_by_side
from provisioner.memory.counting import counted
from provisioner.memory.plane import Memories, MemoryPlane
from provisioner.model.errors import PlaneError
from provisioner.model.memory_outcomes import Forgotten, ScopeCount
from provisioner.planes.clock import Clock

_EVERY_S: Final = 2.0
_LOOK_EVERY_S: Final = 10.0
_AT_MOST_S: Final = 60.0  # until a deletion is seen
# Of what a run that extracts needs, once it has begun: about a minute is usual.
EXTRACTION_S: Final = 120


def held(memories: Memories, stores: Mapping[str, str], scope: str, *, at_once: int) -> tuple[Forgotten, ...]:
    """What there is to forget; `stores` says of which one each is a copy. May raise PlaneError."""
    tasks = [partial(_count, memories, store, scope) for store in stores]
    found = [each.result for each in side_by_side(tasks, name="count", at_once=at_once)]
    return tuple(
        Forgotten(store=store, copy_of=copy_of, kinds=each.kinds)
        for (store, copy_of), each in zip(stores.items(), found, strict=True)
    )


def forget(plane: MemoryPlane, there: Sequence[Forgotten], scope: str, *, at_once: int) -> tuple[Forgotten, ...]:
    """Delete the scope once in each store. What one refuses stops no other, and stands in its outcome."""
    tasks = [partial(_forget, plane, each, scope) for each in there]
    return tuple(each.result for each in side_by_side(tasks, name="forget", at_once=at_once))


def rest(plane: MemoryPlane, seconds: float, clock: Clock) -> None:
    """Until what was queued before must have been written."""
    until = clock.now() + seconds

    def probe() -> bool | None:
        return True if clock.now() >= until else None

    plane.wait(probe, what="updates that may still be queued", every_s=_LOOK_EVERY_S, at_most_s=seconds + _AT_MOST_S)


def again(plane: MemoryPlane, done: Sequence[Forgotten], scope: str, *, at_once: int) -> tuple[Forgotten, ...]:
    """Where something came since, delete that, too."""
    tasks = [partial(_again, plane, each, scope) for each in done]
    return tuple(each.result for each in side_by_side(tasks, name="forget", at_once=at_once))


def _again(plane: MemoryPlane, done: Forgotten, scope: str) -> Forgotten:
    if not done.is_deleted:
        return done
    try:
        came = _count(Memories(plane), done.store, scope).total
    except PlaneError as error:
        return done if error.failure.status == 404 else replace(done, left=None, error=error.message)
    if not came:
        return done
    return replace(_forget(plane, done, scope), later=came)


def _forget(plane: MemoryPlane, there: Forgotten, scope: str) -> Forgotten:
    memories = Memories(plane)
    try:
        memories.delete_scope(there.store, scope)
    except PlaneError as error:
        if error.failure.status == 404:  # the store went meanwhile, with all that it had
            return replace(there, is_deleted=True, left=0)
        return replace(there, error=error.message)
    try:
        return replace(there, is_deleted=True, left=_left(plane, there.store, scope))
    except PlaneError as error:
        return replace(there, is_deleted=True, error=error.message)


def _left(plane: MemoryPlane, store: str, scope: str) -> int:
    """0 as soon as the service shows none any more; else what it still shows after a while."""
    memories = Memories(plane)

    def probe() -> bool | None:
        return True if next(memories.items(store, scope), None) is None else None

    try:
        plane.wait(probe, what="the deletion to be seen", every_s=_EVERY_S, at_most_s=_AT_MOST_S)
    except PlaneError as error:
        if error.failure.code != "timeout":
            raise
        return _count(memories, store, scope).total
    return 0


def _count(memories: Memories, store: str, scope: str) -> ScopeCount:
    return counted(scope, memories.items(store, scope))
