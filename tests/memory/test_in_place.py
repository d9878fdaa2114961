"""A store that is made anew under its name, with all that it held."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.memory.journal import Journal
from provisioner.memory.migrating import Mover, new_run
from provisioner.memory.plane import Memories
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.migration import Part
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, ChangeProgressed, Event, Status
from provisioner.model.resource import Lifecycle, OnReplace
from provisioner.planes.service import Planes
from tests.apply.test_apply import World, plan_for, store
from tests.memory.hoard import PEOPLE, build, held, hoard, memory, place, sum_of, write
from tests.memory.mortal import Killed, carry_out, known, migrations, mortal
from tests.planes.world import Foundry
from tests.whole import IS_WHOLE

MIGRATE = Lifecycle(on_replace=OnReplace.MIGRATE)
SHADOW = "memory-shadow"
FEATURES = ("MemoryStores=V1Preview",)


def wanted(embedding: str = "newer", **more: Any) -> World:
    found = place()
    one = replace(store(embedding_model=embedding, **more), lifecycle=MIGRATE)
    found[one.address] = one
    return found


def planned(planes: Planes, desired: World | None = None, scopes: tuple[str, ...] = PEOPLE) -> Plan:
    return known(plan_for(planes, desired or wanted()), scopes)


def stores(planes: Planes) -> dict[str, Document]:
    return {it["name"]: it for it in planes.project.items("memory_stores", features=FEATURES)}


def drop(planes: Planes, name: str) -> None:
    planes.project.delete(f"memory_stores/{name}", features=FEATURES, is_gone=lambda: True)


def failure(finished: ApplyFinished) -> Any:
    (found,) = [it.failure for it in finished.outcomes if it.status is Status.FAILED]
    return found


def is_done(finished: ApplyFinished) -> bool:
    return all(it.status is Status.DONE for it in finished.outcomes)


@pytest.fixture
def memories(foundry: Foundry, planes: Planes) -> Memories:
    return build(foundry, planes)


def test_a_store_is_made_anew_with_all_that_it_held(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    old = stores(planes)["memory"]["id"]
    plan = planned(planes)
    assert migrations(plan) == ["migrate stores/memory"]
    told: list[Event] = []
    finished = carry_out(plan, planes, foundry, told=told)
    assert is_done(finished), failure(finished)
    found = stores(planes)
    assert list(found) == ["memory"]
    assert found["memory"]["definition"]["embedding_model"] == "newer"
    assert found["memory"]["id"] != old
    assert held(memories, "memory") == sum_of(items)
    assert plan_for(planes, wanted()).is_empty


def test_a_second_run_of_the_same_plan_finds_it_done(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    plan = planned(planes)
    carry_out(plan, planes, foundry)
    finished = carry_out(plan, planes, foundry)
    assert is_done(finished)
    assert held(memories, "memory") == sum_of(items)


def test_an_edit_that_is_taken_back_leaves_the_store_and_drops_the_shadow(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    old = stores(planes)["memory"]["id"]
    begun(foundry, planes)
    assert SHADOW in stores(planes)
    plan = planned(planes, wanted("embedding"))
    assert migrations(plan) == [f"delete stores/{SHADOW}"]
    assert is_done(carry_out(plan, planes, foundry))
    assert {name: it["id"] for name, it in stores(planes).items()} == {"memory": old}
    assert held(memories, "memory") == sum_of(items)


def begun(foundry: Foundry, planes: Planes) -> None:
    """Killed while the shadow is filled."""
    plan = planned(planes)
    with mortal(foundry, 12) as (dying, _), pytest.raises(Killed):
        carry_out(plan, dying, foundry)


def test_a_shadow_of_another_definition_is_made_anew(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    begun(foundry, planes)
    desired = wanted("newer", options={"procedural_memory_enabled": False})
    assert is_done(carry_out(planned(planes, desired), planes, foundry))
    found = stores(planes)
    assert list(found) == ["memory"]
    assert found["memory"]["definition"]["options"]["procedural_memory_enabled"] is False
    assert held(memories, "memory") == sum_of(items)


def test_what_is_forgotten_meanwhile_does_not_come_back(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    hoard(memories)
    begun(foundry, planes)
    memories.delete_scope("memory", "ann")
    assert is_done(carry_out(planned(planes), planes, foundry))
    assert {scope for scope, _ in held(memories, "memory")} == {"bob", "cy"}


def test_what_is_written_while_updates_are_waited_for_comes_along(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    late = memory("bob", 99)
    plan = planned(planes)
    changes = [settling(change, 300) for change in plan.changes]
    written: list[bool] = []

    def write_late(_: float) -> None:
        if not written and SHADOW in stores(planes):
            written.append(True)
            write(memories, "memory", late)

    foundry.clock.followers.append(write_late)
    finished = carry_out(replace(plan, changes=tuple(changes)), planes, foundry)
    assert is_done(finished), failure(finished)
    assert written
    assert held(memories, "memory") == sum_of([*items, late])
    assert sum(foundry.clock.slept) >= 300


def test_a_short_wait_for_updates_is_no_longer_than_they_take(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    hoard(memories)
    plan = planned(planes)
    changes = [settling(change, 1) for change in plan.changes]
    assert is_done(carry_out(replace(plan, changes=tuple(changes)), planes, foundry))
    assert max(foundry.clock.slept) == 1


def settling(change: Any, seconds: float) -> Any:
    return replace(change, migration=replace(change.migration, settle_s=seconds)) if change.migration else change


def test_a_refused_memory_keeps_the_old_store(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", f"*/memory_stores/{SHADOW}/items", nth=2, status=413)
    found = failure(carry_out(planned(planes), planes, foundry))
    assert found.code == "memories-refused"
    assert "number 2 of scope 1 of 3 (" in found.message
    assert "ann" not in found.message
    assert found.message.endswith("All memories are in stores/memory, as before.")
    assert held(memories, "memory") == sum_of(items)
    assert held(memories, SHADOW).total() == 11
    assert is_done(carry_out(planned(planes), planes, foundry))
    assert held(memories, "memory") == sum_of(items)


def test_a_refused_memory_on_the_way_back_keeps_the_shadow(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", "*/memory_stores/memory/items", nth=1, status=413)
    found = failure(carry_out(planned(planes), planes, foundry))
    assert found.code == "memories-refused"
    assert found.message.endswith(f"All memories are in stores/{SHADOW}.")
    assert held(memories, SHADOW) == sum_of(items)
    assert is_done(carry_out(planned(planes), planes, foundry))
    assert held(memories, "memory") == sum_of(items)


def test_a_store_that_is_made_anew_by_somebody_else_meanwhile_is_left_alone(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    hoard(memories)
    plan = planned(planes)
    body = stores(planes)["memory"]
    drop(planes, "memory")
    again = {key: body[key] for key in ("name", "definition", "metadata")}
    planes.project.post("memory_stores", again, features=FEATURES)
    write(memories, "memory", memory("ann", 1))
    found = failure(carry_out(plan, planes, foundry))
    assert found.code == "conflict"
    assert held(memories, "memory").total() == 1


def test_scopes_that_a_resumed_run_does_not_know_are_not_lost(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", "*/memory_stores", nth=2, status=400)
    assert failure(carry_out(planned(planes), planes, foundry))
    assert list(stores(planes)) == [SHADOW]
    plan = planned(planes, scopes=("ann", "bob"))
    assert [it.migration.part for it in plan.changes if it.migration] == [Part.RESTORE]
    found = failure(carry_out(plan, planes, foundry))
    assert found.code == "scopes-unknown"
    assert held(memories, SHADOW) == sum_of(items)
    assert is_done(carry_out(planned(planes), planes, foundry))
    assert held(memories, "memory") == sum_of(items)


def test_a_run_without_scopes_writes_nothing(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    hoard(memories)
    found = failure(carry_out(plan_for(planes, wanted()), planes, foundry))
    assert found.code == "scopes-unknown"
    assert list(stores(planes)) == ["memory"]


def test_a_run_that_is_told_to_stop_is_gone_on_with(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    stop = threading.Event()
    written: list[str] = []

    def stopping() -> bool:
        written.append("")
        if len(written) == 12:
            stop.set()
        return stop.is_set()

    plan = planned(planes)
    found = failure(carry_out_stopping(plan, planes, foundry, stopping))
    assert found.code == "stopped"
    assert "All memories are in stores/memory" in found.message
    assert is_done(carry_out(planned(planes), planes, foundry))
    assert held(memories, "memory") == sum_of(items)


def carry_out_stopping(plan: Plan, planes: Planes, foundry: Foundry, stopping: Any) -> ApplyFinished:
    mover = Mover(run=new_run(), at_once=1, clock=foundry.clock, stopping=stopping)
    return execute(
        plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=1, step_of=mover.step_of
    )


def test_a_journal_spares_a_look_and_is_not_needed(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    kept: list[set[str]] = [set()]
    foundry.admin.fault("POST", f"*/memory_stores/{SHADOW}/items", nth=6, status=413)
    journal = Journal(save=lambda entries: kept.append(set(entries)))
    assert failure(carry_out(planned(planes), planes, foundry, journal_of=lambda _: journal))
    assert 0 < len(kept[-1]) < 3
    assert not any(name in entry for entry in kept[-1] for name in PEOPLE)
    write(memories, "memory", memory("ann", 40))  # what a journal says may be old
    foundry.admin.forget_requests()
    ended: list[bool] = []
    again = Journal(kept[-1], end=lambda: ended.append(True))
    assert is_done(carry_out(planned(planes), planes, foundry, journal_of=lambda _: again))
    assert held(memories, "memory") == sum_of([*items, memory("ann", 40)])
    assert ended


def test_progress_is_told(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    hoard(memories)
    told: list[Event] = []
    plan = planned(planes)
    slow = tuple(replace(it, migration=replace(it.migration, rate=60)) if it.migration else it for it in plan.changes)
    assert is_done(carry_out(replace(plan, changes=slow), planes, foundry, told=told))
    progress = [it.progress for it in told if isinstance(it, ChangeProgressed)]
    doings = list(dict.fromkeys(it.doing for it in progress))
    assert doings == [
        f"copying into {SHADOW}",
        f"reading {SHADOW} back",
        "copying into memory",
        "reading memory back",
    ]
    assert all(it.per_minute and it.per_minute < 200 for it in progress)


REQUESTS = 150  # more than a migration of this size makes
STEP = 1 if IS_WHOLE else 9


@pytest.mark.parametrize("is_after", [False, True], ids=["before-it-is-sent", "after-it-took-effect"])
@pytest.mark.parametrize("nth", range(1, REQUESTS, STEP))
def test_a_run_that_is_killed_at_any_request_loses_and_doubles_nothing(
    foundry: Foundry, planes: Planes, memories: Memories, nth: int, is_after: bool
) -> None:
    items = hoard(memories, each=2)
    every = sum_of(items)
    plan = planned(planes)
    with mortal(foundry, nth, is_after=is_after) as (dying, death), suppress(Killed):
        carry_out(plan, dying, foundry)
    assert death.is_dead or is_done_already(planes)
    assert_all_are_somewhere(every, planes, memories)
    carry_on(foundry, planes)
    assert list(stores(planes)) == ["memory"]
    assert held(memories, "memory") == every
    assert planned(planes).is_empty


def is_done_already(planes: Planes) -> bool:
    return planned(planes).is_empty


def assert_all_are_somewhere(every: Any, planes: Planes, memories: Memories) -> None:
    """In one store alone: what is in two halves would be found by nobody."""
    there = stores(planes)
    assert any(held(memories, name) & every == every for name in there), list(there)


def carry_on(foundry: Foundry, planes: Planes) -> None:
    plan = planned(planes)
    finished = carry_out(plan, planes, foundry)
    assert is_done(finished), failure(finished)


def test_a_store_that_others_fill_under_the_old_name_is_not_written_to(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", "*/memory_stores", nth=2, status=400)
    carry_out(planned(planes), planes, foundry)
    plan = planned(planes)
    definition = {"kind": "default", "chat_model": "chat", "embedding_model": "newer"}
    planes.project.post("memory_stores", {"name": "memory", "definition": definition}, features=FEATURES)
    found = failure(carry_out(plan, planes, foundry))
    assert found.code == "conflict"
    assert held(memories, "memory").total() == 0
    assert held(memories, SHADOW) == sum_of(items)


def test_two_runs_at_once_end_with_each_memory_once(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    plan = planned(planes)
    finished: list[ApplyFinished] = []
    with mortal(foundry) as (one, _), mortal(foundry) as (other, _):
        threads = [
            threading.Thread(target=lambda each=each: finished.append(carry_out(plan, each, foundry, at_once=2)))
            for each in (one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    codes = {it.failure.code for each in finished for it in each.outcomes if it.failure}
    assert codes <= {"conflict", "migration-taken-over", "migration-differs", "not-found"}, codes
    assert_all_are_somewhere(sum_of(items), planes, memories)
    if not planned(planes).is_empty:
        carry_on(foundry, planes)
    assert list(stores(planes)) == ["memory"]
    assert held(memories, "memory") == sum_of(items)


def test_the_address_of_the_change_is_that_of_the_store(planes: Planes, memories: Memories) -> None:
    hoard(memories)
    (change,) = [it for it in planned(planes).changes if it.migration]
    assert (change.action, change.address) == (Action.MIGRATE, Address("stores", "memory"))
