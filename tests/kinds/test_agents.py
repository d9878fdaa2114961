from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from provisioner.kinds.agent import AgentKind
from provisioner.model.action import Origin
from provisioner.model.address import Address
from provisioner.model.errors import PlaneError
from provisioner.model.plan import Change
from provisioner.model.resource import Condition, OnRemove
from tests.kinds.applying import Call, want
from tests.kinds.live_service import ANSWER, REQUEST, LiveService, Lost
from tests.kinds.samples import MODELS, Entry, Samples, labels, texts, with_

TOOL = {"type": "memory_search", "memory_store_name": "prefs", "scope": "{{$userId}}", "update_delay": 1}
ODD_TOOL: dict[str, Any] = {"type": "from_the_future", "camelCase": {"Deep": [{"x": None, "y": []}]}, "strict": None}
ENTRY: dict[str, Any] = {
    "description": "Assistant.",
    "model": "gpt",
    "instructions": "Help.\nAlways.",
    "tools": [TOOL, ODD_TOOL],
}
HOSTED: dict[str, Any] = {
    "kind": "hosted",
    "cpu": "1",
    "memory": "2Gi",
    "code_configuration": {"runtime": "python", "entry_point": ["main.py"]},
}


def sent_to(version: str) -> dict[str, Any]:
    rule = {"type": "FixedRatio", "agent_version": version, "traffic_percentage": 100}
    return {"version_selector": {"version_selection_rules": [rule]}}


PINNED, TO_THE_LATEST = sent_to("1"), sent_to("@latest")
DRAFTS = ("DraftAgents=V1Preview",)


@pytest.fixture
def service(live: LiveService) -> LiveService:
    live.foundry.switch(unknown_tools="accepted")
    live.management = None
    return live


def agent(entry: dict[str, Any] | None = None, **more: Any) -> Any:
    return want("agents", "buddy", {**(ENTRY if entry is None else entry), **more})


def routes(service: LiveService) -> list[str]:
    return [f"{call.method} {call.path}" for call in service.project.writes]


def shown(service: LiveService) -> Any:
    return service.project.plane.get("agents/buddy")


def versions(service: LiveService) -> list[Any]:
    """The oldest first, drafts among them."""
    path = "agents/buddy/versions?order=asc&include_drafts=true"
    return list(service.project.plane.items(path, features=DRAFTS))


def made_in_the_portal(service: LiveService, *, metadata: Mapping[str, str] | None = None, **definition: Any) -> None:
    """A version that carries everything over but the metadata."""
    latest = versions(service)[-1]
    body = {"definition": {**latest["definition"], **definition}, "description": latest["description"]}
    service.project.post("agents/buddy/versions", {**body, "metadata": metadata} if metadata else body)


def next_list(service: LiveService, status: str) -> None:
    """The service says of the newest version how its making went, once."""
    service.foundry.fault(
        {"method": "GET", "path": "*/agents", "times": 1}, {"set": {"/data/0/versions/latest/status": status}}
    )


VERSION = "POST agents/buddy/versions"


def test_an_agent_is_made_as_a_version_with_its_description_and_marker_beside_the_definition(
    service: LiveService,
) -> None:
    assert service.apply(agent(metadata={"team": "blue"}, blueprint_reference={"type": "x"})) == ["create buddy"]
    (call,) = service.project.writes
    assert (f"{call.method} {call.path}", call.features) == (VERSION, ())
    assert call.body["definition"] == {
        "kind": "prompt",
        "model": "gpt",
        "instructions": "Help.\nAlways.",
        "tools": [{**TOOL, "type": "memory_search_preview"}, ODD_TOOL],
    }
    assert call.body["description"] == "Assistant."
    assert call.body["metadata"]["team"] == "blue"
    assert call.body["metadata"]["provisioner-owner"] == "dev-buddy"
    assert call.body["blueprint_reference"] == {"type": "x"}
    assert set(call.body) == {"definition", "description", "metadata", "blueprint_reference"}


def test_an_unchanged_agent_gets_no_version(service: LiveService) -> None:
    service.apply(agent())
    assert service.apply(agent()) == []
    assert service.project.writes == []


def test_an_agent_with_the_old_name_of_the_memory_tool_is_unchanged_by_the_new_one(service: LiveService) -> None:
    service.apply(agent())
    assert service.apply(agent(tools=[{**TOOL, "type": "memory_search_preview"}, ODD_TOOL])) == []


def test_a_changed_definition_makes_one_version_that_carries_along_what_is_unmanaged(service: LiveService) -> None:
    service.apply(agent())
    made_in_the_portal(service, top_p=0.5, metadata={**versions(service)[-1]["metadata"], "theirs": "kept"})
    assert service.apply(agent(instructions="Less.")) == ["update buddy"]
    (call,) = service.project.writes
    assert call.body["definition"]["instructions"] == "Less."
    assert call.body["definition"]["top_p"] == 0.5
    assert call.body["metadata"]["theirs"] == "kept"
    assert "draft" not in call.body
    assert [it["version"] for it in versions(service)] == ["1", "2", "3"]


@pytest.mark.parametrize("now", [[], None], ids=["an empty list", "left out"])
def test_tools_that_go_are_gone(service: LiveService, now: list[Any] | None) -> None:
    service.apply(agent())
    bare = {key: value for key, value in ENTRY.items() if key != "tools"}
    desired = agent(bare) if now is None else agent(tools=now)
    assert service.apply(desired) == ["update buddy"]
    assert "tools" not in service.project.writes[0].body["definition"]
    assert service.apply(desired) == []


def test_a_key_that_a_tool_loses_is_noticed(service: LiveService) -> None:
    safe = {"type": "mcp", "server_label": "a", "server_url": "https://a"}
    service.apply(agent(tools=[{**safe, "require_approval": "never"}]))
    assert service.apply(agent(tools=[safe])) == ["update buddy"]
    assert service.project.writes[0].body["definition"]["tools"] == [safe]


@pytest.mark.parametrize(
    "empty", [{"description": ""}, {"metadata": {}}, {"blueprint_reference": {}}], ids=lambda it: next(iter(it))
)
def test_empty_means_absent_where_the_service_does_not_tell_them_apart(
    service: LiveService, empty: dict[str, Any]
) -> None:
    assert service.apply(agent(**empty)) == ["create buddy"]


# -- beside the versions: state, endpoint, card


def test_what_belongs_to_the_agent_is_written_after_its_first_version(service: LiveService) -> None:
    card = {"version": "1", "skills": [{"id": "a"}]}
    service.apply(agent(state="disabled", agent_endpoint=PINNED, agent_card=card))
    assert routes(service) == [VERSION, "PATCH agents/buddy", "POST agents/buddy:disable"]
    assert service.project.writes[1].body == {"agent_endpoint": PINNED, "agent_card": card}
    assert not {"state", "agent_endpoint", "agent_card"} & service.project.writes[0].body["definition"].keys()


def test_another_state_endpoint_or_card_makes_no_version(service: LiveService) -> None:
    service.apply(agent(state="disabled", agent_endpoint=PINNED, agent_card={"version": "1"}))
    assert service.apply(agent(state="enabled", agent_endpoint=TO_THE_LATEST, agent_card={"version": "2"})) == [
        "update buddy"
    ]
    assert routes(service) == ["PATCH agents/buddy", "POST agents/buddy:enable"]
    assert len(versions(service)) == 1


def test_drift_of_the_state_is_repaired_without_a_version(service: LiveService) -> None:
    service.apply(agent(state="enabled"))
    service.project.post("agents/buddy:disable", {})
    (change,) = service.plan(agent(state="enabled")).changes
    assert [it.origin for it in change.fields] == [Origin.DRIFT]
    service.apply(agent(state="enabled"))
    assert routes(service) == ["POST agents/buddy:enable"]


def test_a_first_state_or_endpoint_makes_no_version_and_what_is_not_remembered_is_simply_let_go(
    service: LiveService,
) -> None:
    service.apply(agent())
    service.apply(agent(agent_endpoint=PINNED, state="disabled"))
    assert routes(service) == ["PATCH agents/buddy", "POST agents/buddy:disable"]
    assert service.apply(agent()) == []


def test_the_end_of_a_remembered_field_of_the_agent_costs_a_version(service: LiveService) -> None:
    """What is remembered belongs to a version, so forgetting a field makes one."""
    service.apply(agent(agent_endpoint=PINNED, state="disabled"))
    assert service.apply(agent()) == ["update buddy"]
    assert routes(service) == [VERSION, "PATCH agents/buddy", "POST agents/buddy:enable"]
    assert service.project.writes[1].body.keys() == {"agent_endpoint"}
    assert service.project.writes[1].body["agent_endpoint"]["version_selector"] is None
    assert "version_selector" not in shown(service)["agent_endpoint"]
    assert service.apply(agent()) == []


def test_a_protocol_without_settings_is_one_that_comes_and_goes(service: LiveService) -> None:
    def speaking(*protocols: str) -> Any:
        return agent(agent_endpoint={"protocol_configuration": {name: {} for name in protocols}})

    service.apply(speaking("responses", "a2a"))
    assert service.apply(speaking("responses", "a2a")) == []
    assert service.apply(speaking("responses", "a2a", "mcp")) == ["update buddy"]
    assert shown(service)["agent_endpoint"]["protocol_configuration"].keys() >= {"a2a", "mcp"}

    service.project.patch("agents/buddy", {"agent_endpoint": {"protocol_configuration": {"a2a": None}}})
    (change,) = service.plan(speaking("responses", "a2a")).changes
    assert [(field.name, field.origin) for field in change.fields] == [
        ("agent_endpoint.protocol_configuration.a2a", Origin.DRIFT)
    ]
    service.apply(speaking("responses", "a2a"))

    assert service.apply(speaking("responses")) == ["update buddy"]
    assert "a2a" not in shown(service)["agent_endpoint"]["protocol_configuration"]
    assert service.apply(speaking("responses")) == []


def test_a_key_that_the_card_loses_is_erased(service: LiveService) -> None:
    card = {"version": "1", "skills": [{"id": "a", "name": "A"}]}
    service.apply(agent(agent_card={**card, "description": "x"}))
    service.project.patch("agents/buddy", {"agent_card": {"theirs": "kept"}})
    service.apply(agent(agent_card=card))
    card = {**card, "theirs": "kept"}
    assert service.project.writes[-1].body == {"agent_card": {**card, "description": None}}
    assert shown(service)["agent_card"] == card


def test_protection_is_written_even_when_only_the_state_changes_beside_it(service: LiveService) -> None:
    service.apply(agent(state="enabled"))
    service.apply(want("agents", "buddy", {**ENTRY, "state": "disabled"}, prevent_destroy=True))
    assert routes(service) == [VERSION, "POST agents/buddy:disable"]


def test_a_change_of_protection_alone_is_a_version(service: LiveService) -> None:
    service.apply(agent())
    assert service.apply(want("agents", "buddy", ENTRY, prevent_destroy=True)) == ["update buddy"]
    assert routes(service) == [VERSION]


# -- ownership


@pytest.mark.parametrize("state", ["enabled", "disabled"])
def test_an_existing_agent_is_adopted_by_a_version_with_our_marker(service: LiveService, state: str) -> None:
    body = {"definition": {"kind": "prompt", "model": "gpt"}}
    service.project.post("agents/buddy/versions", body)
    assert service.apply(agent({"model": "gpt", "state": state})) == ["adopt buddy"]
    assert routes(service)[0] == VERSION


def test_a_version_made_in_the_portal_is_drift_and_not_a_stranger(service: LiveService) -> None:
    service.apply(agent())
    made_in_the_portal(service, instructions="Theirs.")
    (change,) = service.plan(agent()).changes
    assert [(it.name, it.origin) for it in change.fields] == [("instructions", Origin.DRIFT)]
    assert change.before is not None
    assert (change.before.revision, change.before.marker_revision) == ("2", "1")
    assert service.apply(agent()) == ["update buddy"]


def test_a_version_made_in_the_portal_with_nothing_changed_is_left_alone(service: LiveService) -> None:
    service.apply(agent())
    made_in_the_portal(service)
    assert service.apply(agent()) == []


def test_only_an_unmarked_later_version_costs_a_closer_look(service: LiveService) -> None:
    service.apply(agent())
    service.forget()
    service.plan(agent())
    assert service.project.reads[-1] == "agents"
    made_in_the_portal(service)
    service.forget()
    service.plan(agent())
    assert service.project.reads[-2:] == ["agents", "agents/buddy/versions?order=desc"]


def test_an_agent_of_many_strange_versions_stays_a_stranger(service: LiveService) -> None:
    body = {"definition": {"kind": "prompt", "model": "gpt"}}
    service.project.post("agents/buddy/versions", body)
    service.project.post("agents/buddy/versions", body)
    (change,) = service.plan(agent()).changes
    assert change.is_adoption


def test_a_released_agent_may_be_adopted_by_another_manifest(service: LiveService) -> None:
    service.apply(want("agents", "buddy", ENTRY, on_remove=OnRemove.KEEP))
    assert service.apply({}) == ["release buddy"]
    (call,) = service.project.writes
    assert call.body["metadata"] == {"provisioner-lifecycle": "released"}
    assert call.body["definition"]["instructions"] == ENTRY["instructions"]
    (change,) = service.plan(agent(), owner="another").changes
    assert change.is_adoption
    assert service.apply(agent(), owner="another") == ["adopt buddy"]
    assert service.plan({}).is_empty


def test_an_agent_edited_after_its_release_stays_nobodys(service: LiveService) -> None:
    service.apply(want("agents", "buddy", ENTRY, on_remove=OnRemove.KEEP))
    service.apply({})
    made_in_the_portal(service)
    assert [change.is_adoption for change in service.plan(agent()).changes] == [True]


def test_a_foreign_version_made_in_the_portal_is_still_theirs(service: LiveService) -> None:
    service.apply(agent(), owner="another")
    made_in_the_portal(service)
    plan = service.plan(agent())
    assert [it.code for it in plan.refusals] == ["foreign-owner"]


def test_a_removed_agent_is_deleted(service: LiveService) -> None:
    service.apply(agent())
    assert service.apply({}) == ["delete buddy"]
    assert service.project.writes == [Call("DELETE", "agents/buddy")]


def test_an_agent_of_another_kind_is_made_anew(service: LiveService) -> None:
    service.apply(agent(state="disabled"))
    assert service.apply(agent({"kind": "external"})) == ["replace buddy"]
    assert routes(service) == ["DELETE agents/buddy", VERSION]
    assert service.project.writes[1].body["definition"] == {"kind": "external"}
    assert shown(service)["state"] == "enabled"


# -- unclear answers


def test_a_version_whose_answer_was_lost_is_looked_up_and_not_made_twice(service: LiveService) -> None:
    service.lose(ANSWER)
    service.apply(agent())
    service.lose(ANSWER)
    service.apply(agent(instructions="Less."))
    assert len(versions(service)) == 2


def test_a_version_that_never_arrived_is_sent_again(service: LiveService) -> None:
    service.lose(REQUEST)
    service.apply(agent())
    service.lose(REQUEST)
    service.apply(agent(instructions="Less."))
    assert len(versions(service)) == 2


@pytest.mark.parametrize("draft", [False, True], ids=["released", "draft"])
def test_drift_with_the_same_marker_on_the_version_before_is_not_taken_for_the_repair(
    service: LiveService, draft: bool
) -> None:
    service.apply(agent(draft=draft))
    (first,) = versions(service)
    theirs = {"definition": {**first["definition"], "instructions": "Changed."}, "metadata": first["metadata"]}
    service.project.post(
        "agents/buddy/versions",
        {**theirs, "description": first["description"], "draft": draft},
        features=DRAFTS if draft else (),
    )
    service.lose(REQUEST)
    assert service.apply(agent(draft=draft)) == ["update buddy"]
    assert len(versions(service)) == 3


def test_a_version_that_somebody_else_made_meanwhile_is_not_taken_for_ours(service: LiveService) -> None:
    service.apply(agent())
    (change,) = service.plan(agent(instructions="Less.")).changes
    made_in_the_portal(service)
    service.lose(REQUEST)
    with pytest.raises(PlaneError, match="changed since the plan was made") as caught:
        AgentKind().update(service, change)
    assert caught.value.failure.code == "conflict"
    assert len(versions(service)) == 2


def test_a_replaced_agent_whose_answer_was_lost_is_not_made_twice(service: LiveService) -> None:
    service.apply(agent())
    service.lose(ANSWER)
    assert service.apply(agent({"kind": "external"})) == ["replace buddy"]
    assert len(versions(service)) == 1


def test_a_draft_whose_answer_was_lost_is_looked_up_among_the_drafts(service: LiveService) -> None:
    service.lose(ANSWER)
    service.apply(agent(draft=True))
    service.lose(ANSWER)
    service.apply(agent(draft=True, instructions="Less."))
    assert len(versions(service)) == 2


@pytest.mark.parametrize(("lost", "sent"), [(ANSWER, 1), (REQUEST, 2)])
def test_switching_an_agent_off_is_asked_again_only_when_it_is_still_on(
    service: LiveService, lost: Lost, sent: int
) -> None:
    service.apply(agent(state="enabled"))
    service.lose(lost)
    service.foundry.forget_requests()
    service.apply(agent(state="disabled"))
    assert len(service.foundry.requests("POST")) == sent


@pytest.mark.parametrize("became", ["blocked", None], ids=["another state", "gone"])
def test_an_agent_that_is_neither_on_nor_off_is_not_switched_again(service: LiveService, became: str | None) -> None:
    service.apply(agent(state="enabled"))
    (change,) = service.plan(agent(state="disabled")).changes
    service.lose(REQUEST)
    if became is None:
        service.project.delete("agents/buddy", is_gone=lambda: True)
    else:
        service.foundry.fault({"method": "GET", "path": "*/agents/buddy"}, {"set": {"/state": became}})
    with pytest.raises(PlaneError, match="changed since the plan was made"):
        AgentKind().update(service, change)
    assert routes(service)[-1:] == ["POST agents/buddy:disable"]


@pytest.mark.parametrize(
    ("status", "condition"),
    [("active", Condition.READY), ("creating", Condition.PENDING), ("failed", Condition.FAILED)],
)
def test_a_version_tells_how_its_making_went(service: LiveService, status: str, condition: Condition) -> None:
    service.apply(agent())
    next_list(service, status)
    service.foundry.fault({"method": "GET", "path": "*/agents/buddy"}, {"set": {"/versions/latest/status": status}})
    (listed,) = AgentKind().list(service)
    assert AgentKind().read(service, listed.address) == listed
    assert listed.condition is condition


def test_a_failed_version_is_followed_by_a_new_one(service: LiveService) -> None:
    service.apply(agent())
    next_list(service, "failed")
    assert service.apply(agent()) == ["update buddy"]
    next_list(service, "failed")
    assert service.apply(agent(state="disabled")) == ["update buddy"]
    assert len(versions(service)) == 3


def test_an_agent_that_is_not_there_reads_as_nothing(service: LiveService) -> None:
    assert AgentKind().read(service, Address("agents", "buddy")) is None


# -- kinds of agent


@pytest.mark.parametrize(
    ("entry", "features"),
    [
        pytest.param({"model": "gpt"}, (), id="prompt"),
        pytest.param(
            {"kind": "workflow", "workflow": "kind: workflow\n"}, ("WorkflowAgents=V1Preview",), id="workflow"
        ),
        pytest.param({"kind": "external", "otel_agent_id": "x"}, ("ExternalAgents=V1Preview",), id="external"),
        pytest.param(HOSTED, (), id="hosted"),
        pytest.param({"model": "gpt", "skills": [{"name": "s"}]}, ("Skills=V1Preview",), id="skills"),
        pytest.param(
            {"model": "gpt", "harness": {"type": "x"}},
            ("GitHubCopilot=V1Preview", "MicrosoftCopilot=V1Preview"),
            id="harness",
        ),
        pytest.param({"model": "gpt", "draft": True}, ("DraftAgents=V1Preview",), id="draft"),
        pytest.param({"model": "gpt", "draft": False}, (), id="no draft"),
    ],
)
def test_previews_are_opted_into_on_writes_alone(
    service: LiveService, entry: dict[str, Any], features: tuple[str, ...]
) -> None:
    assert service.apply(agent(entry)) == ["create buddy"]
    (call,) = service.project.writes
    assert call.features == features
    assert service.apply(agent(entry)) == []
    service.apply({})


def test_what_the_service_works_out_of_hosted_code_is_not_sent_back(service: LiveService) -> None:
    service.apply(agent(HOSTED))
    service.apply(agent({**HOSTED, "cpu": "2"}))
    assert service.project.writes[0].body["definition"]["code_configuration"] == HOSTED["code_configuration"]


def test_a_hosted_version_is_waited_for(service: LiveService) -> None:
    service.foundry.switch(write_seconds=25)
    service.apply(agent(HOSTED))
    assert service.project.waits == [("version 1 to become active", 10.0, 900.0)]
    assert service.project.reads.count("agents/buddy/versions/1") > 1
    assert "agents/buddy/versions/1" not in service.project.reads[-1:]


def test_a_hosted_version_that_fails_to_start_says_so(service: LiveService) -> None:
    service.foundry.switch(write_seconds=25)
    service.foundry.fault({"method": "GET", "path": "*/versions/1", "nth": 2}, {"set": {"/status": "failed"}})
    with pytest.raises(PlaneError, match="agents/buddy version 1 was made, but it failed to start"):
        service.apply(agent(HOSTED))


# -- drafts


def test_a_draft_is_found_where_no_list_shows_it(service: LiveService) -> None:
    service.foundry.fault({"method": "GET", "path": "*/agents"}, {"set": {"/data": []}})
    draft = agent(draft=True)
    assert service.apply(draft) == ["create buddy"]
    assert service.project.writes[0].body["draft"] is True
    assert service.live() == {}
    assert service.apply(agent(draft=True, instructions="Less.")) == ["update buddy"]
    assert [it["draft"] for it in versions(service)] == [True, True]


def test_a_draft_beside_a_released_version_keeps_the_agents_own_settings(service: LiveService) -> None:
    service.apply(agent(state="disabled"))
    assert service.apply(agent(draft=True, state="disabled")) == ["update buddy"]
    assert service.apply(agent(draft=True, state="disabled")) == []
    made_in_the_portal(service)
    assert service.apply(agent(draft=True, state="disabled")) == []


def test_a_refusal_to_list_drafts_is_not_swallowed(service: LiveService) -> None:
    closed = {"error": {"code": "PermissionDenied", "message": "It is closed."}}
    service.foundry.fault({"method": "GET", "path": "*/versions*"}, {"status": 403, "body": closed})
    (wanted,) = agent(draft=True).values()
    assert AgentKind().is_unclear(wanted, None)
    with pytest.raises(PlaneError, match="It is closed"):
        AgentKind().inspect(service, wanted, None)


# -- reading


def test_a_clear_agent_is_inspected_for_nothing(service: LiveService) -> None:
    service.apply(agent())
    (live,) = service.live().values()
    (wanted,) = agent().values()
    assert not AgentKind().is_unclear(wanted, live)
    assert not AgentKind().is_unclear(wanted, None)
    assert AgentKind().inspect(service, wanted, live) is live
    assert AgentKind().inspect(service, wanted, None) is None


def test_an_agent_that_says_little_is_read_all_the_same(service: LiveService) -> None:
    latest = {"version": "1", "draft": False, "definition": {}, "metadata": None, "description": None}
    service.foundry.fault(
        {"method": "GET", "path": "*/agents"}, {"set": {"/data": [{"name": "x", "versions": {"latest": latest}}]}}
    )
    (live,) = service.live().values()
    assert live.fields == {"draft": False}
    assert (live.marker, live.revision, live.marker_revision) == (None, "1", "")


def test_an_agent_refers_to_its_model_and_its_stores() -> None:
    fields = {"model": "gpt", "tools": [ODD_TOOL, TOOL, {**TOOL, "memory_store_name": 5}, "odd"]}
    assert [(it.path, it.target, it.wants) for it in AgentKind().references(fields)] == [
        (("model",), Address("deployments", "gpt"), "chat"),
        (("tools", "1", "memory_store_name"), Address("stores", "prefs"), None),
    ]
    behind = AgentKind().references({"model": "connection/model"})
    assert [(it.target, it.optional) for it in behind] == [(Address("connections", "connection"), True)]
    assert AgentKind().provides(fields) is None


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        pytest.param({"model": "gpt"}, [], id="a prompt agent needs a model"),
        pytest.param({}, ["missing-key"], id="and cannot go without"),
        pytest.param({"kind": "workflow"}, ["missing-key"], id="a workflow needs its text"),
        pytest.param({"kind": "external"}, [], id="an external one needs nothing"),
        pytest.param(HOSTED, [], id="a hosted one needs cores, memory and code"),
        pytest.param({**HOSTED, "image": "x"}, ["hosted-source"], id="and one source only"),
        pytest.param({"kind": "hosted"}, ["missing-key", "missing-key", "hosted-source"], id="an empty hosted one"),
        pytest.param({"kind": "external", "tools": []}, ["wrong-agent-kind"], id="tools belong to prompt agents"),
        pytest.param({"kind": "robot", "model": "x"}, [], id="the schema refuses unknown kinds"),
        pytest.param({"model": "gpt", "tools": [TOOL]}, [], id="a whole memory tool"),
        pytest.param(
            {"model": "gpt", "tools": [{"type": "memory_search"}]}, ["missing-key"] * 2, id="half a memory tool"
        ),
        pytest.param({"model": "gpt", "metadata": {"provisioner-x": ""}}, ["reserved-name"], id="reserved labels"),
    ],
)
def test_what_the_schema_cannot_say_is_checked(entry: dict[str, Any], codes: list[str]) -> None:
    assert [finding.code for finding in AgentKind().check("buddy", entry)] == codes


def test_a_key_of_another_kind_is_told_where_it_belongs() -> None:
    (finding,) = AgentKind().check("buddy", {"model": "gpt", "cpu": "1"})
    assert finding.message == 'Agent "buddy" is of kind prompt, which has no `cpu`.'
    assert finding.hint == "Remove it, or set `kind:` to one that has it: hosted."


def test_a_hosted_agent_without_code_has_no_code_to_tidy(service: LiveService) -> None:
    bare = {key: value for key, value in HOSTED.items() if key != "code_configuration"}
    assert service.apply(agent({**bare, "container_configuration": {"image": "x"}})) == ["create buddy"]


def test_a_change_without_a_body_still_makes_a_plain_version(service: LiveService) -> None:
    (change,) = service.plan(agent({"kind": "external"})).changes
    bare: Change = replace(change, after={"kind": "external"}, marker=None)
    AgentKind().create(service, bare)
    assert service.project.writes[-1].body["definition"] == {"kind": "external"}


FULL: tuple[Entry, ...] = (
    {
        "description": "x",
        "model": "gpt",
        "instructions": "Help.",
        "temperature": 0,
        "top_p": 0.5,
        "reasoning": {"effort": "low"},
        "tools": [
            {"type": "memory_search", "memory_store_name": "s", "scope": "x"},
            {"type": "function", "name": "f", "parameters": {"A": [None]}},
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", "name": "out", "schema": {"camelCase": {"Any": 1}}}},
        "structured_inputs": {"a": {"required": True, "default_value": 0, "schema": {"type": "integer"}}},
        "skills": [{"name": "s"}],
        "harness": {"type": "github_copilot_preview"},
        "rai_config": {"rai_policy_name": "/subscriptions/x", "invocations_moderation": {"response_mode": "both"}},
        "state": "disabled",
        "agent_card": {"version": "1", "skills": [{"id": "a"}]},
        "agent_endpoint": {"protocol_configuration": {"responses": {}}},
        "metadata": {"team": "blue"},
    },
    {"model": "gpt"},
    {"kind": "workflow", "workflow": "kind: workflow\n"},
    {"kind": "external"},
    {
        "kind": "hosted",
        "cpu": "1",
        "memory": "2Gi",
        "environment_variables": {"CamelCase": "1"},
        "code_configuration": {"runtime": "python", "entry_point": ["a"], "dependency_resolution": "bundled"},
        "protocol_versions": [{"protocol": "responses", "version": "1"}],
        "session_configuration": {"idle_timeout_seconds": 300},
        "enable_memory_snapshot": False,
    },
)
_SCHEMA: Entry = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_TOOLS: tuple[Entry, ...] = (
    {"type": "function", "name": "f", "parameters": _SCHEMA, "strict": True},
    {"type": "function", "name": "g", "description": "", "parameters": {"type": "object", "properties": {}}},
    {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example.com/mcp"},
    {"type": "mcp", "server_label": "d", "server_url": "https://d.example.com", "allowed_tools": ["a"], "headers": {}},
    {"type": "memory_search", "memory_store_name": "memory", "scope": "{{$userId}}"},
    {"type": "memory_search_preview", "memory_store_name": "memory", "scope": "team", "update_delay": 0},
    {"type": "code_interpreter"},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
)
_beside: dict[str, st.SearchStrategy[Any]] = {
    "description": texts,
    "metadata": labels,
    "state": st.sampled_from(["enabled", "disabled"]),
    "agent_card": st.just(
        {"version": "1", "description": "d", "skills": [{"id": "s", "name": "n", "description": "d"}]}
    ),
    "agent_endpoint": st.just({"protocols": ["responses"]}),
}
DRAWN: st.SearchStrategy[Entry] = st.one_of(
    with_(
        {"model": st.just("chat")},
        kind=st.just("prompt"),
        instructions=texts,
        temperature=st.sampled_from([0, 0.5, 1]),
        top_p=st.sampled_from([0.1, 1.0]),
        reasoning=st.sampled_from([{}, {"effort": "low"}]),
        tools=st.lists(st.sampled_from(_TOOLS), max_size=3, unique_by=str),
        tool_choice=st.sampled_from(["auto", "required"]),
        text=st.sampled_from(
            [{}, {"format": {"type": "text"}}, {"format": {"type": "json_schema", "name": "o", "schema": _SCHEMA}}]
        ),
        structured_inputs=st.sampled_from(
            [{}, {"x": {"description": "", "required": False}}, {"x": {"schema": _SCHEMA}}]
        ),
        **_beside,
    ),
    with_(
        {
            "kind": st.just("hosted"),
            "cpu": st.sampled_from(["1", "0.5"]),
            "memory": st.sampled_from(["1Gi", "2Gi"]),
            "container_configuration": st.just({"image": "reg.example.com/w:1"}),
        },
        environment_variables=st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["", "x"]), max_size=2),
        protocol_versions=st.just([{"protocol": "responses", "version": "1"}]),
        **_beside,
    ),
    with_({"kind": st.just("external")}, otel_agent_id=st.just("me"), **_beside),
)
SAMPLES = Samples(
    section="agents",
    settable="""
        description metadata.x draft blueprint_reference state agent_endpoint agent_card kind
        model instructions temperature top_p reasoning.effort reasoning.summary tools tool_choice text.format
        structured_inputs.x.description structured_inputs.x.default_value structured_inputs.x.schema
        structured_inputs.x.required harness skills rai_config.rai_policy_name rai_config.invocations_moderation
        workflow cpu memory environment_variables.x container_configuration.image
        container_configuration.registry_connection_id code_configuration.runtime code_configuration.entry_point
        code_configuration.dependency_resolution protocol_versions telemetry_config
        session_configuration.idle_timeout_seconds enable_memory_snapshot image container_protocol_versions
        otel_agent_id reasoning.mode reasoning.context reasoning.generate_summary
        model_type conversation_engine.type greeting.type greeting.text audio.input.turn_detection.threshold
        audio.output.voice soundscape output_modalities max_output_tokens include interim_response.type
        avatar.character parallel_tool_calls subagent_config.subagents store
    """,
    read_only="id object name version created_at status versions instance_identity",
    full=FULL,
    names=(["a", "dev-buddy", "x" * 63], ["", "-a", "a-", "a_b", "a.b", "x" * 64]),
    refused={
        "too hot": {"model": "gpt", "temperature": 2.1},
        "a tool without type": {"model": "gpt", "tools": [{"name": "x"}]},
        "too many tools": {"model": "gpt", "tools": [{"type": "x"}] * 129},
        "too long": {"model": "gpt", "description": "x" * 513},
        "unknown kind of agent": {"kind": "robot"},
        "long label": {"model": "gpt", "metadata": {"x" * 65: ""}},
    },
    drawn=DRAWN,
    beside={**MODELS, Address("stores", "memory"): {"chat_model": "chat", "embedding_model": "embed"}},
)
