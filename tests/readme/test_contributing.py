"""The recipes of CONTRIBUTING.md are followed on a copy of the sources, and what they promise is there."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```(python|diff)\n# (\S+)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
)
TOPICS = """\
version: 1
name: recipes
topics:
  weather: {description: Rain and shine.}
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(ROOT / "provisioner", folder / "provisioner", ignore=shutil.ignore_patterns("__pycache__"))
    for sort, name, text in BLOCKS:
        file = folder / name
        if sort == "python":
            file.write_text(text, encoding="utf-8")
        else:
            file.write_text("\n".join(patched(file.read_text(encoding="utf-8").split("\n"), text)), encoding="utf-8")
    (folder / "stores.yaml").write_text(TOPICS, encoding="utf-8")
    return folder


def patched(lines: list[str], diff: str) -> Iterator[str]:
    """With what is added before the line that follows it."""
    added: list[str] = []
    before: dict[str, list[str]] = {}
    for line in diff.splitlines():
        if line.startswith("+"):
            added.append(line[1:])
        else:
            before[line[1:]], added = added, []
    missing = before.keys() - set(lines)
    assert not missing, missing
    for line in lines:
        yield from before.pop(line, [])
        yield line


def run(sources: Path, *arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(sources)}
    command = [sys.executable, "-m", "provisioner", *arguments]
    done = subprocess.run(command, cwd=sources, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_golden_writes_whatever_a_test_can_write() -> None:
    sessions = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^GOLDEN = (\(.*?\n\))", sessions, re.MULTILINE | re.DOTALL)
    places = [ROOT / name for name in ast.literal_eval(listed)]
    writes = re.compile(r"""getoption\("--update-golden"\)|\bgolden: Golden\b""")
    tests = [it for it in (ROOT / "tests").rglob("test_*.py") if writes.search(it.read_text(encoding="utf-8"))]

    assert all(place.exists() for place in places)
    assert [it for it in tests if not any(place in (it, *it.parents) for place in places)] == []


def test_every_recipe_is_followed() -> None:
    assert {name for _, name, _ in BLOCKS} == {
        "provisioner/kinds/topic.py",
        "provisioner/kinds/__init__.py",
        "provisioner/emulator/control/topics.py",
        "provisioner/cli/commands/kinds.py",
        "provisioner/cli/main.py",
        "provisioner/cli/formats.py",
    }


def test_a_kind_a_route_a_command_and_a_format_are_added_as_the_recipes_say(sources: Path) -> None:
    assert "topics" in run(sources, "kinds").splitlines()
    assert '"topics"' in run(sources, "schema")
    assert run(sources, "plan", "--local", "--format", "count") == "1\n"
    assert "topics/weather  created" in run(sources, "apply", "--local", "--yes")
    assert run(sources, "plan", "--local", "--format", "count") == "0\n"

    (sources / "stores.yaml").write_text(TOPICS.replace("Rain and shine.", "Snow."), encoding="utf-8")
    assert "topics/weather  updated" in run(sources, "apply", "--local", "--yes")
    assert "Snow." in run(sources, "export", "--local")
    assert "topics/weather  deleted" in run(sources, "destroy", "--local", "--yes")
