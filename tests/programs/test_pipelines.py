"""The ready pipelines of GitHub before a linter that nobody here wrote, and the action's first step with a real pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.programs import shelf

ROOT = Path(__file__).parents[2]
READY = ROOT / "examples" / "pipelines" / "github"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def linted(folder: Path) -> str:
    """With the actions that its workflows use, which are looked for from where a repository begins."""
    files = [str(file) for file in sorted((folder / ".github" / "workflows").glob("*.yml"))]
    assert files
    words = [str(shelf.actionlint()), "-no-color", "-shellcheck=", "-pyflakes=", *files]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def in_a_repository(source: Path, place: Path) -> Path:
    (place / ".git").mkdir(parents=True)
    shutil.copytree(source / ".github", place / ".github")
    return place


@pytest.mark.parametrize("source", [pytest.param(READY, id="to be copied"), pytest.param(ROOT, id="our own")])
def test_actionlint_finds_nothing_in_the_workflows(source: Path, tmp_path: Path) -> None:
    assert linted(in_a_repository(source, tmp_path / "repository")) == ""


def test_actionlint_would_find_an_input_that_the_action_does_not_have(tmp_path: Path) -> None:
    folder = in_a_repository(READY, tmp_path / "repository")
    drift = folder / ".github" / "workflows" / "drift.yml"
    drift.write_text(drift.read_text("utf-8").replace("command: drift", "comand: drift"), "utf-8")

    assert 'input "comand" is not defined in action "provisioner"' in linted(folder)


@pytest.mark.skipif(os.name == "nt", reason="the step is tried with a POSIX shell")
def test_the_action_installs_the_package_beside_it_and_nothing_of_the_checkout(tmp_path: Path) -> None:
    """With what a hostile checkout would plant for Python and pip to find."""
    checkout, temporary, output = tmp_path / "checkout", tmp_path / "temporary", tmp_path / "output"
    checkout.mkdir()
    temporary.mkdir()
    for name in ("venv.py", "pip.py", "ensurepip.py", "sitecustomize.py", "provisioner.py"):
        (checkout / name).write_text("raise SystemExit('planted')\n", "utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    (script,) = [step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "install"]
    env = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(temporary),
        "RUNNER_OS": "Linux",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(output),
        "VERSION": "",
        "PIP_CONSTRAINT": str(ROOT / "tests" / "constraints.txt"),
    }
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, timeout=540, check=False)
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("the package index is out of reach")
    assert done.returncode == 0, done.stdout + done.stderr
    python = output.read_text("utf-8").strip().removeprefix("python=")

    told = subprocess.run(
        [python, "-I", "-m", "provisioner.cli.github", "run"],
        cwd=checkout,
        env={**env, "INPUT_COMMAND": "validate", "INPUT_FILES": str(READY / "stores.yaml")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "prod: 4 resources, no errors." in told.stderr
