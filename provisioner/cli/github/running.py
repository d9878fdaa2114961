"""The command of the action, and what a workflow learns from it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from provisioner.cli.github.annotations import annotate, set_outputs
from provisioner.cli.github.inputs import Inputs, read_inputs
from provisioner.cli.github.signing_in import may_not_ask, signed_in
from provisioner.cli.main import INTERRUPTED, run
from provisioner.cli.step_summary import append_summary
from provisioner.cli.terminal import remark
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason
from provisioner.render.markdown import code, fenced, prose

REPORT: Final = "report.md"
_PLAN: Final = "plan.json"
_WRITTEN: Final = {"plan": (_PLAN, "plan.md", "plan.html", REPORT), "drift": (REPORT,)}
_MOVED: Final = 2  # of drift --detailed-exitcode
_TOLD: Final = 8_000  # characters of errors that a comment shows; the log has all
# These run for a pull request with the rights of the branch that it would be merged into.
_OF_OTHERS: Final = ("pull_request_target", "workflow_run", "issue_comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str


def run_step(environ: Mapping[str, str]) -> int:
    inputs = read_inputs(environ)
    _require_ours(inputs, environ)
    _empty(inputs)
    is_offline = inputs.command == "validate" or "--local" in inputs.args
    if is_offline:
        return _STEPS[inputs.command](inputs, environ)
    with signed_in(inputs.folder):
        code = _STEPS[inputs.command](inputs, environ)
    if code and may_not_ask(os.environ):
        annotate(
            "notice",
            "The job could not ask GitHub for a token to sign in to Azure with: that takes `permissions: id-token: "
            "write`.",
        )
    return code


def _require_ours(inputs: Inputs, environ: Mapping[str, str]) -> None:
    """Raises ProvisionerError for what would apply what anybody can propose."""
    if inputs.command != "apply":
        return
    event = environ.get("GITHUB_EVENT_NAME", "")
    if event in _OF_OTHERS or _is_about_a_fork(event, environ):
        raise ProvisionerError(
            f"Nothing is applied in a run that {event} started: a fork says what it does, or what it is given.",
            "Apply on a push to a branch, or by workflow_dispatch.",
        )


def _is_about_a_fork(event: str, environ: Mapping[str, str]) -> bool:
    """Whatever becomes of its pull request (opened, reviewed, commented) starts a run of what it says."""
    ends = event_of(environ).get("pull_request")
    if not isinstance(ends, dict):
        return event.startswith("pull_request")
    names = [((ends.get(end) or {}).get("repo") or {}).get("full_name") for end in ("head", "base")]
    return names[0] is None or names[0] != names[1]


def event_of(environ: Mapping[str, str]) -> dict[str, Any]:
    """What started the run, as GitHub tells it; empty where it does not."""
    named = environ.get("GITHUB_EVENT_PATH")
    with suppress(OSError, ValueError):
        event = json.loads(Path(named).read_text(encoding="utf-8")) if named else {}
        return event if isinstance(event, dict) else {}
    return {}


def _empty(inputs: Inputs) -> None:
    """What an earlier call in the same job left is not to be taken for what this one makes."""
    try:
        inputs.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in _WRITTEN.get(inputs.command, ()):
            (inputs.folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise ProvisionerError(f'"{inputs.folder}" cannot be used: {reason(error)}.') from error


def _validate(inputs: Inputs, environ: Mapping[str, str]) -> int:
    """The findings where they are in the changed files, and on the page of the run; in the log, that there are none."""
    ran = _ran("validate", *inputs.words, "--format", "github", *inputs.args)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        run(["validate", *inputs.words, *inputs.args, "--format", "text"])
    if ran.code or ran.out:
        _summarise("Validate", out.getvalue(), environ)
    else:
        remark(err.getvalue())
    return ran.code


def _plan(inputs: Inputs, environ: Mapping[str, str]) -> int:
    made = inputs.folder / _PLAN
    outs = [made, *(inputs.folder / name for name in ("plan.md", "plan.html"))]
    outs += [Path(inputs.plan_file)] if inputs.plan_file else []
    summary = ["--step-summary"] if environ.get("GITHUB_STEP_SUMMARY") else []
    ran = _ran("plan", *inputs.words, *(word for out in outs for word in ("--out", str(out))), *summary, *inputs.args)
    if ran.code == INTERRUPTED:  # somebody wanted it so, and the next run tells more
        return ran.code
    if not made.exists():
        report = _failed("No plan", ran, inputs)
        _write_report(inputs, report)
        _append(report, environ)
        return ran.code or 1
    plan = json.loads(made.read_text(encoding="utf-8"))
    _write_report(inputs, (inputs.folder / "plan.md").read_text(encoding="utf-8").partition("\n")[2])
    told = {
        "has-changes": _word(plan["has_changes"]),
        "digest": plan["digest"],
        "plan-file": inputs.plan_file or str(made),
        "refused": _word(bool(plan["refusals"])),
        "artifact": "-".join(filter(None, ("provisioner-plan", inputs.name))),
        "folder": str(inputs.folder),
    }
    set_outputs(told, environ)
    return ran.code


def _apply(inputs: Inputs, environ: Mapping[str, str]) -> int:
    """A saved plan says itself for which manifest it is; for another environment it is refused."""
    words = ["--plan", inputs.plan_file, *inputs.chosen] if inputs.plan_file else inputs.words
    ran = _ran("apply", *words, *inputs.args)
    _summarise(f"Apply{_in(inputs)}", f"{ran.out}\n{ran.err}" if ran.code else ran.out, environ)
    return ran.code


def _drift(inputs: Inputs, environ: Mapping[str, str]) -> int:
    ran = _ran("drift", *inputs.words, "--format", "markdown", "--detailed-exitcode", *inputs.args)
    if ran.code == INTERRUPTED:
        return ran.code
    is_known = ran.code in (0, _MOVED)
    report = ran.out if is_known else _failed("Drift is not known", ran, inputs)
    _write_report(inputs, report)
    _append(report, environ)
    if is_known:
        set_outputs({"has-changes": _word(ran.code == _MOVED)}, environ)
    return 0 if is_known else ran.code


_STEPS: Final = {"validate": _validate, "plan": _plan, "apply": _apply, "drift": _drift}


def _ran(*words: str) -> Ran:
    """In this process, so that a run that is cancelled ends as one at a keyboard does."""
    out, err = _Heard(sys.stdout), _Heard(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        code = run(list(words))
    return Ran(code=code, out=out.text.getvalue(), err=err.text.getvalue())


class _Heard(io.TextIOBase):
    """A stream that goes where it went, and is remembered."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = self.unheard = stream  # the log writes to the latter
        self.text = io.StringIO()

    def write(self, text: str, /) -> int:
        self.text.write(text)
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def reconfigure(self, **how: Any) -> None:
        getattr(self._stream, "reconfigure", lambda **_: None)(**how)


def _word(truth: object) -> str:
    return "true" if truth else "false"


def _in(inputs: Inputs) -> str:
    return f" in {inputs.environment}" if inputs.environment else ""


def _failed(what: str, ran: Ran, inputs: Inputs) -> str:
    told = ran.err.strip()
    cut = told if len(told) <= _TOLD else f"…{told[-_TOLD:]}"
    said = f"{code(f'provisioner {inputs.command}')} failed with {ran.code}; the log of the run has all of it."
    return f"## {prose(what + _in(inputs))}\n\n{said}\n\n{fenced(cut.splitlines(), 'text')}\n"


def _write_report(inputs: Inputs, text: str) -> None:
    (inputs.folder / REPORT).write_text(text, encoding="utf-8", newline="\n")


def _summarise(title: str, told: str, environ: Mapping[str, str]) -> None:
    _append(f"## {prose(title)}\n\n{fenced(told.strip().splitlines() or ['Nothing to tell.'], 'text')}\n", environ)


def _append(text: str, environ: Mapping[str, str]) -> None:
    """A summary that is too long is not shown at all."""
    if not environ.get("GITHUB_STEP_SUMMARY"):
        return

    def fitted(size: int) -> str:
        return text if len(text) <= size else "It is too long for this page; the log has it.\n"

    append_summary(fitted, environ)
