"""What is written for vendors is what their schemas say it is. actionlint is asked in tests/programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READY = ROOT / "examples" / "pipelines"
GITHUB = READY / "github" / ".github"
AZURE = ("--data-transform", "azure-pipelines", "--regex-variant", "nonunicode")


@pytest.mark.parametrize(
    ("schema", "files", "flags"),
    [
        pytest.param("github-workflows", sorted((GITHUB / "workflows").glob("*.yml")), (), id="workflows"),
        pytest.param("github-actions", [ROOT / "action.yml"], (), id="the action"),
        pytest.param(
            "azure-pipelines", sorted((READY / "azure-pipelines").rglob("*.yml")), AZURE, id="azure pipelines"
        ),
        pytest.param(
            "gitlab-ci", [READY / "gitlab" / ".gitlab-ci.yml"], ("--data-transform", "gitlab-ci"), id="gitlab"
        ),
    ],
)
def test_every_file_is_as_its_vendor_describes_it(schema: str, files: list[Path], flags: tuple[str, ...]) -> None:
    words = ["-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *flags, *map(str, files)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=120, check=False)

    assert files
    assert done.returncode == 0, done.stdout + done.stderr
