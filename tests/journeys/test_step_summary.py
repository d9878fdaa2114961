"""`plan --step-summary` and `--max-size`: what is written for a page or a comment, and that it fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.cli.step_summary import MOST_BYTES, append_summary
from provisioner.model.errors import ProvisionerError
from tests.foundry import EXAMPLE, Command

MANY = "version: 1\nname: many\nagents:\n" + "".join(
    f"  many-{number}: {{model: x/y, instructions: Agent {number}.}}\n" for number in range(60)
)


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


@pytest.mark.usefixtures("foundry")
def test_the_plan_is_appended_to_what_the_step_has_written(project: Path, provisioner: Command, summary: Path) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    summary.write_text("Before.\n", encoding="utf-8")

    plan = provisioner("plan", "--step-summary", "--out", "plan.md")

    assert (plan.code, plan.err) == (0, "")
    assert plan.out.startswith("Project: ")
    told = (project / "plan.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == f"Before.\n\n{told}\n"


@pytest.mark.usefixtures("foundry")
def test_where_there_is_no_summary_it_is_said_and_the_plan_is_told_all_the_same(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    plan = provisioner("plan", "--step-summary")

    assert plan.code == 0
    assert "--step-summary wrote nothing, as $GITHUB_STEP_SUMMARY is not set" in plan.err
    assert "Plan: 4 to create." in plan.out


@pytest.mark.usefixtures("foundry")
def test_a_refused_plan_is_in_the_summary_too(project: Path, provisioner: Command, summary: Path) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    (project / "stores.yaml").write_text(EXAMPLE.replace("name: dev-buddy\n", "name: other\n", 1), encoding="utf-8")

    assert provisioner("plan", "--step-summary").code == 1
    assert "foreign-owner" in summary.read_text(encoding="utf-8")


@pytest.mark.usefixtures("foundry")
def test_markdown_is_as_long_as_wished_for_and_says_what_it_leaves_out(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(MANY, encoding="utf-8")

    whole = provisioner("plan", "--format", "markdown")
    short = provisioner("plan", "--format", "markdown", "--max-size", "4000", "--out", "short.md")

    assert whole.out.count("<code>agents/many-") == 60
    assert "left out" not in whole.out
    assert len(short.out) <= 4_000
    assert "of 60 diffs left out for length" in short.out
    assert (project / "short.md").read_text(encoding="utf-8") == short.out
    assert provisioner("plan", "--max-size", "10").code == 1


@pytest.mark.parametrize("letter", ["a", "é", "🌷"])
def test_a_summary_never_exceeds_what_a_step_may_write(letter: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * 1_000_000)

    append_summary(lambda size: letter * size, {"GITHUB_STEP_SUMMARY": str(file)})

    assert MOST_BYTES - 8 <= file.stat().st_size <= MOST_BYTES


def test_a_full_summary_is_left_alone_and_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * (MOST_BYTES - 100))

    append_summary(lambda size: "a" * size, {"GITHUB_STEP_SUMMARY": str(file)})

    assert file.stat().st_size == MOST_BYTES - 100
    assert "the summary of this step is full" in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(ProvisionerError, match="cannot be written"):
        append_summary(lambda _: "a", {"GITHUB_STEP_SUMMARY": str(tmp_path)})
