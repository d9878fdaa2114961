"""A small runner of GitHub's workflows: jobs in their order, steps in theirs, outputs passed on.

What GitHub does around them is done here, too: who gets which token, variables and rights; who is asked before a job of
an environment; artefacts of this run alone. Scripts run as GitHub runs them, in bash. `uses:` of others are known by
name and do what they do: anything else fails. `python3 -m venv`, `pip install` and `gh` are stand-ins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from tests.pipelines import gh
from tests.pipelines.expressions import Context

HERE: Final = Path(__file__).parent
NAME: Final = "me/app"
OF_THE_MACHINE: Final = ("LANG", "SYSTEMROOT", "TMPDIR")
_BASH: Final = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_VENV: Final = """#!/bin/sh
# makes an environment that has the package already, and remembers what pip was asked for
if [ "$1 $2 $3" = "-I -m venv" ]; then
  mkdir -p "$4/bin" && cp "{standins}/python-of-venv" "$4/bin/python"
  exit
fi
exec "{python}" "$@"
"""
_PYTHON: Final = """#!/bin/sh
if [ "$1 $2 $3" = "-I -m pip" ]; then echo "$*" >> "{standins}/pip.log"; exit; fi
exec "{python}" "$@"
"""
_GH: Final = """#!/bin/sh
exec "{python}" "{gh}" "{state}" "$@"
"""

Machine: TypeAlias = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""Of a job and its matrix: what its machine has in its environment, such as the way to Azure."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """What started a run. `fork` is whose, for a pull request from one."""

    name: str
    number: int = 0
    commit: str = "c0ffee" + "0" * 34
    title: str = ""
    branch: str = "main"
    fork: str = ""

    @property
    def document(self) -> dict[str, Any]:
        if not self.name.startswith("pull_request"):
            return {}
        head = {"sha": self.commit, "ref": self.branch, "repo": {"full_name": self.fork or NAME}}
        base = {"ref": "main", "repo": {"full_name": NAME}}
        return {"pull_request": {"number": self.number, "title": self.title, "head": head, "base": base}}

    @property
    def ref(self) -> str:
        return f"refs/pull/{self.number}/merge" if self.name == "pull_request" else "refs/heads/main"


@dataclass(kw_only=True)
class Job:
    """Of a matrix, all of it."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass(kw_only=True)
class Run:
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # environments whose reviewers were asked
    artefacts: dict[str, Path] = field(default_factory=dict)
    subjects: list[tuple[str, str]] = field(default_factory=list)  # job, and for whom GitHub gave it a token

    @property
    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def log(self) -> str:
        return "\n".join(f"--- {name}: {job.result}\n{job.log}" for name, job in self.jobs.items())


class GitHub:
    """A repository whose `main` is a folder, and its runner. `tokens` is where jobs ask for one, if anywhere."""

    def __init__(self, folder: Path, main: Path, *, tokens: str = "", machine: Machine = lambda *_: {}) -> None:
        self.main = main
        self.variables: dict[str, str] = {}
        self.of_environments: dict[str, dict[str, str]] = {}
        self.protected: set[str] = set()
        self._folder, self._tokens, self._machine = folder, tokens, machine
        self._state = folder / "github.json"
        self._state.write_text(json.dumps({"calls": [], "writes": [], "comments": [], "issues": []}), encoding="utf-8")
        self._standins = folder / "standins"
        self._standins.mkdir()
        for name, text in (("python3", _VENV), ("python-of-venv", _PYTHON), ("gh", _GH)):
            known = {"standins": self._standins, "python": sys.executable, "gh": gh.__file__, "state": self._state}
            (self._standins / name).write_text(text.format(**known), encoding="utf-8")
            (self._standins / name).chmod(0o755)
        self._runs = 0

    @property
    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
        return document

    @property
    def installed(self) -> list[str]:
        log = self._standins / "pip.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def change(self, **families: Any) -> None:
        """What GitHub keeps, behind everybody's back."""
        self._state.write_text(json.dumps({**self.state, **families}), encoding="utf-8")

    def run(self, workflow: str, event: Event, *, checkout: Path | None = None) -> Run:
        """With what `checkout` has: the merge commit of a pull request, or else `main`."""
        self._runs += 1
        source = checkout or self.main
        document = yaml.safe_load((source / ".github" / "workflows" / workflow).read_text(encoding="utf-8"))
        assert event.name in _triggers(document)
        run = Run()
        for name in _in_order(document["jobs"]):
            run.jobs[name] = self._job(name, document["jobs"], event, source, run)
        return run

    def _job(self, name: str, jobs: dict[str, Any], event: Event, source: Path, run: Run) -> Job:
        job = jobs[name]
        is_of_a_fork = bool(event.fork)
        scoped = self.of_environments.get(job.get("environment", ""), {})
        variables = {} if is_of_a_fork else {**self.variables, **scoped}
        before = _ancestors(name, jobs)
        states = [run.jobs[each].result for each in before]
        values = {f"vars.{key}": value for key, value in variables.items()} | {"github.ref": event.ref}
        for each in _needs(job):
            values[f"needs.{each}.result"] = run.jobs[each].result
            values |= {f"needs.{each}.outputs.{key}": value for key, value in run.jobs[each].outputs.items()}
        status = {"success": all(it == "success" for it in states), "failure": "failure" in states, "cancelled": False}
        if not Context(values, status).holds(job.get("if")):
            return Job(result="skipped")
        if job.get("environment") in self.protected:
            run.asked.append(job["environment"])
        rights = {
            key: "read" if is_of_a_fork and value == "write" else value for key, value in job["permissions"].items()
        }
        rights = {key: value for key, value in rights.items() if not (is_of_a_fork and key == "id-token")}
        found = Job(result="success")
        for matrix in _matrices(job):
            label = " ".join((name, *matrix.values()))
            values |= {f"matrix.{key}": value for key, value in matrix.items()}
            steps = _Steps(self, event, source, run, rights, folder=self._folder / f"run-{self._runs}" / label)
            context = {**values, "github.token": json.dumps(rights)}
            env = {key: Context(context).filled(value) for key, value in job.get("env", {}).items()}
            env |= self._of_azure(label, job, event, rights, run)
            steps.env = {**self._machine(name, matrix), **env}
            steps.take(job["steps"], context)
            found.log += steps.log
            found.summary += steps.summary
            if steps.has_failed:
                found.result = "failure"
            outputs = Context({**context, **steps.values})
            found.outputs |= {key: outputs.filled(value) for key, value in job.get("outputs", {}).items()}
        return found

    def _of_azure(
        self, label: str, job: dict[str, Any], event: Event, rights: dict[str, str], run: Run
    ) -> dict[str, str]:
        """The way to a token that says what runs, for whoever may ask."""
        if rights.get("id-token") != "write" or not self._tokens:
            return {}
        environment = job.get("environment")
        what = "pull_request" if event.name == "pull_request" else f"ref:{event.ref}"
        subject = f"repo:{NAME}:{f'environment:{environment}' if environment else what}"
        run.subjects.append((label, subject))
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{self._tokens}?for=job", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": subject}

    def machine_of(self, folder: Path, event: Event) -> dict[str, str]:
        """What every step finds."""
        temporary = folder / "temporary"
        temporary.mkdir(exist_ok=True)
        told = folder / "event.json"
        told.write_text(json.dumps(event.document), encoding="utf-8")
        kept = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
        return {
            **kept,
            "PATH": os.pathsep.join((str(self._standins), os.environ["PATH"])),
            "HOME": str(folder),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(folder / "checkout"),
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(told),
            "GITHUB_REF": event.ref,
            "GITHUB_HEAD_REF": event.branch if event.name == "pull_request" else "",
            "GITHUB_SHA": event.commit,
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(temporary),
        }


class _Steps:
    """Of a job, or of an action that it uses."""

    def __init__(
        self, github: GitHub, event: Event, source: Path, run: Run, rights: dict[str, str], *, folder: Path
    ) -> None:
        self._github, self._event, self._source, self._run, self._rights = github, event, source, run, rights
        self._folder = folder
        self._workspace = folder / "checkout"
        self._workspace.mkdir(parents=True)
        self.env: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.log, self.summary = "", ""
        self.has_failed = False
        self._number = 0

    def take(self, steps: list[dict[str, Any]], context: Mapping[str, str], *, more: Mapping[str, str] = {}) -> None:
        """`more` is what only these find in their environment. Whether all went well is `has_failed`."""
        own: dict[str, str] = {}
        for step in steps:
            values = {**context, **{f"env.{key}": value for key, value in self.env.items()}, **own}
            status = {"success": not self.has_failed, "failure": self.has_failed, "cancelled": False}
            if not Context(values, status).holds(step.get("if")):
                continue
            filled = Context(values, status).filled
            env = {**more, **{key: filled(value) for key, value in step.get("env", {}).items()}}
            given = {key: filled(value) for key, value in step.get("with", {}).items()}
            outputs = self._script(step, env) if "run" in step else self._used(step["uses"], given, values, env)
            if "id" in step:
                own |= {f"steps.{step['id']}.outputs.{key}": value for key, value in outputs.items()}
        self.values = own

    def _script(self, step: dict[str, Any], env: Mapping[str, str]) -> dict[str, str]:
        assert "${{" not in step["run"], "nothing is put into a script"
        self._number += 1
        told = self._folder / f"step-{self._number}"
        told.mkdir()
        files = {name: told / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        script = told / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            [*_BASH, str(script)],
            cwd=self._workspace,
            env={
                **self._github.machine_of(self._folder, self._event),
                **self.env,
                **env,
                **{name: str(file) for name, file in files.items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        self.log += done.stdout
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        self.env |= dict(assignments(files["GITHUB_ENV"].read_text(encoding="utf-8")))
        self.has_failed |= done.returncode != 0
        return dict(assignments(files["GITHUB_OUTPUT"].read_text(encoding="utf-8")))

    def _used(
        self, uses: str, given: dict[str, str], values: Mapping[str, str], env: Mapping[str, str]
    ) -> dict[str, str]:
        if uses.startswith("./"):
            return self._action(self._workspace / uses, given, values, env)
        name, _, version = uses.partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", version), f"{uses} is not pinned"
        known: dict[str, Callable[[dict[str, str]], bool]] = {
            "actions/checkout": self._checkout,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
        }
        self.has_failed |= not known[name](given)
        return {}

    def _action(
        self, folder: Path, given: dict[str, str], values: Mapping[str, str], env: Mapping[str, str]
    ) -> dict[str, str]:
        action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        assert given.keys() <= action["inputs"].keys()
        said = {name: Context({}).filled(each.get("default", "")) for name, each in action["inputs"].items()} | given
        token = {"github.token": values["github.token"]}
        inner = {**token, **{f"inputs.{name}": value for name, value in said.items()}}
        had_failed = self.has_failed
        self.take(action["runs"]["steps"], inner, more={**env, "GITHUB_ACTION_PATH": str(folder)})
        outputs = Context(self.values)
        self.has_failed |= had_failed
        return {name: outputs.filled(each["value"]) for name, each in action["outputs"].items()}

    def _checkout(self, given: dict[str, str]) -> bool:
        assert given == {"persist-credentials": "false"}
        shutil.copytree(self._source, self._workspace, dirs_exist_ok=True, symlinks=True)
        return True

    def _upload(self, given: dict[str, str]) -> bool:
        name = given["name"]
        if re.search(r'[":<>|*?\r\n\\/]', name) or (name in self._run.artefacts and given.get("overwrite") != "true"):
            return False
        pattern = Path(given["path"])
        kept = self._folder / "artefacts" / name
        kept.mkdir(parents=True, exist_ok=True)
        found = sorted(pattern.parent.glob(pattern.name))
        for file in found:
            shutil.copy(file, kept)
        self._run.artefacts[name] = kept
        return bool(found)

    def _download(self, given: dict[str, str]) -> bool:
        """Of this run: nothing else is asked for."""
        assert given.keys() == {"name", "path"}
        if given["name"] not in self._run.artefacts:
            return False
        shutil.copytree(self._run.artefacts[given["name"]], self._workspace / given["path"], dirs_exist_ok=True)
        return True


def assignments(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(text.splitlines())
    for line in lines:
        name, sign, delimiter = line.partition("<<")
        if not sign or "=" in name:
            yield (line.partition("=")[0], line.partition("=")[2])
            continue
        value: list[str] = []
        for each in lines:
            if each == delimiter:
                break
            value.append(each)
        yield name, "\n".join(value)


def _triggers(document: dict[Any, Any]) -> set[str]:
    """YAML 1.1 reads `on` as a truth."""
    on = document[True]
    return set(on) if isinstance(on, (dict, list)) else {on}


def _needs(job: dict[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def _ancestors(name: str, jobs: dict[str, Any]) -> set[str]:
    """All that a job waits for: one of them that was skipped is as good as failed to a plain `if`."""
    direct = _needs(jobs[name])
    return {*direct, *(each for parent in direct for each in _ancestors(parent, jobs))}


def _in_order(jobs: dict[str, Any]) -> Iterator[str]:
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = [name for name in jobs if name not in done and set(_needs(jobs[name])) <= done]
        assert ready, "jobs wait for each other"
        for name in ready:
            done.add(name)
            yield name


def _matrices(job: dict[str, Any]) -> list[dict[str, str]]:
    matrix = job.get("strategy", {}).get("matrix", {})
    assert len(matrix) <= 1, "one dimension is enough for us"
    return [{key: value} for key, values in matrix.items() for value in values] or [{}]
