"""A write is done when the object says so: what is awaited, what is remembered, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.kinds import KINDS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.progress import Outcome, Status
from provisioner.model.resource import Desired, Lifecycle
from provisioner.planes.service import Planes
from tests.apply.test_apply import World, agent, apply, plan_for, run, wanted, world
from tests.kinds.samples import every
from tests.planes.world import Foundry, deployments_path

CHAT = Address("deployments", "chat")
IGNORING = Lifecycle(ignore=(("text", "verbosity"),))


def tiered(tier: str = "Priority", capacity: int = 10) -> World:
    entry: dict[str, Any] = {
        "model": {"format": "OpenAI", "name": "gpt-5.4-mini", "version": "2026-03-17"},
        "sku": {"name": "GlobalStandard", "capacity": capacity},
        "service_tier": tier,
    }
    return {CHAT: wanted("deployments", "chat", entry)}


def keeping_back(foundry: Foundry) -> None:
    """From now on the service takes the tier and shows it to nobody."""
    for method, path, pointer in (
        ("GET", "*/deployments", "/value/*/properties/serviceTier"),
        ("GET", "*/deployments/chat", "/properties/serviceTier"),
        ("PUT", "*/deployments/chat", "/properties/serviceTier"),
        ("PATCH", "*/deployments/chat", "/properties/serviceTier"),
    ):
        foundry.admin.fault(method, path, times=None, remove=[pointer])


def the_only(outcomes: tuple[Outcome, ...]) -> Outcome:
    (found,) = outcomes
    return found


def test_a_field_that_the_service_keeps_to_itself_is_written_once(foundry: Foundry, planes: Planes) -> None:
    keeping_back(foundry)
    outcome = the_only(apply(planes, tiered(), foundry).outcomes)
    assert (outcome.status, outcome.remarks) == (
        Status.DONE,
        ("The service took service_tier and does not show it; if others change it, that cannot be seen.",),
    )
    assert plan_for(planes, tiered()).is_empty
    foundry.admin.forget_requests()
    (change,) = plan_for(planes, tiered("Default")).changes
    assert [(field.name, field.origin) for field in change.fields] == [("service_tier", Origin.EDIT)]


def test_what_is_known_to_be_kept_back_is_not_awaited_again(foundry: Foundry, planes: Planes) -> None:
    keeping_back(foundry)
    apply(planes, tiered(), foundry)
    slept = list(foundry.clock.slept)
    assert the_only(apply(planes, tiered(capacity=20), foundry).outcomes).status is Status.DONE
    assert foundry.clock.slept == slept
    assert plan_for(planes, tiered(capacity=20)).is_empty


def test_a_field_that_was_given_back_and_is_missing_later_has_drifted(foundry: Foundry, planes: Planes) -> None:
    apply(planes, tiered(), foundry)
    assert plan_for(planes, tiered()).is_empty
    keeping_back(foundry)
    (change,) = plan_for(planes, tiered()).changes
    assert [(field.name, field.origin) for field in change.fields] == [("service_tier", Origin.DRIFT)]


def test_a_store_that_shows_its_old_description_is_not_updated(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(described("Old.")), foundry)
    foundry.admin.fault("POST", "*/memory_stores/memory", without_effect=True, set={"/description": "Old."})
    plan = plan_for(planes, world(described("New.")))
    outcome = the_only(run(planes, plan, foundry).outcomes)
    assert outcome.failure is not None
    assert outcome.failure.message == "stores/memory was accepted, but description is as it was."
    assert 60 <= sum(foundry.clock.slept) < 120


def test_an_agent_that_shows_other_instructions_is_not_updated(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    pointers = {"/definition/instructions": "Theirs.", "/versions/latest/definition/instructions": "Theirs."}
    (made, shown) = pointers.items()
    plan = plan_for(planes, world(agent("Be kind.")))
    foundry.admin.fault("POST", "*/agents/buddy/versions", set=dict([made]))
    foundry.admin.fault("GET", "*/agents/buddy", nth=2, times=100, set=dict([shown]))
    outcome = the_only(run(planes, plan, foundry).outcomes)
    assert outcome.failure is not None
    assert outcome.failure.message == "agents/buddy was accepted, but instructions is not what was sent."
    assert "Theirs" not in str(outcome.failure)


POLICY: dict[str, Any] = {
    "base_policy_name": "Microsoft.DefaultV2",
    "content_filters": [{"name": "Jailbreak", "source": "Prompt"}],
    "custom_blocklists": [{"blocklist_name": "words", "source": "Prompt"}],
}


@pytest.mark.parametrize(
    ("more", "pointer", "told"),
    [
        ({"egress_policy": {}}, "egressPolicy", "egress_policy.default_action is not shown; egress_policy.mode"),
        ({"egress_policy": {"rules": [{"name": "a"}]}}, "egressPolicy/rules", "egress_policy.rules"),
        ({}, "contentFilters", "content_filters"),
        ({"mode": "Blocking"}, "mode", "mode"),
        ({}, "customBlocklists", "custom_blocklists"),
        ({}, "basePolicyName", "base_policy_name"),
    ],
)
def test_what_guards_is_done_when_the_service_shows_it(
    foundry: Foundry, planes: Planes, more: dict[str, Any], pointer: str, told: str
) -> None:
    strict = wanted("rai_policies", "strict", {**POLICY, **more})
    for method in ("PUT", "GET"):
        foundry.admin.fault(method, "*/raiPolicies/strict", times=None, remove=[f"/properties/{pointer}"])

    outcome = the_only(apply(planes, {strict.address: strict}, foundry).outcomes)

    assert outcome.failure is not None
    assert outcome.failure.message == f"rai_policies/strict was accepted, but {told} is not shown."


def described(text: str) -> Desired:
    return wanted("stores", "memory", {"chat_model": "chat", "embedding_model": "embedding", "description": text})


@pytest.mark.parametrize("answer", [{"without_effect": True}, {"status": 200, "body": "<html>Gone.</html>"}])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_still_there_is_not_deleted(
    foundry: Foundry, planes: Planes, kind: str, answer: dict[str, Any]
) -> None:
    is_there = any(address.kind == kind for address in world())
    whole = world() if is_there else world(wanted(kind, "other", every()[kind].full[0]))
    apply(planes, whole, foundry)
    foundry.admin.fault("DELETE", "*", times=None, **answer)
    gone = {address: it for address, it in whole.items() if address.kind != kind}
    plan = plan_for(planes, gone)
    assert {change.action for change in plan.changes} == {Action.DELETE}
    finished = run(planes, plan, foundry)
    assert {it.status for it in finished.outcomes} == {Status.FAILED}
    assert {it.failure.code for it in finished.outcomes if it.failure} <= {"not-applied", "not-json"}


def test_an_answer_that_shows_what_was_written_needs_no_other_request(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    plan = plan_for(planes, world(agent("Be kind.")))
    foundry.admin.forget_requests()
    run(planes, plan, foundry)
    assert [f"{it['method']} {it['path'].rpartition('/projects/')[2]}" for it in foundry.admin.requests()] == [
        "GET local/agents/buddy",
        "POST local/agents/buddy/versions",
    ]


def test_a_capacity_is_changed_in_place_however_many_tags_there_are(foundry: Foundry, planes: Planes) -> None:
    """The marker folds what it records; what replaces a deployment it tells apart all the same."""
    tags = {f"tag-{number}": "x" for number in range(40)}

    def sized(capacity: int) -> World:
        fields = tiered(capacity=capacity)[CHAT].fields
        sku = {**fields["sku"], "tier": "Standard"}
        return {CHAT: wanted("deployments", "chat", {**fields, "sku": sku, "tags": tags})}

    apply(planes, sized(10), foundry)
    assert plan_for(planes, sized(10)).is_empty
    (change,) = plan_for(planes, sized(20)).changes
    assert (change.action, [field.name for field in change.fields]) == (Action.UPDATE, ["sku.capacity"])


def test_a_removal_without_effect_is_no_update(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(described("Old.")), foundry)
    old = planes.project.get("memory_stores/memory", features=("MemoryStores=V1Preview",))
    foundry.admin.fault("POST", "*/memory_stores/memory", status=200, body=old)
    outcome = the_only(run(planes, plan_for(planes, world()), foundry).outcomes)
    assert outcome.failure is not None
    assert outcome.failure.message == "stores/memory was accepted, but what it shows is still as it was."


def test_a_store_whose_answers_lack_an_option_keeps_its_memories(foundry: Foundry, planes: Planes) -> None:
    ttl = {"chat_model": "chat", "embedding_model": "embedding", "options": {"default_ttl_seconds": 3600}}
    for method, path, pointer in (
        ("GET", "*/memory_stores", "/data/*/definition/options/default_ttl_seconds"),
        ("GET", "*/memory_stores/memory", "/definition/options/default_ttl_seconds"),
        ("POST", "*/memory_stores*", "/definition/options/default_ttl_seconds"),
    ):
        foundry.admin.fault(method, path, times=None, remove=[pointer])
    finished = apply(planes, world(wanted("stores", "memory", ttl)), foundry)
    assert {it.status for it in finished.outcomes} == {Status.DONE}
    assert plan_for(planes, world(wanted("stores", "memory", ttl))).is_empty


def test_an_agent_made_from_a_copy_of_ours_is_not_ours(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    ours = (planes.project.get("agents/buddy") or {})["versions"]["latest"]
    copied = {"definition": ours["definition"], "metadata": ours["metadata"]}
    planes.project.post("agents/copied/versions", copied)
    assert plan_for(planes, world()).is_empty
    assert plan_for(planes, {}).count(Action.DELETE) == len(world())


def test_an_older_version_sent_again_is_no_baseline(foundry: Foundry, planes: Planes) -> None:
    apply(planes, world(), foundry)
    apply(planes, world(agent("Be kind.")), foundry)
    first = next(iter(planes.project.items("agents/buddy/versions?order=asc")))
    tools = [*first["definition"]["tools"], {"type": "code_interpreter"}]
    definition = {**first["definition"], "instructions": "Be kind.", "tools": tools}
    planes.project.post("agents/buddy/versions", {"definition": definition, "metadata": first["metadata"]})
    (change,) = plan_for(planes, world(agent("Be kind."))).changes
    assert [(field.name, field.origin) for field in change.fields] == [("tools", Origin.DRIFT)]


@pytest.mark.parametrize("do", [{"status": 500, "after_effect": True}, {"drop": "after"}, {"truncate": True}])
def test_a_deployment_whose_answer_was_lost_is_ours_all_the_same(
    foundry: Foundry, planes: Planes, do: dict[str, Any]
) -> None:
    foundry.admin.switch(preconditions="honoured")
    foundry.admin.fault("PUT", "*/deployments/chat", **do)
    assert {it.status for it in apply(planes, tiered(), foundry).outcomes} == {Status.DONE}


def test_what_is_ignored_and_does_not_differ_is_not_told(foundry: Foundry, planes: Planes) -> None:
    text = {"format": {"type": "text"}, "verbosity": "low"}
    ignoring = wanted("agents", "buddy", {"model": "chat", "text": text}, lifecycle=IGNORING)
    apply(planes, world(ignoring), foundry)
    plan = plan_for(planes, world(ignoring))
    assert (plan.changes, plan.warnings) == ((), ())


def test_tags_that_differ_in_the_case_of_their_names_are_one(foundry: Foundry, planes: Planes) -> None:
    labelled = {CHAT: wanted("deployments", "chat", {**tiered()[CHAT].fields, "tags": {"env": "prod"}})}
    apply(planes, labelled, foundry)
    foundry.admin.drift("deployment", "chat", {"tags": {"env": None, "Env": "prod"}})
    assert plan_for(planes, labelled).is_empty
    other = {CHAT: wanted("deployments", "chat", {**tiered()[CHAT].fields, "tags": {"env": "test"}})}
    apply(planes, other, foundry)
    assert planes.management is not None
    live = next(iter(planes.management.items(deployments_path(planes.management))))
    assert [name for name in live["tags"] if name.casefold() == "env"] == ["env"]
