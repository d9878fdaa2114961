"""What is forgotten, step by step, where time passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.memory.forgetting import again, forget, rest
from provisioner.model.document import Document
from provisioner.model.memory_outcomes import Forgotten
from provisioner.planes.clock import Clock


class Plane:
    """A store that shows for a while what was deleted, and into which an update writes later."""

    def __init__(self, clock: Any, *, slow: int = 0) -> None:
        self.clock = clock
        self.slow = slow
        self.held = [memory("Likes tea.")]
        self.deletions = 0

    def items(self, path: str, **_: object) -> Iterator[Document]:  # noqa: ARG002
        if self.deletions and self.slow:
            self.slow -= 1
            yield memory("Likes tea.")
        yield from self.held

    def ask(self, path: str, body: Document, **_: object) -> Document:  # noqa: ARG002
        self.deletions += 1
        self.held = []
        return {}

    def wait(self, probe: Any, *, what: str, every_s: float, at_most_s: float) -> Any:  # noqa: ARG002
        while (found := probe()) is None:
            self.clock.sleep(every_s)
        return found

    def get(self, path: str, **_: object) -> None: ...

    def post(self, path: str, body: Document, **_: object) -> Document: ...  # type: ignore[empty-body]

    def delete(self, path: str, **_: object) -> None: ...


def memory(content: str) -> Document:
    return {"memory_id": "m", "scope": "dana", "kind": "user_profile", "content": content, "updated_at": 1}


THERE = Forgotten(store="prefs", kinds={"user_profile": 1})


def test_a_deletion_is_done_when_it_is_seen(clock: Clock) -> None:
    plane = Plane(clock, slow=3)

    (done,) = forget(plane, [THERE], "dana", at_once=1)

    assert done.is_done
    assert plane.deletions == 1


def test_what_an_update_writes_later_is_waited_for_and_forgotten(clock: Clock) -> None:
    plane = Plane(clock)
    done = forget(plane, [THERE], "dana", at_once=1)
    plane.held = [memory("Likes coffee.")]
    began = clock.now()

    rest(plane, 420, clock)
    (after,) = again(plane, done, "dana", at_once=1)

    assert clock.now() - began >= 420
    assert after.is_done
    assert (after.total, after.later, plane.deletions) == (1, 1, 2)
