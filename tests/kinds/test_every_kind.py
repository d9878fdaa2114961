"""What must hold for every kind, and every property a user may set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds import fragments as f
from provisioner.kinds.agent_schema import DEFINITIONS, KIND_NAMES, PROPERTIES
from provisioner.kinds.casing import camel, rekeyed, snake
from provisioner.reconcile.compare import compare
from provisioner.reconcile.meaning import covers
from tests.kinds.fake_service import FakeService, want

SETTABLE = {
    "deployments": """
        tags.x sku.name sku.capacity sku.tier sku.size sku.family
        model.format model.name model.version model.publisher model.source model.source_account
        model.speculative_decoding version_upgrade_option rai_policy_name
        capacity_settings.designated_capacity capacity_settings.priority
        parent_deployment_name spillover_deployment_name service_tier deployment_state routing.mode routing.models
        model_provider_data.industry model_provider_data.organization_name model_provider_data.country_code
    """,
    "stores": """
        description metadata.x kind chat_model embedding_model options.user_profile_enabled
        options.user_profile_details options.chat_summary_enabled options.procedural_memory_enabled
        options.default_ttl_seconds
    """,
    "agents": """
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
}
READ_ONLY = {
    "deployments": "id name type etag system_data provisioning_state capabilities call_rate_limit rate_limits "
    "current_capacity dynamic_throttling_enabled scale_settings model.call_rate_limit",
    "stores": "id object name created_at updated_at definition",
    "agents": "id object name version created_at status versions instance_identity",
}
FULL: list[tuple[str, dict[str, Any]]] = [
    (
        "deployments",
        {
            "model": {"format": "OpenAI", "name": "gpt", "version": "1", "source_account": "a"},
            "sku": {"name": "Standard", "capacity": 1},
            "version_upgrade_option": "NoAutoUpgrade",
            "rai_policy_name": "P",
            "deployment_state": "Paused",
            "routing": {"mode": "cost", "models": [{"name": "x"}]},
            "capacity_settings": {"designated_capacity": 1, "priority": 0},
            "model_provider_data": {"industry": "it", "organization_name": "o", "country_code": "DE"},
            "service_tier": "Priority",
            "tags": {"Team.Name": "blue"},
        },
    ),
    (
        "stores",
        {
            "description": "x",
            "chat_model": "gpt",
            "embedding_model": "embed",
            "options": {"user_profile_details": "y", "chat_summary_enabled": False, "default_ttl_seconds": 60},
            "metadata": {"team": "blue"},
        },
    ),
    ("stores", {"chat_model": "gpt", "embedding_model": "embed"}),
    (
        "agents",
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
            "blueprint_reference": {"type": "x"},
            "metadata": {"team": "blue"},
        },
    ),
    ("agents", {"model": "gpt"}),
    ("agents", {"kind": "workflow", "workflow": "kind: workflow\n"}),
    ("agents", {"kind": "external"}),
    (
        "agents",
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
    ),
]
full = pytest.mark.parametrize(("section", "entry"), FULL, ids=[f"{it[0]}-{it[1].get('kind', '')}" for it in FULL])


def has(schema: Any, path: list[str]) -> bool:
    """Whether a schema describes the path, by name or as one of any names."""
    if not path:
        return True
    here, *deeper = path
    inner = schema.get("properties", {}).get(here, schema.get("additionalProperties", True))
    return inner is not False and (inner is True or has(inner, deeper))


@pytest.mark.parametrize("section", KINDS)
def test_every_property_that_a_user_may_set_is_in_the_schema(section: str) -> None:
    schema = KINDS[section].schema()
    assert [name for name in SETTABLE[section].split() if not has(schema, name.split("."))] == []
    named = {name.split(".")[0] for name in SETTABLE[section].split()}
    assert set(schema["properties"]) == named


@pytest.mark.parametrize("section", KINDS)
def test_nothing_that_the_service_works_out_is_in_the_schema(section: str) -> None:
    schema = KINDS[section].schema()
    assert [name for name in READ_ONLY[section].split() if has(schema, name.split("."))] == []


@pytest.mark.parametrize("section", KINDS)
def test_schemas_are_valid_json_schema_and_explain_every_property(section: str) -> None:
    kind = KINDS[section]
    Draft202012Validator.check_schema(kind.schema())
    Draft202012Validator.check_schema(kind.names())
    json.dumps(kind.schema())
    assert all(it.get("description") for it in kind.schema()["properties"].values())
    assert kind.schema()["additionalProperties"] is False
    assert (kind.section, TRAITS[section]) == (section, kind.traits)
    assert kind.singular


@full
def test_what_is_created_is_found_as_it_was_wanted(section: str, entry: dict[str, Any]) -> None:
    Draft202012Validator(KINDS[section].schema()).validate(entry)
    service = FakeService()
    service.project.statuses = ["active"]
    assert service.apply(want(section, "thing", entry)) == ["create thing"]
    (live,) = service.live().values()
    assert covers(live.fields, KINDS[section].desired(entry))
    assert service.apply(want(section, "thing", entry)) == []


@full
def test_what_is_exported_is_a_valid_entry_that_plans_no_change(section: str, entry: dict[str, Any]) -> None:
    kind, service = KINDS[section], FakeService()
    service.project.statuses = ["active"]
    service.apply(want(section, "thing", entry))
    (live,) = service.live().values()
    exported = kind.entry(live.fields)
    Draft202012Validator(kind.schema()).validate(exported)
    assert list(kind.check("thing", exported)) == []
    assert json.loads(json.dumps(exported)) == exported
    assert compare(kind.desired(exported), live.fields, record=None, ignore=(), traits=kind.traits) == ()
    assert covers(exported, {key: value for key, value in entry.items() if key != "tools"})
    assert [tool["type"] for tool in exported.get("tools", [])] == [
        tool["type"].replace("memory_search", "memory_search_preview") for tool in entry.get("tools", [])
    ]
    assert service.apply(want(section, "thing", exported)) == []


def test_an_export_leaves_out_defaults_nulls_and_what_no_manifest_can_say() -> None:
    shown = {
        "kind": "prompt",
        "model": "gpt",
        "reasoning": {"effort": "low", "summary": None, "new": 1},
        "draft": False,
        "state": "enabled",
        "tools": [],
        "rai_config": None,
        "cpu": "1",
        "unheard_of": 1,
    }
    assert KINDS["agents"].entry(shown) == {"model": "gpt", "reasoning": {"effort": "low"}}
    assert KINDS["agents"].entry({"kind": "external", "state": "disabled", "draft": True, "otel_agent_id": "x"}) == {
        "kind": "external", "state": "disabled", "draft": True, "otel_agent_id": "x"
    }  # fmt: skip
    store = {"kind": "default", "chat_model": "a", "embedding_model": "b", "description": "", "new": 1}
    assert KINDS["stores"].entry(store) == {"chat_model": "a", "embedding_model": "b"}
    assert KINDS["stores"].entry({**store, "kind": "other"})["kind"] == "other"
    options = {"user_profile_details": "", "default_ttl_seconds": 0, "new": 1}
    assert KINDS["stores"].entry({**store, "options": options})["options"] == {"default_ttl_seconds": 0}
    model = {"format": "OpenAI", "name": "gpt", "new": 1}
    deployed = {"model": model, "sku": {"name": "S"}, "tags": {}, "new": 1, "routing": {"mode": None}}
    assert KINDS["deployments"].entry(deployed) == {
        "model": {"format": "OpenAI", "name": "gpt"}, "sku": {"name": "S"}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("section", "good", "bad"),
    [
        ("deployments", ["gpt-4.1_mini", "ab", "x" * 64], ["a", "-a", "a b", "x" * 65]),
        ("stores", ["a", "prefs_1.2", "é", "...", ".a"], ["", "a/b", "a b", "a:b", "a?b", ".", "..", "x" * 257]),
        ("agents", ["a", "dev-buddy", "x" * 63], ["", "-a", "a-", "a_b", "a.b", "x" * 64]),
    ],
)
def test_names_are_those_that_the_service_takes(section: str, good: list[str], bad: list[str]) -> None:
    schema = Draft202012Validator({"type": "string", **KINDS[section].names()})
    assert [name for name in good if not schema.is_valid(name)] == []
    assert [name for name in bad if schema.is_valid(name)] == []


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        pytest.param("deployments", {"model": {"format": "F", "name": "n"}}, id="no sku"),
        pytest.param("deployments", {"sku": {"name": "S"}}, id="no model"),
        pytest.param("deployments", {**FULL[0][1], "Sku": {}}, id="unknown key"),
        pytest.param("deployments", {**FULL[0][1], "sku": {"name": "S", "capacity": 0}}, id="no capacity"),
        pytest.param("stores", {"chat_model": "a"}, id="no embedding model"),
        pytest.param("stores", {**FULL[2][1], "options": {"default_ttl_seconds": -1}}, id="negative time"),
        pytest.param("stores", {**FULL[2][1], "kind": "other"}, id="unknown kind of store"),
        pytest.param("agents", {"model": "gpt", "temperature": 2.1}, id="too hot"),
        pytest.param("agents", {"model": "gpt", "tools": [{"name": "x"}]}, id="a tool without type"),
        pytest.param("agents", {"model": "gpt", "tools": [{"type": "x"}] * 129}, id="too many tools"),
        pytest.param("agents", {"model": "gpt", "description": "x" * 513}, id="too long"),
        pytest.param("agents", {"kind": "robot"}, id="unknown kind of agent"),
        pytest.param("agents", {"model": "gpt", "metadata": {"x" * 65: ""}}, id="long label"),
    ],
)
def test_the_schema_refuses(section: str, entry: dict[str, Any]) -> None:
    assert not Draft202012Validator(KINDS[section].schema()).is_valid(entry)


def test_every_property_of_an_agent_has_a_home() -> None:
    assert tuple(DEFINITIONS) == KIND_NAMES
    beside = {
        "description",
        "metadata",
        "draft",
        "blueprint_reference",
        "state",
        "agent_endpoint",
        "agent_card",
        "kind",
    }
    assert {key for keys in DEFINITIONS.values() for key in keys} | beside == set(PROPERTIES)


@pytest.mark.parametrize(
    ("ours", "wire"),
    [
        ("version_upgrade_option", "versionUpgradeOption"),
        ("rai_policy_name", "raiPolicyName"),
        ("source_account", "sourceAccount"),
        ("model_u_r_l", "modelURL"),
        ("sku", "sku"),
        ("", ""),
    ],
)
def test_casing_goes_both_ways(ours: str, wire: str) -> None:
    assert camel(ours) == wire
    assert snake(wire) == ours


@settings(deadline=None)
@given(st.lists(st.from_regex("[a-z]+", fullmatch=True), min_size=1, max_size=4).map("_".join))
def test_snake_names_survive_the_wire(name: str) -> None:
    assert snake(camel(name)) == name


def test_keys_are_renamed_at_every_depth_and_values_never() -> None:
    value = {"aB": [{"cD": "eF"}, ("gH", {"iJ": None})]}
    assert rekeyed(value, snake) == {"a_b": [{"c_d": "eF"}, ["gH", {"i_j": None}]]}


@pytest.mark.parametrize("key", ["modelName", "model_name", "model_1"])
def test_either_casing_is_understood_inside_what_is_passed_through(key: str) -> None:
    entry = {**FULL[0][1], "routing": {"models": [{key: "x"}]}}
    assert FakeService().apply(want("deployments", "thing", entry)) == ["create thing"]


def test_what_is_no_mapping_has_no_pairs_to_check() -> None:
    assert list(f.check_pairs("tags", "x", limit=1)) == []


def test_values_are_fitted_to_their_schema() -> None:
    schema = f.mapping("", {"a": f.mapping("", {"b": f.text("")}), "c": f.anything("")})
    assert f.fitting({"a": {"b": 1, "x": 2}, "c": {"y": None, "z": [None]}, "d": 3}, schema) == {
        "a": {"b": 1},
        "c": {"z": [None]},
    }
