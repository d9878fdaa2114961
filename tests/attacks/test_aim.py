"""A manifest that aims at another project, or at another manifest's resources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provisioner.manifest.load import Loaded, load
from tests.foundry import Command, Foundry

AZURE = {
    "FOUNDRY_PROJECT_ENDPOINT": "https://ours.services.ai.azure.com/api/projects/p",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
    "AZURE_RESOURCE_GROUP": "ours",
}
ELSEWHERE = "https://theirs.services.ai.azure.com/api/projects/p"


def manifest(name: str, agents: str = "{one: {kind: external}}", project: str = "") -> str:
    head = f"version: 1\nname: {name}\n"
    return f"{head}project: {project}\nagents: {agents}\n" if project else f"{head}agents: {agents}\n"


def loaded(folder: Path, project: str, environ: dict[str, str], *, pinned: bool, **more: str) -> Loaded:
    file = folder / "stores.yaml"
    file.write_text(manifest("ours", project=project), encoding="utf-8")
    return load([file], environ=environ, pinned=pinned, endpoint=more.get("endpoint"))


def codes(found: Loaded, *, errors: bool) -> list[str]:
    return [each.code for each in found.diagnostics if each.is_error == errors]


OVERRIDES = [
    f"{{endpoint: '{ELSEWHERE}'}}",
    "{subscription_id: 00000000-0000-0000-0000-000000000002}",
    "{resource_group: theirs}",
    "{endpoint: '${env:FOUNDRY_OTHER}'}",
    "{endpoint: '${env:FOUNDRY_NONE:-https://theirs.services.ai.azure.com/api/projects/p}'}",
]


@pytest.mark.parametrize("project", OVERRIDES)
def test_a_setting_that_differs_from_the_environment_is_told(tmp_path: Path, project: str) -> None:
    found = loaded(tmp_path, project, AZURE | {"FOUNDRY_OTHER": ELSEWHERE}, pinned=False)

    assert codes(found, errors=False) == ["environment-overridden"]
    assert found.manifest is not None
    assert [each.code for each in found.manifest.overrides] == ["environment-overridden"]


@pytest.mark.parametrize("project", OVERRIDES)
def test_a_pinned_environment_refuses_it(tmp_path: Path, project: str) -> None:
    found = loaded(tmp_path, project, AZURE | {"FOUNDRY_OTHER": ELSEWHERE}, pinned=True)

    assert codes(found, errors=True) == ["environment-overridden"]


def test_a_second_file_in_the_folder_is_no_way_around_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(manifest("ours"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(f"version: 1\nproject: {{endpoint: '{ELSEWHERE}'}}\n", encoding="utf-8")

    found = load([tmp_path], environ=AZURE, pinned=True)

    assert codes(found, errors=True) == ["environment-overridden"]


def test_neither_is_an_env_file_that_says_what_the_pipeline_left_open(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"FOUNDRY_PROJECT_ENDPOINT={ELSEWHERE}\n", encoding="utf-8")

    found = loaded(tmp_path, "{}", {}, pinned=True)

    assert codes(found, errors=True) == ["environment-overridden"]
    assert "FOUNDRY_PROJECT_ENDPOINT" in found.diagnostics[0].hint


@pytest.mark.parametrize(
    "project",
    [
        "{}",
        "{endpoint: '${env:FOUNDRY_PROJECT_ENDPOINT}', resource_group: OURS}",
        "{endpoint: 'https://ours.services.ai.azure.com/api/projects/p/'}",
        "{account: ours}",
    ],
)
def test_what_agrees_with_the_environment_is_no_override(tmp_path: Path, project: str) -> None:
    assert loaded(tmp_path, project, AZURE, pinned=True).diagnostics == ()


def test_a_flag_is_the_pipelines_own_word(tmp_path: Path) -> None:
    endpoint = AZURE["FOUNDRY_PROJECT_ENDPOINT"]

    assert loaded(tmp_path, f"{{endpoint: '{ELSEWHERE}'}}", {}, pinned=True, endpoint=endpoint).diagnostics == ()


def test_the_pipeline_can_say_whose_manifest_it_is(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{}", AZURE | {"PROVISIONER_NAME": "mine"}, pinned=False)

    assert codes(found, errors=True) == ["environment-overridden"]
    assert found.diagnostics[0].where is not None
    assert found.diagnostics[0].where.path == "name"


@pytest.mark.parametrize("style", ["text", "json", "markdown", "html"])
def test_every_format_of_a_plan_tells_the_project_first_and_that_it_is_not_the_environments(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    endpoint = foundry.env["FOUNDRY_PROJECT_ENDPOINT"]
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", AZURE["FOUNDRY_PROJECT_ENDPOINT"])
    (project / "stores.yaml").write_text(manifest("ours", project=f"{{endpoint: '{endpoint}'}}"), encoding="utf-8")

    plan = provisioner("plan", "--format", style, "--allow-host", "127.0.0.1")

    assert plan.code == 0, plan.err
    assert "environment-overridden" in plan.out
    assert plan.out.index(endpoint) < plan.out.index("agents/one" if style != "json" else '"owner"')
    if style == "json":
        document = json.loads(plan.out)
        assert list(document)[:2] == ["format_version", "target"]
        assert document["target"]["subscription"] == foundry.env["AZURE_SUBSCRIPTION_ID"]
    else:
        assert plan.out.index(foundry.env["AZURE_SUBSCRIPTION_ID"]) < plan.out.index("agents/one")


def test_the_name_of_another_manifest_is_told_loudly(foundry: Foundry, project: Path, provisioner: Command) -> None:
    foundry.forget_requests()
    file = project / "stores.yaml"
    file.write_text(manifest("theirs", "{two: {kind: external}, three: {kind: external}}"), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    file.write_text(manifest("theirs", "{one: {kind: external}}"), encoding="utf-8")
    plan = provisioner("plan", "--out", "plan.md")

    assert "name-of-others" in plan.out
    assert "name-of-others" in (project / "plan.md").read_text(encoding="utf-8")
    assert "agents/three and agents/two" in " ".join(plan.out.split())


def test_a_manifest_that_goes_on_declaring_what_its_name_owns_is_not(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    assert foundry.objects("agents") == []
    file = project / "stores.yaml"
    file.write_text(manifest("ours", "{one: {kind: external}, two: {kind: external}}"), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    file.write_text(manifest("ours", "{one: {kind: external}, three: {kind: external}}"), encoding="utf-8")

    assert "name-of-others" not in provisioner("plan").out


def test_an_export_tells_what_project_it_read(foundry: Foundry, provisioner: Command) -> None:
    assert foundry.objects("agents") == []

    assert 'project "' in provisioner("export").err
