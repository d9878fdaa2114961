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
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change
from provisioner.model.secrets import is_secret
from provisioner.model.write_only import readable, version_of
from provisioner.reconcile.compare import compare
from provisioner.reconcile.meaning import covers
from tests.kinds.applying import want
from tests.kinds.live_service import LiveService
from tests.kinds.samples import Samples, every

KNOWN = every()
EVERY = pytest.mark.parametrize("samples", KNOWN.values(), ids=lambda samples: samples.section)
full = pytest.mark.parametrize(
    ("samples", "entry"),
    [
        pytest.param(samples, entry, id=f"{samples.section}-{entry.get('kind', '')}")
        for samples in KNOWN.values()
        for entry in samples.full
    ],
)


def test_every_kind_says_what_it_is_tried_with() -> None:
    assert KNOWN.keys() == KINDS.keys()


@EVERY
@pytest.mark.parametrize("action", Action)
def test_every_kind_says_what_whoever_changes_one_must_be_allowed(samples: Samples, action: Action) -> None:
    change = Change(action=action, address=Address(samples.section, "one"), after={})

    needed = {right.action.rpartition("/")[2] for right in KINDS[samples.section].rights(change)}

    said = {"delete"} if action is Action.DELETE else {"write"}
    assert needed in ({"*"}, said, {"delete", "write"} if action in (Action.REPLACE, Action.MIGRATE) else said)


def has(schema: Any, path: list[str]) -> bool:
    """Whether a schema describes the path, by name or as one of any names."""
    if not path:
        return True
    here, *deeper = path
    inner = schema.get("properties", {}).get(here, schema.get("additionalProperties", True))
    return inner is not False and (inner is True or has(inner, deeper))


@EVERY
def test_every_property_that_a_user_may_set_is_in_the_schema(samples: Samples) -> None:
    schema = KINDS[samples.section].schema()
    assert [name for name in samples.settable.split() if not has(schema, name.split("."))] == []
    named = {name.split(".")[0] for name in samples.settable.split()}
    assert set(schema["properties"]) == named


@EVERY
def test_nothing_that_the_service_works_out_is_in_the_schema(samples: Samples) -> None:
    schema = KINDS[samples.section].schema()
    assert [name for name in samples.read_only.split() if has(schema, name.split("."))] == []


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
def test_what_is_created_is_found_as_it_was_wanted_and_exported_as_a_valid_entry_that_plans_no_change(
    samples: Samples, entry: dict[str, Any], live: LiveService
) -> None:
    section, kind = samples.section, KINDS[samples.section]
    Draft202012Validator(kind.schema()).validate(entry)
    beside = {key: it for at, needed in samples.beside.items() for key, it in want(at.kind, at.name, needed).items()}
    live.apply(beside)
    desired = {**beside, **want(section, "thing", entry)}
    assert live.apply(desired) == ["create thing"]
    found = live.live(desired)[Address(section, "thing")]
    written = readable(kind.desired(entry), kind.traits)
    assert covers(found.fields, written)
    assert live.apply(desired) == []

    exported = kind.entry(found.fields)
    Draft202012Validator(kind.schema()).validate(exported)
    assert list(kind.check("thing", exported)) == []
    assert json.loads(json.dumps(exported)) == exported
    assert compare(kind.desired(exported), found.fields, record=None, ignore=(), traits=kind.traits) == ()
    assert covers(exported, {key: value for key, value in written.items() if key in entry and key != "tools"})
    assert [tool["type"] for tool in exported.get("tools", [])] == [
        tool["type"].replace("memory_search", "memory_search_preview") for tool in entry.get("tools", [])
    ]
    assert live.apply({**beside, **want(section, "thing", exported)}) == []


@pytest.mark.parametrize("section", KINDS)
def test_what_is_only_written_is_secret_by_its_name_and_has_a_version_beside_it(section: str) -> None:
    """So that rooms which go by names, as that of the schema's complaints does, tell nothing of it either."""
    kind = KINDS[section]
    for path in kind.traits.write_only:
        assert is_secret(path[-1])
        assert has(kind.schema(), [*version_of(path)])
        assert not is_secret(version_of(path)[-1])


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


@EVERY
def test_names_are_those_that_the_service_takes(samples: Samples) -> None:
    schema = Draft202012Validator({"type": "string", **KINDS[samples.section].names()})
    good, bad = samples.names
    assert [name for name in good if not schema.is_valid(name)] == []
    assert [name for name in bad if schema.is_valid(name)] == []


@EVERY
def test_the_schema_refuses(samples: Samples) -> None:
    schema = Draft202012Validator(KINDS[samples.section].schema())
    assert [what for what, entry in samples.refused.items() if schema.is_valid(entry)] == []


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
def test_either_casing_is_understood_inside_what_is_passed_through(key: str, live: LiveService) -> None:
    entry = {**KNOWN["deployments"].full[0], "routing": {"models": [{key: "x"}]}}
    assert live.apply(want("deployments", "thing", entry)) == ["create thing"]


def test_what_is_no_mapping_has_no_pairs_to_check() -> None:
    assert list(f.check_pairs("tags", "x", limit=1)) == []


def test_values_are_fitted_to_their_schema() -> None:
    schema = f.mapping("", {"a": f.mapping("", {"b": f.text("")}), "c": f.anything("")})
    assert f.fitting({"a": {"b": 1, "x": 2}, "c": {"y": None, "z": [None]}, "d": 3}, schema) == {
        "a": {"b": 1},
        "c": {"z": [None]},
    }
