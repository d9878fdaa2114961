"""Replacements, references and limits."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.emulator.project import regions
from provisioner.model.address import Address
from provisioner.model.resource import Live
from provisioner.preflight.checks import checked
from provisioner.preflight.facts import Unknown, Usage, plain
from provisioner.preflight.references import WITH_MEMORY
from tests.preflight.worlds import QUOTA, deployed, deployment, facts, live, manifest, model, places, planned, told

BEFORE = "deployments:\n" + deployment("aa", model="gpt-y")
AFTER = "deployments:\n" + deployment("aa", 20)
STORE = (
    "deployments:\n"
    + deployment("chat")
    + deployment("embed", model="embed-x")
    + ("stores:\n  memory: {chat_model: chat, embedding_model: embed}\n")
)


# -- replace


def test_before_a_deployment_is_deleted_for_another_model_all_is_asked_for_the_new_one() -> None:
    usages = {QUOTA: Usage(used=5, limit=20), "other": Usage(used=10, limit=10)}
    known = facts(
        model(version="2", lifecycle="Deprecated"), model("gpt-y", usage="other"), live=deployed(BEFORE), usages=usages
    )
    text = AFTER.replace("'1'", "'2'").replace("capacity: 20", "capacity: 2000")

    found = told("replace", text, known)

    assert places(found) == [
        ("error", "capacity-not-offered", "deployments.aa.sku.capacity"),
        ("error", "model-retired", "deployments.aa.model.version"),
        ("error", "insufficient-quota", "deployments.aa.sku.capacity"),
    ]
    assert all(it.message.endswith("It would be deleted first, to be replaced.") for it in found)
    assert [it for check in ("quota", "catalogue", "lifecycle") for it in told(check, text, known)] == []


def test_a_replacement_frees_its_own_quota_first() -> None:
    known = facts(model(), model("gpt-y"), live=deployed(BEFORE), usages={QUOTA: Usage(used=10, limit=20)})

    assert told("replace", AFTER, known) == []
    assert places(told("replace", AFTER.replace("20", "21"), known)) == [
        ("error", "insufficient-quota", "deployments.aa.sku.capacity")
    ]


def test_a_replacement_that_nobody_could_ask_about_warns() -> None:
    known = facts(live=deployed(BEFORE), catalogue=Unknown("Forbidden."))

    assert places(told("replace", AFTER, known)) == [("warning", "replacement-unknown", "deployments.aa")]


def test_skipping_quota_does_not_skip_it_for_what_would_be_lost() -> None:
    known = facts(model(), model("gpt-y"), live=deployed(BEFORE), usages={QUOTA: Usage(used=20, limit=20)})
    wanted = manifest(AFTER).resources

    def codes(*skip: str) -> list[str]:
        plan = checked(planned(AFTER, known.live), wanted, known, skip=skip)
        return [it.code for it in plan.refusals]

    assert codes("quota") == ["insufficient-quota"]
    assert codes("replace") == []


# -- limits


@pytest.mark.parametrize(("there", "warns"), [(30, False), (31, False), (32, True)])
def test_more_deployments_than_an_account_has_by_default_are_told_with_those_there_are(there: int, warns: bool) -> None:
    others = "deployments:\n" + "".join(deployment(f"of-others-{number}") for number in range(there))
    known = facts(live=deployed(others, owner="others"))

    found = told("limits", "deployments:\n" + deployment("one-more") + deployment("big", sku="Provisioned"), known)

    assert places(found) == ([("warning", "many-deployments", "deployments.one-more")] if warns else [])
    assert all(f"there are {there} now" in it.message for it in found)


def test_a_deployment_that_goes_makes_room_for_another() -> None:
    mine = "deployments:\n" + "".join(deployment(f"mine-{number}") for number in range(32))
    known = facts(live=deployed(mine))

    assert told("limits", mine.replace("mine-7:", "renamed:"), known) == []


# -- references


def test_a_connection_of_another_category_than_its_tool_works_with_is_told() -> None:
    text = """agents:
  buddy:
    model: gateway/gpt
    tools:
      - type: azure_ai_search
        azure_ai_search: {indexes: [{project_connection_id: search, index_name: docs}]}
"""
    names = {name: Address("connections", name) for name in ("gateway", "search")}
    gateway = {names["gateway"]: live(names["gateway"], {}, owner=None)}

    def found(category: str) -> list[tuple[str, str, str]]:
        search = {names["search"]: live(names["search"], {"category": category}, owner=None)}
        return places(told("references", text, facts(live={**gateway, **search})))

    assert found("CognitiveSearch") == []
    assert found("ApiKey") == [
        ("warning", "wrong-connection", "agents.buddy.tools.0.azure_ai_search.indexes.0.project_connection_id")
    ]


def test_an_external_deployment_of_the_wrong_sort_is_refused_where_it_is_named() -> None:
    text = STORE.replace(deployment("embed", model="embed-x"), "  embed: {external: true}\n")
    found = told("references", text, facts(live=deployed("deployments:\n" + deployment("embed"), owner="others")))

    assert places(found) == [("error", "wrong-model-kind", "stores.memory.embedding_model")]


@pytest.mark.parametrize("region", ["eastus", "swedencentral", "mars"])
def test_a_first_store_where_memory_is_not_known_to_be_offered_is_warned_of(region: str) -> None:
    found = told("references", STORE, facts(project_region=region))

    # the page is of one day, and regions come: the service alone knows
    wanted = [] if region == "swedencentral" else [("warning", "no-memory-here", "stores.memory")]
    assert places(found) == wanted


def test_the_regions_with_memory_are_the_same_wherever_they_are_named() -> None:
    page = (Path(__file__).parents[2] / "bicep" / "README.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"Memory is offered in ([^.]+)\.", page)
    named = {plain(re.sub(r"\s+", " ", it)) for it in re.split(r",\s+|\s+and\s+", sentence)}

    assert named == WITH_MEMORY == regions.WITH_MEMORY


def test_a_store_that_is_there_proves_that_memory_is_offered() -> None:
    other = Address("stores", "other")

    assert told("references", STORE, facts(project_region="eastus", live={other: live(other, {}, owner=None)})) == []
    assert told("references", STORE, facts(project_region=Unknown("Forbidden."))) == []


def test_memory_with_models_that_it_is_not_made_for_is_told() -> None:
    tool = "{type: memory_search_preview, memory_store_name: memory, scope: me}"
    agent = f"agents:\n  buddy: {{model: gateway/gpt, tools: [{tool}]}}\n"
    gateway = Address("connections", "gateway")
    text = STORE.replace("{format: OpenAI, name: gpt-x", "{format: Meta, name: llama") + agent

    assert places(told("references", text, facts(live={gateway: live(gateway, {}, owner=None)}))) == [
        ("warning", "memory-model", "agents.buddy.tools.0.type"),
        ("warning", "memory-model", "stores.memory.chat_model"),
    ]


def test_a_policy_that_somebody_elses_deployment_uses_is_told_before_it_is_deleted() -> None:
    policy = Address("rai_policies", "strict")
    theirs = deployed("deployments:\n" + deployment("aa", more="    rai_policy_name: strict\n"), owner="others")

    found = told("references", "agents: {}\n", facts(live={policy: live(policy, {}), **theirs}))

    assert [it.code for it in found] == ["policy-in-use"]


# -- limits


@pytest.mark.parametrize(("revision", "warns"), [("3", False), ("951", True), ("draft-17", False), ("", False)])
def test_an_agent_that_nears_its_last_version_is_told_with_the_number_there_are(revision: str, warns: bool) -> None:
    text = "deployments:\n" + deployment("chat") + "agents:\n  buddy: {model: chat, instructions: %s}\n"
    buddy = Address("agents", "buddy")
    before: dict[Address, Live] = deployed(text % "old")
    found = told("limits", text % "new", facts(live={**before, buddy: replace(before[buddy], revision=revision)}))

    assert [(it.code, f"version {revision};" in it.message) for it in found] == (
        [("too-many-versions", True)] if warns else []
    )
