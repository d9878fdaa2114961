"""A step of the action, in this process."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli.github import commenting, running
from tests.pipelines import gh
from tests.pipelines.runner import NAME, Event, assignments


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of it."""

    code: int
    outputs: dict[str, str]
    summary: str


class Runner:
    """One job's machine, outside of the checkout that is the current folder, and a `gh` that remembers."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._folder, self._calls = folder, 0
        self._state = folder / "github.json"
        self.change(calls=[], writes=[], comments=[], issues=[])
        program = folder / "gh"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{gh.__file__}" "{self._state}" "$@"\n', "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        self.may(pull_requests="write", issues="write", monkeypatch=monkeypatch)

    def may(self, *, monkeypatch: pytest.MonkeyPatch, **rights: str) -> None:
        named = {name.replace("_", "-"): value for name, value in rights.items()}
        monkeypatch.setenv("GH_TOKEN", json.dumps(named))

    @property
    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._state.read_text("utf-8"))
        return document

    def change(self, **families: Any) -> None:
        there = self.state if self._state.exists() else {}
        self._state.write_text(json.dumps({**there, **families}), "utf-8")

    def run(self, command: str, event: Event | None = None, **inputs: str) -> Told:
        environ, files = self._environ(command, event, inputs)
        return self._told(running.run_step(environ), files)

    def run_interrupted(self, when: Callable[[], object], command: str, event: Event | None = None) -> Told:
        """A process of its own, which the runner interrupts because somebody cancels the job: in this one the threads
        that wait for an answer would outlive the test.
        """
        environ, files = self._environ(command, event, {})
        with subprocess.Popen(
            [sys.executable, "-I", "-m", "provisioner.cli.github", "run"],
            env={**os.environ, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            until = time.monotonic() + 60
            while not when() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            return self._told(process.wait(60), files)

    @staticmethod
    def _told(code: int, files: Mapping[str, Path]) -> Told:
        outputs = dict(assignments(files["GITHUB_OUTPUT"].read_text("utf-8")))
        return Told(code=code, outputs=outputs, summary=files["GITHUB_STEP_SUMMARY"].read_text("utf-8"))

    def comment(self, command: str, event: Event | None = None, *, drifted: str = "", **inputs: str) -> int:
        environ, _ = self._environ(command, event, inputs)
        return commenting.comment_step({**environ, "DRIFTED": drifted})

    def report(self, text: str, environment: str = "default") -> None:
        """As a run of the command would leave it."""
        file = self.temporary / "provisioner" / environment / running.REPORT
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def _environ(
        self, command: str, event: Event | None, inputs: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, Path]]:
        self._calls += 1
        event = event or Event(name="push")
        told = self._folder / f"event-{self._calls}.json"
        told.write_text(json.dumps(event.document), "utf-8")
        files = {name: self._folder / f"{name}-{self._calls}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        environ = {
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(told),
            "INPUT_COMMAND": command,
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            **{name: str(file) for name, file in files.items()},
        }
        os.environ["GITHUB_STEP_SUMMARY"] = environ["GITHUB_STEP_SUMMARY"]  # as the command itself reads it
        return environ, files


@pytest.fixture
def runner(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "")  # so that what a step sets is taken back
    return Runner(tmp_path_factory.mktemp("runner"), monkeypatch)
