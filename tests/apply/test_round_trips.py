"""What is applied, exported and adopted plans empty: over every kind and field, as the local Foundry shows it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.apply.execute import execute
from provisioner.apply.observe import observe
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import load
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.model.document import Document
from provisioner.model.plan import Plan
from provisioner.model.progress import Status
from provisioner.model.resource import Desired, Live, OnRemove
from provisioner.planes.service import Planes
from provisioner.reconcile.guard import Allowances
from provisioner.reconcile.planner import make_plan
from tests.planes.world import Foundry

Entry = dict[str, Any]
World = Mapping[Address, Desired]

some = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
texts = st.sampled_from(["", "Be kind.", "Two\nlines\n", " padded ", "{{name}}", "on", "1", "null", "a: b # c"])
_values = st.sampled_from(["", "Blue", "1"])
labels = st.dictionaries(st.sampled_from(["team", "Cost Center", "x-y"]), _values, max_size=2)
# As many as make the marker fold what it records.
many = st.integers(0, 40).map(lambda count: {f"tag-{number}": str(number) for number in range(count)})


def _cased(*names: str) -> st.SearchStrategy[str]:
    """Names that ignore case, spelt somehow."""
    return st.sampled_from([spelt for name in names for spelt in (name, name.lower(), name.upper())])


def _with(required: Mapping[str, st.SearchStrategy[Any]], **optional: Any) -> st.SearchStrategy[Entry]:
    return st.fixed_dictionaries(dict(required), optional=optional)


deployments: st.SearchStrategy[Entry] = _with(
    {
        "model": _with(
            {"format": _cased("OpenAI"), "name": _cased("gpt-5.4-mini")},
            version=st.just("2026-03-17"),
            publisher=_cased("OpenAI"),
        ),
        "sku": _with(
            {"name": _cased("GlobalStandard"), "capacity": st.integers(1, 20)},
            tier=st.sampled_from(["", "Standard"]),
            size=st.just(""),
            family=st.just(""),
        ),
    },
    version_upgrade_option=st.sampled_from(["OnceNewDefaultVersionAvailable", "NoAutoUpgrade"]),
    rai_policy_name=_cased("Microsoft.DefaultV2", "Microsoft.Default"),
    service_tier=st.sampled_from(["Default", "Priority"]),
    deployment_state=st.sampled_from(["Running", "Paused"]),
    tags=st.one_of(labels, many),
)
stores: st.SearchStrategy[Entry] = _with(
    {"chat_model": st.just("chat"), "embedding_model": st.just("embed")},
    description=texts,
    metadata=labels,
    kind=st.just("default"),
    options=_with(
        {},
        user_profile_enabled=st.booleans(),
        user_profile_details=texts,
        chat_summary_enabled=st.booleans(),
        procedural_memory_enabled=st.booleans(),
        default_ttl_seconds=st.integers(0, 3),
    ),
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
agents: st.SearchStrategy[Entry] = st.one_of(
    _with(
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
    _with(
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
    _with({"kind": st.just("external")}, otel_agent_id=st.just("me"), **_beside),
)
BASE: dict[Address, Entry] = {
    Address("deployments", "chat"): {
        "model": {"format": "OpenAI", "name": "gpt-5.4-mini"},
        "sku": {"name": "GlobalStandard", "capacity": 1},
    },
    Address("deployments", "embed"): {
        "model": {"format": "OpenAI", "name": "text-embedding-3-small"},
        "sku": {"name": "GlobalStandard", "capacity": 1},
    },
    Address("stores", "memory"): {"chat_model": "chat", "embedding_model": "embed"},
}


def world(entries: Mapping[Address, Entry], **lifecycle: Any) -> dict[Address, Desired]:
    """As the manifest room makes it of these entries."""
    found = dict(read(entries))
    return {
        address: replace(wanted, lifecycle=replace(wanted.lifecycle, **lifecycle)) for address, wanted in found.items()
    }


def read(entries: Mapping[Address, Document]) -> World:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.yaml"
        text = dump(name="me", project={}, entries=entries, external=set(), schema="")
        file.write_text(text, encoding="utf-8")
        loaded = load((file,), environ={}, allow_env=(), unset=Severity.ERROR, project_needed=False, endpoint=None)
    assert loaded.manifest is not None, (loaded.diagnostics, text)
    return loaded.manifest.resources


def look(planes: Planes, desired: World) -> dict[Address, Live]:
    return observe(KINDS, planes, desired, parallelism=10)


def plan_for(planes: Planes, desired: World) -> Plan:
    allow = Allowances(adopt=True, max_deletes=None)
    return make_plan(desired, look(planes, desired), owner="me", traits=TRAITS, allow=allow)


def apply(planes: Planes, plan: Plan, foundry: Foundry) -> None:
    finished = execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
    undone = [(str(it.change.address), it.reason) for it in finished.outcomes if it.status is not Status.DONE]
    assert undone == []


def exported(planes: Planes, desired: World) -> World:
    return read({address: KINDS[address.kind].entry(found.fields) for address, found in look(planes, desired).items()})


def differences(plan: Plan) -> list[tuple[str, str, object, object]]:
    return [(str(it.address), field.name, field.before, field.after) for it in plan.changes for field in it.fields]


def entries_of(kind: str, entry: Entry) -> dict[Address, Entry]:
    return {**BASE, Address(kind, "drawn"): entry}


CASES = [pytest.param("deployments", deployments), pytest.param("stores", stores), pytest.param("agents", agents)]


@pytest.mark.parametrize(("kind", "drawn"), CASES)
def test_what_was_applied_plans_empty_and_so_does_its_export(
    kind: str, drawn: st.SearchStrategy[Entry], foundry: Foundry, planes: Planes
) -> None:
    @some
    @given(drawn)
    def holds(entry: Entry) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        wanted = world(entries_of(kind, entry))
        apply(planes, plan_for(planes, wanted), foundry)
        again = plan_for(planes, wanted)
        assert differences(again) == []
        assert again.is_empty
        of_export = plan_for(planes, exported(planes, wanted))
        assert differences(of_export) == []
        assert of_export.is_empty

    holds()


@pytest.mark.parametrize(("kind", "drawn"), CASES)
def test_what_was_exported_and_adopted_plans_empty(
    kind: str, drawn: st.SearchStrategy[Entry], foundry: Foundry, planes: Planes
) -> None:
    @some
    @given(drawn)
    def holds(entry: Entry) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        wanted = world(entries_of(kind, entry), on_remove=OnRemove.KEEP)
        apply(planes, plan_for(planes, wanted), foundry)
        apply(planes, plan_for(planes, {}), foundry)  # released: nobody's, as if somebody had made it by hand
        taken = exported(planes, wanted)
        adopting = plan_for(planes, taken)
        assert differences(adopting) == []
        apply(planes, adopting, foundry)
        again = plan_for(planes, taken)
        assert differences(again) == []
        assert again.is_empty

    holds()
