"""The steps of the action: what a workflow, the page of a run, a pull request and an issue learn from them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli.github.__main__ import step
from provisioner.cli.github.annotations import set_outputs
from provisioner.cli.github.commenting import MOST
from provisioner.cli.github.signing_in import FILE, signed_in
from provisioner.model.errors import ProvisionerError
from tests.foundry import EXAMPLE, Command, Foundry
from tests.pipelines.gh import BOT
from tests.pipelines.runner import Event
from tests.pipelines.steps import Runner
from tests.pipelines.tokens import giving_tokens

PULL_REQUEST = Event(name="pull_request", number=7, branch="change")
AZURE = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"}


@pytest.fixture
def manifest(foundry: Foundry, project: Path) -> Path:  # noqa: ARG001 - the environment points at it
    path = project / "stores.yaml"
    path.write_text(EXAMPLE, "utf-8")
    return path


def test_a_plan_says_what_a_workflow_decides_by(manifest: Path, runner: Runner) -> None:  # noqa: ARG001
    told = runner.run("plan", environment="")
    plan = json.loads(Path(told.outputs["plan-file"]).read_text("utf-8"))

    assert told.code == 0
    assert (told.outputs["has-changes"], told.outputs["refused"]) == ("true", "false")
    assert told.outputs["digest"] == plan["digest"]
    assert told.outputs["artifact"] == "provisioner-plan"
    assert told.summary.lstrip().startswith("<!-- provisioner plan: dev-buddy in https://")
    kept = {path.name for path in Path(told.outputs["folder"]).iterdir()}
    assert kept == {"plan.json", "plan.md", "plan.html", "report.md"}


def test_a_plan_is_also_written_where_it_is_asked_for(manifest: Path, runner: Runner) -> None:
    told = runner.run("plan", plan_file="mine.json")

    assert told.outputs["plan-file"] == "mine.json"
    assert json.loads((manifest.parent / "mine.json").read_text("utf-8"))["digest"] == told.outputs["digest"]


def test_two_manifests_of_one_job_keep_a_plan_each(manifest: Path, runner: Runner) -> None:
    """However alike they are called."""
    (manifest.parent / "a").mkdir()
    for name in ("more.yaml", "a/b.yaml", "a-b.yaml", "a b.yaml"):
        (manifest.parent / name).write_text("version: 1\nagents:\n  other: {external: true}\n", "utf-8")
    files = ["", "more.yaml", "a/b.yaml", "a-b.yaml", "a b.yaml"]

    told = [runner.run("plan", files=f"stores.yaml\n{more}\n" if more else "").outputs for more in files]

    assert len({it["artifact"] for it in told}) == len({it["folder"] for it in told}) == len(files)
    assert told[0]["artifact"] == "provisioner-plan"


def test_a_refused_plan_fails_the_step_and_is_told(
    manifest: Path,  # noqa: ARG001
    runner: Runner,
    foundry: Foundry,
) -> None:
    foundry.quota("OpenAI.GlobalStandard.gpt-5.4-mini", 10)

    told = runner.run("plan")

    assert told.code == 1
    assert told.outputs["refused"] == "true"
    assert "insufficient-quota" in (Path(told.outputs["folder"]) / "report.md").read_text("utf-8")
    assert "insufficient-quota" in told.summary


def test_why_there_is_no_plan_is_told_instead_of_the_one_of_before(manifest: Path, runner: Runner) -> None:
    folder = Path(runner.run("plan").outputs["folder"])
    manifest.write_text(EXAMPLE.replace("chat_model:", "chatmodel:"), "utf-8")

    told = runner.run("plan")

    assert told.code == 1
    assert told.outputs == {}
    assert not (folder / "plan.json").exists()
    report = (folder / "report.md").read_text("utf-8")
    assert report.startswith("## No plan\n")
    assert "stores.yaml:" in report
    assert "chat_model" in report
    assert report in told.summary


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_run_that_is_cancelled_writes_no_comment_and_opens_no_issue(
    manifest: Path,  # noqa: ARG001
    runner: Runner,
    foundry: Foundry,
    command: str,
) -> None:
    foundry.fault({"method": "GET", "path": "*/agents*"}, {"delay_s": 30})
    event = PULL_REQUEST if command == "plan" else Event(name="schedule")
    told = runner.run_interrupted(lambda: foundry.requests("GET"), command, event)

    assert told.code == 130
    assert told.outputs == {}
    assert runner.comment(command, event) == 0
    assert runner.state["writes"] == []


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_log_on_stderr_is_no_part_of_a_comment(
    manifest: Path,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    style: str,
) -> None:
    manifest.write_text(EXAMPLE.replace("chat_model:", "chatmodel:"), "utf-8")
    monkeypatch.setenv("PROVISIONER_LOG_FORMAT", style)
    monkeypatch.setenv("PROVISIONER_LOG_LEVEL", "debug")

    told = runner.run("plan")

    assert "It ended with exit code 1" in capsys.readouterr().err
    assert "chatmodel" in told.summary
    assert "It ended with exit code" not in told.summary


def test_findings_are_at_their_lines_and_on_the_page_of_the_run(
    manifest: Path, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest.write_text(EXAMPLE.replace("chat_model:", "chatmodel:"), "utf-8")

    told = runner.run("validate")

    assert told.code == 1
    assert "::error file=stores.yaml,line=" in capsys.readouterr().out
    assert "stores.yaml:" in told.summary
    assert "::" not in told.summary


def test_a_valid_manifest_needs_no_summary(manifest: Path, runner: Runner) -> None:  # noqa: ARG001
    assert (runner.run("validate").code, runner.run("validate").summary) == (0, "")


def test_what_was_planned_is_applied_by_its_file_or_by_its_digest(manifest: Path, runner: Runner) -> None:
    planned = runner.run("plan")
    applied = runner.run("apply", plan_file=planned.outputs["plan-file"])
    manifest.write_text(EXAMPLE.replace("capacity: 50  ", "capacity: 60  "), "utf-8")
    digest = runner.run("plan").outputs["digest"]
    refused = runner.run("apply", args=f"--expect-digest sha256:{'0' * 64}")
    expected = runner.run("apply", args=f"--expect-digest {digest}")

    assert (applied.code, refused.code, expected.code) == (0, 1, 0)
    assert "Done: 4 created" in applied.summary
    assert "This is not the plan that was expected" in refused.summary
    assert "Done: 1 updated" in expected.summary
    assert runner.run("plan").outputs["has-changes"] == "false"


def test_drift_is_told_and_fails_nothing(
    manifest: Path,  # noqa: ARG001
    runner: Runner,
    foundry: Foundry,
    provisioner: Command,
) -> None:
    assert provisioner("apply", "--yes").code == 0

    none = runner.run("drift")
    foundry.drift("store", "dev-prefs-memory", description="What they like.")
    some = runner.run("drift")

    assert (none.code, none.outputs["has-changes"]) == (0, "false")
    assert (some.code, some.outputs["has-changes"]) == (0, "true")
    assert "stores/dev-prefs-memory was changed" in some.summary


def test_drift_that_cannot_be_known_fails(manifest: Path, runner: Runner) -> None:
    manifest.unlink()

    told = runner.run("drift")

    assert told.code == 1
    assert told.outputs == {}
    assert "## Drift is not known" in told.summary


def test_a_job_that_may_not_sign_in_is_told_so(
    manifest: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest.unlink()  # whatever it fails for
    for name, value in AZURE.items():
        monkeypatch.setenv(name, value)

    assert runner.run("plan").code == 1
    assert "`permissions: id-token: write`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"INPUT_COMMAND": "destroy"}, '`command` is "destroy"', id="another command"),
        pytest.param({"INPUT_COMMAND": "plan"}, "RUNNER_TEMP is not set", id="no runner"),
        pytest.param(
            {"INPUT_COMMAND": "plan", "INPUT_ARGS": "--target 'a"}, "a quote is not closed", id="half a quote"
        ),
    ],
)
def test_inputs_that_make_no_sense_are_told(environ: dict[str, str], words: str, tmp_path: Path) -> None:
    from provisioner.cli.github.inputs import read_inputs  # noqa: PLC0415

    temporary = {} if "RUNNER_TEMP" in words else {"RUNNER_TEMP": str(tmp_path)}
    with pytest.raises(ProvisionerError, match=words.split("(", maxsplit=1)[0].replace('"', ".")):
        read_inputs({**environ, **temporary})


@pytest.mark.parametrize("words", [[], ["applied"], ["run", "run"]])
def test_a_step_that_there_is_not_is_told(words: list[str]) -> None:
    with pytest.raises(ProvisionerError, match="There is no such step"):
        step(words)


def test_outside_of_a_workflow_there_is_nobody_to_tell() -> None:
    set_outputs({"digest": "x"}, {})


def test_outputs_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProvisionerError, match="cannot be written"):
        set_outputs({"digest": "x"}, {"GITHUB_OUTPUT": str(tmp_path)})


class TestComment:
    def test_one_is_kept_for_each_environment(self, runner: Runner) -> None:
        for environment, text in (("dev", "one"), ("prod", "two"), ("dev", "three"), ("dev", "three")):
            runner.report(f"## Plan\n\n{text}\n", environment)
            assert runner.comment("plan", PULL_REQUEST, environment=environment) == 0

        comments = runner.state["comments"]
        assert [it["body"].split("\n", 4)[:4] for it in comments] == [
            ["<!-- provisioner plan: dev%20stores.yaml -->", "## Plan", "", "three"],
            ["<!-- provisioner plan: prod%20stores.yaml -->", "## Plan", "", "two"],
        ]
        assert all(it["body"].endswith(f"Commit: {PULL_REQUEST.commit}\n") for it in comments)
        assert [method for method, _ in runner.state["writes"]] == ["POST", "POST", "PATCH"]

    def test_it_is_found_behind_hundreds_of_others(self, runner: Runner) -> None:
        others = [{"number": n, "id": n, "on": 7, "author": "others", "body": "LGTM"} for n in range(250)]
        ours = {"number": 300, "id": 300, "on": 7, "author": BOT, "body": "<!-- provisioner plan: stores.yaml -->\nold"}
        runner.change(comments=[*others, ours])
        runner.report("new")

        runner.comment("plan", PULL_REQUEST)

        assert runner.state["writes"] == [["PATCH", "repos/me/app/issues/comments/300"]]

    def test_a_token_that_may_not_write_is_told_and_fails_nothing(
        self, runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        runner.may(pull_requests="read", monkeypatch=monkeypatch)
        runner.report("new")

        assert runner.comment("plan", PULL_REQUEST) == 0
        assert "`permissions: pull-requests: write`" in capsys.readouterr().out
        assert runner.state["comments"] == []

    def test_what_is_too_long_is_said_to_be(self, runner: Runner) -> None:
        runner.report("x" * MOST)

        runner.comment("plan", PULL_REQUEST)

        (comment,) = runner.state["comments"]
        assert "too long for a comment" in comment["body"]
        assert len(comment["body"]) < 1_000

    @pytest.mark.parametrize("command", ["validate", "apply", "drift"])
    def test_other_commands_say_nothing_on_a_pull_request(self, runner: Runner, command: str) -> None:
        runner.report("new")

        assert runner.comment(command, PULL_REQUEST) == 0
        assert runner.state["calls"] == []

    def test_a_plan_of_a_push_has_nobody_to_tell(self, runner: Runner) -> None:
        runner.report("new")

        assert runner.comment("plan", Event(name="push")) == 0
        assert runner.state["calls"] == []

    def test_without_gh_it_says_what_to_do(self, runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(runner.temporary))
        runner.report("new")

        with pytest.raises(ProvisionerError, match="gh is not installed"):
            runner.comment("plan", PULL_REQUEST)


class TestIssue:
    SCHEDULE = Event(name="schedule")

    def test_one_is_opened_kept_and_closed(self, runner: Runner) -> None:
        for text, drifted in (("one", "true"), ("two", "true"), ("two", "true"), ("none", "false"), ("none", "false")):
            runner.report(text, "prod")
            assert runner.comment("drift", self.SCHEDULE, environment="prod", drifted=drifted) == 0

        (issue,) = runner.state["issues"]
        assert issue["title"] == "Drift in prod"
        assert issue["body"] == "<!-- provisioner drift: prod%20stores.yaml -->\nnone\n"
        assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
        assert [method for method, _ in runner.state["writes"]] == ["POST", "PATCH", "PATCH"]

    def test_what_is_not_known_is_not_taken_for_none(self, runner: Runner) -> None:
        runner.report("## Drift is not known")

        runner.comment("drift", self.SCHEDULE)

        (issue,) = runner.state["issues"]
        assert issue["state"] == "open"


class TestSignIn:
    def test_githubs_token_is_there_for_as_long_as_it_is_needed(self, tmp_path: Path) -> None:
        with giving_tokens() as github:
            environ = {**AZURE, **github.environ}
            with signed_in(tmp_path, environ):
                file = Path(environ[FILE])
                assert file.read_text("utf-8") == "token 1"
                assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
            assert not file.exists()
            assert FILE not in environ
            assert github.asked == [
                ("/token", {"for": ["job"], "audience": ["api://AzureADTokenExchange"]}, "Bearer me")
            ]

    def test_a_long_run_gets_new_ones(self, tmp_path: Path) -> None:
        with giving_tokens() as github:
            environ = {**AZURE, **github.environ}
            with signed_in(tmp_path, environ, life_s=0.01):
                github.wait_for(3)
                assert Path(environ[FILE]).read_text("utf-8") != "token 1"

    @pytest.mark.parametrize(
        "environ",
        [
            pytest.param({"AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": ""}, id="no identity"),
            pytest.param({"ACTIONS_ID_TOKEN_REQUEST_URL": ""}, id="no right to ask"),
            pytest.param({FILE: "/somewhere"}, id="a token of somebody else's"),
            pytest.param({"AZURE_CLIENT_SECRET": "secret"}, id="a secret"),
        ],
    )
    def test_who_signs_in_otherwise_is_left_alone(self, tmp_path: Path, environ: dict[str, str]) -> None:
        given = {**AZURE, "ACTIONS_ID_TOKEN_REQUEST_URL": "x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x", **environ}
        with signed_in(tmp_path, given):
            assert list(tmp_path.iterdir()) == []
            assert given.get(FILE) == environ.get(FILE)

    @pytest.mark.parametrize("answer", [(403, b"{}"), (200, b"nothing"), (200, b'{"value": 1}')])
    def test_a_token_that_is_refused_is_told(self, tmp_path: Path, answer: tuple[int, bytes]) -> None:
        with (
            giving_tokens(answer) as github,
            pytest.raises(ProvisionerError, match="GitHub gave no token"),
            signed_in(tmp_path, {**AZURE, **github.environ}),
        ):
            pass

    def test_the_way_there_must_be_one(self, tmp_path: Path) -> None:
        environ: dict[str, Any] = {
            **AZURE,
            "ACTIONS_ID_TOKEN_REQUEST_URL": "nowhere",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
        }
        with pytest.raises(ProvisionerError, match="GitHub gave no token"), signed_in(tmp_path, environ):
            pass
