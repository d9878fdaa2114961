"""Definitions of agents: what the service's models do not fit is refused, and what they do not name is let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import azure.ai.projects.models as sdk
import pytest
import yaml

from provisioner.emulator.project import definition_shapes
from tests.emulator.sdk_shapes import shapes

FILE = Path(definition_shapes.__file__).with_name("agent_shapes.json")
CASES = Path(__file__).parent / "wrong_definitions.yaml"
VOICE = {"Foundry-Features": "VoiceAgents=V1Preview"}


def wrong() -> list[Any]:
    return [pytest.param(case, id=case["where"]) for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))]


@pytest.fixture
def publish(project: Any) -> Any:
    def publish(**more: Any) -> Any:
        definition = {"kind": "prompt", "model": "m", **more}
        return project("POST", "/agents/buddy/versions", {"definition": definition}, headers=VOICE)

    return publish


def test_the_shapes_are_those_of_the_sdk(request: pytest.FixtureRequest) -> None:
    current = json.dumps(shapes(), indent=1) + "\n"
    if request.config.getoption("--update-golden"):
        FILE.write_text(current, encoding="utf-8", newline="\n")

    assert FILE.read_text(encoding="utf-8") == current


def test_every_exception_is_about_a_model_that_there_is() -> None:
    models = shapes()["models"]
    named = {*definition_shapes.MAY_LACK, *definition_shapes.NEEDS_ONE, *definition_shapes.NAMES}

    assert named <= models.keys()
    for name, members in definition_shapes.NEEDS_ONE.items():
        assert set(members) <= models[name]["takes"].keys()
    assert shapes()["variants"].keys() >= definition_shapes.CLOSED


@pytest.mark.rule(38)
@pytest.mark.parametrize("case", wrong())
def test_a_wrong_definition_is_refused_and_its_place_is_named(project: Any, publish: Any, case: Any) -> None:
    answer = publish(**case["definition"])

    error = answer.json().get("error", {})
    assert (answer.status_code, error.get("code"), error.get("param")) == (
        400,
        "invalid_request_error",
        f"definition.{case['where']}",
    )
    assert case.get("says", "") in error["message"]
    assert project("GET", "/agents/buddy").status_code == 404


@pytest.mark.rule(38)
@pytest.mark.parametrize(
    "tool",
    [
        sdk.FunctionTool(name="f", parameters={"type": "object"}, strict=True),
        sdk.MCPTool(server_label="docs", server_url="https://example.com/mcp", require_approval="never"),
        sdk.MCPTool(
            server_label="docs",
            project_connection_id="c",
            require_approval=sdk.MCPToolRequireApproval(always=sdk.MCPToolFilter(tool_names=["x"])),
        ),
        sdk.FileSearchTool(vector_store_ids=["vs_1"], max_num_results=5),
        sdk.CodeInterpreterTool(container=sdk.AutoCodeInterpreterToolParam(file_ids=["f"])),
        sdk.WebSearchTool(user_location=sdk.WebSearchApproximateLocation(country="DE")),
        sdk.ImageGenTool(quality="low"),
        sdk.MemorySearchPreviewTool(memory_store_name="memory", scope="{{$userId}}", update_delay=0),
        sdk.OpenApiTool(
            openapi=sdk.OpenApiFunctionDefinition(
                name="orders", spec={"openapi": "3.0.3"}, auth=sdk.OpenApiAnonymousAuthDetails()
            )
        ),
        sdk.AzureAISearchTool(
            azure_ai_search=sdk.AzureAISearchToolResource(
                indexes=[sdk.AISearchIndexResource(project_connection_id="c", index_name="i")]
            )
        ),
        sdk.BingGroundingTool(
            bing_grounding=sdk.BingGroundingSearchToolParameters(
                search_configurations=[sdk.BingGroundingSearchConfiguration(project_connection_id="c")]
            )
        ),
        sdk.A2APreviewTool(base_url="https://example.com"),
        sdk.CustomToolParam(name="c", format=sdk.CustomTextFormatParam()),
    ],
    ids=lambda tool: tool["type"],
)
def test_what_the_sdk_makes_is_accepted(publish: Any, tool: Any) -> None:
    sent = tool.as_dict()

    assert publish(tools=[sent]).json()["definition"]["tools"] == [sent]


@pytest.mark.parametrize(
    "definition",
    [
        {"tools": [{"type": "function", "name": "f"}]},
        {"tools": [{"type": "function", "name": "f", "description": None, "parameters": {}}]},
        {"tools": [{"type": "toolbox_search_preview", "anything": 5}]},
        {"tools": []},
        {"tools": None},
        {"text": {"format": {"type": "json_schema", "name": "out", "schema": {"type": "object"}, "strict": None}}},
        {"text": {"format": {"type": "text"}, "verbosity": "low"}},
        {"text": {}},
        {"structured_inputs": {"name": {"description": "d", "default_value": 5, "schema": {}, "required": True}}},
        {"structured_inputs": {"name": {}}},
        {"tool_choice": "auto"},
        {"tool_choice": {"type": "function", "name": "f"}},
        {"tool_choice": {"type": "of a later version"}},
        {"reasoning": {"effort": "none", "summary": None}},
        {"rai_config": {"rai_policy_name": "p"}},
    ],
)
def test_what_the_service_takes_is_accepted(publish: Any, definition: Any) -> None:
    assert publish(**definition).status_code == 200


@pytest.mark.rule(38)
def test_a_tool_of_a_type_yet_unknown_may_be_let_through(publish: Any, admin: Any) -> None:
    admin.switch(unknown_tools="accepted")

    assert publish(tools=[{"type": "brand_new", "deep": {"list": [1, None]}}]).status_code == 200
    assert publish(tools=[{"type": "brand_new"}, {"type": "mcp", "server_label": "docs"}]).status_code == 400
    assert publish(tools=[{}]).status_code == 400


@pytest.mark.rule(4, 38)
def test_a_voice_agent_of_the_sdk_is_accepted_with_its_header(project: Any) -> None:
    definition = sdk.VoiceAgentDefinition(
        model_type="gpt-realtime",
        model="rt",
        instructions="Be brief.",
        greeting=sdk.VoiceAgentTemplateGreetingConfig(text="Hi."),
        audio=sdk.VoiceAgentAudioConfig(output=sdk.VoiceAgentAudioOutputConfig(voice="marin")),
        tools=[sdk.VoiceAgentFunctionTool(name="f"), sdk.VoiceAgentMcpTool(server_label="s", server_url="https://x")],
        max_output_tokens="inf",
    ).as_dict()

    refused = project("POST", "/agents/concierge/versions", {"definition": definition})
    made = project("POST", "/agents/concierge/versions", {"definition": definition}, headers=VOICE)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "preview_feature_required")
    assert made.json()["definition"] == definition


def test_every_kind_of_the_sdk_is_known() -> None:
    from provisioner.emulator.project.agent_rules import KINDS  # noqa: PLC0415

    assert {kind.value for kind in sdk.AgentKind} == set(KINDS)
