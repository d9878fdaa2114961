"""Memories written one by one, and drawn out of conversations."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.memory.plane import Memories, MemoryPlane
from provisioner.model.document import Document
from provisioner.model.memory import Item
from provisioner.model.memory_outcomes import Update

POLL_S = 2.0


def add(memories: Memories, store: str, item: Item) -> Item:
    """Once, also where no answer comes: what was written since is looked through before it is sent again."""
    newest = memories.newest(store, item.scope)
    last = newest.id if newest is not None else ""

    def settled() -> Item | None:
        for each in memories.items(store, item.scope, newest_first=True):
            if each.id == last:
                return None
            if each.hash == item.hash:
                return each
        return None

    return memories.add(store, item, settled=settled)


def remember(
    plane: MemoryPlane, store: str, scope: str, messages: Sequence[Document], *, at_most_s: float
) -> list[Update]:
    """What became of the update, and of each that took its place, which is about the same messages and more."""
    memories = Memories(plane)
    asked = memories.remember(store, scope, messages)
    chain = [_ended(plane, store, asked.id, at_most_s)]
    while chain[-1].status == "superseded" and (by := chain[-1].superseded_by):
        if by in {each.id for each in chain}:
            break
        chain.append(_ended(plane, store, by, at_most_s))
    return chain


def _ended(plane: MemoryPlane, store: str, update_id: str, at_most_s: float) -> Update:
    memories = Memories(plane)

    def probe() -> Update | None:
        update = memories.update(store, update_id)
        return update if update.has_ended else None

    return plane.wait(probe, what="the memories to be drawn out", every_s=POLL_S, at_most_s=at_most_s)
