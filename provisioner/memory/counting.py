"""How much a store holds, of whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from provisioner.apply.workers import side_by_side
from provisioner.memory.copying import discreet
from provisioner.memory.plane import Memories
from provisioner.model.errors import PlaneError
from provisioner.model.memory import Item
from provisioner.model.memory_outcomes import ScopeCount


def counted(scope: str, items: Iterable[Item]) -> ScopeCount:
    kinds: Counter[str] = Counter()
    oldest = newest = 0
    for item in items:
        kinds[item.kind] += 1
        oldest = min(oldest or item.updated_at, item.updated_at)
        newest = max(newest, item.updated_at)
    return ScopeCount(scope=scope, kinds=dict(kinds), oldest=oldest, newest=newest)


def count(memories: Memories, store: str, scopes: Sequence[str], *, at_once: int) -> tuple[ScopeCount, ...]:
    """All memories of these scopes, read side by side. May raise PlaneError."""
    tasks = [partial(_count, memories, store, scope) for scope in scopes]
    return tuple(each.result for each in side_by_side(tasks, name="count", at_once=at_once))


def _count(memories: Memories, store: str, scope: str) -> ScopeCount:
    try:
        return counted(scope, memories.items(store, scope))
    except PlaneError as error:
        raise discreet(error, scope) from None
