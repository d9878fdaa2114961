"""A run as JSON lines: every line is an object with `event`; see `json_schemas` and docs/json.md."""

from __future__ import annotations

from provisioner.model.check import CheckReport
from provisioner.model.document import Json
from provisioner.model.errors import (
    Failure,
    Forbidden,
    ManifestInvalid,
    PlaneError,
    ProvisionerError,
    Refused,
    Stale,
    Unreadable,
)
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeProgressed,
    ChangeStarted,
    Event,
    Outcome,
    Progress,
    Status,
)
from provisioner.model.redact import harmless
from provisioner.render.abandoned import Abandoned
from provisioner.render.checks import checks_document
from provisioner.render.diagnostics import diagnostic_document
from provisioner.render.exhaustive import assert_never
from provisioner.render.outcomes import was_interrupted
from provisioner.render.plan_json import FORMAT_VERSION, address_document, plan_document


def planned_document(plan: Plan) -> Json:
    return {"event": "planned", "format_version": FORMAT_VERSION, "plan": plan_document(plan)}


def failed_document(error: ProvisionerError) -> Json:
    document: Json = {
        "event": "failed",
        "format_version": FORMAT_VERSION,
        "message": harmless(error.message),
        "hint": harmless(error.hint),
    }
    if isinstance(error, ManifestInvalid):
        document["diagnostics"] = [diagnostic_document(item) for item in error.diagnostics]
    elif isinstance(error, (Refused, Forbidden)):
        document["diagnostics"] = [diagnostic_document(item) for item in error.refusals]
    elif isinstance(error, Stale):
        document["diagnostics"] = [diagnostic_document(item) for item in error.moved]
    elif isinstance(error, Unreadable):
        document["failures"] = [_failure(cause.failure) for cause in error.causes]
    elif isinstance(error, PlaneError):
        document["failures"] = [_failure(error.failure)]
    return document


def event_document(event: Event) -> Json:  # noqa: PLR0911 - a return for each
    match event:
        case ApplyStarted(plan=plan):
            return {"event": "apply_started", "format_version": FORMAT_VERSION, "plan": plan_document(plan)}
        case ChangeStarted(change=change):
            return {"event": "change_started", **_which(change)}
        case ChangeNoted(change=change, note=note):
            return {"event": "change_noted", **_which(change), "note": harmless(note)}
        case ChangeProgressed():
            return {"event": "change_progressed", **_which(event.change), **_progress(event.progress)}
        case ChangeFinished(outcome=outcome):
            return {"event": "change_finished", **_outcome(outcome)}
        case ApplyFinished():
            return {"event": "apply_finished", **_finish(event)}
        case _:
            return assert_never(event)


def checked_document(report: CheckReport) -> Json:
    return {"event": "checks_finished", **checks_document(report)}


def abandoned_document(left: Abandoned) -> Json:
    return {
        "event": "apply_abandoned",
        "ended": [{**_which(outcome.change), "status": outcome.status.value} for outcome in left.ended],
        "under_way": [_which(change) for change in left.under_way],
        "not_begun": [_which(change) for change in left.not_begun],
    }


def _which(change: Change) -> Json:
    return {"address": address_document(change.address), "action": change.action.value}


def _progress(progress: Progress) -> Json:
    return {
        "doing": harmless(progress.doing),
        "unit": progress.unit,
        "done": progress.done,
        "total": progress.total,
        "per_minute": None if progress.per_minute is None else round(progress.per_minute),
        "left_s": None if progress.left_s is None else round(progress.left_s),
    }


def _outcome(outcome: Outcome) -> Json:
    document = {
        **_which(outcome.change),
        "status": outcome.status.value,
        "reason": harmless(outcome.reason),
        "elapsed_s": round(outcome.elapsed_s, 3),
        "remarks": list(outcome.remarks),
    }
    return {**document, "failure": _failure(outcome.failure)} if outcome.failure else document


def _failure(failure: Failure) -> Json:
    return {
        "message": harmless(failure.message),
        "code": failure.code,
        "status": failure.status,
        "request_id": failure.request_id,
        "advice": failure.advice,
    }


def _finish(finished: ApplyFinished) -> Json:
    return {
        "interrupted": was_interrupted(finished),
        "elapsed_s": round(finished.elapsed_s, 3),
        "summary": {status.value: sum(it.status is status for it in finished.outcomes) for status in Status},
        "outcomes": [_outcome(outcome) for outcome in finished.outcomes],
    }
