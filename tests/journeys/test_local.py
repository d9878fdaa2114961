"""Fresh processes: the embedded Foundry, the foreground one, and interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from provisioner.cli.session import LOCAL_STATE, Request
from tests.foundry import EXAMPLE

ROOT = Path(__file__).parents[2]
PROVISIONER = [sys.executable, "-m", "provisioner"]


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "FOUNDRY_"))}
    return subprocess.run(
        [*PROVISIONER, *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_local_needs_no_settings_and_remembers(tmp_path: Path) -> None:
    (tmp_path / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    first = run("apply", "--local", "--yes", cwd=tmp_path)
    second = run("plan", "--local", "--detailed-exitcode", cwd=tmp_path)
    fresh = run("plan", "--local", "--state", ":memory:", "--detailed-exitcode", cwd=tmp_path)

    assert first.returncode == 0, first.stderr
    assert "4 created" in first.stdout
    assert second.returncode == 0, second.stderr
    assert "No changes." in second.stdout
    assert fresh.returncode == 2
    assert (tmp_path / ".provisioner" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_two_local_applies_at_once_end_with_one_of_everything(tmp_path: Path) -> None:
    (tmp_path / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    command = [*PROVISIONER, "apply", "--local", "--yes"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [" ".join(process.communicate(timeout=120)[0].split()) for process in both]

    for process, output in zip(both, outputs, strict=True):
        assert process.returncode in (0, 1), outputs
        if process.returncode == 1:  # it met the other, and is told so
            assert "at the same time" in output or "since the plan was made" in output, outputs
    if all(process.returncode == 1 for process in both):  # each met the other: what is left is for the next run
        assert run("apply", "--local", "--yes", cwd=tmp_path).returncode == 0
    assert run("plan", "--local", "--detailed-exitcode", cwd=tmp_path).returncode == 0


def test_the_foreground_emulator_says_how_to_reach_it_and_its_environment_is_enough(tmp_path: Path) -> None:
    (tmp_path / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    ready_file = tmp_path / "ready.json"
    emulator = subprocess.Popen(
        [*PROVISIONER, "emulator", "--ready-file", str(ready_file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert emulator.stdout is not None
        ready = json.loads(emulator.stdout.readline())
        assert json.loads(ready_file.read_text(encoding="utf-8")) == ready
        assert set(ready) == {"management", "project", "ca_file", "env", "notes"}

        applied = run("apply", "--yes", cwd=tmp_path, env=ready["env"])
        planned = run("plan", "--detailed-exitcode", cwd=tmp_path, env=ready["env"])
    finally:
        emulator.terminate()
        emulator.communicate(timeout=30)

    assert applied.returncode == 0, applied.stderr
    assert planned.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one child")
def test_an_interrupt_lets_the_running_change_end_and_skips_the_rest(tmp_path: Path) -> None:
    (tmp_path / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    emulator = subprocess.Popen(
        [*PROVISIONER, "emulator", "--write-seconds", "2"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert emulator.stdout is not None
        ready = json.loads(emulator.stdout.readline())
        apply = subprocess.Popen(
            [*PROVISIONER, "apply", "--yes", "--format", "json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **ready["env"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert apply.stdout is not None
        for line in apply.stdout:
            if json.loads(line)["event"] == "change_started":
                break
        apply.send_signal(signal.SIGINT)
        events = [json.loads(line) for line in apply.communicate(timeout=60)[0].splitlines()]
    finally:
        emulator.terminate()
        emulator.communicate(timeout=30)

    assert apply.returncode == 130
    finished = events[-1]
    assert finished["event"] == "apply_finished"
    assert finished["interrupted"] is True
    assert finished["summary"]["done"] == 1
    assert finished["summary"]["skipped"] == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["pipe", "/dev/fd", "/dev/stdin"])
def test_a_manifest_from_a_pipe_keeps_its_state_and_finds_its_files_here(tmp_path: Path, name: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "prompt.md").write_text("Be kind.", encoding="utf-8")
    text = EXAMPLE + "  piped: {model: gpt-5.4-mini, instructions: {file: prompt.md}}\n"
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    file = f"/dev/fd/{reading}" if name == "/dev/fd" else name
    if name == "pipe":
        file = str(tmp_path / name)
        os.mkfifo(file)
    command = [*PROVISIONER, "apply", "--local", "--yes", "-f", file]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        with subprocess.Popen(
            command, cwd=here, env=env, stdin=reading, pass_fds=[reading], stdout=subprocess.PIPE, text=True
        ) as process:
            if name == "pipe":
                Path(file).write_text(text, encoding="utf-8")
            out, _ = process.communicate(timeout=120)
    finally:
        os.close(reading)

    assert (process.returncode, "5 created" in out) == (0, True)
    assert (here / ".provisioner" / "local.db").exists()


def test_the_state_is_beside_a_manifest_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "team" / "m.yaml"
    file.parent.mkdir()
    file.write_text(EXAMPLE, encoding="utf-8")

    for path in (file, file.parent):
        assert Request(files=(path,)).state_file == str(file.parent / LOCAL_STATE)
    assert Request(files=(Path("-"),)).state_file == Request().state_file == str(LOCAL_STATE)
