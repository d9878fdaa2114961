"""Events as they come: lines for a log, a live view for a terminal, JSON lines for a program.

A renderer is a callable that takes events, one at a time: the caller holds a lock. It catches nothing of its stream's:
`OSError` (a closed pipe is BrokenPipeError) and `ValueError` (a closed stream) reach the caller, who lets the apply go
on without the renderer.

JSON lines: every line is an object with `event`; see `json_schemas` and docs/json.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TextIO, TypeAlias

from provisioner.model.address import Address
from provisioner.model.errors import Failure, ManifestInvalid, PlaneError, ProvisionerError, Refused, Unreadable
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Event,
    Outcome,
    Status,
)
from provisioner.model.redact import harmless
from provisioner.render.diagnostics import diagnostic_document
from provisioner.render.exhaustive import assert_never
from provisioner.render.json_text import json_text
from provisioner.render.outcomes import closing_lines, outcomes_text_rows, was_interrupted
from provisioner.render.plan_json import FORMAT_VERSION, address_document, plan_document
from provisioner.render.safe import one_line
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.target import target_phrase
from provisioner.render.terminal_progress import TerminalProgress
from provisioner.render.words import VERBS, duration, plural

__all__ = [
    "JsonProgress",
    "PlainProgress",
    "Renderer",
    "Results",
    "TerminalProgress",
    "event_document",
    "failed_document",
    "planned_document",
]

Renderer: TypeAlias = Callable[[Event], None]

_REPEAT_S: Final = 10.0


class Results:
    """What became of each change, told as it ends, and what it all comes to: the report of an apply, said once. `say`
    takes lines to be shown together.
    """

    def __init__(self, say: Callable[[str], None], *, styles: Styles = PLAIN, width: int = 100) -> None:
        self._say = say
        self._styles = styles
        self._width = width
        self._addresses = 0

    def __call__(self, event: Event) -> None:
        match event:
            case ApplyStarted(plan=plan):
                self._addresses = max((len(_name(change)) for change in plan.changes), default=0)
                self._say("")
            case ChangeFinished(outcome=outcome):
                rows = outcomes_text_rows([outcome], addresses=self._addresses, styles=self._styles, width=self._width)
                self._say(inert("\n".join(rows)))
            case ApplyFinished():
                self._say(inert("\n" + "\n".join(closing_lines(event, styles=self._styles, width=self._width))))
            case ChangeStarted() | ChangeNoted():
                pass
            case _:
                assert_never(event)


class PlainProgress:
    """Signs of life, a flushed line each; how a change ends is for `Results` to say. The same note is repeated no more
    often than every ten seconds.
    """

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._started: dict[Address, float] = {}
        self._noted: dict[Address, tuple[str, float]] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case ApplyStarted(plan=plan):
                where = f" to {target_phrase(plan.target)}" if plan.target else ""
                self._say(f'Applying {plural(len(plan.changes), "change")} of "{one_line(plan.owner)}"{where}.')
            case ChangeStarted(change=change):
                self._started[change.address] = self._clock()
                self._say(f"{_name(change)}: {VERBS[change.action].doing}…")
            case ChangeNoted(change=change, note=note):
                self._note(change, one_line(harmless(note)))
            case ChangeFinished() | ApplyFinished():
                pass
            case _:
                assert_never(event)

    def _note(self, change: Change, note: str) -> None:
        now = self._clock()
        last, when = self._noted.get(change.address, ("", 0.0))
        if note == last and now - when < _REPEAT_S:
            return
        self._noted[change.address] = note, now
        elapsed = duration(now - self._started.get(change.address, now))
        self._say(f"{_name(change)}: still {VERBS[change.action].doing}, {note} ({elapsed})")

    def _say(self, text: str) -> None:
        self._stream.write(f"{inert(text)}\n")
        self._stream.flush()


def _name(change: Change) -> str:
    return one_line(str(change.address))


class JsonProgress:
    """One JSON object per line, flushed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        self._stream.write(f"{json_text(event_document(event))}\n")
        self._stream.flush()


def planned_document(plan: Plan) -> dict[str, Any]:
    return {"event": "planned", "format_version": FORMAT_VERSION, "plan": plan_document(plan)}


def failed_document(error: ProvisionerError) -> dict[str, Any]:
    document: dict[str, Any] = {
        "event": "failed",
        "format_version": FORMAT_VERSION,
        "message": harmless(error.message),
        "hint": harmless(error.hint),
    }
    if isinstance(error, ManifestInvalid):
        document["diagnostics"] = [diagnostic_document(item) for item in error.diagnostics]
    elif isinstance(error, Refused):
        document["diagnostics"] = [diagnostic_document(item) for item in error.refusals]
    elif isinstance(error, Unreadable):
        document["failures"] = [_failure(cause.failure) for cause in error.causes]
    elif isinstance(error, PlaneError):
        document["failures"] = [_failure(error.failure)]
    return document


def event_document(event: Event) -> dict[str, Any]:
    match event:
        case ApplyStarted(plan=plan):
            return {"event": "apply_started", "format_version": FORMAT_VERSION, "plan": plan_document(plan)}
        case ChangeStarted(change=change):
            return {"event": "change_started", **_which(change)}
        case ChangeNoted(change=change, note=note):
            return {"event": "change_noted", **_which(change), "note": harmless(note)}
        case ChangeFinished(outcome=outcome):
            return {"event": "change_finished", **_outcome(outcome)}
        case ApplyFinished():
            return {"event": "apply_finished", **_finish(event)}
        case _:
            return assert_never(event)


def _which(change: Change) -> dict[str, Any]:
    return {"address": address_document(change.address), "action": change.action.value}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    document = {
        **_which(outcome.change),
        "status": outcome.status.value,
        "reason": harmless(outcome.reason),
        "elapsed_s": round(outcome.elapsed_s, 3),
        "remarks": list(outcome.remarks),
    }
    return {**document, "failure": _failure(outcome.failure)} if outcome.failure else document


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "message": harmless(failure.message),
        "code": failure.code,
        "status": failure.status,
        "request_id": failure.request_id,
        "advice": failure.advice,
    }


def _finish(finished: ApplyFinished) -> dict[str, Any]:
    return {
        "interrupted": was_interrupted(finished),
        "elapsed_s": round(finished.elapsed_s, 3),
        "summary": {status.value: sum(it.status is status for it in finished.outcomes) for status in Status},
        "outcomes": [_outcome(outcome) for outcome in finished.outcomes],
    }
