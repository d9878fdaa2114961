"""What others do to stores while a migration is under way: none of it may cost the last copy of a memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import httpx
import pytest

from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.live_names import readdressed
from provisioner.model.errors import PlaneError
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import ApplyFinished, Status
from provisioner.model.resource import Lifecycle, OnReplace
from provisioner.planes.project import HttpProject
from provisioner.planes.service import Planes, connect
from provisioner.reconcile.planner import make_plan
from provisioner.reconcile.successors import successions
from tests.apply.test_apply import ALLOW, World, look, store
from tests.memory.conftest import admin_client, clock, foundry, planes, running, scripted
from tests.memory.hoard import build, held, hoard, place, sum_of
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


def planned(planes: Planes, way: OnReplace, counted: int = 0) -> Plan:
    desired = wanted(way)
    live = look(planes, desired)
    meant = dict(readdressed(desired, successions(desired, live, "me", TRAITS, begins=True), KINDS))
    plan = known(make_plan(meant, live, owner="me", traits=TRAITS, allow=ALLOW))
    return replace(plan, changes=tuple(_counted(it, counted) for it in plan.changes))


def _counted(change: Change, number: int) -> Change:
    if change.migration is None or change.migration.holding is None:
        return change
    holding = replace(change.migration.holding, kinds={"user_profile": number} if number else {})
    return replace(change, migration=replace(change.migration, holding=holding))


def names(planes: Planes) -> list[str]:
    return sorted(it["name"] for it in planes.project.items("memory_stores", features=FEATURES))


def is_done(finished: ApplyFinished) -> bool:
    return all(it.status is Status.DONE for it in finished.outcomes)


def remake(planes: Planes, name: str = "memory") -> None:
    """As somebody in the portal does."""
    planes.project.delete(f"memory_stores/{name}", features=FEATURES, is_gone=lambda: True)
    definition = {"kind": "default", "chat_model": "chat", "embedding_model": "embedding"}
    planes.project.post("memory_stores", {"name": name, "definition": definition}, features=FEATURES)


@pytest.mark.parametrize("nth", range(8, 60, 7))
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


@pytest.mark.parametrize("name", ["memory", "memory-*"])
@pytest.mark.parametrize("way", [OnReplace.MIGRATE, OnReplace.SIDE_BY_SIDE])
def test_a_list_that_hides_what_it_has_costs_no_memory(
    foundry: Foundry, planes: Planes, way: OnReplace, name: str
) -> None:
    memories = build(foundry, planes)
    items = hoard(memories)
    empty = {"object": "list", "data": [], "has_more": False}
    plan = planned(planes, way, counted=len(items))
    foundry.admin.fault("POST", f"*/memory_stores/{name}/items:list*", status=200, body=empty, times=100)

    finished = carry_out(plan, planes, foundry)

    foundry.admin.client.delete("/_emulator/faults")
    assert not is_done(finished) or name == "memory-*"
    assert sum_of(items) in [held(memories, each) for each in names(planes)]
