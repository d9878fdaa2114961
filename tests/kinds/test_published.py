"""The published shapes against the SDK that publishes them, and what they say of entries."""

from __future__ import annotations

from typing import Any

import pytest
from azure.ai.projects import models
from azure.ai.projects.models import _enums
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioner.kinds.agent import AgentKind
from provisioner.kinds.agent_models import MODELS, VARIANTS
from provisioner.kinds.agent_schema import DEFINITIONS, KIND_NAMES, PUBLISHED
from provisioner.model.diagnostic import Severity
from tests.kinds.sdk_models import published

pytestmark = pytest.mark.contract

RENEW = "Renew the table: python -m tests.kinds.sdk_models > provisioner/kinds/agent_models.py"


def check(entry: dict[str, Any]) -> list[tuple[str, str, Severity]]:
    return [(".".join(each.path), each.code, each.severity) for each in AgentKind().check("a", entry)]


def agent(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt", **fields}


def test_the_table_is_what_the_installed_sdk_publishes() -> None:
    shapes, variants = published()

    assert shapes == MODELS, RENEW
    assert variants == VARIANTS, RENEW


def test_every_kind_of_agent_that_the_sdk_knows_can_be_declared() -> None:
    assert set(KIND_NAMES) == {each.value for each in _enums.AgentKind}


def test_every_member_of_a_definition_can_be_declared() -> None:
    for kind, model in VARIANTS["AgentDefinition"][1].items():
        members = {member.rstrip("!") for member in MODELS[model]} - {"kind"}

        assert members <= set(DEFINITIONS[kind])


@pytest.mark.parametrize("tool", [each.value for each in _enums.ToolType])
def test_every_type_of_tool_that_the_sdk_lists_is_known(tool: str) -> None:
    assert "unknown-type" not in [code for _, code, _ in check(agent(tools=[{"type": tool}]))]


@pytest.mark.parametrize("odd", [{}, [], ["function"], {"type": "function"}, 5, True])
def test_a_type_that_is_no_text_is_left_to_the_schema(odd: object) -> None:
    """What is live is checked, too, when it is exported."""
    assert check(agent(tools=[{"type": odd}], text={"format": {"type": odd}})) == []


def test_the_older_names_of_tools_are_known() -> None:
    memory = {"memory_store_name": "s", "scope": "x"}
    tools = [{"type": "memory_search", **memory}, {"type": "web_search_preview"}, {"type": "computer"}]

    assert check(agent(tools=tools)) == []


TOOLS = {
    "a2a": models.A2ATool(base_url="https://a", a2a_version="1.0"),
    "search": models.AzureAISearchTool(
        azure_ai_search=models.AzureAISearchToolResource(
            indexes=[models.AISearchIndexResource(index_name="i", project_connection_id="c", query_type="simple")]
        )
    ),
    "files": models.FileSearchTool(vector_store_ids=["v"], max_num_results=3),
    "files with nested filters": models.FileSearchTool(
        vector_store_ids=["v"],
        filters=models.CompoundFilter(
            type="or",
            filters=[
                models.ComparisonFilter(type="eq", key="k", value=1),
                {"type": "and", "filters": [{"type": "gt", "key": "k", "value": 2}]},
            ],
        ),
    ),
    "code": models.CodeInterpreterTool(container=models.AutoCodeInterpreterToolParam(file_ids=["f"])),
    "image": models.ImageGenTool(model="gpt-image-1", quality="low", size="auto"),
    "mcp": models.MCPTool(server_label="d", server_url="https://d", require_approval="never", headers={"X": "y"}),
    "mcp with a filter": models.MCPTool(
        server_label="d",
        project_connection_id="c",
        require_approval=models.MCPToolRequireApproval(never=models.MCPToolFilter(tool_names=["t"])),
    ),
    "memory": models.MemorySearchPreviewTool(memory_store_name="s", scope="{{$userId}}", update_delay=0),
    "openapi": models.OpenApiTool(
        openapi=models.OpenApiFunctionDefinition(
            name="o", spec={"openapi": "3.0.1", "paths": {}}, auth=models.OpenApiAnonymousAuthDetails()
        )
    ),
    "function": models.FunctionTool(name="f", parameters={"type": "object", "properties": {"file": {}}}, strict=True),
    "web": models.WebSearchTool(
        user_location=models.WebSearchApproximateLocation(city="Kiel"), search_context_size="low"
    ),
}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_what_the_sdk_builds_is_right(tool: Any) -> None:
    entry = agent(tools=[tool.as_dict()])

    assert check(entry) == []
    Draft202012Validator(AgentKind().schema()).validate(entry)


NAMESPACE = {"type": "namespace", "name": "n", "description": "d"}
WRONG = {
    "unknown tool": ({"tools": [{"type": "fancy_tool"}]}, "tools.0.type unknown-type"),
    "misspelt preview": ({"tools": [{"type": "memory_serch_preview"}]}, "tools.0.type unknown-type"),
    "no server": ({"tools": [{"type": "mcp", "server_label": "d"}]}, "tools.0 missing-key"),
    "no label": ({"tools": [{"type": "mcp", "server_url": "https://d"}]}, "tools.0 missing-key"),
    "no vector stores": ({"tools": [{"type": "file_search"}]}, "tools.0 missing-key"),
    "deep inside": (
        {"tools": [{"type": "bing_grounding", "bing_grounding": {}}]},
        "tools.0.bing_grounding missing-key",
    ),
    "a bad function name": ({"tools": [{"type": "function", "name": "bad name!"}]}, "tools.0.name bad-name"),
    "too long a function name": ({"tools": [{"type": "function", "name": "f" * 65}]}, "tools.0.name bad-name"),
    "a bad name in a namespace": (
        {
            "tools": [
                {"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "function", "name": "é"}]}
            ]
        },
        "tools.0.tools.0.name bad-name",
    ),
    "a bad azure function": (
        {
            "tools": [
                {
                    "type": "azure_function",
                    "azure_function": {
                        "function": {"name": "a b", "parameters": {}},
                        "input_binding": {"storage_queue": {"queue_service_endpoint": "e", "queue_name": "q"}},
                        "output_binding": {"storage_queue": {"queue_service_endpoint": "e", "queue_name": "q"}},
                    },
                }
            ]
        },
        "tools.0.azure_function.function.name bad-name",
    ),
    "a closed set": ({"tools": [{"type": "image_generation", "quality": "best"}]}, "tools.0.quality bad-value"),
    "an unknown format": ({"text": {"format": {"type": "json_schemaa"}}}, "text.format.type unknown-type"),
    "a format without type": ({"text": {"format": {"name": "x"}}}, "text.format missing-key"),
    "a schema without name": ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format missing-key"),
    "a bad name of an answer": (
        {"text": {"format": {"type": "json_schema", "name": "a b", "schema": {}}}},
        "text.format.name bad-name",
    ),
    "a choice without name": ({"tool_choice": {"type": "function"}}, "tool_choice missing-key"),
    "a scope with a colon": (
        {"tools": [{"type": "memory_search", "memory_store_name": "s", "scope": "user:123"}]},
        "tools.0.scope bad-scope",
    ),
    "an empty scope": (
        {"tools": [{"type": "memory_search_preview", "memory_store_name": "s", "scope": ""}]},
        "tools.0.scope bad-scope",
    ),
    "a voice without model": ({"kind": "voice", "model": "m"}, " voice-engine"),
    "an engine and a model": (
        {"kind": "voice", "model": "m", "conversation_engine": {"type": "hosted_agent", "name": "a"}},
        "model voice-engine",
    ),
}


@pytest.mark.parametrize(("fields", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_published_and_wrong_is_an_error_at_its_member(fields: dict[str, Any], expected: str) -> None:
    path, code = expected.rsplit(" ", 1)

    assert check(agent(**fields)) == [(path, code, Severity.ERROR)]


UNPUBLISHED = {
    "a key of a tool": ({"tools": [{"type": "web_search", "depth": 3}]}, "tools.0.depth"),
    "a key deep inside": ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, "text.verbosity"),
    "a value of an open set": ({"reasoning": {"effort": "heroic"}}, "reasoning.effort"),
    "a preview that is not known yet": ({"tools": [{"type": "quantum_preview", "q": 1}]}, "tools.0.type"),
    "a choice that is not known": ({"tool_choice": "sometimes"}, "tool_choice"),
    "a variant outside of tools": ({"harness": {"type": "another"}}, "harness.type"),
}


@pytest.mark.parametrize(("fields", "path"), UNPUBLISHED.values(), ids=UNPUBLISHED)
def test_what_is_not_published_is_a_warning(fields: dict[str, Any], path: str) -> None:
    assert check(agent(**fields)) == [(path, "unpublished", Severity.WARNING)]


def test_a_guess_is_made_where_something_published_looks_alike() -> None:
    (finding,) = AgentKind().check(
        "a", agent(tools=[{"type": "file_search", "vector_store_ids": [], "max_results": 3}])
    )

    assert finding.at_key
    assert finding.hint.startswith('Did you mean "max_num_results"? Known keys: ')


@pytest.mark.parametrize("scope", ["{{$userId}}", "team_blue", "a-b.c%d+e@f/g", "{{tenant}}/{{$userId}}", "Team1"])
def test_scopes_that_the_service_takes_are_right(scope: str) -> None:
    assert check(agent(tools=[{"type": "memory_search", "memory_store_name": "s", "scope": scope}])) == []


def test_a_merge_patch_may_lack_what_the_whole_has() -> None:
    assert check(agent(agent_card={"description": "x"}, agent_endpoint={})) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(MODELS)), ANYTHING)
def test_nothing_that_a_document_can_hold_breaks_the_check(model: str, value: Any) -> None:
    assert [each for each in PUBLISHED.findings(value, model, ("x",)) if not each.message.endswith(".")] == []


@given(st.sampled_from(sorted(VARIANTS["Tool"][1])), st.data())
def test_a_tool_with_values_of_other_types_is_told_by_schema_or_check_and_never_breaks(tool: str, data: Any) -> None:
    members = MODELS[VARIANTS["Tool"][1][tool]]
    fields = {name.rstrip("!"): data.draw(ANYTHING) for name in members if name != "type!"}
    entry = agent(tools=[{**fields, "type": tool}])

    assert isinstance(check(entry), list)
    assert isinstance(Draft202012Validator(AgentKind().schema()).is_valid(entry), bool)
