"""Two applies at once, in every order that their requests can take.

Requests are let through one at a time, and which apply comes next is drawn: what a scheduler, a slow network or two
pipelines make of it is among the draws. `SWEEP=all python -m pytest tests/apply/test_races.py` draws two hundred.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Status
from provisioner.planes.service import Planes, connect
from tests.apply.test_apply import World, agent, apply, done, plan_for, store, world
from tests.planes.world import Foundry, deployments_path
from tests.whole import IS_WHOLE

pytestmark = pytest.mark.untraced

EACH = 34 if IS_WHOLE else 2  # of each of the six races below: 204 in all


class Turns:
    """Lets one request through at a time; who is next is drawn among those that wait."""

    def __init__(self, seed: int, players: int) -> None:
        self._random = random.Random(seed)
        self._changed = threading.Condition()
        self._playing = set(range(players))
        self._waiting: set[int] = set()
        self._turn: int | None = None

    @contextmanager
    def turn(self, player: int) -> Iterator[None]:
        if self._turn == player:  # what a call asks in between
            yield
            return
        with self._changed:
            self._waiting.add(player)
            self._draw()
            assert self._changed.wait_for(lambda: self._turn == player, timeout=60)
        try:
            yield
        finally:
            with self._changed:
                self._turn = None
                self._draw()

    def leave(self, player: int) -> None:
        with self._changed:
            self._playing.discard(player)
            self._draw()

    def _draw(self) -> None:
        """Once everybody who plays waits: then the order is the draw's alone."""
        if self._turn is None and self._waiting == self._playing and self._waiting:
            self._turn = self._random.choice(sorted(self._waiting))
            self._waiting.discard(self._turn)
            self._changed.notify_all()


class Turned:
    """A plane whose every call waits for its turn. A list is read within one; so is what a call asks in between."""

    def __init__(self, plane: Any, turns: Turns, player: int) -> None:
        self._plane = plane
        self._turns = turns
        self._player = player

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._plane, name)
        if name == "wait" or not callable(call):
            return call

        def turned(*args: Any, **more: Any) -> Any:
            with self._turns.turn(self._player):
                found = call(*args, **more)
                return list(found) if isinstance(found, Iterator) else found

        return turned


class TurnedService:
    def __init__(self, planes: Planes, turns: Turns, player: int) -> None:
        self.project = Turned(planes.project, turns, player)
        self.management = Turned(planes.management, turns, player)

    def telling(self, note: Callable[[str], None]) -> TurnedService:  # noqa: ARG002
        return self


def race(foundry: Foundry, plans: tuple[Plan, Plan], seed: int) -> tuple[ApplyFinished, ApplyFinished]:
    turns = Turns(seed, len(plans))
    finished: dict[int, ApplyFinished] = {}

    def run(player: int, plan: Plan) -> None:
        try:
            with connect(foundry.where, clock=foundry.clock) as planes:
                service: Any = TurnedService(planes, turns, player)
                finished[player] = execute(
                    plan, KINDS, service, emit=lambda _: None, now=foundry.clock.now, parallelism=1
                )
        finally:
            turns.leave(player)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(plans)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return finished[0], finished[1]


def statuses(finished: ApplyFinished) -> dict[str, Status]:
    return {str(outcome.change.address): outcome.status for outcome in finished.outcomes}


def owners(foundry: Foundry) -> dict[str, set[str]]:
    """Who has written on what is live, in any version of it."""
    with foundry.connected() as planes:
        assert planes.management is not None
        found = {
            f"deployments/{it['name']}": {(it.get("tags") or {}).get("provisioner-owner", "")}
            for it in planes.management.items(deployments_path(planes.management))
        }
        for store in planes.project.items("memory_stores", features=("MemoryStores=V1Preview",)):
            found[f"stores/{store['name']}"] = {store["metadata"].get("provisioner-owner", "")}
        for agent in planes.project.items("agents"):
            versions = planes.project.items(f"agents/{agent['name']}/versions")
            found[f"agents/{agent['name']}"] = {it["metadata"].get("provisioner-owner", "") for it in versions}
    return found


def definitions(foundry: Foundry) -> list[Any]:
    with foundry.connected() as planes:
        return [it["definition"] for it in planes.project.items("agents/buddy/versions?order=asc")]


@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("preconditions", ["ignored", "honoured"])
def test_two_owners_never_share_what_both_create(foundry: Foundry, preconditions: str, seed: int) -> None:
    foundry.admin.switch(preconditions=preconditions)
    with foundry.connected() as planes:
        plans = (plan_for(planes, world(), "one"), plan_for(planes, world(), "two"))
    results = race(foundry, plans, seed)
    told = [statuses(each) for each in results]
    final = owners(foundry)
    for address, of_it in final.items():
        assert len(of_it) == 1, (address, of_it)
        done = [name for name, each in zip(("one", "two"), told, strict=True) if each.get(address) is Status.DONE]
        assert len(done) == 1 or (preconditions == "ignored" and address.startswith("deployments/")), (address, told)
        if preconditions == "honoured":
            assert of_it == set(done)
    assert any(status is not Status.DONE for each in told for status in each.values())
    if preconditions == "ignored":  # who wrote over the other's deployment says so
        for address in final:
            assert sum(each.get(address) is Status.DONE for each in told) <= 1, (address, told)


@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("live", ["nothing", "an earlier state"])
def test_two_applies_of_one_manifest_make_one_of_each(foundry: Foundry, live: str, seed: int) -> None:
    with foundry.connected() as planes:
        if live != "nothing":
            before = plan_for(planes, earlier())
            execute(before, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
        plans = (plan_for(planes, world()), plan_for(planes, world()))
    results = race(foundry, plans, seed)
    failed = [[it.failure.code for it in finished.outcomes if it.failure] for finished in results]
    assert {code for codes in failed for code in codes} <= {"conflict"}
    if all(failed):  # each has written over one deployment of the other's, and what needs it is left for the next run
        with foundry.connected() as planes:
            assert done(apply(planes, world(), foundry))
    made = definitions(foundry)
    assert len(made) == (1 if live == "nothing" else 2), made
    with foundry.connected() as planes:
        assert plan_for(planes, world()).is_empty


@pytest.mark.parametrize("seed", range(EACH))
def test_two_different_edits_at_once_are_told_to_who_comes_second(foundry: Foundry, seed: int) -> None:
    kind, terse = world(agent("Be kind.")), world(agent("Be terse."))
    with foundry.connected() as planes:
        execute(plan_for(planes, world()), KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
        plans = (plan_for(planes, kind), plan_for(planes, terse))
    told = [statuses(each)["agents/buddy"] for each in race(foundry, plans, seed)]
    assert told.count(Status.DONE) == 1, told


@pytest.mark.parametrize("seed", range(EACH))
def test_a_store_that_is_made_anew_keeps_its_memories_from_a_late_delete(foundry: Foundry, seed: int) -> None:
    """One apply deletes the store, its answer is lost, the other makes it anew before the delete is sent again."""
    store_of = Address("stores", "memory")
    with foundry.connected() as planes:
        execute(plan_for(planes, world()), KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
        gone = {address: it for address, it in world().items() if address.kind == "deployments"}
        deleting = plan_for(planes, gone)
        replacing = plan_for(planes, world(store(options={"chat_summary_enabled": False})))
    foundry.admin.fault("DELETE", "*/memory_stores/memory", drop="after")
    results = race(foundry, (deleting, replacing), seed)
    remade = [it for it in results[1].outcomes if it.change.address == store_of and it.status is Status.DONE]
    if remade:
        assert "stores/memory" in owners(foundry), [statuses(each) for each in results]


def earlier() -> World:
    return world(agent("Be long-winded."))
