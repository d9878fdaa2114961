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
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.errors import PlaneError, ProvisionerError, Unreadable
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import Status
from provisioner.model.resource import Live
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_plan
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from tests.apply.test_apply import ALLOW, World, agent, apply, deployment, done, look, plan_for, run, wanted, world
from tests.kinds.samples import every
from tests.mutations import Mutation, mutations
from tests.planes.world import Foundry
from tests.whole import IS_WHOLE

SHARE: Final = 0.01
IN_WORLD: Final = {address.kind: address.name for address in (
    Address("deployments", "chat"), Address("stores", "memory"), Address("agents", "buddy")
)}  # fmt: skip
SECTIONS: Final = tuple(KINDS)
SAMPLED: Final = tuple(section for section in SECTIONS if section not in IN_WORLD)
FEATURES: Final = ("MemoryStores=V1Preview",)  # does no harm where nobody asks for it


def name_of(section: str) -> str:
    return IN_WORLD.get(section, "sample")


def everything() -> World:
    """The world, and what each other kind is tried with."""
    samples = every()
    return world(*(wanted(section, "sample", samples[section].full[0]) for section in SAMPLED))


def without(section: str) -> World:
    return {address: it for address, it in everything().items() if address.kind != section}


def asked_for(foundry: Foundry, ask: Callable[[], object]) -> str:
    """The first path of a plane that is read, after any token."""
    foundry.admin.forget_requests()
    ask()
    paths = (str(one["path"]) for one in foundry.admin.requests("GET"))
    return next(path for path in paths if path.startswith(("/subscriptions/", "/api/projects/")))


def list_of(foundry: Foundry, planes: Planes, section: str) -> str:
    """Where the sample is listed: of a kind that is in several lists, the last."""
    last = KINDS[section].lists(planes)[-1]
    return asked_for(foundry, lambda: list(last()))


def one_of(foundry: Foundry, planes: Planes, section: str) -> str:
    address = Address(section, name_of(section))
    return asked_for(foundry, lambda: KINDS[section].read(planes, address))


def sampled(every: Iterable[Mutation]) -> list[Mutation]:
    found = list(every)
    if IS_WHOLE:
        return found
    return random.sample(found, k=max(4, int(SHARE * len(found))))


def shown(foundry: Foundry, method: str, path: str, body: object, **more: Any) -> None:
    """The next answer is this one, written so that nothing on the way can object to it."""
    foundry.admin.fault(method, path, status=200, body=json.dumps(body), **more)


def page_of(foundry: Foundry, planes: Planes, section: str) -> dict[str, Any]:
    """The list as the emulator shows it."""
    path = list_of(foundry, planes, section)
    if path.startswith("/subscriptions/"):
        assert planes.management is not None
        return {"value": list(planes.management.items(path)), "nextLink": None}
    found = list(planes.project.items(path.rpartition("/")[2], features=FEATURES))
    return {"object": "list", "data": found, "first_id": "a", "last_id": None, "has_more": False}


def heading_of(path: str) -> str:
    """What messages call the list at the path."""
    return path.rpartition("/")[2].replace("_", " ")


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
    for text in (plan_text(plan), plan_markdown(plan), plan_html(plan), json.dumps(plan_document(plan))):
        text.encode("utf-8")
    assert plan.digest


def exported(live: Iterable[Live]) -> None:
    entries = {it.address: KINDS[it.address.kind].entry(it.fields) for it in live if not it.odd}
    refused(dump(name="me", project={"endpoint": "${env:E}"}, entries=entries, external=()))


def planned(found: dict[Address, Live], section: str) -> tuple[Plan, Plan]:
    """What plan and destroy make of it."""
    declared = of(section, everything())
    return (
        make_plan(declared, found, owner="me", traits=TRAITS, allow=ALLOW),
        make_plan({}, found, owner="me", traits=TRAITS, allow=ALLOW),
    )


@pytest.mark.untraced
@pytest.mark.parametrize("section", SECTIONS)
def test_whatever_is_wrong_in_a_list_it_ends_as_a_plan_or_a_told_error(
    foundry: Foundry, planes: Planes, section: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert done(apply(planes, everything(), foundry))
    page, path = page_of(foundry, planes, section), list_of(foundry, planes, section)
    assert page.get("value") or page.get("data")
    for mutation in sampled(mutations(page)):
        foundry.admin.client.delete("/_emulator/faults")
        shown(foundry, "GET", path, mutation.document)
        found = seen_or_told(planes, section)
        if isinstance(found, ProvisionerError):
            words = told(found, capsys)
            assert section in words or heading_of(path) in words or "nextLink" in mutation.path, mutation
            continue
        for plan in planned(found, section):
            rendered(plan)
            odd = {address for address, it in found.items() if it.odd}
            assert not odd & {change.address for change in plan.changes}, mutation
            assert len(plan.refusals) + len(plan.warnings) >= len(odd), mutation
            made = {change.address.name for change in plan.changes if change.action is Action.CREATE}
            assert not made & {it["name"] for it in _items(mutation.document)}, mutation
        exported(found.values())


@pytest.mark.untraced
@pytest.mark.parametrize("section", SECTIONS)
def test_whatever_is_wrong_in_what_is_read_before_a_write_stops_it_or_does_not_matter(
    foundry: Foundry, planes: Planes, section: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert done(apply(planes, everything(), foundry))
    before = look(planes, everything())[Address(section, name_of(section))]
    item = next(it for it in _items(page_of(foundry, planes, section)) if it["name"] == name_of(section))
    path = one_of(foundry, planes, section)
    change = Change(action=Action.DELETE, address=before.address, before=before)
    for mutation in sampled(mutations(item)):
        foundry.admin.client.delete("/_emulator/faults")
        shown(foundry, "GET", path, mutation.document)
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


@pytest.mark.untraced
@pytest.mark.parametrize("section", SAMPLED)
def test_whatever_the_making_of_one_is_answered_its_outcome_is_told(
    foundry: Foundry, planes: Planes, section: str
) -> None:
    assert done(apply(planes, everything(), foundry))
    item = next(it for it in _items(page_of(foundry, planes, section)) if it["name"] == "sample")
    path = one_of(foundry, planes, section)
    for mutation in sampled(mutations(item)):
        foundry.admin.client.delete("/_emulator/faults")
        assert done(apply(planes, without(section), foundry)), mutation
        plan = plan_for(planes, everything())
        shown(foundry, "PUT", path, mutation.document, after_effect=True)
        (outcome,) = run(planes, plan, foundry).outcomes
        assert outcome.failure is None or outcome.failure.code != "internal-error", mutation
        assert (outcome.status is Status.DONE) == (outcome.failure is None), mutation


@pytest.mark.parametrize("section", SECTIONS)
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
    path = list_of(foundry, planes, section)
    for status in (200, 400):
        foundry.admin.fault("GET", path, status=status, body=text)
        with pytest.raises(Unreadable) as caught:
            seen(planes, section)
        (cause,) = caught.value.causes
        assert cause.failure.code in {"odd-answer", "not-json", ""}


def test_what_cannot_be_read_is_refused_where_it_is_declared_and_only_told_elsewhere(
    foundry: Foundry, planes: Planes
) -> None:
    assert done(apply(planes, world(), foundry))
    page = page_of(foundry, planes, "agents")
    page["data"][0]["versions"]["latest"]["metadata"] = {"provisioner-owner": 5}
    odd = "versions.latest.metadata.provisioner-owner is a number, not text"
    buddy = Address("agents", "buddy")

    shown(foundry, "GET", "*/agents", page, times=None)
    found = look(planes, world())
    assert found[buddy] == Live(address=buddy, fields={}, odd=odd)

    (refusal,) = plan_for(planes, world()).refusals
    assert (refusal.code, refusal.message) == (
        "unreadable-object",
        f"agents/buddy exists, but what the service shows of it cannot be read: {odd}.",
    )
    external = world(replace(agent(), external=True))
    assert (plan_for(planes, external).refusals, plan_for(planes, external).warnings) == ((), ())
    others = {address: it for address, it in world().items() if address != buddy}
    plan = plan_for(planes, others)
    assert plan.is_empty
    assert [it.message for it in plan.warnings] == [
        f"agents/buddy cannot be read: {odd}. Whose it is is not known, so it is left alone."
    ]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    "body",
    ["{}", "", "null", '"text"', "5", "[]", '{"error": {"message": "m"}}', '{"data": null}', '{"value": null}'],
)
def test_an_empty_answer_is_no_empty_list(foundry: Foundry, planes: Planes, section: str, body: str) -> None:
    path = list_of(foundry, planes, section)
    foundry.admin.fault("GET", path, status=200, body=body)
    with pytest.raises(Unreadable) as caught:
        seen(planes, section)
    (cause,) = caught.value.causes
    assert cause.failure.code == "odd-answer"
    assert cause.failure.message.startswith(f"The list of {heading_of(path)} cannot be read: ")
    assert cause.failure.advice


@pytest.mark.parametrize("section", SECTIONS)
def test_another_object_is_not_the_one_that_was_asked_for(foundry: Foundry, planes: Planes, section: str) -> None:
    assert done(apply(planes, everything(), foundry))
    item = next(it for it in _items(page_of(foundry, planes, section)) if it["name"] == name_of(section))
    shown(foundry, "GET", one_of(foundry, planes, section), {**item, "name": "another"})
    with pytest.raises(PlaneError, match='it shows another object, "another"'):
        KINDS[section].read(planes, Address(section, name_of(section)))
