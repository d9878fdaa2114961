"""The hooks, run by the real pre-commit in a repository of somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.programs import shelf

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 400


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, timeout=60)


def hooks_repository(folder: Path) -> Path:
    """This package as a repository of its own, in its present state."""
    folder.mkdir()
    shutil.copytree(ROOT / "provisioner", folder / "provisioner", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "all")
    git(folder, "tag", "v1")
    return folder


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_both_hooks_run_and_tell_what_is_wrong(tmp_path: Path) -> None:
    hooks = hooks_repository(tmp_path / "hooks")
    folder = tmp_path / "theirs"
    folder.mkdir()
    shutil.copy(ROOT / "stores.yaml", folder)
    named = {"repo": str(hooks), "rev": "v1", "hooks": [{"id": "provisioner-validate"}, {"id": "provisioner-fmt"}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [named]}), encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    command = [str(shelf.pre_commit()), "run", "--all-files", "--color", "never"]
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}

    def ran() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )

    done = ran()
    if "InstallationError" in done.stdout or "CalledProcessError" in done.stdout:
        pytest.skip("pre-commit cannot install the package here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2

    text = (folder / "stores.yaml").read_text(encoding="utf-8")
    (folder / "stores.yaml").write_text(f"{text}\n\n\npolicy: {{}}\nagent: {{}}\n", encoding="utf-8")
    git(folder, "add", "--all")
    done = ran()
    assert done.returncode == 1
    assert "unknown-key" in done.stdout
    assert "files were modified by this hook" in done.stdout
    git(folder, "add", "--all")
    assert "files were modified by this hook" not in ran().stdout
