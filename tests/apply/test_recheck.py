"""What changes between the plan and the write: it is left as it is, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.model.progress import ChangeNoted, Event, Outcome, Status
from provisioner.model.resource import Condition, Lifecycle, OnRemove
from provisioner.planes.service import Planes
from tests.apply.test_apply import (
    World,
    agent,
    apply,
    deployment,
    done,
    look,
    only,
    plan_for,
    run,
    stored,
    wanted,
    world,
)
from tests.planes.world import Foundry

THEIRS = {"metadata": {"provisioner-owner": "somebody-else"}}


def outcome_of(planes: Planes, plan: Plan, foundry: Foundry) -> Outcome:
    foundry.admin.forget_requests()
    (outcome,) = run(planes, plan, foundry).outcomes
    return outcome


def writes(foundry: Foundry) -> list[str]:
    return [f"{one['method']} {one['path'].rpartition('/')[2]}" for one in foundry.admin.requests() if is_write(one)]


def is_write(request: dict[str, Any]) -> bool:
    return bool(request["method"] != "GET")


def bigger() -> World:
    return world(deployment("chat", "gpt-4.1-mini", "2025-04-14", capacity=20))


def described() -> World:
    return world(wanted("stores", "memory", {"chat_model": "chat", "embedding_model": "embedding", "description": "N"}))


def without(kind: str) -> World:
    return {address: one for address, one in world().items() if address.kind != kind}


@pytest.mark.parametrize(
    ("desired", "target", "drift"),
    [
        pytest.param(
            bigger(), "deployment/chat", {"properties": {"raiPolicyName": "Stricter"}}, id="update a deployment"
        ),
        pytest.param(described(), "store/memory", {"description": "Theirs"}, id="update a store"),
        pytest.param(world(agent("Be kind.")), "agent/buddy", {"instructions": "Be rude."}, id="update an agent"),
        pytest.param(without("stores"), "store/memory", THEIRS, id="delete a store that has another owner"),
        pytest.param(without("agents"), "agent/buddy", {"instructions": "Be rude."}, id="delete an agent"),
    ],
)
def test_what_was_changed_since_the_plan_is_left_as_it_is(
    foundry: Foundry, planes: Planes, desired: World, target: str, drift: dict[str, Any]
) -> None:
    kind, name = target.split("/")
    apply(planes, world(), foundry)
    plan = only(plan_for(planes, desired), f"{kind}s")
    foundry.admin.drift(kind, name, drift)
    before = look(planes, desired)
    outcome = outcome_of(planes, plan, foundry)
    assert (outcome.status, outcome.failure and outcome.failure.code) == (Status.FAILED, "conflict")
    assert outcome.reason == f"{kind}s/{name} was changed since the plan was made; it was left as it is."
    assert outcome.failure is not None
    assert "again" in outcome.failure.advice
    assert writes(foundry) == []
    assert look(planes, desired) == before


def test_a_store_that_moved_is_not_replaced(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    replaced = wanted(
        "stores",
        "memory",
        {"chat_model": "chat", "embedding_model": "embedding", "options": {"chat_summary_enabled": False}},
    )
    plan = only(plan_for(planes, world(replaced)), "stores")
    assert [change.action for change in plan.changes] == [Action.REPLACE]
    foundry.admin.drift("store", "memory", THEIRS)
    assert outcome_of(planes, plan, foundry).status is Status.FAILED
    assert stored(planes)["metadata"]["provisioner-owner"] == "somebody-else"


def test_a_store_that_somebody_took_meanwhile_is_neither_adopted_nor_released(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.drift("store", "memory", {"metadata": {}})
    adopting = only(plan_for(planes, world()), "stores")
    foundry.admin.drift("store", "memory", THEIRS)
    assert [change.action for change in adopting.changes] == [Action.ADOPT]
    assert outcome_of(planes, adopting, foundry).status is Status.FAILED


def test_what_is_gone_is_not_updated_and_needs_no_delete(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    updating = only(plan_for(planes, world(agent("Be kind."))), "agents")
    deleting = only(plan_for(planes, without("agents")), "agents")
    planes.project.delete("agents/buddy", is_gone=lambda: False)
    assert outcome_of(planes, updating, foundry).status is Status.FAILED
    assert outcome_of(planes, deleting, foundry).status is Status.DONE
    assert writes(foundry) == []


def test_what_another_apply_of_the_same_manifest_did_counts_as_done(foundry: Foundry, planes: Planes) -> None:
    creating = plan_for(planes, world())
    assert done(run(planes, creating, foundry))
    foundry.admin.forget_requests()
    assert done(run(planes, creating, foundry))
    assert writes(foundry) == []
    updating = plan_for(planes, world(agent("Be kind.")))
    assert done(run(planes, updating, foundry))
    assert outcome_of(planes, updating, foundry).status is Status.DONE
    assert writes(foundry) == []


def test_a_change_costs_one_more_look_and_what_is_unchanged_none(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    plan = plan_for(planes, world(agent("Be kind.")))
    assert outcome_of(planes, plan, foundry).status is Status.DONE
    assert [one["method"] for one in foundry.admin.requests()] == ["GET", "POST"]


def test_an_agent_changed_outside_before_the_plan_is_set_right(foundry: Foundry, planes: Planes) -> None:
    """Its marker is on an earlier version, then and now."""
    apply(planes, world(), foundry)
    foundry.admin.drift("agent", "buddy", {"instructions": "Be rude."})
    assert done(apply(planes, world(), foundry))
    assert plan_for(planes, world()).is_empty


def test_a_draft_is_looked_for_among_the_drafts(foundry: Foundry, planes: Planes) -> None:
    assert done(apply(planes, world(agent(draft=True)), foundry))
    assert done(apply(planes, world(agent("Be kind.", draft=True)), foundry))
    assert plan_for(planes, world(agent("Be kind.", draft=True))).is_empty


def test_a_release_writes_when_nothing_moved(foundry: Foundry, planes: Planes) -> None:
    kept = wanted("stores", "memory", {"chat_model": "chat", "embedding_model": "embedding"})
    apply(planes, world(replace(kept, lifecycle=Lifecycle(on_remove=OnRemove.KEEP))), foundry)
    plan = only(plan_for(planes, without("stores")), "stores")
    assert [change.action for change in plan.changes] == [Action.RELEASE]
    assert outcome_of(planes, plan, foundry).status is Status.DONE
    assert "provisioner-owner" not in stored(planes)["metadata"]


# -- what failed, and what is still being made


def test_a_deployment_that_failed_is_put_again(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": "Failed"}})
    plan = plan_for(planes, world())
    assert [(change.action, change.reason) for change in plan.changes] == [(Action.UPDATE, "its last write failed")]
    assert outcome_of(planes, plan, foundry).status is Status.DONE
    assert writes(foundry) == ["PUT chat"]
    assert plan_for(planes, world()).is_empty


@pytest.mark.parametrize(("capacity", "written"), [(10, []), (20, ["PATCH chat"])])
def test_a_deployment_that_is_still_being_made_is_waited_for(
    foundry: Foundry, planes: Planes, capacity: int, written: list[str]
) -> None:
    apply(planes, world(), foundry)
    desired = world(deployment("chat", "gpt-4.1-mini", "2025-04-14", capacity=capacity))
    foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": "Creating"}})
    plan = plan_for(planes, desired)
    assert [(change.action, change.reason) for change in plan.changes] == [(Action.UPDATE, "it is still being made")]
    ends_after(foundry, 60, "Succeeded")
    assert outcome_of(planes, plan, foundry).status is Status.DONE
    assert sum(foundry.clock.slept) >= 60
    assert writes(foundry) == written
    assert plan_for(planes, desired).is_empty


def test_a_deployment_whose_making_ends_badly_is_put_again(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": "Creating"}})
    plan = plan_for(planes, world())
    ends_after(foundry, 30, "Failed")
    assert outcome_of(planes, plan, foundry).status is Status.DONE
    assert writes(foundry) == ["PUT chat"]


def ends_after(foundry: Foundry, seconds: float, state: str) -> None:
    """Somebody else's operation, ended when so much of the clock's time has gone by."""
    left = [seconds]

    def passing(slept: float) -> None:
        left[0] -= slept
        if left[0] <= 0 < left[0] + slept:
            foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": state}})

    foundry.clock.followers.append(passing)


def test_a_stranger_that_is_still_being_made_is_not_waited_for(foundry: Foundry, planes: Planes) -> None:
    mine, theirs = plan_for(planes, world()), plan_for(planes, world(), owner="somebody-else")
    assert done(run(planes, only(theirs, "deployments"), foundry))
    foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": "Creating"}})
    finished = run(planes, only(mine, "deployments"), foundry)
    assert [outcome.failure and outcome.failure.code for outcome in finished.outcomes] == ["conflict"] * 2
    assert foundry.clock.slept == []


def test_what_has_to_go_is_not_waited_for(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.drift("deployment", "chat", {"properties": {"provisioningState": "Creating"}})
    plan = only(plan_for(planes, {}), "deployments")
    assert done(run(planes, plan, foundry))
    assert foundry.clock.slept == []


@pytest.mark.parametrize(("ended", "versions"), [("active", 1), ("failed", 2)])
def test_an_agent_that_is_still_being_made_is_waited_for(
    foundry: Foundry, planes: Planes, ended: str, versions: int
) -> None:
    apply(planes, world(), foundry)
    foundry.admin.fault("GET", "*/agents", set={"/data/0/versions/latest/status": "creating"})
    plan = only(plan_for(planes, world()), "agents")
    foundry.admin.fault("GET", "*/agents/buddy", times=None, set={"/versions/latest/status": "creating"})

    def passing(slept: float) -> None:  # noqa: ARG001
        if sum(foundry.clock.slept) == 30:
            foundry.admin.client.delete("/_emulator/faults").raise_for_status()
            foundry.admin.fault("GET", "*/agents/buddy", set={"/versions/latest/status": ended})

    foundry.clock.followers.append(passing)
    told: list[Event] = []
    assert done(execute(plan, KINDS, planes, emit=told.append, now=foundry.clock.now, parallelism=1))
    assert foundry.clock.slept == [10.0] * 3
    assert any(
        "agents/buddy, which is still being made" in event.note for event in told if isinstance(event, ChangeNoted)
    )
    assert len(list(planes.project.items("agents/buddy/versions"))) == versions
    assert plan_for(planes, world()).is_empty


def test_the_list_and_one_object_say_the_same(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    for address, listed in look(planes, world()).items():
        assert KINDS[address.kind].read(planes, address) == listed
        assert listed.condition is Condition.READY
        assert KINDS[address.kind].read(planes, Address(address.kind, "missing")) is None
