from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.manifest.misfits import name_advice, name_fault
from provisioner.model.address import Address
from provisioner.model.diagnostic import Location
from provisioner.model.resource import Lifecycle, OnRemove
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_text, manifest_of


def deployments(**spillovers: str) -> str:
    lines = [
        f"  {name}: {{model: {{format: x, name: m}}, sku: {{name: z}}, spillover_deployment_name: {target}}}"
        for name, target in spillovers.items()
    ]
    return "\n".join([f"{HEAD}deployments:", *lines, ""])


def test_a_circle_is_told_once_and_whole(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, deployments(d1="d2", d2="d3", d3="d1", d4="d1"))

    assert brief(loaded) == ["m.yaml:5:80 reference-cycle"]
    assert "deployments/d1 → deployments/d2 → deployments/d3 → deployments/d1" in full(loaded)


def test_two_circles_are_told_both(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, deployments(d1="d2", d2="d1", d3="d3"))

    assert brief(loaded) == ["m.yaml:5:80 reference-cycle", "m.yaml:7:80 reference-cycle"]


def test_thousands_in_a_row_are_no_circle(tmp_path: Path) -> None:
    names = [f"d{number}" for number in range(3000)]

    assert brief(load_text(tmp_path, deployments(**dict(zip(names, [*names[1:], "end"], strict=True))))) == [
        f"m.yaml:{4 + 3000}:83 unknown-reference"
    ]


def test_resources_carry_what_they_need_where_they_are_and_how_they_live(tmp_path: Path) -> None:
    text = f"""{HEAD}{MODELS}
stores:
  s: {{chat_model: gpt, embedding_model: emb, lifecycle: {{prevent_destroy: true, ignore: [options.x, metadata.a]}}}}
agents:
  a:
    model: gpt
    tools: [{{type: memory_search, memory_store_name: s, scope: x}}]
    lifecycle: {{on_remove: keep}}
  b: {{external: true}}
"""
    text = text.replace("options.x", "options.default_ttl_seconds")
    resources = manifest_of(load_text(tmp_path, text)).resources
    store, agent, other = (resources[Address.parse(text)] for text in ("stores/s", "agents/a", "agents/b"))

    assert store.needs == {Address("deployments", "gpt"), Address("deployments", "emb")}
    assert store.lifecycle == Lifecycle(
        prevent_destroy=True, ignore=(("options", "default_ttl_seconds"), ("metadata", "a"))
    )
    assert "lifecycle" not in store.fields
    assert agent.needs == {Address("deployments", "gpt"), store.address}
    assert agent.lifecycle == Lifecycle(on_remove=OnRemove.KEEP)
    assert agent.fields["tools"][0]["type"] == "memory_search_preview"
    assert agent.where == Location(file=(tmp_path / "m.yaml").as_posix(), line=11, column=3, path="agents.a")
    assert other.external
    assert other.fields == {}


def test_a_broken_entry_does_not_hide_its_other_mistakes(tmp_path: Path) -> None:
    text = f"{HEAD}{MODELS}agents:\n  a: {{model: gtp, temperature: hot, tools: 5, metadata: {{a: 1}}, wrong: 1}}\n"

    assert brief(load_text(tmp_path, text)) == [
        "m.yaml:8:14 unknown-reference",
        "m.yaml:8:32 wrong-type",
        "m.yaml:8:44 wrong-type",
        "m.yaml:8:61 wrong-type",
        "m.yaml:8:65 unknown-key",
    ]


def test_a_thousand_unknown_references_take_no_minutes(tmp_path: Path) -> None:
    text = HEAD + "agents:\n" + "".join(f"  a{number}: {{model: m{number}}}\n" for number in range(1000))

    assert len(load_text(tmp_path, text).diagnostics) == 1000


AGENT_NAMES = {"pattern": "^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$", "minLength": 1, "maxLength": 63}
STORE_NAMES = {"pattern": r"^[^\s/:?#%\\]+$", "minLength": 1, "maxLength": 256}
DEPLOYMENT_NAMES = {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", "minLength": 2, "maxLength": 64}


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("", AGENT_NAMES, "is empty"),
        ("a" * 64, AGENT_NAMES, "has 64 characters, at most 63 are allowed"),
        ("a", DEPLOYMENT_NAMES, "has 1 character, at least 2 are needed"),
        ("a b_c", AGENT_NAMES, 'holds " " and "_"'),
        ("-ab", AGENT_NAMES, 'starts with "-"'),
        ("ab-", AGENT_NAMES, 'ends with "-"'),
        ("a\n", AGENT_NAMES, 'holds "\\n"'),
    ],
)
def test_what_is_wrong_with_a_name_is_said(name: str, rule: dict[str, object], expected: str) -> None:
    assert name_fault(name, rule) == expected


def test_rules_for_names_are_put_into_words() -> None:
    assert name_advice(AGENT_NAMES) == (
        'Use letters, digits and "-"; "-" not at the beginning or end; at most 63 characters.'
    )
    assert name_advice(DEPLOYMENT_NAMES) == (
        'Use letters, digits, "-", "." and "_"; "-", "." and "_" not at the beginning; at most 64 characters.'
    )
    assert name_advice(STORE_NAMES) == 'Use no " ", "#", "%", "/", ":", "?" or "\\"; at most 256 characters.'
