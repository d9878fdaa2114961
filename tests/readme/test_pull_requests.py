"""The steps of docs/pull-requests.md do what the page says, with a `gh` that remembers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.cli.main import run
from provisioner.emulator import Emulator, Options

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
STEPS: list[dict[str, Any]] = yaml.safe_load(re.findall(r"(?s)```yaml\n(.*?)```", TEXT)[0])["steps"]
GH = """#!{python}
import json, pathlib, sys
kept = pathlib.Path({kept!r})
comments = json.loads(kept.read_text())
if "PATCH" in sys.argv:
    number = int(next(word for word in sys.argv if "comments/" in word).rpartition("/")[2])
    body = pathlib.Path(sys.argv[-1].removeprefix("body=@")).read_text()
    next(each for each in comments if each["id"] == number)["body"] = body
elif sys.argv[1] == "api":
    print(json.dumps(comments[:1]) + json.dumps(comments[1:]))
else:
    body = pathlib.Path(sys.argv[-1]).read_text()
    comments.append({{"id": len(comments) + 1, "user": {{"login": "github-actions[bot]"}}, "body": body}})
kept.write_text(json.dumps(comments))
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copy(ROOT / "stores.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    with Emulator(Options()) as emulator:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        yield tmp_path


def commands() -> list[list[str]]:
    lines = [step["run"].partition(">")[0].split() for step in STEPS if step.get("run", "").startswith("provisioner ")]
    return [words[1:] for words in lines]


def test_its_commands_write_what_its_other_steps_take(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    validate, plan = commands()

    assert run(validate) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert run(plan) == 0
    marker = (workplace / "plan.md").read_text(encoding="utf-8").partition("\n")[0]
    assert marker in (workplace / "summary.md").read_text(encoding="utf-8")
    assert marker.startswith("<!-- provisioner plan: dev-buddy in https://")
    assert (workplace / "plan.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("bash"), reason="bash and jq are needed")
def test_one_comment_is_kept_for_each_project_and_none_of_others_is_touched(tmp_path: Path) -> None:
    (script,) = [step["run"] for step in STEPS if "marker" in step.get("run", "")]
    kept, gh = tmp_path / "comments.json", tmp_path / "gh"
    gh.write_text(GH.format(python=sys.executable, kept=str(kept)), encoding="utf-8")
    gh.chmod(0o755)
    marker = "<!-- provisioner plan: dev-buddy in local -->"
    planted = {"id": 1, "user": {"login": "mallory"}, "body": f"{marker}\nNothing to see."}
    kept.write_text(json.dumps([planted]), encoding="utf-8")
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "o/r", "NUMBER": "7"}

    for first, rest in ((marker, "one"), (marker, "two"), (marker.replace("local", "prod"), "three"), (marker, "four")):
        (tmp_path / "plan.md").write_text(f"{first}\n{rest}\n", encoding="utf-8")
        subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=tmp_path, env=env, check=True)

    comments = json.loads(kept.read_text(encoding="utf-8"))
    assert comments[0] == planted
    assert [each["body"].split()[-1] for each in comments[1:]] == ["four", "three"]
