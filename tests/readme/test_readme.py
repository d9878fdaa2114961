"""Everything the README shows is run here: commands against a local Foundry, manifests through the validator."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from provisioner.cli.main import COMMANDS, run
from provisioner.doctor.verdict import CHECKS as EXAMINED
from provisioner.emulator import Emulator, Options
from provisioner.manifest.schema import manifest_schema
from provisioner.preflight.settings import IDS
from tests.readme.reference import checks, reference

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
PLUGIN = "provisioner.pytest_plugin"  # by its name, as it may or may not be installed where this runs
MARKED = re.compile(r"(<!-- reference -->\n)(.*?)(<!-- /reference -->)", re.DOTALL)


DOCTOR = re.compile(r"(<!-- doctor -->\n)(.*?)(<!-- /doctor -->)", re.DOTALL)
CHECKS = re.compile(r"(<!-- checks -->\n)(.*?)(<!-- /checks -->)", re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def shell_lines() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def own_commands() -> Iterator[list[str]]:
    for line in shell_lines():
        words = shlex.split(line, comments=True)
        if "|" in words:  # what is piped in is somebody else's
            words = words[words.index("|") + 1 :]
        if words and words[0] in ("provisioner", ".venv/bin/provisioner"):
            yield words[1:]
        elif words and words[0] == "eval":
            yield shlex.split(words[1].removeprefix("$(").removesuffix(")"))[1:]


def install_lines() -> list[str]:
    return [line for line in shell_lines() if line.startswith("python3 -m venv")]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what the commands need, with the environment of a running Foundry."""
    for name in ("stores.yaml", "schemas"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with Emulator(Options()) as emulator:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        yield tmp_path


def run_fresh(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with nothing of ours in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "FOUNDRY_"))}
    done = subprocess.run(
        [sys.executable, "-m", "provisioner", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_every_command_shown_runs(workplace: Path) -> None:  # noqa: ARG001 - it is where they run
    ran = []
    for words in own_commands():
        if words[0] in (
            "emulator",
            "init",
            "compare",
            "render",
            "lock",
            "memory",
            "check",
        ):  # see below, and the journeys of these commands
            continue
        if words[0] in ("apply", "destroy") and "--yes" not in words:
            words.append("--yes")

        assert run(words) == 0, words
        ran.append(words[0])

    assert {"validate", "plan", "apply", "destroy", "export", "graph", "schema", "completion"} <= set(ran)


def test_what_is_shown_of_environments_shows_them(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (compared,) = [words for words in own_commands() if words[0] == "compare"]
    (rendered,) = [words for words in own_commands() if words[0] == "render"]
    with (workplace / "stores.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write("environments: {dev: , prod: {agents: {dev-buddy: {temperature: 0.1}}}}\n")

    assert run(compared) == 0
    assert "+ temperature:" in capsys.readouterr().out
    assert run(rendered) == 0
    assert "temperature: 0.1" in capsys.readouterr().out


def test_every_command_is_shown() -> None:
    assert {words[0] for words in own_commands()} == set(COMMANDS)


def test_the_step_shown_is_one_of_the_action() -> None:
    """The ready pipelines themselves are run by `tests/journeys/test_github_pipeline.py`."""
    (text,) = [block for block in blocks("yaml") if "uses:" in block]
    (given,) = [step["with"] for step in yaml.safe_load(text)["steps"] if "with" in step]

    assert given.keys() <= yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"].keys()


def test_a_refused_plan_is_written_for_the_comment_all_the_same(workplace: Path) -> None:
    assert run(["apply", "--yes"]) == 0
    manifest = workplace / "stores.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("name: dev-buddy\n", "name: other\n", 1))

    assert run(["plan", "--out", "plan.md"]) == 1
    assert "foreign-owner" in (workplace / "plan.md").read_text(encoding="utf-8")


def test_the_variables_shown_are_those_the_manifest_reads() -> None:
    (text,) = blocks("dotenv")

    shown = {line.split("=")[0] for line in text.splitlines()}

    assert shown == set(re.findall(r"\$\{env:(\w+)\}", (ROOT / "stores.yaml").read_text(encoding="utf-8")))


def test_ci_runs_the_same_test_command() -> None:
    (_, testing) = install_lines()

    assert testing in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_first_command_works_once_installed(tmp_path: Path) -> None:
    """The installation itself needs a package index; what follows it is run as written."""
    (trying, _) = install_lines()
    words = shlex.split(trying.rsplit("&&", 1)[1])
    shutil.copy(ROOT / "stores.yaml", tmp_path)
    done = run_fresh(tmp_path, *words[1:])

    assert "Plan: 4 to create." in done.stdout
    assert "4 created" in done.stdout
    assert "agents/dev-buddy" in done.stderr


def test_the_example_program_recalls_across_calls(tmp_path: Path) -> None:
    (words,) = [words for words in own_commands() if words[:2] == ["emulator", "run"]]
    split = words.index("--")
    for name in ("stores.yaml", "examples"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)

    run_fresh(tmp_path, "apply", "--local", "--yes")
    told = run_fresh(tmp_path, *words[: split + 1], sys.executable, *words[split + 2 :]).stdout

    assert words[split + 1] == ".venv/bin/python"
    answer = told.split("Which editor do I use?")[1]
    assert "Helix" in answer


def test_what_the_example_programs_import_is_installed_before_it_runs() -> None:
    lines = shell_lines()
    running = next(index for index, line in enumerate(lines) if "-- .venv/bin/python examples/recall.py" in line)
    extras = re.findall(
        r"^examples = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )

    assert lines[running - 1] == '.venv/bin/python -m pip install --quiet ".[examples]"'
    for program in (ROOT / "examples").glob("*.py"):
        assert "from azure.ai.projects import" in program.read_text(encoding="utf-8")
    assert "azure-ai-projects" in extras[0]


def test_the_way_from_zero_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before, and what is piped in, is Azure's; the rest runs in its order, and answers as it is shown."""
    section = TEXT.split("## From zero\n")[1].split("\n## ")[0]
    (project,) = re.findall(r"/api/projects/(\S+)", section)
    assert f"name: '{project}'" in (ROOT / "bicep" / "dev.bicepparam").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Emulator(Options()) as emulator:
        told = ""
        for sort, text in re.findall(r"^```(sh|text)\n(.*?)^```", section, re.DOTALL | re.MULTILINE):
            if sort == "text":
                assert re.fullmatch(shown_as(text, emulator), told), told
            for line in text.splitlines() if sort == "sh" else ():
                told = printed(line, emulator) or told


def printed(line: str, emulator: Emulator) -> str:
    """What one line of the way prints; nothing for those that are Azure's or the shell's."""
    if line.startswith("mkdir "):
        folder = Path(line.split()[1])
        folder.mkdir()
        os.chdir(folder)
        return ""
    words = shlex.split(line)
    if words[:2] == ["../.venv/bin/python", "../examples/recall.py"]:
        command = [sys.executable, str(ROOT / "examples" / "recall.py")]
    elif "provisioner" in words:
        own = words[words.index("provisioner") + 1 :]
        command = [sys.executable, "-m", "provisioner", *own, *(["--yes"] if own == ["apply"] else [])]
    else:
        return ""
    done = subprocess.run(
        command,
        env={**os.environ, **emulator.env, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        input=json.dumps(outputs_of(emulator)) if "init" in command else "",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def outputs_of(emulator: Emulator) -> dict[str, object]:
    names = {
        "projectEndpoint": "FOUNDRY_PROJECT_ENDPOINT",
        "accountName": "FOUNDRY_ACCOUNT",
        "subscriptionId": "AZURE_SUBSCRIPTION_ID",
        "resourceGroupName": "AZURE_RESOURCE_GROUP",
    }
    return {name: {"type": "String", "value": emulator.env[variable]} for name, variable in names.items()}


def shown_as(text: str, emulator: Emulator) -> str:
    """A pattern: `…` is any number of lines, times are any, and the project is the one that runs here."""
    here = outputs_of(emulator)
    for shown, name in (
        (r"https://\S+/api/projects/[\w-]+", "projectEndpoint"),
        (r"foundry-dev-\w+", "accountName"),
        (r"11111111-[\d-]+", "subscriptionId"),
        (r"my-group", "resourceGroupName"),
    ):
        value = here[name]
        assert isinstance(value, dict)
        text = re.sub(shown, value["value"], text)
    pattern = re.sub(r"\d+\\\.\d+s", r"[\\d.]+s", re.escape(text)).replace("…\\\n", "(?:.*\n)*?")
    return pattern.replace("\\\n\\\n", "\n(?:Management: .*\n)?\n") + "\n*"


def test_the_tool_of_the_example_is_the_one_that_new_code_uses() -> None:
    assert "- type: memory_search_preview\n" in (ROOT / "stores.yaml").read_text(encoding="utf-8")


def test_the_test_shown_passes(tmp_path: Path) -> None:
    (text,) = blocks("python")
    (tmp_path / "test_shown.py").write_text(text, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, "test_shown.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout


def test_the_faults_shown_can_be_declared(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("yaml") if block.startswith("faults:")]
    (tmp_path / "faults.yaml").write_text(text, encoding="utf-8")

    with Emulator(Options(faults=str(tmp_path / "faults.yaml"))) as emulator:
        assert emulator.env


def test_the_reference_is_what_the_schema_says(request: pytest.FixtureRequest) -> None:
    wanted = f"\n{reference(manifest_schema())}\n\n"
    if request.config.getoption("--update-golden"):
        _rewrite(MARKED, wanted)
        return

    found = MARKED.search(TEXT)

    assert found is not None
    assert found[2] == wanted


def test_the_table_of_checks_is_what_there_is(request: pytest.FixtureRequest) -> None:
    wanted = f"\n{checks(IDS)}\n\n"
    if request.config.getoption("--update-golden"):
        _rewrite(CHECKS, wanted)
        return

    found = CHECKS.search(TEXT)

    assert found is not None
    assert found[2] == wanted


def test_the_table_of_doctor_is_what_there_is(request: pytest.FixtureRequest) -> None:
    wanted = f"\n{checks(EXAMINED, 'what it says')}\n\n"
    if request.config.getoption("--update-golden"):
        _rewrite(DOCTOR, wanted)
        return

    found = DOCTOR.search(TEXT)

    assert found is not None
    assert found[2] == wanted


def _rewrite(marked: re.Pattern[str], wanted: str) -> None:
    """The file as it is now: another test may have written it, too."""
    text = README.read_text(encoding="utf-8")
    README.write_text(marked.sub(lambda found: found[1] + wanted + found[3], text), encoding="utf-8")
