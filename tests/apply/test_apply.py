"""Observing and executing with the real kinds against the running Foundry."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from provisioner.apply.execute import execute
from provisioner.apply.observe import observe
from provisioner.kinds import KINDS, TRAITS, Service
from provisioner.kinds.agent import AgentKind
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import Document
from provisioner.model.errors import PlaneError, Unreadable
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Status
from provisioner.model.resource import Desired, Live
from provisioner.model.write_only import sealed
from provisioner.planes.service import Planes, connect
from provisioner.reconcile.planner import make_plan
from tests.planes.world import Foundry

World = dict[Address, Desired]
ALLOW = Allowances(adopt=False, data_loss=frozenset({Address("stores", "memory")}), max_deletes=100)


def wanted(kind: str, name: str, entry: dict[str, Any], **more: Any) -> Desired:
    fields = sealed(KINDS[kind].desired(entry), TRAITS[kind])
    needs = frozenset(reference.target for reference in KINDS[kind].references(fields))
    return Desired(address=Address(kind, name), fields=fields, needs=needs, **more)


def deployment(name: str, model: str, version: str, capacity: int = 10) -> Desired:
    sku = {"name": "GlobalStandard" if "mini" in model else "Standard", "capacity": capacity}
    return wanted("deployments", name, {"model": {"format": "OpenAI", "name": model, "version": version}, "sku": sku})


def store(**more: Any) -> Desired:
    return wanted("stores", "memory", {"chat_model": "chat", "embedding_model": "embedding", **more})


def agent(instructions: str = "Be brief.", **more: Any) -> Desired:
    tools = [{"type": "memory_search", "memory_store_name": "memory", "scope": "{{$userId}}"}]
    return wanted("agents", "buddy", {"model": "chat", "instructions": instructions, "tools": tools, **more})


def world(*extra: Desired) -> World:
    base = (
        deployment("chat", "gpt-4.1-mini", "2025-04-14"),
        deployment("embedding", "text-embedding-3-large", "1"),
        store(),
        agent(),
    )
    return {one.address: one for one in (*base, *extra)}


def look(planes: Planes, desired: World) -> dict[Address, Live]:
    return observe(KINDS, planes, desired, parallelism=10)


def plan_for(planes: Planes, desired: World, owner: str = "me") -> Plan:
    return make_plan(desired, look(planes, desired), owner=owner, traits=TRAITS, allow=ALLOW)


def run(planes: Planes, plan: Plan, foundry: Foundry) -> ApplyFinished:
    return execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)


def apply(planes: Planes, desired: World, foundry: Foundry) -> ApplyFinished:
    return run(planes, plan_for(planes, desired), foundry)


def done(finished: ApplyFinished) -> bool:
    return all(outcome.status is Status.DONE for outcome in finished.outcomes)


def addresses(changes: Iterable[Any]) -> list[str]:
    return [str(change.address) for change in changes]


def test_a_world_is_made_once_and_then_nothing_is_left_to_do(foundry: Foundry, planes: Planes) -> None:
    assert done(apply(planes, world(), foundry))
    counts = foundry.admin.counts()
    assert (counts["stores"], counts["agents"], counts["versions"]) == (1, 1, 1)
    assert plan_for(planes, world()).is_empty


@pytest.mark.parametrize("do", [{"drop": "after"}, {"drop": "before"}, {"status": 500, "after_effect": True}], ids=str)
@pytest.mark.parametrize("path", ["*/memory_stores", "*/agents/buddy/versions"])
def test_whatever_happens_to_the_answer_everything_is_made_once(
    foundry: Foundry, planes: Planes, path: str, do: dict[str, Any]
) -> None:
    foundry.admin.fault("POST", path, **do)
    assert done(apply(planes, world(), foundry))
    counts = foundry.admin.counts()
    assert (counts["stores"], counts["versions"]) == (1, 1)


@pytest.mark.parametrize("do", [{"drop": "after"}, {"status": 500, "after_effect": True}], ids=str)
def test_an_update_makes_one_new_version_whatever_happens_to_the_answer(
    foundry: Foundry, planes: Planes, do: dict[str, Any]
) -> None:
    apply(planes, world(), foundry)
    foundry.admin.fault("POST", "*/agents/buddy/versions", **do)
    assert done(apply(planes, world(agent("Be kind.")), foundry))
    assert foundry.admin.counts()["versions"] == 2


def test_a_draft_is_made_once_when_its_answer_is_lost(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.fault("POST", "*/agents/buddy/versions", drop="after")
    assert done(apply(planes, world(agent(draft=True)), foundry))
    assert foundry.admin.counts()["versions"] == 1


def test_a_conflict_that_passes_is_tried_again(foundry: Foundry, planes: Planes) -> None:
    told = {"error": {"code": "conflict", "message": "modified concurrently"}}
    foundry.admin.fault("POST", "*/agents/buddy/versions", status=409, body=told)
    assert done(apply(planes, world(), foundry))
    assert foundry.admin.counts()["versions"] == 1


def test_a_store_that_somebody_else_made_meanwhile_is_left_alone(foundry: Foundry, planes: Planes) -> None:
    mine, theirs = plan_for(planes, world()), plan_for(planes, world(), owner="somebody-else")
    assert done(run(planes, theirs, foundry))
    before = stored(planes)
    finished = run(planes, only(mine, "stores"), foundry)
    (outcome,) = finished.outcomes
    assert (outcome.status, outcome.failure and outcome.failure.code) == (Status.FAILED, "conflict")
    assert "was changed since the plan was made; it was left as it is" in outcome.reason
    assert foundry.clock.slept == []
    assert stored(planes) == before


def test_an_agent_that_somebody_else_changed_meanwhile_is_left_alone(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    plan = plan_for(planes, world(agent("Be kind.")))
    foundry.admin.drift("agent", "buddy", {"instructions": "Be rude."})
    foundry.admin.fault("POST", "*/agents/buddy/versions", status=409)
    (outcome,) = run(planes, plan, foundry).outcomes
    assert outcome.failure is not None
    assert outcome.failure.code == "conflict"
    assert foundry.admin.counts()["versions"] == 2


def stored(planes: Planes) -> Document:
    body = planes.project.get("memory_stores/memory", features=("MemoryStores=V1Preview",))
    assert body is not None
    return body


def only(plan: Plan, kind: str) -> Plan:
    return replace(plan, changes=tuple(change for change in plan.changes if change.address.kind == kind))


def test_a_failed_deployment_skips_what_needs_it_and_running_again_goes_on(foundry: Foundry, planes: Planes) -> None:
    quota = {"error": {"code": "InsufficientQuota", "message": "none left"}}
    foundry.admin.fault("PUT", "*/deployments/embedding", status=400, body=quota)
    finished = apply(planes, world(), foundry)
    found = {str(outcome.change.address): (outcome.status.value, outcome.reason) for outcome in finished.outcomes}
    assert found == {
        "deployments/chat": ("done", ""),
        "deployments/embedding": ("failed", "none left"),
        "stores/memory": ("skipped", "deployments/embedding failed"),
        "agents/buddy": ("skipped", "deployments/embedding failed"),
    }
    assert done(apply(planes, world(), foundry))
    assert plan_for(planes, world()).is_empty


def test_a_refused_replacement_puts_the_old_store_back_and_running_again_replaces_it(
    foundry: Foundry, planes: Planes
) -> None:
    apply(planes, world(), foundry)
    changed = world(store(options={"chat_summary_enabled": False}))
    plan = plan_for(planes, changed)
    assert [change.action for change in plan.changes if change.address.kind == "stores"] == [Action.REPLACE]
    foundry.admin.fault("POST", "*/memory_stores", status=400)
    failed = [outcome for outcome in run(planes, plan, foundry).outcomes if outcome.status is Status.FAILED]
    assert failed[0].failure is not None
    assert failed[0].failure.message.endswith(" The old one was put back, but empty: what it held is lost.")
    assert foundry.admin.counts()["stores"] == 1
    assert plan_for(planes, world()).is_empty
    assert done(apply(planes, changed, foundry))
    assert plan_for(planes, changed).is_empty


@pytest.mark.parametrize("write_seconds", [0, 30])
def test_two_applies_at_once_end_with_one_of_each(foundry: Foundry, write_seconds: float) -> None:
    foundry.admin.switch(write_seconds=write_seconds)
    finished: list[ApplyFinished] = []
    with connect(foundry.where, clock=foundry.clock) as one, connect(foundry.where, clock=foundry.clock) as other:
        plans = [(planes, plan_for(planes, world())) for planes in (one, other)]
        threads = [
            threading.Thread(target=lambda p=planes, q=plan: finished.append(run(p, q, foundry)))
            for planes, plan in plans
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lost = [it for each in finished for it in each.outcomes if it.status is Status.FAILED]
        assert {it.failure.code for it in lost if it.failure} <= {"conflict"}
        assert done(apply(one, world(), foundry))  # each may have come second somewhere
        assert plan_for(one, world()).is_empty
        assert [it["version"] for it in one.project.items("agents/buddy/versions")] == ["1"]
    counts = foundry.admin.counts()
    assert (counts["stores"], counts["agents"]) == (1, 1)


def test_reading_takes_as_many_requests_as_there_are_pages(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.post("seed", {"deployments": 200, "stores": 100, "agents": 250})
    foundry.admin.forget_requests()
    external = {
        address: Desired(address=address, external=True)
        for address in (Address("stores", "store-1"), Address("agents", "agent-1"), Address("agents", "missing"))
    }
    live = look(planes, external)
    assert len(live) == 550
    assert len(foundry.admin.requests("GET", "/deployments")) == 1
    assert len(foundry.admin.requests("GET", "/memory_stores")) == 1
    assert len(foundry.admin.requests("GET", "/agents")) == 3


def test_a_closer_look_is_taken_only_where_the_list_does_not_tell_enough(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.forget_requests()
    assert len(look(planes, world())) == 4
    assert len(foundry.admin.requests("GET")) == sum(len(kind.lists(planes)) for kind in KINDS.values())
    foundry.admin.drift("agent", "buddy", {"instructions": "Be rude."})
    found = look(planes, world())[Address("agents", "buddy")]
    assert (found.revision, found.marker_revision) == ("2", "1")
    assert len(foundry.admin.requests("GET", "/versions")) == 1


def test_an_object_listed_twice_is_one(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    body = stored(planes)
    foundry.admin.fault("GET", "*/memory_stores", status=200, body={"data": [body, body], "has_more": False})
    assert len([address for address in look(planes, {}) if address.kind == "stores"]) == 1


def test_what_each_plane_said_is_kept_when_nothing_can_be_read(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.switch(data_role="denied-401", management_role="denied")
    with pytest.raises(Unreadable) as caught:
        look(planes, {})
    codes = dict.fromkeys(cause.failure.code for cause in caught.value.causes)
    assert [*codes] == ["AuthorizationFailed", "PermissionDenied"]
    assert all(cause.failure.advice and cause.failure.request_id for cause in caught.value.causes)


class _MistakenKind(AgentKind):
    def list(self, service: Service) -> Iterator[Live]:
        raise KeyError(service)


def test_a_mistake_while_reading_is_not_hidden_by_a_plane(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.fault("GET", "*/memory_stores", status=403)
    with pytest.raises(KeyError):
        observe({**KINDS, "agents": _MistakenKind()}, planes, {}, parallelism=10)


def test_what_several_lists_met_is_told_once(foundry: Foundry, planes: Planes) -> None:
    denied = {"error": {"code": "PermissionDenied", "message": "no"}}
    foundry.admin.fault("GET", "*/memory_stores", status=403, body=denied)
    foundry.admin.fault("GET", "*/agents", status=403, body=denied)
    with pytest.raises(Unreadable) as caught:
        look(planes, {})
    assert [cause.failure.code for cause in caught.value.causes] == ["PermissionDenied"]


def test_without_a_subscription_deployments_are_read_through_the_project(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    foundry.admin.forget_requests()
    with connect(replace(foundry.where, subscription=None), clock=foundry.clock) as alone:
        live = look(alone, {})
        assert sorted(address.name for address in live if address.kind == "deployments") == ["chat", "embedding"]
        assert foundry.admin.requests(path="/subscriptions") == []
        with pytest.raises(PlaneError, match="Azure Resource Manager"):
            KINDS["deployments"].delete(alone, plan_for(planes, {}).changes[-1])


def test_a_long_write_shows_signs_of_life(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.switch(write_seconds=60)
    notes: list[str] = []
    plan = only(plan_for(planes, world()), "deployments")
    finished = execute(
        plan,
        KINDS,
        planes,
        emit=lambda event: notes.append(getattr(event, "note", "")),
        now=foundry.clock.now,
        parallelism=10,
    )
    assert done(finished)
    assert sum(note.startswith("waiting for the operation") for note in notes) >= 6
    assert all(outcome.elapsed_s >= 60 for outcome in finished.outcomes)
    assert not any("another operation" in note for note in notes)
