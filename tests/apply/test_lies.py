"""A service that lies: every single mutation of what it shows ends as a plan or as a told error, and nothing that is
there is taken for missing.

Each mutation goes over real HTTP. The share of them that one run tries is SHARE; with SWEEP=all in the environment
it is all of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from provisioner.apply.observe import observe
from provisioner.apply.recheck import left_to_do
from provisioner.cli.complaints import explain
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import refused
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.errors import PlaneError, ProvisionerError, Unreadable
from provisioner.model.plan import Action, Change, Plan
from provisioner.model.progress import Status
from provisioner.model.resource import Live
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_plan
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from tests.apply.test_apply import ALLOW, World, agent, apply, deployment, done, look, plan_for, run, wanted, world
from tests.mutations import Mutation, mutations
from tests.planes.world import Foundry, deployments_path
from tests.whole import IS_WHOLE

SHARE: Final = 0.05
LISTS: Final = {"deployments": "*/deployments", "stores": "*/memory_stores", "agents": "*/agents"}
ONE: Final = {
    "deployments": "*/deployments/chat",
    "stores": "*/memory_stores/memory",
    "agents": "*/agents/buddy",
}
NAMES: Final = {"deployments": "chat", "stores": "memory", "agents": "buddy"}
HEADINGS: Final = {"deployments": "deployments", "stores": "memory stores", "agents": "agents"}


def sampled(every: Iterable[Mutation]) -> list[Mutation]:
    found = list(every)
    if IS_WHOLE:
        return found
    return random.sample(found, k=max(20, int(SHARE * len(found))))


def shown(foundry: Foundry, method: str, path: str, body: object, **more: Any) -> None:
    """The next answer is this one, written so that nothing on the way can object to it."""
    foundry.admin.fault(method, path, status=200, body=json.dumps(body), **more)


def page_of(planes: Planes, section: str) -> dict[str, Any]:
    """The list as the emulator shows it."""
    if section == "deployments":
        assert planes.management is not None
        return {"value": list(planes.management.items(deployments_path(planes.management))), "nextLink": None}
    features = ("MemoryStores=V1Preview",) if section == "stores" else ()
    path = {"stores": "memory_stores", "agents": "agents"}[section]
    found = list(planes.project.items(path, features=features))
    return {"object": "list", "data": found, "first_id": "a", "last_id": None, "has_more": False}


def seen(planes: Planes, section: str) -> dict[Address, Live]:
    return observe({section: KINDS[section]}, planes, {}, parallelism=4)


def seen_or_told(planes: Planes, section: str) -> dict[Address, Live] | ProvisionerError:
    try:
        return seen(planes, section)
    except ProvisionerError as error:
        return error


def of(section: str, every: World) -> World:
    return {address: it for address, it in every.items() if address.kind == section}


def told(error: ProvisionerError, capsys: pytest.CaptureFixture[str]) -> str:
    assert explain(error) == 1
    words = capsys.readouterr().err
    assert words.startswith("Error: ")
    return words


def rendered(plan: Plan) -> None:
    """By every renderer, as bytes."""
    for text in (plan_text(plan), plan_markdown(plan), json.dumps(plan_document(plan))):
        text.encode("utf-8")
    assert plan.digest


def exported(live: Iterable[Live]) -> None:
    entries = {it.address: KINDS[it.address.kind].entry(it.fields) for it in live if not it.odd}
    refused(dump(name="me", project={"endpoint": "${env:E}"}, entries=entries, external=()))


def planned(found: dict[Address, Live], section: str) -> tuple[Plan, Plan]:
    """What plan and destroy make of it."""
    declared = of(section, world())
    return (
        make_plan(declared, found, owner="me", traits=TRAITS, allow=ALLOW),
        make_plan({}, found, owner="me", traits=TRAITS, allow=ALLOW),
    )


@pytest.mark.parametrize("section", LISTS)
def test_whatever_is_wrong_in_a_list_it_ends_as_a_plan_or_a_told_error(
    foundry: Foundry, planes: Planes, section: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert done(apply(planes, world(), foundry))
    page = page_of(planes, section)
    assert page.get("value") or page.get("data")
    for mutation in sampled(mutations(page)):
        foundry.admin.client.delete("/_emulator/faults")
        shown(foundry, "GET", LISTS[section], mutation.document)
        found = seen_or_told(planes, section)
        if isinstance(found, ProvisionerError):
            words = told(found, capsys)
            assert section in words or "nextLink" in mutation.path, mutation
            continue
        for plan in planned(found, section):
            rendered(plan)
            odd = {address for address, it in found.items() if it.odd}
            assert not odd & {change.address for change in plan.changes}, mutation
            assert len(plan.refusals) + len(plan.warnings) >= len(odd), mutation
            made = {change.address.name for change in plan.changes if change.action is Action.CREATE}
            assert not made & {it["name"] for it in _items(mutation.document)}, mutation
        exported(found.values())


@pytest.mark.parametrize("section", ONE)
def test_whatever_is_wrong_in_what_is_read_before_a_write_stops_it_or_does_not_matter(
    foundry: Foundry, planes: Planes, section: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert done(apply(planes, world(), foundry))
    before = look(planes, world())[Address(section, NAMES[section])]
    item = next(it for it in _items(page_of(planes, section)) if it["name"] == NAMES[section])
    change = Change(action=Action.DELETE, address=before.address, before=before)
    for mutation in sampled(mutations(item)):
        foundry.admin.client.delete("/_emulator/faults")
        shown(foundry, "GET", ONE[section], mutation.document)
        try:
            assert left_to_do(change, KINDS[section], planes) == change, mutation
        except PlaneError as error:
            told(error, capsys)


def _items(page: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page["value"] if "value" in page else page["data"]
    return found


WRITES: Final[dict[str, tuple[str, str, Callable[[], World]]]] = {
    "a new agent": ("POST", "*/agents/other/versions", lambda: world(_other_agent())),
    "a new version": ("POST", "*/agents/buddy/versions", lambda: world(agent("Be kind."))),
    "a new store": ("POST", "*/memory_stores", lambda: world(_other_store())),
    "a description": ("POST", "*/memory_stores/memory", lambda: world(_described_store())),
    "a new deployment": ("PUT", "*/deployments/more", lambda: world(deployment("more", "gpt-4.1-mini", "2025-04-14"))),
    "capacity": ("PATCH", "*/deployments/chat", lambda: world(deployment("chat", "gpt-4.1-mini", "2025-04-14", 20))),
}
ANSWERS: Final[dict[str, Any]] = {
    "POST": {"object": "agent.version", "name": "buddy", "version": "7", "status": "active", "metadata": {"a": "b"}},
    "PUT": {"name": "more", "properties": {"provisioningState": "Succeeded"}, "sku": {"capacity": 10}, "tags": {}},
    "PATCH": {"name": "chat", "properties": {"provisioningState": "Succeeded"}, "sku": {"capacity": 20}, "tags": {}},
}


def _other_agent() -> Any:
    return wanted("agents", "other", {"model": "chat"})


def _other_store() -> Any:
    return wanted("stores", "other", {"chat_model": "chat", "embedding_model": "embedding"})


def _described_store() -> Any:
    return wanted("stores", "memory", {"chat_model": "chat", "embedding_model": "embedding", "description": "N"})


@pytest.mark.untraced
@pytest.mark.parametrize("what", WRITES)
def test_whatever_a_write_is_answered_its_outcome_is_told(foundry: Foundry, planes: Planes, what: str) -> None:
    method, path, desired = WRITES[what]
    for mutation in sampled(mutations(ANSWERS[method])):
        foundry.admin.post("reset", None)
        assert done(apply(planes, world(), foundry))
        plan = plan_for(planes, desired())
        shown(foundry, method, path, mutation.document, after_effect=True)
        (outcome,) = run(planes, plan, foundry).outcomes
        assert outcome.failure is None or outcome.failure.code != "internal-error", mutation
        assert (outcome.status is Status.DONE) == (outcome.failure is None), mutation


@pytest.mark.parametrize("section", LISTS)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 200_000, id="unclosed"),
        pytest.param("[" * 200_000 + "]" * 200_000, id="lists"),
        pytest.param('{"data": [{"a":' + '{"a":' * 200_000 + "1" + "}" * 200_000 + "}]}", id="objects"),
        pytest.param('{"value": ' + "[" * 900 + "]" * 900 + "}", id="less-than-python-can"),
    ],
)
def test_nothing_is_so_deep_that_it_ends_in_a_traceback(
    foundry: Foundry, planes: Planes, section: str, text: str
) -> None:
    for status in (200, 400):
        foundry.admin.fault("GET", LISTS[section], status=status, body=text)
        with pytest.raises(Unreadable) as caught:
            seen(planes, section)
        (cause,) = caught.value.causes
        assert cause.failure.code in {"odd-answer", "not-json", ""}


def test_what_cannot_be_read_is_refused_where_it_is_declared_and_only_told_elsewhere(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, world(), foundry))
    page = page_of(planes, "agents")
    page["data"][0]["versions"]["latest"]["metadata"] = {"provisioner-owner": 5}
    odd = "versions.latest.metadata.provisioner-owner is a number, not text"
    buddy = Address("agents", "buddy")

    shown(foundry, "GET", LISTS["agents"], page, times=None)
    found = look(planes, world())
    assert found[buddy] == Live(address=buddy, fields={}, odd=odd)

    (refusal,) = plan_for(planes, world()).refusals
    assert (refusal.code, refusal.message) == (
        "unreadable-object",
        f"agents/buddy exists, but what the service shows of it cannot be read: {odd}.",
    )
    external = world(replace(agent(), external=True))
    assert (plan_for(planes, external).refusals, plan_for(planes, external).warnings) == ((), ())
    without = {address: it for address, it in world().items() if address != buddy}
    plan = plan_for(planes, without)
    assert plan.is_empty
    assert [it.message for it in plan.warnings] == [
        f"agents/buddy cannot be read: {odd}. Whose it is is not known, so it is left alone."
    ]


@pytest.mark.parametrize("section", LISTS)
@pytest.mark.parametrize(
    "body",
    ["{}", "", "null", '"text"', "5", "[]", '{"error": {"message": "m"}}', '{"data": null}', '{"value": null}'],
)
def test_an_empty_answer_is_no_empty_list(foundry: Foundry, planes: Planes, section: str, body: str) -> None:
    assert done(apply(planes, world(), foundry))
    foundry.admin.fault("GET", LISTS[section], status=200, body=body)
    with pytest.raises(Unreadable) as caught:
        seen(planes, section)
    (cause,) = caught.value.causes
    assert cause.failure.code == "odd-answer"
    assert cause.failure.message.startswith(f"The list of {HEADINGS[section]} cannot be read: ")
    assert cause.failure.advice


@pytest.mark.parametrize("section", ONE)
def test_another_object_is_not_the_one_that_was_asked_for(foundry: Foundry, planes: Planes, section: str) -> None:
    assert done(apply(planes, world(), foundry))
    item = next(it for it in _items(page_of(planes, section)) if it["name"] == NAMES[section])
    shown(foundry, "GET", ONE[section], {**item, "name": "another"})
    with pytest.raises(PlaneError, match='it shows another object, "another"'):
        KINDS[section].read(planes, Address(section, NAMES[section]))
