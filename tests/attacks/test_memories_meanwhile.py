"""What others do to stores while a migration is under way: none of it may cost the last copy of a memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import httpx
import pytest

from provisioner.model.errors import PlaneError
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Status
from provisioner.model.resource import Lifecycle, OnReplace
from provisioner.planes.project import HttpProject
from provisioner.planes.service import Planes, connect
from tests.apply.test_apply import World, plan_for, store
from tests.memory.conftest import admin_client, clock, foundry, planes, running, scripted
from tests.memory.hoard import PEOPLE, build, held, hoard, place
from tests.memory.mortal import carry_out, known
from tests.planes.world import Foundry

__all__ = ["admin_client", "clock", "foundry", "planes", "running", "scripted"]
FEATURES = ("MemoryStores=V1Preview",)


@dataclass
class Meddling(httpx.Auth):
    """Something else happens right before the `nth` request is sent."""

    inner: httpx.Auth
    nth: int
    what: Callable[[], None]
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with self._lock:
            self.sent += 1
            if self.sent == self.nth:
                self.what()
        yield from self.inner.auth_flow(request)


@contextmanager
def meddled(foundry: Foundry, nth: int, what: Callable[[], None]) -> Iterator[Planes]:
    with connect(foundry.where, clock=foundry.clock) as planes:
        client = planes.project._client
        assert client.auth is not None
        client.auth = Meddling(client.auth, nth, what)
        yield replace(planes, project=HttpProject(client, clock=foundry.clock, note=lambda _: None))


def wanted(way: OnReplace) -> World:
    found = place()
    one = replace(store(embedding_model="newer"), lifecycle=Lifecycle(on_replace=way))
    found[one.address] = one
    return found


def planned(planes: Planes, way: OnReplace, scopes: tuple[str, ...] = PEOPLE) -> Plan:
    return known(plan_for(planes, wanted(way)), scopes)


def names(planes: Planes) -> list[str]:
    return sorted(it["name"] for it in planes.project.items("memory_stores", features=FEATURES))


def is_done(finished: ApplyFinished) -> bool:
    return all(it.status is Status.DONE for it in finished.outcomes)


def remake(planes: Planes, name: str = "memory") -> None:
    """As somebody in the portal does."""
    planes.project.delete(f"memory_stores/{name}", features=FEATURES, is_gone=lambda: True)
    definition = {"kind": "default", "chat_model": "chat", "embedding_model": "embedding"}
    planes.project.post("memory_stores", {"name": name, "definition": definition}, features=FEATURES)


@pytest.mark.parametrize("nth", range(8, 60, 4))
@pytest.mark.parametrize("way", [OnReplace.MIGRATE, OnReplace.SIDE_BY_SIDE])
def test_whoever_remakes_the_store_meanwhile_does_not_empty_its_copy(
    foundry: Foundry, planes: Planes, way: OnReplace, nth: int
) -> None:
    memories = build(foundry, planes)
    hoard(memories, each=1)
    copied: Counter[tuple[str, str]] = Counter()

    def meddle() -> None:
        for name in set(names(planes)) - {"memory"}:
            copied.update(held(memories, name))
        with suppress(PlaneError):  # where it is not there at all
            remake(planes)

    with meddled(foundry, nth, meddle) as busy:
        carry_out(planned(planes, way), busy, foundry)

    there: Counter[tuple[str, str]] = Counter()
    for name in names(planes):
        there.update(held(memories, name))
    assert not copied - there
