"""Hostile pull requests against the action and the ready workflows of GitHub."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioner.cli.github.annotations import annotate, set_outputs
from provisioner.cli.github.inputs import read_inputs
from provisioner.cli.starter import github_files
from provisioner.model.errors import ProvisionerError
from tests.foundry import EXAMPLE, Foundry
from tests.pipelines.gh import BOT
from tests.pipelines.runner import Event, GitHub, assignments
from tests.pipelines.steps import Runner, runner

__all__ = ["runner"]

READY = Path(__file__).parents[2] / "examples" / "pipelines" / "github"
PULL_REQUEST = Event(name="pull_request", number=7, branch="change")
# What a shell, GitHub's runner or a heredoc would take for more than a text.
HOSTILE = (
    "$(touch pwned)`touch pwned`\"; touch pwned; \"'; touch pwned; '\n"
    "::set-output name=digest::sha256:0\n::add-path::.\n::error::no\n##[group]x\n##vso[task.setvariable variable=x]y\n"
    "EOF\n}}${{ github.token }}\ndigest=sha256:0\ndigest<<EOF\nsha256:0\nEOF\n"
)
ONE_LINE = HOSTILE.replace("\n", " ")
STEP = {"command": "plan", "args": "--local"}


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    main = tmp_path / "main"
    shutil.copytree(READY, main)
    return GitHub(tmp_path, main)


def pwned(folder: Path) -> list[Path]:
    return list(folder.rglob("pwned"))


def commands_in(log: str) -> Iterator[str]:
    """What GitHub's runner would obey: at the start of a line, behind blanks, too; `##[` anywhere."""
    for line in log.splitlines():
        if re.match(r"\s*::[a-z-]+( |::)", line) or "##[" in line:
            yield line


@pytest.mark.parametrize("name", ["command", "environment", "files", "args", "plan-file", "version", "comment"])
def test_no_input_is_part_of_a_script(github: GitHub, tmp_path: Path, name: str) -> None:
    github.variables["HOSTILE"] = HOSTILE
    given = {**STEP, "environment": "dev", name: "${{ vars.HOSTILE }}"}
    job = {"permissions": {"contents": "read"}, "outputs": {"digest": "${{ steps.it.outputs.digest }}"}}
    steps = [
        {"uses": f"actions/checkout@{'0' * 40}", "with": {"persist-credentials": False}},
        {"id": "it", "uses": "./.github/actions/provisioner", "with": given},
    ]
    workflow = {True: "push", "jobs": {"it": {**job, "steps": steps}}}
    (github.main / ".github" / "workflows" / "hostile.yml").write_text(yaml.safe_dump(workflow), "utf-8")

    run = github.run("hostile.yml", Event(name="push"))

    assert pwned(tmp_path) == []
    assert run.jobs["it"].outputs["digest"] != "sha256:0"
    assert [line for line in commands_in(run.log) if not line.startswith("::error title=provisioner::")] == []
    assert run.jobs["it"].result == ("success" if name == "comment" else "failure")


def test_a_pull_request_of_a_fork_gets_nothing_and_steers_nothing(github: GitHub, tmp_path: Path) -> None:
    """With hostile texts wherever it may write some, and settings and variables there to be had."""
    github.variables |= {"AZURE_TENANT_ID": "tenant", "AZURE_PLAN_CLIENT_ID": "client"}
    fork = tmp_path / "fork"
    shutil.copytree(READY, fork)
    manifest = yaml.safe_load((fork / "stores.yaml").read_text("utf-8"))
    manifest["agents"]["dev-buddy"]["description"] = HOSTILE
    manifest["agents"]["dev-buddy"]["tools"].append(
        {"type": "function", "name": "f", "description": HOSTILE, "parameters": {"type": "object", "title": ONE_LINE}}
    )
    (fork / "stores.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
    (fork / "prompts" / "dev-buddy.md").write_text(HOSTILE, "utf-8")
    for name in ("venv.py", "pip.py", "click.py", "json.py", "sitecustomize.py", "provisioner.py"):
        (fork / name).write_text("import pathlib\npathlib.Path('pwned').touch()\n", "utf-8")

    event = Event(name="pull_request", number=7, title=HOSTILE, branch=ONE_LINE, fork="mallory/app")
    run = github.run("pull-request.yml", event, checkout=fork)

    assert run.results == {"validate": "success", "plan": "skipped", "plan-locally": "success"}, run.log
    assert pwned(tmp_path) == []
    assert list(commands_in(run.log)) == []
    assert run.subjects == []
    assert github.state["calls"] == []
    assert set(run.artefacts) == {"provisioner-plan-dev", "provisioner-plan-prod"}
    for environment in ("dev", "prod"):
        plan = json.loads((run.artefacts[f"provisioner-plan-{environment}"] / "plan.json").read_text("utf-8"))
        assert plan["digest"] in run.jobs["plan-locally"].summary


@pytest.mark.parametrize(
    "event",
    [
        "pull_request_target",
        "workflow_run",
        "issue_comment",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
    ],
)
def test_nothing_that_a_fork_made_is_applied(
    foundry: Foundry,
    project: Path,
    runner: Runner,
    event: str,
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, "utf-8")
    plan = runner.run("plan").outputs["plan-file"]
    foundry.forget_requests()

    with pytest.raises(ProvisionerError, match="Nothing is applied in a run that"):
        runner.run("apply", Event(name=event, number=7, fork="mallory/app"), plan_file=plan)

    assert foundry.requests() == []


def test_only_plans_of_the_same_run_are_downloaded() -> None:
    workflows = [
        yaml.safe_load(text) for name, text in github_files().items() if "/workflows/" in name and "yml" in name
    ]
    steps = [step for it in workflows for job in it["jobs"].values() for step in job["steps"]]
    downloads = [step for step in steps if "download-artifact" in step.get("uses", "")]

    assert downloads
    assert all(step["with"].keys() == {"name", "path"} for step in downloads)  # no run-id, no other repository


def test_a_comment_of_somebody_else_is_never_taken_for_ours(runner: Runner) -> None:
    marker = "<!-- provisioner plan: dev%20stores.yaml -->"
    planted = {"number": 1, "id": 1, "on": 7, "author": "mallory", "body": f"{marker}\nNothing to see."}
    inside = {"number": 2, "id": 2, "on": 7, "author": BOT, "body": f"<!-- another bot -->\n{marker}\nIts own."}
    runner.change(comments=[planted, inside])
    runner.report("## Plan\n", "dev")

    runner.comment("plan", PULL_REQUEST, environment="dev")

    assert runner.state["comments"][:2] == [planted, inside]
    assert runner.state["writes"] == [["POST", "repos/me/app/issues/7/comments"]]


def test_an_issue_of_somebody_else_is_never_taken_for_ours(runner: Runner) -> None:
    body = "<!-- provisioner drift: prod%20stores.yaml -->\nClose me."
    planted = {"number": 1, "state": "open", "title": "Drift in prod", "author": "mallory", "body": body}
    runner.change(issues=[planted])
    runner.report("## Drift\n", "prod")

    runner.comment("drift", Event(name="schedule"), environment="prod", drifted="false")

    assert runner.state["issues"] == [planted]
    assert runner.state["writes"] == []


def test_no_text_in_a_plan_passes_for_another_environments_comment(runner: Runner) -> None:
    prod = "<!-- provisioner plan: prod%20stores.yaml -->"
    runner.report(f"{prod}\n## Plan\n", "dev")
    runner.comment("plan", PULL_REQUEST, environment="dev")
    runner.report("## Plan of prod\n", "prod")
    runner.comment("plan", PULL_REQUEST, environment="prod")

    dev, other = (it["body"] for it in runner.state["comments"])
    assert dev.startswith("<!-- provisioner plan: dev%20stores.yaml -->\n")
    assert other.startswith(f"{prod}\n## Plan of prod")


def test_no_digest_in_a_comment_is_believed(foundry: Foundry, project: Path, runner: Runner) -> None:  # noqa: ARG001
    """Not even in our own, which a maintainer may edit: it is written over, and what is told is what was planned."""
    (project / "stores.yaml").write_text(EXAMPLE, "utf-8")
    false = f"sha256:{'0' * 64}"
    ours = {"number": 1, "id": 1, "on": 7, "author": BOT, "body": f"<!-- provisioner plan: stores.yaml -->\n{false}"}
    runner.change(comments=[ours])

    planned = runner.run("plan", PULL_REQUEST)
    runner.comment("plan", PULL_REQUEST)

    assert planned.outputs["digest"] != false
    (comment,) = runner.state["comments"]
    assert false not in comment["body"]
    assert planned.outputs["digest"] in comment["body"]


@given(st.text(), st.text())
def test_no_value_sets_another_output(tmp_path_factory: pytest.TempPathFactory, value: str, other: str) -> None:
    file = tmp_path_factory.mktemp("outputs") / "outputs"
    hostile = {"digest": f"{HOSTILE}{value}", "has-changes": other}
    set_outputs(hostile, {"GITHUB_OUTPUT": str(file)})

    names = [name for name, _ in assignments(file.read_text("utf-8"))]
    assert names == ["digest", "has-changes"]


@given(st.text(min_size=1, max_size=400), st.text(max_size=400))
def test_what_is_written_stays_in_the_runners_own_folder(environment: str, files: str) -> None:
    environ = {"RUNNER_TEMP": "/runner", "INPUT_COMMAND": "plan"}

    folder = read_inputs({**environ, "INPUT_ENVIRONMENT": environment, "INPUT_FILES": files}).folder

    assert folder.parent == Path("/runner/provisioner")
    assert folder.name not in ("", ".", "..")
    assert len(folder.name) <= 100


@pytest.mark.parametrize("text", [HOSTILE, "a\r::stop-commands::x\n"])
def test_no_annotation_holds_another_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    annotate("warning", text)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::warning title=provisioner::")


def test_githubs_token_is_no_part_of_what_runs_the_command() -> None:
    """Only the step that writes the comment has it."""
    steps = yaml.safe_load(github_files()[".github/actions/provisioner/action.yml"])["runs"]["steps"]

    with_token = [step["run"] for step in steps if "github.token" in str(step.get("env"))]
    assert len(with_token) == 1
    assert "provisioner.cli.github comment" in with_token[0]


def test_python_imports_nothing_of_the_checkout() -> None:
    """`-I` leaves the current folder and Python's own variables out of the search for modules."""
    steps = yaml.safe_load(github_files()[".github/actions/provisioner/action.yml"])["runs"]["steps"]
    calls = [
        call
        for step in steps
        for call in re.findall(r'"\$(?:PYTHON|found|home/\$bin/python)" \S+', step.get("run", ""))
    ]

    assert len(calls) == 4
    assert {call.rpartition(" ")[2] for call in calls} == {"-I"}
