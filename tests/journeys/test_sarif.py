"""`validate --format sarif`, as code scanning reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foundry import Command

MISTAKEN = "version: 1\nname: demo\nagents:\n  a: {model: x/y, instructions: 🌷🌷, modle: x/y}\n"
SOUND = "version: 1\nname: demo\nagents:\n  a: {model: x/y, instructions: Help.}\n"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def place(result: dict[str, Any]) -> tuple[str, int, int]:
    physical = result["locations"][0]["physicalLocation"]
    region = physical["region"]
    return physical["artifactLocation"]["uri"], region["startLine"], region["startColumn"]


def results(provisioner: Command, *arguments: str, code: int) -> list[dict[str, Any]]:
    told = provisioner("validate", "--local", "--format", "sarif", *arguments)
    assert (told.code, told.err) == (code, "")
    (run,) = told.document["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def test_a_mistake_is_told_at_its_place_in_the_checkout(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".git").mkdir()
    (project / "infra").mkdir()
    (project / "infra" / "stores.yaml").write_text(MISTAKEN, encoding="utf-8")
    monkeypatch.chdir(project / "infra")
    before = MISTAKEN.splitlines()[3].index("modle")

    (result,) = results(provisioner, code=1)

    assert (result["ruleId"], result["level"]) == ("unknown-key", "error")
    assert place(result) == ("infra/stores.yaml", 4, before + 1)


def test_github_says_where_its_checkout_begins(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sub" / "infra").mkdir(parents=True)
    (project / "sub" / "infra" / "stores.yaml").write_text(MISTAKEN, encoding="utf-8")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project / "sub"))
    monkeypatch.chdir(project / "sub" / "infra")

    assert place(results(provisioner, code=1)[0])[0] == "infra/stores.yaml"


def test_nothing_wrong_is_no_result(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(SOUND, encoding="utf-8")

    assert results(provisioner, code=0) == []


def test_warnings_alone_do_not_fail(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(SOUND.replace("x/y", "'x/${env:FOUNDRY_MODEL}'"), encoding="utf-8")

    assert {result["level"] for result in results(provisioner, code=0)} == {"warning"}


def test_a_manifest_that_is_not_there_is_a_result_with_a_place(project: Path, provisioner: Command) -> None:
    (project / "empty").mkdir()

    assert [result["ruleId"] for result in results(provisioner, "-f", "none.yaml", code=1)] == ["file-missing"]
    assert all(result["locations"] for result in results(provisioner, "-f", "empty", code=1))
