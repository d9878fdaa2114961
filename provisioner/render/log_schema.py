"""JSON Schema of a line of the log. It leaves room for keys and events that do not exist yet."""

from __future__ import annotations

from typing import Any, Final

from provisioner.model.action import Action
from provisioner.model.document import Json
from provisioner.model.progress import Status
from provisioner.render.schema_parts import ADDRESS, DIALECT

PLANES: Final = ("project", "management", "sign-in")


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _number(description: str, **more: Any) -> Json:
    return {"type": "number", "minimum": 0, "description": description, **more}


def _count(description: str, least: int = 0) -> Json:
    return {"type": "integer", "minimum": least, "description": description}


_DIGEST: Final = "^sha256:[0-9a-f]{64}$"
_SPAN: Final = "^[0-9a-f]{16}$"
_EVERY: Final = {
    "time": _text("When, in UTC, to the millisecond.", format="date-time"),
    "level": {"enum": ["debug", "info", "warning", "error", "critical"], "description": "How much it matters."},
    "logger": _text("Which part of the program or of a library says it; that may change."),
    "message": _text("The same for people; its words may change."),
    "run_id": _text("Which run. The services are told it as `x-ms-correlation-request-id`.", format="uuid"),
}
_ONCE_KNOWN: Final = {
    "owner": _text("The manifest's name, once it is read."),
    "environment": _text("The environment that was chosen, once the manifest is read; missing where there is none."),
    "plan_digest": _text("Of the plan, once it is made.", pattern=_DIGEST),
    "trace_id": _text("Of the trace that TRACEPARENT names; missing without one.", pattern="^[0-9a-f]{32}$"),
    "exception": _text("A traceback, where a library or a mistake of ours has one."),
}
_WHICH: Final = {
    "address": ADDRESS,
    "action": {"enum": [action.value for action in Action], "description": "What is done to it."},
}
_EVENTS: Final[dict[str, tuple[str, Json, Json]]] = {
    "run_started": (
        "A command begins.",
        {"command": _text("Which one, without what else the command line says."), "version": _text("Of the program.")},
        {
            "pipeline": {
                "enum": ["github", "azure-pipelines", "gitlab"],
                "description": "What runs it; missing where it is none of these.",
            },
            "run_url": _text("The page of the pipeline's run; may be empty."),
            "parent_span_id": _text("The span that TRACEPARENT names; missing without one.", pattern=_SPAN),
        },
    ),
    "manifest_read": (
        "The manifest is read, and has no errors. `validate` reads it with each environment.",
        {"owner": _ONCE_KNOWN["owner"], "resources": _count("How many it declares.")},
        {"environment": _ONCE_KNOWN["environment"]},
    ),
    "plan_made": (
        "The plan is made. `apply --plan` makes the one that is saved anew.",
        {
            "owner": _ONCE_KNOWN["owner"],
            "plan_digest": _ONCE_KNOWN["plan_digest"],
            "endpoint": _text("The project's endpoint; may be empty."),
            "changes": _count("How many there are."),
            "refusals": _count("How many reasons why it may not be applied."),
        },
        {},
    ),
    "request": (
        "One sending of a request: of one that is sent again there are several.",
        {
            "plane": {
                "enum": list(PLANES),
                "description": "Who was asked: the project's endpoint, Azure Resource Manager, or who gives tokens.",
            },
            "host": _text("Host and port."),
            "method": _text("GET, POST, …"),
            "path": _text("As it was sent, without its query."),
            "status": {
                "type": ["integer", "null"],
                "description": "Of the answer; null where none came, or on the management plane none came whole.",
            },
            "error": _text(
                "Why no whole answer came: `timeout`, `refused`, `untrusted-certificate`, `no-answer`, or the code of "
                "an error of ours; else empty."
            ),
            "duration_ms": _number("From its sending until the whole answer was read, or it was given up."),
            "attempt": _count("How often this request was sent by then.", 1),
            "request_id": _text("The service's own, to be named to its support; may be empty."),
            "client_request_id": _text("Ours: `x-ms-client-request-id`."),
        },
        {"span_id": _text("Of the request in the trace; missing without one.", pattern=_SPAN)},
    ),
    "change_started": ("One change begins.", _WHICH, {}),
    "change_noted": ("A sign of life of a change: it waits, or tries again; the message says why.", _WHICH, {}),
    "change_finished": (
        "One change has ended, or was skipped; of one that was skipped the message says why.",
        {
            **_WHICH,
            "status": {"enum": [status.value for status in Status], "description": "What became of it."},
            "elapsed_s": _number("How long it took, in seconds."),
            "error": _text("The code of the failure: the service's, or one of ours; empty where it did not fail."),
            "request_id": _text("The service's own id of what it refused; may be empty."),
        },
        {},
    ),
    "run_ended": (
        "The last line of a run, but for one that was killed.",
        {
            "exit_code": _count("The command's."),
            "error": _text(
                "Why, where it failed as a whole: `manifest-invalid`, `plan-refused`, `plan-stale`, `unreadable` (the "
                "live state), `interrupted`, `usage`, `output` (it cannot be written), the code of the service, "
                "`failed` for any other reason, and `mistake` for one of ours; else empty."
            ),
            "elapsed_s": _number("How long the command took, in seconds."),
        },
        {},
    ),
    "message": ("Anything else that is told: a wait, a warning of a library.", {}, {}),
}


def log_schema() -> Json:
    """Of one line."""
    return {
        "$schema": DIALECT,
        "title": "Log line",
        "description": "One line of the log with --log-format json, or in a --log-file. There is no secret in it.",
        "oneOf": [_event(name, *parts) for name, parts in _EVENTS.items()],
    }


def _event(name: str, description: str, required: Json, optional: Json) -> Json:
    which = {"const": name, "description": "Which event it is."}
    always = {**_EVERY, "event": which, **required}
    return {
        "type": "object",
        "description": description,
        "required": list(always),
        "properties": {**_ONCE_KNOWN, **always, **optional},
    }
