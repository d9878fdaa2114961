"""A store that moves to another name, with all that it holds, and the agents with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.live_names import readdressed
from provisioner.memory.plane import Memories
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Status
from provisioner.model.resource import Lifecycle, OnReplace
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_plan
from provisioner.reconcile.successors import successions
from tests.apply.test_apply import ALLOW, World, agent, look, plan_for, run, store
from tests.memory.hoard import PEOPLE, build, held, hoard, memory, place, sum_of, write
from tests.memory.mortal import Killed, carry_out, known, mortal
from tests.planes.world import Foundry
from tests.whole import IS_WHOLE

BESIDE = Lifecycle(on_replace=OnReplace.SIDE_BY_SIDE)
FEATURES = ("MemoryStores=V1Preview",)


def wanted(embedding: str = "newer", **more: Any) -> World:
    found = place()
    for one in (replace(store(embedding_model=embedding, **more), lifecycle=BESIDE), agent()):
        found[one.address] = one
    return found


def planned(planes: Planes, desired: World | None = None) -> Plan:
    desired = desired or wanted()
    live = look(planes, desired)
    found = successions(desired, live, "me", TRAITS, begins=True)
    meant = dict(readdressed(desired, found, KINDS))
    return known(make_plan(meant, live, owner="me", traits=TRAITS, allow=ALLOW))


def stores(planes: Planes) -> dict[str, Document]:
    return {it["name"]: it for it in planes.project.items("memory_stores", features=FEATURES)}


def used(planes: Planes) -> str:
    """Which store the agent's latest version names."""
    (found,) = [it for it in planes.project.items("agents") if it["name"] == "buddy"]
    return str(found["versions"]["latest"]["definition"]["tools"][0]["memory_store_name"])


def failures(finished: ApplyFinished) -> list[Any]:
    return [it.failure or it.reason for it in finished.outcomes if it.status is not Status.DONE]


@pytest.fixture
def memories(foundry: Foundry, planes: Planes) -> Memories:
    found = build(foundry, planes)
    run(planes, plan_for(planes, wanted("embedding")), foundry)
    return found


def test_the_new_store_is_filled_the_agent_moves_and_the_old_one_goes(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    finished = carry_out(planned(planes), planes, foundry)
    assert not failures(finished)
    ((name, it),) = stores(planes).items()
    assert name.startswith("memory-")
    assert it["definition"]["embedding_model"] == "newer"
    assert used(planes) == name
    assert held(memories, name) == sum_of(items)
    assert "run=" not in str(it["metadata"])
    assert planned(planes).is_empty


def test_what_is_written_until_the_agents_have_moved_comes_along(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    late = memory("bob", 99)
    plan = planned(planes)
    move = tuple(it for it in plan.changes if it.address.kind == "stores")[:1]
    assert not failures(carry_out(replace(plan, changes=move), planes, foundry))
    foundry.admin.advance(60)
    write(memories, "memory", late)
    assert not failures(carry_out(planned(planes), planes, foundry))
    ((name, _),) = stores(planes).items()
    assert held(memories, name) == sum_of([*items, late])


def test_a_scope_that_is_known_only_later_is_copied_before_the_old_store_goes(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = [*hoard(memories), memory("bob", 50)]
    foundry.admin.advance(60)
    write(memories, "memory", items[-1])
    foundry.admin.fault("DELETE", "*/memory_stores/memory", status=403)
    assert failures(carry_out(known(planned(planes), ("ann", "bob")), planes, foundry))
    (name,) = [it for it in stores(planes) if it != "memory"]
    assert not held(memories, name, ("cy",))

    assert not failures(carry_out(planned(planes), planes, foundry))

    assert list(stores(planes)) == [name]
    assert held(memories, name) == sum_of(items)


def test_what_is_forgotten_in_the_new_store_does_not_come_back_from_the_old_one(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    hoard(memories)
    foundry.admin.advance(60)
    write(memories, "memory", memory("bob", 50))
    foundry.admin.fault("DELETE", "*/memory_stores/memory", status=403)
    assert failures(carry_out(planned(planes), planes, foundry))
    (name,) = [it for it in stores(planes) if it != "memory"]
    assert used(planes) == name
    memories.delete_scope(name, "ann")
    assert not failures(carry_out(planned(planes), planes, foundry))
    assert list(stores(planes)) == [name]
    assert {scope for scope, _ in held(memories, name)} == {"bob", "cy"}


def test_a_refused_memory_keeps_the_old_store_and_the_agents_with_it(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", "*/memory_stores/memory-*/items", nth=3, status=413)
    failed, *skipped = failures(carry_out(planned(planes), planes, foundry))
    assert failed.code == "memories-refused"
    assert failed.message.endswith("All memories are in stores/memory still.")
    assert len(skipped) == 2
    assert used(planes) == "memory"
    assert not failures(carry_out(planned(planes), planes, foundry))
    ((name, _),) = stores(planes).items()
    assert held(memories, name) == sum_of(items)


def begun(foundry: Foundry, planes: Planes, nth: int) -> None:
    plan = planned(planes)
    with mortal(foundry, nth) as (dying, _), suppress(Killed):
        carry_out(plan, dying, foundry)


def test_an_edit_that_is_taken_back_drops_what_was_begun(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    items = hoard(memories)
    begun(foundry, planes, 12)
    assert len(stores(planes)) == 2
    assert not failures(carry_out(planned(planes, wanted("embedding")), planes, foundry))
    assert list(stores(planes)) == ["memory"]
    assert held(memories, "memory") == sum_of(items)
    assert used(planes) == "memory"
    assert planned(planes, wanted("embedding")).is_empty


def test_an_edit_that_is_taken_back_when_the_agent_has_moved_ends_the_one_way_and_begins_another(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    foundry.admin.fault("DELETE", "*/memory_stores/memory", status=403)
    carry_out(planned(planes), planes, foundry)
    (name,) = [it for it in stores(planes) if it != "memory"]
    assert used(planes) == name
    foundry.admin.advance(60)
    write(memories, name, memory("cy", 70))
    back = wanted("embedding")
    while not (plan := planned(planes, back)).is_empty:
        assert not failures(carry_out(plan, planes, foundry))
    ((name, it),) = stores(planes).items()
    assert it["definition"]["embedding_model"] == "embedding"
    assert used(planes) == name
    assert held(memories, name) == sum_of([*items, memory("cy", 70)])


def test_another_edit_before_the_first_was_done_loses_nothing(
    foundry: Foundry, planes: Planes, memories: Memories
) -> None:
    items = hoard(memories)
    begun(foundry, planes, 12)
    again = wanted("newer", options={"procedural_memory_enabled": False})
    assert not failures(carry_out(planned(planes, again), planes, foundry))
    ((name, it),) = stores(planes).items()
    assert it["definition"]["options"]["procedural_memory_enabled"] is False
    assert held(memories, name) == sum_of(items)
    assert planned(planes, again).is_empty


REQUESTS = 110  # more than a migration of this size makes
STEP = 1 if IS_WHOLE else 9


@pytest.mark.parametrize("is_after", [False, True], ids=["before-it-is-sent", "after-it-took-effect"])
@pytest.mark.parametrize("nth", range(1, REQUESTS, STEP))
def test_a_run_that_is_killed_at_any_request_loses_and_doubles_nothing(
    foundry: Foundry, planes: Planes, memories: Memories, nth: int, is_after: bool
) -> None:
    every = sum_of(hoard(memories, each=2))
    plan = planned(planes)
    with mortal(foundry, nth, is_after=is_after) as (dying, death), suppress(Killed):
        carry_out(plan, dying, foundry)
    assert death.is_dead or planned(planes).is_empty
    assert held(memories, used(planes)) == every, "the store that the agent names has all"
    for _ in range(2):  # the mark of a store whose migration has just ended is no change
        assert not failures(carry_out(planned(planes), planes, foundry))
    ((name, _),) = stores(planes).items()
    assert held(memories, name) == every
    assert used(planes) == name
    assert planned(planes).is_empty


def test_another_owners_store_of_that_name_is_left_alone(foundry: Foundry, planes: Planes, memories: Memories) -> None:
    hoard(memories)
    plan = planned(planes)
    (target,) = {it.migration.target for it in plan.changes if it.migration}
    definition = {"kind": "default", "chat_model": "chat", "embedding_model": "newer"}
    planes.project.post("memory_stores", {"name": target.name, "definition": definition}, features=FEATURES)
    failed, *_ = failures(carry_out(plan, planes, foundry))
    assert failed.code == "conflict"
    assert held(memories, target.name).total() == 0
    assert used(planes) == "memory"
    assert Address("stores", "memory") == plan.changes[-1].address
    assert len(PEOPLE) == 3
