"""What each command says and writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provisioner.cli.main import COMMANDS, group
from provisioner.cli.reporters.stdout import UntilBroken
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyStarted
from tests.foundry import EXAMPLE, Command, Foundry

MISTAKEN = "version: 1\nname: demo\nagents:\n  a: {modle: x/y}\n"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, provisioner: Command) -> None:
    shown = provisioner(name, "--help")

    assert shown.code == 0
    assert "Example" in shown.out
    assert f"provisioner {name}" in shown.out


def test_the_list_of_commands_says_what_their_help_says() -> None:
    for name, summary in COMMANDS.items():
        command = group.get_command(group.make_context("provisioner", ["schema"]), name)
        assert command is not None
        assert (command.help or "").split("\n")[0] == summary


def test_a_mistyped_command_is_guessed(provisioner: Command) -> None:
    failed = provisioner("plam")

    assert failed.code == 1
    assert 'Did you mean "plan"?' in failed.err


def test_a_command_unlike_any_other_lists_them(provisioner: Command) -> None:
    assert "validate" in provisioner("xyzzy").err


def test_wrong_usage_exits_with_1(provisioner: Command) -> None:
    assert provisioner("plan", "--nonsense").code == 1
    assert provisioner("plan", "--out", "plan.pdf").code == 1
    assert provisioner("apply", "--allow-data-loss", "store").code == 1


def test_validate_tells_in_three_ways(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(MISTAKEN, encoding="utf-8")

    text = provisioner("validate", "--local")
    github = provisioner("validate", "--local", "--format", "github")
    document = provisioner("validate", "--local", "--format", "json")

    assert [text.code, github.code, document.code] == [1, 1, 1]
    assert "stores.yaml:4:7  error  unknown-key" in text.out
    assert 'Did you mean "model"?' in text.out
    assert github.out.startswith("::error file=stores.yaml,line=4,col=")
    assert {item["code"] for item in document.document["diagnostics"]} >= {"unknown-key"}


def test_an_unset_variable_is_a_warning_in_validate_and_an_error_where_it_is_needed(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"):
        monkeypatch.delenv(name, raising=False)
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    validated = provisioner("validate")
    planned = provisioner("plan")

    assert validated.code == 0
    assert "warning  env-unset" in validated.out
    assert planned.code == 1
    assert "error  env-unset" in planned.err


def test_an_invalid_manifest_stops_everything_else(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(MISTAKEN, encoding="utf-8")

    for command in ("plan", "apply", "destroy", "graph"):
        assert provisioner(command).code == 1
    assert foundry.requests() == []


@pytest.mark.usefixtures("foundry")
def test_several_plans_are_written_at_once(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    outs = [part for name in ("p.txt", "p.md", "p.json", "p.html") for part in ("--out", name)]

    plan = provisioner("plan", *outs, "--format", "markdown")

    assert plan.code == 0
    assert plan.out == (project / "p.md").read_text(encoding="utf-8")
    assert json.loads((project / "p.json").read_text(encoding="utf-8"))["has_changes"] is True
    assert "Plan: 4 to create." in (project / "p.txt").read_text(encoding="utf-8")
    assert "Plan: 4 to create." in (project / "p.html").read_text(encoding="utf-8")
    assert not list(project.glob(".p.*"))


@pytest.mark.usefixtures("foundry")
def test_a_plan_that_cannot_be_written_says_so(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    failed = provisioner("plan", "--out", "missing/p.md")

    assert failed.code == 1
    assert '"missing/p.md" cannot be written' in failed.err.replace("\\", "/")


def test_graph_draws_in_two_languages(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    assert provisioner("graph").out.startswith("flowchart")
    assert provisioner("graph", "--format", "dot").out.startswith("digraph")


def test_the_schema_is_printed(provisioner: Command) -> None:
    shipped = Path(__file__).parents[2] / "schemas" / "manifest.v1.schema.json"

    assert provisioner("schema").out == shipped.read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(shell: str, provisioner: Command) -> None:
    assert "provisioner" in provisioner("completion", shell).out


@pytest.mark.usefixtures("foundry")
def test_export_overwrites_only_when_told_to(project: Path, provisioner: Command) -> None:
    out = project / "stores.yaml"
    out.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")

    assert provisioner("export", "--out", "stores.yaml").code == 1
    assert out.read_text(encoding="utf-8") == EXAMPLE
    assert provisioner("export", "--out", "stores.yaml", "--force").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    failed = provisioner("export", "--owner", "dev-budy")
    assert (failed.code, failed.out) == (1, "")
    assert 'Did you mean "dev-buddy"?' in failed.err


@pytest.mark.usefixtures("project")
def test_export_without_a_project_says_what_to_set(provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOUNDRY_PROJECT_ENDPOINT", raising=False)

    failed = provisioner("export")

    assert failed.code == 1
    assert "FOUNDRY_PROJECT_ENDPOINT" in failed.err


@pytest.mark.usefixtures("foundry")
def test_debug_logs_show_requests_and_no_token(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    logged = provisioner("--log-level", "debug", "--log-format", "json", "plan")

    assert logged.code == 0
    assert any("memory_stores" in json.loads(line)["message"] for line in logged.err.splitlines())
    assert "Bearer" not in logged.err
    assert "eyJ" not in logged.err
    assert provisioner("plan").err == ""


def test_a_progress_stream_that_breaks_is_dropped() -> None:
    told = []

    def broken(event: object) -> None:
        told.append(event)
        raise BrokenPipeError

    renderer = UntilBroken(broken)
    for _ in range(3):
        renderer(ApplyStarted(plan=Plan(owner="demo")))

    assert len(told) == 1


@pytest.mark.usefixtures("foundry")
def test_a_project_without_management_rights_can_use_deployments_of_others(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "platform.yaml").write_text(
        "version: 1\nname: platform\ndeployments:\n"
        "  shared: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: GlobalStandard, capacity: 1}}\n",
        encoding="utf-8",
    )
    assert provisioner("apply", "--yes", "-f", "platform.yaml").code == 0
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    (project / "team.yaml").write_text(
        "version: 1\nname: team\ndeployments:\n  shared: {external: true}\n"
        "agents:\n  a: {model: shared, instructions: Hi.}\n",
        encoding="utf-8",
    )

    done = provisioner("apply", "--yes", "-f", "team.yaml")

    assert done.code == 0, done.err
    assert "1 created" in done.out


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "destroy", "export"])
def test_local_and_another_project_contradict_each_other(command: str, provisioner: Command) -> None:
    refused = provisioner(command, "--project-endpoint", "https://a.services.ai.azure.com/api/projects/p", "--local")

    assert refused.code == 1
    assert "two different projects" in refused.err
