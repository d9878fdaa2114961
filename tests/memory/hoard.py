"""Stores with memories in them, on the running Foundry."""

from __future__ import annotations

from collections import Counter
from typing import Any

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.memory.copying import Manner
from provisioner.memory.pacing import Pace
from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from provisioner.planes.service import Planes
from tests.apply.test_apply import World, deployment, plan_for, store
from tests.planes.world import Foundry

PEOPLE = ("ann", "bob", "cy")


def place(**options: Any) -> World:
    """What a manifest declares: two models to embed with, and a store."""
    base = (
        deployment("chat", "gpt-4.1-mini", "2025-04-14"),
        deployment("embedding", "text-embedding-3-large", "1"),
        deployment("newer", "text-embedding-3-small", "1"),
        store(**options),
    )
    return {one.address: one for one in base}


def build(foundry: Foundry, planes: Planes) -> Memories:
    plan = plan_for(planes, place())
    execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
    return Memories(planes.project)


def another_store(planes: Planes, name: str = "other") -> None:
    definition = {"kind": "default", "chat_model": "chat", "embedding_model": "newer"}
    planes.project.post("memory_stores", {"name": name, "definition": definition}, features=("MemoryStores=V1Preview",))


def memory(scope: str, number: int, kind: str = "user_profile") -> Item:
    return Item(scope=scope, kind=kind, content=f"{scope} keeps the secret number {number}")


def write(memories: Memories, store: str, *items: Item) -> None:
    for item in items:
        memories.add(store, item)


def hoard(memories: Memories, store: str = "memory", each: int = 3) -> tuple[Item, ...]:
    """Of each of three people: some memories of every kind, and one that is there twice."""
    kinds = ("user_profile", "chat_summary", "procedural")
    items = [memory(scope, number, kinds[number % 3]) for scope in PEOPLE for number in range(each)]
    items += [memory(scope, 0) for scope in PEOPLE]
    write(memories, store, *items)
    return tuple(items)


def sum_of(items: Any) -> Counter[tuple[str, str]]:
    return Counter((item.scope, item.hash) for item in items)


def held(memories: Memories, store: str, scopes: tuple[str, ...] = PEOPLE) -> Counter[tuple[str, str]]:
    return sum_of(item for scope in scopes for item in memories.items(store, scope))


def manner(foundry: Foundry, **more: Any) -> Manner:
    return Manner(pace=Pace(more.pop("rate", 0), foundry.clock), at_once=more.pop("at_once", 4), **more)
