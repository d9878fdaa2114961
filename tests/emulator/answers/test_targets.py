"""Who answers: agents, their versions, their traffic, and the deployments behind them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import openai
import pytest
from azure.ai.projects.models import (
    AgentEndpointConfig,
    FixedRatioVersionSelectionRule,
    VersionSelector,
)
from azure.core.exceptions import HttpResponseError

if TYPE_CHECKING:
    from tests.emulator.answers.conftest import Programs

pytestmark = pytest.mark.contract
CHAT = "gpt-4.1-mini"


def split(programs: Programs, **traffic: int) -> None:
    rules: Any = [
        FixedRatioVersionSelectionRule(
            agent_version=version.lstrip("v").replace("latest", "@latest"), traffic_percentage=share
        )
        for version, share in traffic.items()
    ]
    config = AgentEndpointConfig(version_selector=VersionSelector(version_selection_rules=rules))
    programs.project.agents.update_details("buddy", agent_endpoint=config)


def version_of(response: Any) -> str:
    return str(response.agent_reference["version"])


def refusal(v1: Any, body: dict[str, Any]) -> tuple[int, str, str]:
    refused = v1("POST", "/responses", body)
    error = refused.json()["error"]
    return refused.status_code, error["code"], error["message"]


@pytest.mark.rule(33)
def test_neither_agent_nor_model_is_refused(v1: Any) -> None:
    status, _, message = refusal(v1, {"input": "Hello"})

    assert (status, message) == (400, "Missing required parameter: 'model'.")


@pytest.mark.parametrize("key", ["agent_reference", "agent"])
def test_an_agent_is_named_by_either_key_where_the_old_one_is_accepted(
    programs: Programs, admin: Any, key: str
) -> None:
    admin.switch(agent_key="accepted")
    programs.agent()

    response = programs.openai().responses.create(
        input="Hello", extra_body={key: {"type": "agent_reference", "name": "buddy"}}
    )

    assert version_of(response) == "1"
    assert response.model == CHAT


@pytest.mark.rule(33)
@pytest.mark.usefixtures("deployed")
def test_the_older_key_is_refused(v1: Any) -> None:
    status, _, message = refusal(v1, {"input": "Hello", "agent": {"type": "agent_reference", "name": "buddy"}})

    assert (status, "deprecated" in message) == (400, True)


@pytest.mark.rule(33)
def test_a_reference_without_its_type_is_refused(v1: Any) -> None:
    status, code, _ = refusal(v1, {"input": "Hello", "agent_reference": {"name": "buddy"}})

    assert (status, code) == (400, "invalid_payload")


@pytest.mark.parametrize("reference", [{"name": "nobody"}, {"name": "buddy", "version": "7"}])
def test_an_unknown_agent_or_version_is_not_found(programs: Programs, v1: Any, reference: dict[str, str]) -> None:
    programs.agent()

    status, code, _ = refusal(v1, {"input": "Hello", "agent_reference": {"type": "agent_reference", **reference}})

    assert (status, code) == (404, "not_found")


def test_a_version_can_be_named(programs: Programs, asking: Any) -> None:
    programs.agent()
    programs.agent()

    client = programs.openai()

    assert version_of(client.responses.create(input="Hello", **asking(version="1"))) == "1"
    assert version_of(client.responses.create(input="Hello", **asking())) == "2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tools", [{"type": "function", "name": "f", "parameters": {}}]),
        ("instructions", "Rhyme."),
        ("text", {"format": {"type": "json_object"}}),
        ("temperature", 0.5),
        ("top_p", 0.5),
        ("reasoning", {"effort": "low"}),
        ("model", "gpt-4o"),
    ],
)
def test_what_the_agent_fixes_cannot_be_overridden(programs: Programs, v1: Any, key: str, value: Any) -> None:
    programs.agent()
    body = {"input": "Hello", "agent_reference": {"type": "agent_reference", "name": "buddy"}, key: value}

    refused = v1("POST", "/responses", body).json()["error"]

    assert (refused["code"], refused["param"]) == ("invalid_payload", key)
    assert refused["message"] == "Not allowed when agent is specified."


def test_the_agents_own_model_may_be_repeated(programs: Programs, asking: Any) -> None:
    programs.agent()

    assert programs.openai().responses.create(model=CHAT, input="Hello", **asking()).status == "completed"


@pytest.mark.rule(31)
def test_a_disabled_agent_answers_403_until_it_is_enabled(programs: Programs, asking: Any) -> None:
    programs.agent()
    client = programs.openai()
    programs.project.agents.disable("buddy")

    with pytest.raises(openai.PermissionDeniedError):
        client.responses.create(input="Hello", **asking())
    with pytest.raises(openai.PermissionDeniedError):
        programs.openai("buddy").responses.create(input="Hello")

    programs.project.agents.enable("buddy")
    assert client.responses.create(input="Hello", **asking()).status == "completed"


def test_ninety_to_ten_is_exactly_that_over_a_hundred_requests(programs: Programs) -> None:
    programs.agent()
    programs.agent()
    split(programs, v1=90, v2=10)
    client = programs.openai("buddy")

    seen = [version_of(client.responses.create(input="Hello")) for _ in range(100)]

    assert Counter(seen) == {"1": 90, "2": 10}
    assert "2" in seen[:20]  # spread over time, not one after the other


def test_latest_takes_its_share_of_the_traffic(programs: Programs) -> None:
    programs.agent()
    programs.agent()
    split(programs, v1=50, vlatest=50)
    programs.agent()
    client = programs.openai("buddy")

    assert Counter(version_of(client.responses.create(input="Hello")) for _ in range(100)) == {"1": 50, "3": 50}


@pytest.mark.rule(27)
def test_a_new_version_takes_traffic_at_once_unless_another_is_pinned(programs: Programs, asking: Any) -> None:
    programs.agent()
    client = programs.openai("buddy")
    programs.agent()
    assert version_of(client.responses.create(input="Hello")) == "2"

    split(programs, v1=100)
    programs.agent()  # a third one, which takes no traffic

    assert [version_of(client.responses.create(input="Hello")) for _ in range(3)] == ["1", "1", "1"]
    assert version_of(programs.openai().responses.create(input="Hello", **asking())) == "1"
    assert programs.project.agents.get("buddy").versions["latest"].version == "3"


def test_a_version_that_is_gone_cannot_take_its_traffic(programs: Programs) -> None:
    programs.agent()
    programs.agent()
    split(programs, v1=100)
    programs.project.agents.delete_version("buddy", "1")

    with pytest.raises(openai.NotFoundError):
        programs.openai("buddy").responses.create(input="Hello")


@pytest.mark.rule(32)
@pytest.mark.usefixtures("deployed")
def test_a_draft_takes_no_requests(project: Any, v1: Any, documents: Any) -> None:
    headers = {"Foundry-Features": "DraftAgents=V1Preview"}
    draft = project("POST", "/agents/buddy/versions", {**documents.version(), "draft": True}, headers=headers).json()
    reference = {"type": "agent_reference", "name": "buddy"}

    assert refusal(v1, {"input": "Hello", "agent_reference": reference})[0] == 404
    assert refusal(v1, {"input": "Hello", "agent_reference": {**reference, "version": draft["version"]}})[0] == 404


@pytest.mark.rule(31)
@pytest.mark.usefixtures("deployed")
def test_a_hosted_agent_that_is_not_ready_answers_424_and_then_says_it_is_not_emulated(
    project: Any, v1: Any, admin: Any
) -> None:
    admin.switch(write_seconds=60)
    definition = {"kind": "hosted", "cpu": "1", "memory": "2Gi", "container_configuration": {"image": "an/image:1"}}
    project("POST", "/agents/buddy/versions", {"definition": definition}).raise_for_status()
    body = {"input": "Hello", "agent_reference": {"type": "agent_reference", "name": "buddy"}}

    assert refusal(v1, body)[:2] == (424, "session_not_ready")
    admin.advance(61)
    assert refusal(v1, body)[:2] == (501, "NotEmulated")


def test_an_endpoint_does_not_answer_for_another_agent(programs: Programs, asking: Any) -> None:
    programs.agent()

    with pytest.raises(openai.BadRequestError):
        programs.openai("buddy").responses.create(input="Hello", **asking("another"))


@pytest.mark.rule(16)
def test_a_deleted_deployment_fails_when_the_agent_is_asked(
    programs: Programs, arm: Any, account: str, asking: Any
) -> None:
    programs.agent()
    arm("DELETE", f"{account}/deployments/{CHAT}").raise_for_status()

    with pytest.raises(openai.NotFoundError) as refused:
        programs.openai().responses.create(input="Hello", **asking())

    assert refused.value.code == "DeploymentNotFound"
    assert "within the last 5 minutes" in refused.value.message


@pytest.mark.rule(14)
def test_a_paused_deployment_answers_423(programs: Programs, arm: Any, account: str) -> None:
    arm("POST", f"{account}/deployments/{CHAT}/pause", **{"api-version": "2026-03-01"}).raise_for_status()
    client = programs.openai()

    with pytest.raises(openai.APIStatusError) as refused:
        client.responses.create(model=CHAT, input="Hello")
    assert refused.value.status_code == 423

    arm("POST", f"{account}/deployments/{CHAT}/resume", **{"api-version": "2026-03-01"}).raise_for_status()
    assert client.responses.create(model=CHAT, input="Hello").status == "completed"


def test_an_embedding_model_does_not_answer(programs: Programs) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        programs.openai().responses.create(model="text-embedding-3-large", input="Hello")

    assert refused.value.code == "OperationNotSupported"


def test_a_model_behind_a_connection_is_not_emulated(v1: Any) -> None:
    assert refusal(v1, {"model": "my-gateway/gpt-4o", "input": "Hello"})[:2] == (501, "NotEmulated")


@pytest.mark.rule(39)
@pytest.mark.parametrize(("switch", "allowed"), [("allowed", True), ("hosted-only", False), ("refused", False)])
def test_versions_of_a_prompt_agent_share_its_requests_or_not(
    programs: Programs, admin: Any, switch: str, allowed: bool
) -> None:
    admin.switch(traffic_split=switch)
    programs.agent()
    programs.agent()

    if allowed:
        split(programs, v1=90, v2=10)
    else:
        with pytest.raises(HttpResponseError, match="Only one version of a prompt agent"):
            split(programs, v1=90, v2=10)
    split(programs, v1=100, v2=0)

    assert version_of(programs.openai("buddy").responses.create(input="Hello")) == "1"
