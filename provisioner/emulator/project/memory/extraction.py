"""Updates that are due become memories: in order, each as of its due time, whoever looks and whenever.

Read, think, write: the model works between two transactions. If the scope changed meanwhile (another process
on the same file), the work is thrown away and done again.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.emulator.control import operations
from provisioner.emulator.model import Create, Extraction, Update, Usage, conversation_of
from provisioner.emulator.project.memory import limits, rows
from provisioner.emulator.project.memory.models import CHAT, EMBEDDING, failure_of, model_trouble, trouble_with
from provisioner.emulator.project.memory.usage import usage_of

if TYPE_CHECKING:
    from provisioner.emulator.model import Entry, Memory, Operation
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.world.state import Row, State
    from provisioner.emulator.world.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One update that is due, with all that the model needs to know."""

    row: int
    due: float
    scope: str
    store: Store
    conversation: tuple[Entry, ...]
    known: tuple[Memory, ...]
    trouble: Json | None  # why it must fail

    @property
    def is_idle(self) -> bool:
        return self.trouble is not None or not self.conversation


def is_due(state: State, now: float) -> bool:
    return rows.next_update(state, now) is not None


async def settle(world: World) -> None:
    """Outside of transactions. With a slow model it takes as long as the model does."""
    now = world.clock.now()
    if not is_due(world.state, now):
        return
    async with world.extracting:
        while (work := _next(world, now)) is not None:
            extraction, failure = await _think(world, work)
            with world.state.transaction(writes=True):
                _finish(world.state, work, extraction, failure)
            await asyncio.sleep(0)  # many that are due let others be answered in between


def settle_meanwhile(world: World) -> None:
    """Start on it, unless somebody has, and answer without it."""
    if world.extracting.locked() or world.errands or not is_due(world.state, world.clock.now()):
        return
    errand = asyncio.create_task(settle(world))
    world.errands.add(errand)
    errand.add_done_callback(lambda done: _end(world, done))


def _end(world: World, errand: asyncio.Task[None]) -> None:
    """What went wrong meets whoever asks next: the update is still due."""
    world.errands.discard(errand)
    if not errand.cancelled():
        errand.exception()


def _next(world: World, now: float) -> Work | None:
    state = world.state
    with state.transaction(writes=True):
        row = rows.next_update(state, now)
        if row is None:
            return None
        operations.settle(state, row["due"])  # the deployments as they were then
        return _work(world, row)


def _work(world: World, row: Row) -> Work:
    store, due = rows.store_of(world.state, row["store"]), row["due"]
    trouble = trouble_with(world, store, CHAT, EMBEDDING)
    return Work(
        row=row["id"],
        due=due,
        scope=row["scope"],
        store=store,
        conversation=conversation_of(json.loads(row["items"])),
        known=_known(world.state, store, row["scope"], due),
        trouble=None if trouble is None else failure_of(trouble),
    )


async def _think(world: World, work: Work) -> tuple[Extraction | None, Json | None]:
    """The extraction, or why there is none. A model that breaks fails this update and no other."""
    if work.is_idle:
        return None, work.trouble
    said, known, store = work.conversation, work.known, work.store
    scripted = world.scripts.extraction(said, known, store.wishes, model=store.chat_model)
    if scripted is not None:
        return scripted, None
    try:
        found = await world.thinker.think(lambda model: model.extract(said, known, store.wishes))
    except Exception as error:  # noqa: BLE001
        return None, failure_of(model_trouble(store.chat_model, error))
    return found, None


def _finish(state: State, work: Work, extraction: Extraction | None, failure: Json | None) -> None:
    if not rows.is_waiting(state, work.row):  # deleted with its store, or done by another process
        return
    if _known(state, work.store, work.scope, work.due) != work.known:
        return  # again, from what is known now
    found = extraction or Extraction(operations=(), usage=Usage())
    wanted = [operation for operation in found.operations if _is_wanted(work.store, operation)]
    failure = failure or _overflow(state, work, wanted)
    if failure is not None:
        _close(state, work, "failed", error=failure)
        return
    rows.purge(state, work.store.row, work.due)
    applied = [done for operation in wanted if (done := _apply(state, work, operation)) is not None]
    _close(state, work, "completed", result={"memory_operations": applied, "usage": usage_of(found.usage)})


def _known(state: State, store: Store, scope: str, now: float) -> tuple[Memory, ...]:
    return tuple(rows.memory_of(row) for row in rows.live(state, store.row, scope, now))


def _is_wanted(store: Store, operation: Operation) -> bool:
    """A kind that is off is never extracted, whatever a model says."""
    return not isinstance(operation, Create) or store.wants(operation.kind)


def _overflow(state: State, work: Work, wanted: list[Operation]) -> Json | None:
    """assumed: an update that would fill a scope beyond its limit fails as a whole."""
    adding = sum(isinstance(operation, Create) for operation in wanted)
    if not adding or not limits.is_full(state, work.store, work.scope, work.due, adding=adding):
        return None
    refusal = limits.full(work.scope)
    return {"code": refusal.code, "message": refusal.message}


def _apply(state: State, work: Work, operation: Operation) -> Json | None:
    """What was done, as the result tells it; None for a memory that is not of this scope."""
    if isinstance(operation, Create):
        kind, content = operation.kind, operation.content
        made = rows.insert(state, work.store, work.scope, kind=kind, content=content, now=work.due)
        return {"kind": "create", "memory_item": made}
    row = rows.find(state, work.store.row, operation.memory_id, work.due)
    if row is None or row["scope"] != work.scope:
        return None
    if isinstance(operation, Update):
        return {"kind": "update", "memory_item": rows.rewrite(state, work.store, row, operation.content, work.due)}
    return {"kind": "delete", "memory_item": rows.delete(state, row)}


def _close(state: State, work: Work, status: str, *, result: Json | None = None, error: Json | None = None) -> None:
    rows.close_update(state, work.row, status, result=result, error=error)
