"""A manifest of what is live: it validates, and planning it shows no changes, whatever is live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.foundry import Command, Foundry, Result

HEAD = "version: 1\nname: team\n"
GPT = "deployments:\n  gpt: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: GlobalStandard, capacity: 1}}\n"
AGENT = "agents:\n  helper: {model: gpt, instructions: Help.}\n"


@pytest.fixture(autouse=True)
def _empty(foundry: Foundry) -> None:
    """Every test begins with an empty project."""


@pytest.fixture
def apply(project: Path, provisioner: Command) -> Any:
    def call(text: str) -> None:
        (project / "first.yaml").write_text(text, encoding="utf-8")
        done = provisioner("apply", "--yes", "-f", "first.yaml")
        assert done.code == 0, done.err

    return call


@pytest.fixture
def export(project: Path, provisioner: Command) -> Any:
    """Exports, and checks the promise: valid, and nothing to do."""

    def call(*flags: str) -> tuple[dict[str, Any], Result]:
        result = provisioner("export", *flags)
        assert result.code == 0, result.err
        (project / "out.yaml").write_text(result.out, encoding="utf-8")
        validated = provisioner("validate", "-f", "out.yaml")
        assert validated.code == 0, validated.out
        allow = [flag for flag in flags if flag == "--adopt"]
        planned = provisioner("plan", "-f", "out.yaml", "--detailed-exitcode", *allow)
        assert planned.code == 0, planned.out + planned.err
        return yaml.safe_load(result.out), result

    return call


def test_an_agent_whose_model_is_gone_is_written_as_external(foundry: Foundry, apply: Any, export: Any) -> None:
    apply(HEAD + GPT + AGENT)
    foundry.drift("agent", "helper", model="gone")

    manifest, result = export()

    assert manifest["agents"] == {"helper": {"external": True}}
    assert manifest["deployments"]["gpt"]["sku"]["capacity"] == 1
    assert 'agents/helper is written as external: agents/helper uses the model deployment "gone"' in result.err


def test_a_store_whose_models_are_gone_is_written_as_external(
    project: Path, apply: Any, export: Any, provisioner: Command
) -> None:
    emb = "{model: {format: OpenAI, name: text-embedding-3-large}, sku: {name: Standard, capacity: 1}}"
    platform = f"version: 1\nname: platform\ndeployments:\n  emb: {emb}\n"
    (project / "platform.yaml").write_text(platform, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "platform.yaml").code == 0
    store = "stores:\n  prefs: {chat_model: gpt, embedding_model: emb}\n"
    tool = "{type: memory_search, memory_store_name: prefs, scope: x}"
    agent = f"agents:\n  helper: {{model: gpt, tools: [{tool}]}}\n"
    apply(f"{HEAD}{GPT}  emb: {{external: true}}\n{store}{agent}")
    assert provisioner("destroy", "--yes", "-f", "platform.yaml").code == 0

    manifest, result = export()

    assert manifest["stores"] == {"prefs": {"external": True}}
    assert manifest["agents"]["helper"]["model"] == "gpt"
    assert "stores/prefs is written as external" in result.err


def test_an_agent_edited_in_the_portal_stays_its_owners(foundry: Foundry, apply: Any, export: Any) -> None:
    apply(HEAD + GPT + AGENT)
    foundry.drift("agent", "helper", instructions="Do as you like.")

    manifest, _ = export()

    assert manifest["name"] == "team"
    assert manifest["agents"]["helper"]["instructions"] == "Do as you like."


def test_without_a_subscription_deployments_are_only_glimpsed(
    apply: Any, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(HEAD + GPT + AGENT)
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")

    manifest, result = export()

    assert manifest["deployments"] == {"gpt": {"external": True}}
    assert manifest["agents"]["helper"]["model"] == "gpt"
    assert "AZURE_SUBSCRIPTION_ID" in result.err


def test_an_owner_is_a_manifests_name(provisioner: Command) -> None:
    failed = provisioner("export", "--owner", "a b")

    assert failed.code == 1
    assert '"a b" holds " "' in failed.err


def test_invisible_characters_are_written_as_escapes(foundry: Foundry, apply: Any, export: Any) -> None:
    apply(HEAD + GPT + AGENT)
    foundry.drift("agent", "helper", instructions="Pay \u202eecila\nnow\u200b.")

    manifest, result = export()

    assert manifest["agents"]["helper"]["instructions"] == "Pay \u202eecila\nnow\u200b."
    assert '"Pay \\u202eecila\\nnow\\u200b."' in result.out


def test_what_may_be_secret_is_pointed_out(foundry: Foundry, apply: Any, export: Any) -> None:
    apply(HEAD + GPT + AGENT)
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://x.example", "headers": {"X-Api-Key": "hush"}}
    foundry.drift("agent", "helper", tools=[tool])

    manifest, result = export()

    assert manifest["agents"]["helper"]["tools"][0]["headers"] == {"X-Api-Key": "hush"}
    assert "agents/helper: tools.0.headers.X-Api-Key" in result.err
    assert "hush" not in result.err


def test_a_count_agrees_with_its_noun(apply: Any, provisioner: Command) -> None:
    apply(HEAD + GPT)

    assert "Wrote 1 resource to one.yaml." in provisioner("export", "--out", "one.yaml").err
    assert "1 resource, no errors." in provisioner("validate", "-f", "one.yaml").err


def test_a_schema_is_named_only_where_it_is(project: Path, apply: Any, provisioner: Command) -> None:
    apply(HEAD + GPT)
    (project / "clone" / "schemas").mkdir(parents=True)
    (project / "clone" / "schemas" / "manifest.v1.schema.json").write_text("{}", encoding="utf-8")
    provisioner("export", "--out", "clone/live.yaml")

    assert provisioner("export").out.startswith("version: 1\n")
    assert (
        (project / "clone" / "live.yaml")
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=schemas/manifest.v1.schema.json\n\nversion: 1\n")
    )


def test_names_that_only_describe_are_no_secrets(foundry: Foundry, apply: Any, export: Any) -> None:
    apply(HEAD + GPT + AGENT)
    properties = {"password": {"type": "string", "minLength": 12}, "api_key": {"type": "string"}}
    parameters = {"type": "object", "properties": properties}
    foundry.drift("agent", "helper", tools=[{"type": "function", "name": "reset", "parameters": parameters}])

    _, result = export()

    assert "secret" not in result.err
