"""What a deployment is while the service is still at work on it, and what it means by showing nothing."""

from __future__ import annotations

import pytest

from provisioner.model.action import Action
from provisioner.model.progress import Outcome, Status
from provisioner.model.resource import Desired
from provisioner.planes.service import Planes
from tests.apply.test_apply import World, apply, deployment, done, plan_for, run, wanted
from tests.planes.world import Foundry

CHAT = deployment("chat", "gpt-4.1-mini", "2025-04-14")
OTHER = deployment("chat", "gpt-4o-mini", "2024-07-18")
PAUSED = wanted("deployments", "chat", {**CHAT.fields, "deployment_state": "Paused"})
ONE = "*/deployments/chat"


def of(*desired: Desired) -> World:
    return {one.address: one for one in desired}


def state(foundry: Foundry) -> str:
    (body,) = foundry.admin.state()["objects"]["deployments"]
    return str(body["properties"]["provisioningState"])


def only_outcome(planes: Planes, desired: World, foundry: Foundry) -> Outcome:
    (outcome,) = apply(planes, desired, foundry).outcomes
    return outcome


@pytest.mark.parametrize("body", ["", "{}", '{"value": []}'])
def test_a_deployment_that_is_still_being_made_is_not_done_whatever_was_answered(
    foundry: Foundry, planes: Planes, body: str
) -> None:
    foundry.admin.switch(write_seconds=90)
    foundry.admin.fault("PUT", ONE, status=200, body=body, after_effect=True)
    assert only_outcome(planes, of(CHAT), foundry).status is Status.DONE
    assert state(foundry) == "Succeeded"
    assert sum(foundry.clock.slept) >= 90


def test_a_deployment_whose_making_ends_badly_unseen_is_told(foundry: Foundry, planes: Planes) -> None:
    foundry.admin.switch(write_seconds=90)
    error = {"code": "Sad", "message": "Not today."}
    foundry.admin.fault("PUT", ONE, status=200, body="{}", after_effect=True, operation_error=error)
    outcome = only_outcome(planes, of(CHAT), foundry)
    assert (outcome.status, outcome.reason) == (
        Status.FAILED,
        "deployments/chat was accepted, but making it ended badly.",
    )
    assert done(apply(planes, of(CHAT), foundry))


def test_a_deletion_that_takes_long_is_waited_for_though_its_answer_tells_nothing(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    foundry.admin.switch(write_seconds=90)
    foundry.admin.fault("DELETE", ONE, status=200, body="", after_effect=True)
    assert only_outcome(planes, {}, foundry).status is Status.DONE
    assert sum(foundry.clock.slept) >= 90


@pytest.mark.parametrize("write_seconds", [0, 90])
def test_a_deletion_that_was_refused_and_done_is_done(foundry: Foundry, planes: Planes, write_seconds: int) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    foundry.admin.switch(write_seconds=write_seconds)
    foundry.admin.fault("DELETE", ONE, status=403, after_effect=True)
    assert done(apply(planes, of(OTHER), foundry))
    assert plan_for(planes, of(OTHER)).is_empty
    foundry.admin.fault("DELETE", ONE, status=403)
    assert only_outcome(planes, {}, foundry).reason == "A declared fault of the emulator."


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("DELETE", "Whether it was deleted is not known. The new one was not made yet."),
        ("GET", "The service accepted the deletion. The new one was not made yet."),
    ],
)
def test_a_replacement_that_nobody_can_see_says_that_the_old_one_may_be_gone(
    foundry: Foundry, planes: Planes, method: str, sentence: str
) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    plan = plan_for(planes, of(OTHER))
    foundry.admin.fault("DELETE", ONE, status=403 if method == "DELETE" else 204, after_effect=True)
    foundry.admin.post("faults", {"match": {"method": "GET", "path": ONE, "nth": 2, "times": 9}, "do": {"status": 403}})
    (outcome,) = run(planes, plan, foundry).outcomes
    assert outcome.status is Status.FAILED
    assert outcome.failure is not None
    assert outcome.failure.message.endswith(sentence)


def test_a_replacement_that_is_only_said_to_be_made_is_told_and_the_old_one_put_back(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    foundry.admin.fault("PUT", ONE, without_effect=True)
    outcome = only_outcome(planes, of(OTHER), foundry)
    assert outcome.failure is not None
    assert outcome.failure.message == (
        "deployments/chat was accepted, but it is not there. The old one was put back as it was."
    )
    assert plan_for(planes, of(CHAT)).is_empty


def test_a_replacement_that_was_cut_short_in_its_deletion_is_finished_by_the_next_apply(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    foundry.admin.switch(write_seconds=90)
    plan = plan_for(planes, of(OTHER))
    foundry.admin.fault("DELETE", ONE, status=400, after_effect=True)
    foundry.admin.post("faults", {"match": {"method": "GET", "path": ONE, "nth": 2, "times": 9}, "do": {"status": 403}})
    assert not done(run(planes, plan, foundry))
    foundry.admin.client.delete("/_emulator/faults")
    assert state(foundry) == "Deleting"

    assert [change.action for change in plan_for(planes, of(OTHER)).changes] == [Action.REPLACE]
    assert done(apply(planes, of(OTHER), foundry))
    assert plan_for(planes, of(OTHER)).is_empty


def test_a_pause_that_is_not_shown_is_none_as_showing_nothing_means_that_it_runs(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, of(CHAT), foundry))
    foundry.admin.fault("POST", f"{ONE}/pause", times=None, without_effect=True)
    outcome = only_outcome(planes, of(PAUSED), foundry)
    assert (outcome.status, outcome.reason) == (
        Status.FAILED,
        "deployments/chat was accepted, but deployment_state is not shown.",
    )
    assert not plan_for(planes, of(PAUSED)).is_empty
