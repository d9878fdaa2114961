"""What the page and the state read: scopes with their counts, and the memories of one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from provisioner.emulator import Clock, Options
from provisioner.emulator.handles import families
from provisioner.emulator.project.memory import Scope, memories_in, scopes_of
from provisioner.emulator.world.state import State

if TYPE_CHECKING:
    from pathlib import Path


def test_scopes_are_counted_and_their_memories_read(tmp_path: Path, started: Any) -> None:
    clock, file = Clock(), str(tmp_path / "local.db")
    with started(Options(state=file), clock) as memory, closing(State(file, families.tables())) as state:
        memory.write("Likes tea")
        latest = memory.write("Likes plums")
        memory.of("bob").submit("I live in Lisbon.", delay=300)

        ann, bob = scopes_of(state, clock.now())

        assert (ann.store_name, ann.name, ann.memories, ann.waiting) == ("memory", "ann", 2, 0)
        assert (bob.name, bob.memories, bob.waiting) == ("bob", 0, 1)
        assert scopes_of(state, clock.now(), store=ann.store) == [ann, bob]
        assert scopes_of(state, clock.now(), store=ann.store + 1) == []
        assert isinstance(ann, Scope)
        assert memories_in(state, ann.store, "ann", clock.now(), limit=1) == [latest]
        assert [item["content"] for item in memories_in(state, ann.store, "ann", clock.now())] == [
            "Likes plums",
            "Likes tea",
        ]
