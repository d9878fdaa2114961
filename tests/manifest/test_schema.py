from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from provisioner.kinds import KINDS
from provisioner.manifest.schema import manifest_schema
from provisioner.model.address import Address
from tests.manifest.manifests import HEAD, brief, load_files, load_text, manifest_of

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(manifest_schema())


def test_the_published_schema_is_current() -> None:
    published = (ROOT / "schemas" / "manifest.v1.schema.json").read_text(encoding="utf-8")

    assert published == json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(manifest_schema())


def test_every_key_is_described() -> None:
    assert [path for path, inner in properties_of(manifest_schema()) if not inner.get("description")] == []


def properties_of(schema: Any, at: str = "") -> list[tuple[str, Any]]:
    """Every property of ours with its path; conditions only repeat what is described elsewhere."""
    found = []
    if isinstance(schema, dict) and "$comment" not in schema:  # published elsewhere, and described there
        for key, inner in schema.items():
            if key == "properties":
                described = [(f"{at}/{name}", each) for name, each in inner.items() if each]
                found += [pair for path, each in described for pair in ((path, each), *properties_of(each, path))]
            elif key not in {"if", "examples"}:
                found += properties_of(inner, at)
    if isinstance(schema, list):
        found = [pair for each in schema for pair in properties_of(each, at)]
    return found


def test_the_examples_fit() -> None:
    wrong = [
        (path, example)
        for path, inner in properties_of(manifest_schema())
        for example in inner.get("examples", ())
        if not VALIDATOR.evolve(schema=inner).is_valid(example)
    ]

    assert wrong == []


def test_the_example_at_the_root_fits_the_schema_and_loads_clean() -> None:
    VALIDATOR.validate(yaml.safe_load((ROOT / "stores.yaml").read_text(encoding="utf-8")))
    loaded = load_files([ROOT / "stores.yaml"], project_needed=False)

    assert brief(loaded) == []
    assert list(manifest_of(loaded).resources) == [
        Address("deployments", "gpt-5.4-mini"),
        Address("deployments", "text-embedding-3-large"),
        Address("stores", "dev-prefs-memory"),
        Address("agents", "dev-buddy"),
    ]


def test_the_example_at_the_root_is_the_scenario_of_the_readme() -> None:
    resources = manifest_of(load_files([ROOT / "stores.yaml"], project_needed=False)).resources
    agent, store = resources[Address("agents", "dev-buddy")], resources[Address("stores", "dev-prefs-memory")]

    assert agent.needs == {Address("deployments", "gpt-5.4-mini"), store.address}
    assert agent.fields["tools"][0]["scope"] == "{{$userId}}"
    assert agent.fields["tools"][0]["update_delay"] == 1
    assert store.needs == {Address("deployments", name) for name in ("gpt-5.4-mini", "text-embedding-3-large")}
    assert resources[Address("deployments", "gpt-5.4-mini")].fields["version_upgrade_option"] == "NoAutoUpgrade"


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param('{model: gpt, temperature: "${env:FOUNDRY_T:-1}"}', id="number"),
        pytest.param('{model: gpt, kind: "${env:FOUNDRY_K:-prompt}"}', id="one of several"),
        pytest.param(
            "{model: gpt, tools: [{type: memory_search, memory_store_name: s, scope: x, "
            'update_delay: "${env:FOUNDRY_D:-1}"}]}',
            id="inside a condition",
        ),
        pytest.param('{model: gpt, lifecycle: {prevent_destroy: "${env:FOUNDRY_P:-true}"}}', id="boolean"),
        pytest.param("{external: true}", id="external"),
        pytest.param("{model: gpt, instructions: {file: x.md}}", id="file"),
    ],
)
def test_editors_and_the_loader_both_take(tmp_path: Path, entry: str) -> None:
    (tmp_path / "x.md").write_text("x", encoding="utf-8")
    others = "deployments: {gpt: {external: true}}\nstores: {s: {external: true}}\nx-any: [1]\n"
    text = f"{HEAD}{others}agents: {{a: {entry}}}\n"

    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []
    assert brief(load_text(tmp_path, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name: a\n", id="no version"),
        pytest.param("version: 1\nagnets: {}\n", id="unknown key"),
        pytest.param("version: 1\nagents: {a_b: {model: c/d}}\n", id="bad name"),
        pytest.param("version: 1\ndeployments: {a: {model: {format: x, name: m}, sku: {name: z}}}\n", id="short name"),
        pytest.param("version: 1\nagents: {'': {external: true}}\n", id="external without a name"),
        pytest.param("version: 1\nstores: {..: {external: true}}\n", id="external with a name that is a path"),
        pytest.param("version: 1\nagents: {a_b: {external: false}}\n", id="bad name that is not external"),
        pytest.param("version: 1\nagents: {a: {temperature: hot}}\n", id="wrong type"),
        pytest.param("version: 1\nagents: {a: {external: true, model: x}}\n", id="external with more"),
        pytest.param("version: 1\nstores: {a: {chat_model: x}}\n", id="missing key"),
        pytest.param("version: 1\nagents: {a: {temperature: 'x ${env:FOUNDRY_T}'}}\n", id="more than a variable"),
    ],
)
def test_editors_and_the_loader_both_refuse(tmp_path: Path, text: str) -> None:
    assert not VALIDATOR.is_valid(yaml.safe_load(text))
    assert load_text(tmp_path, text).manifest is None


@pytest.mark.parametrize("name", ["a b", "a_b", "-", "a/b", "x" * 300, "é"])
def test_whatever_others_call_what_is_theirs_can_be_referred_to(tmp_path: Path, name: str) -> None:
    text = HEAD + "".join(f"{section}: {{'{name}': {{external: true}}}}\n" for section in KINDS)

    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []
    assert brief(load_text(tmp_path, text)) == []


def test_every_kind_has_its_section() -> None:
    properties = manifest_schema()["properties"]

    assert [key for key in properties if key in KINDS] == list(KINDS)


ENVIRONMENT = {
    "name": "team-prod",
    "project": {"account": None},
    "deployments": {"gpt": {"sku": {"capacity": "${env:FOUNDRY_CAPACITY}"}}, "old": None},
    "stores": {"s": {"description": None, "lifecycle": {"prevent_destroy": True, "ignore": None}}},
    "agents": {"a": {"instructions": {"file": "x.md"}, "text": {"format": {"strict": None}}, "temperature": None}},
    "variables": {"TIER": "gold"},
}


@pytest.mark.parametrize(
    "environment", [ENVIRONMENT, None, {}, {"file": "env/prod.yaml"}], ids=["parts", "nothing", "empty", "file"]
)
def test_editors_take_any_part_in_an_environment(environment: object) -> None:
    VALIDATOR.validate({"version": 1, "environments": {"prod": environment}, "default_environment": "prod"})


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"agnets": {}}, id="unknown-section"),
        pytest.param({"agents": {"a": {"modle": "x"}}}, id="unknown-key"),
        pytest.param({"deployments": {"gpt": {"sku": {"capacity": "many"}}}}, id="wrong-type"),
        pytest.param({"environments": {}}, id="environments-in-one"),
        pytest.param({"agents": {"a": {"tools": [None]}}}, id="null-in-a-list"),
        pytest.param({"file": "a.yaml", "name": "x"}, id="a-file-and-more"),
    ],
)
def test_editors_refuse_in_an_environment_what_is_no_part_of_a_manifest(environment: object) -> None:
    assert not VALIDATOR.is_valid({"version": 1, "environments": {"prod": environment}})
