"""The ready pipelines: one source of truth, and nothing in them that a stranger could speak through."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner import __version__
from provisioner.cli.starter import github_files, github_manifest, starter_manifest
from tests.foundry import EXAMPLE, Command
from tests.pipelines.expressions import ALLOWED, STATUS, every_text, expressions_in

ROOT = Path(__file__).parents[2]
READY = ROOT / "examples" / "pipelines"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
WORKFLOWS: dict[str, Any] = {
    name.rpartition("/")[2]: yaml.safe_load(text)
    for name, text in github_files().items()
    if "/workflows/" in name and name.endswith(".yml")
}
JOBS = [pytest.param(job, id=f"{file} {name}") for file, it in WORKFLOWS.items() for name, job in it["jobs"].items()]


def files_in(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_init_writes_the_folder_that_is_to_be_copied(project: Path, provisioner: Command) -> None:
    assert provisioner("init", "--github", "--name", "my-agents").code == 0

    assert files_in(project) == files_in(READY / "github")


def test_a_workflow_that_is_there_is_left_alone(project: Path, provisioner: Command) -> None:
    (project / ".github" / "workflows").mkdir(parents=True)
    (project / ".github" / "workflows" / "deploy.yml").write_text("name: mine\n", encoding="utf-8")

    refused = provisioner("init", "--github")

    assert refused.code == 1
    assert ".github/workflows/deploy.yml exists already; nothing was written." in refused.err
    assert list(files_in(project)) == [".github/workflows/deploy.yml"]


def test_beside_a_manifest_the_workflows_alone_are_written_and_renewed(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    assert provisioner("init", "--github").code == 0
    written = files_in(project)
    (project / ".github" / "workflows" / "deploy.yml").write_text("name: old\n", encoding="utf-8")
    renewed = provisioner("init", "--github", "--force")

    assert renewed.code == 0
    assert "replaced  .github/workflows/deploy.yml" in renewed.out
    assert files_in(project) == written
    assert written.pop("stores.yaml") == EXAMPLE
    assert all(name.startswith(".github/") for name in written)
    assert provisioner("init", "--github", "--force", "--name", "other").code == 1


@pytest.mark.parametrize("flags", [("--from-project",), ("--from-outputs", "-")])
def test_two_ways_to_start_are_refused(project: Path, provisioner: Command, flags: tuple[str, ...]) -> None:
    refused = provisioner("init", "--github", *flags)

    assert refused.code == 1
    assert f"--github and {flags[0]} are two ways to start" in refused.err
    assert files_in(project) == {}


def test_the_action_of_the_repository_is_the_one_that_is_copied() -> None:
    assert github_files()[".github/actions/provisioner/action.yml"] == (ROOT / "action.yml").read_text(encoding="utf-8")


def test_the_release_that_is_installed_is_this_one() -> None:
    assert ACTION["inputs"]["version"]["default"] == __version__
    for file in (READY / "azure-pipelines" / "azure-pipelines.yml", READY / "gitlab" / ".gitlab-ci.yml"):
        assert f'"{__version__}"' in file.read_text(encoding="utf-8")


def test_both_starts_declare_the_same_resources() -> None:
    plain, with_environments = (yaml.safe_load(make("me")) for make in (starter_manifest, github_manifest))

    assert with_environments.pop("environments").keys() == {"dev", "prod"}
    assert plain.pop("project")
    assert plain == with_environments


@pytest.mark.parametrize("document", [ACTION, *WORKFLOWS.values()])
def test_nothing_is_put_into_a_script(document: dict[str, Any]) -> None:
    steps = [each for job in document.get("jobs", {"": document.get("runs")}).values() for each in job["steps"]]

    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    assert all("shell" in step for step in steps if "run" in step)


@pytest.mark.parametrize("document", [ACTION, *WORKFLOWS.values()])
def test_expressions_look_at_what_the_workflow_says_itself(document: dict[str, Any]) -> None:
    """At inputs, env, outputs and secrets; and at `vars`, `matrix`, and two things of `github`."""
    texts = [it for text in every_text(document) for it in expressions_in(text)]
    texts += list(every_text(list(_conditions(document))))
    names = {
        name
        for text in texts
        for name in re.findall(r"[A-Za-z_][\w.-]*", re.sub(r"'[^']*'", "", text))
        if name not in STATUS
    }

    assert {name for name in names if not ALLOWED.fullmatch(name)} == set()


def _conditions(document: Any) -> Any:
    if isinstance(document, dict):
        yield document.get("if")
        for value in document.values():
            yield from _conditions(value)
    elif isinstance(document, list):
        for value in document:
            yield from _conditions(value)


@pytest.mark.parametrize("document", [ACTION, *WORKFLOWS.values()])
def test_actions_are_githubs_own_and_pinned(document: dict[str, Any]) -> None:
    jobs = document.get("jobs", {"": document.get("runs")}).values()
    uses = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]

    assert [
        it for it in uses if not re.fullmatch(r"\./\.github/actions/provisioner|actions/[a-z-]+@[0-9a-f]{40}", it)
    ] == []


def test_every_pin_says_its_version() -> None:
    for text in github_files().values():
        pinned = re.findall(r"uses: \S+@.*", text)
        assert [it for it in pinned if not re.fullmatch(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", it)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS.values())
def test_no_workflow_runs_for_others_with_our_rights(workflow: dict[Any, Any]) -> None:
    """YAML 1.1 reads `on` as a truth."""
    assert workflow["permissions"] == {}
    assert set(workflow[True]) <= {"pull_request", "push", "schedule", "workflow_dispatch"}
    assert "group" in workflow["concurrency"]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_the_rights_that_it_needs_and_an_end(job: dict[str, Any]) -> None:
    uses_identity = "AZURE_CLIENT_ID" in job.get("env", {})
    commands = {step["with"]["command"] for step in job["steps"] if "command" in step.get("with", {})}
    rights = job["permissions"]

    assert job["timeout-minutes"]
    assert rights.pop("contents") == "read"
    assert rights.pop("id-token", "none") == ("write" if uses_identity else "none")
    assert set(rights.values()) <= {"write"}
    assert set(rights) <= {"plan": {"pull-requests"}, "drift": {"issues"}}.get(commands.pop(), set())


@pytest.mark.parametrize("job", JOBS)
def test_whoever_may_write_is_signed_in_from_an_environment_alone(job: dict[str, Any]) -> None:
    may_write = "AZURE_APPLY_CLIENT_ID" in str(job.get("env"))
    applies = any(step.get("with", {}).get("command") == "apply" for step in job["steps"])

    assert may_write is applies
    assert applies is ("environment" in job)


def test_checkouts_leave_no_token_behind() -> None:
    steps = [step for it in WORKFLOWS.values() for job in it["jobs"].values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_every_input_and_output_is_on_the_page() -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")

    told = {sort: set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) for sort, table in _tables(page)}

    assert told == {"input": set(ACTION["inputs"]), "output": set(ACTION["outputs"])}


def _tables(page: str) -> list[tuple[str, str]]:
    return [(sort, page.partition(f"| {sort} | |\n")[2].partition("\n\n")[0]) for sort in ("input", "output")]
