"""JSON Schemas of what is written for programs: the plan, and the events of an apply or destroy, one a line.

They leave room for keys that do not exist yet: new ones may come with any minor version of the format, and none goes
without a major one.
"""

from __future__ import annotations

from typing import Any, Final

from provisioner.doctor.verdict import CHECKS, State
from provisioner.model.action import Action, Origin
from provisioner.model.diagnostic import Severity
from provisioner.model.document import Json
from provisioner.model.memory import KINDS as MEMORY_KINDS
from provisioner.model.migration import Part, Way
from provisioner.model.progress import Status
from provisioner.model.words import listed
from provisioner.model.written import VARIABLE_TYPES
from provisioner.preflight.settings import IDS
from provisioner.render.check_schema import CHECKS as _CHECKS
from provisioner.render.schema_parts import ADDRESS, DIALECT
from provisioner.render.schema_parts import count as _count
from provisioner.render.schema_parts import flag as _flag
from provisioner.render.schema_parts import many as _many
from provisioner.render.schema_parts import obj as _object
from provisioner.render.schema_parts import ref as _ref
from provisioner.render.schema_parts import seconds as _seconds
from provisioner.render.schema_parts import text as _text

_ACTIONS: Final = [action.value for action in Action]

_DIAGNOSTIC: Final = _object(
    "A problem with a remedy, and its place where it has one.",
    {
        "where": _object(
            "Where in the manifest.",
            file=_text("The file, as it was named."),
            line={"type": "integer", "minimum": 1, "description": "From 1."},
            column={"type": "integer", "minimum": 1, "description": "From 1."},
            path=_text("The manifest path, dotted: `agents.dev-buddy.model`."),
        ),
        "resources": _many(
            "All that it is about, where those may be several; the place is the first one's.", _ref("address")
        ),
    },
    severity={"enum": [severity.value for severity in Severity], "description": "How bad."},
    code=_text("A stable name of the sort of problem, in kebab-case."),
    message=_text("What and why."),
    hint=_text("What to do; may be empty."),
)
_FAILURE: Final = _object(
    "A refusal of the service.",
    message=_text("The service's own words."),
    code=_text("Its code; may be empty."),
    status=_count("The HTTP status; 0 when no answer came."),
    request_id=_text("To be named to support; may be empty."),
    advice=_text("What to do; may be empty."),
)
TARGET: Final = {
    **_object(
        "Which project and account the plan is about. What is not known is empty.",
        {"environment": _text("The environment of the manifest that was chosen; missing where it has none.")},
        endpoint=_text("The project's endpoint."),
        account=_text("The account."),
        subscription=_text("Its subscription; empty where only the project plane is used."),
        resource_group=_text("Its resource group; empty where only the project plane is used."),
        management=_text("Azure Resource Manager, where it is not the cloud's own; else empty."),
        local=_flag("Whether it is the embedded Foundry of --local."),
    ),
    "type": ["object", "null"],
}
_PATH: Final = _many("Its path, one key each.", {"type": "string"})
_MARKER: Final = {
    **_object(
        "What the tool wrote on it; null where nothing is.",
        {"key": _text("The key of its entry, where a migration gave it another name.")},
        owner=_text("Whose it is."),
        prevent_destroy=_flag("Whether it is protected."),
        on_remove=_text("What becomes of it when its entry goes: `delete` or `keep`."),
    ),
    "type": ["object", "null"],
}
_LIVE: Final = {
    **_object(
        "The fingerprint of the live object that the plan was made from; null where there was none.",
        marker=_MARKER,
        identity=_text("Which object of its name; may be empty."),
        revision=_text("Which state of it; may be empty."),
        marker_revision=_text("The version that the marker was found on; may be empty."),
        applied=_text("A hash of the marker; empty where there is none."),
        fields={
            "type": "object",
            "description": "A hash in the place of every value, secrets and what variables made left out.",
        },
        outside=_many("Where variables made the value.", _PATH),
    ),
    "type": ["object", "null"],
}
_REFERRED: Final = _object(
    "What is live, named by a change, and left alone.",
    address=_ref("address"),
    live=_LIVE,
    values={"type": "object", "description": "Of what the manifest declares of it, what is live."},
    scope={
        "type": ["object", "null"],
        "description": "What tells it from others of its name; null where the manifest does not manage it.",
    },
)
_OPTIONS: Final = _object(
    "What the command allowed.",
    adopt=_flag("`--adopt`."),
    allow_data_loss=_many("`--allow-data-loss`.", _text("A resource, as kind/name.")),
    max_deletes={"type": ["integer", "null"], "minimum": 0, "description": "`--max-deletes`; null is no limit."},
    no_delete=_flag("`--no-delete`."),
    take_over=_many("`--take-over`.", _text("An owner.")),
    replace=_many("`--replace`.", _text("A resource, as kind/name.")),
)
_POLICY: Final = {
    **_object(
        "What it could do at most, whatever the command allowed; null where nothing is restricted.",
        protected=_flag("Whether nothing may be deleted or replaced."),
        max_deletes={
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "How many may be deleted and replaced; null is no limit of the policy's.",
        },
        allow_adopt=_flag("Whether what is not the owner's may be taken over."),
        require_plan=_flag("Whether only a plan may be applied that was made before."),
        allowed_hosts={
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "The hosts that tokens may be sent to; null is every host that is trusted otherwise.",
        },
        said=_many(
            "Where each rule that restricts something is said.",
            _object(
                "One rule at one place.",
                rule=_text("Its name."),
                file=_text("The file, as it was named."),
                line={"type": "integer", "minimum": 1, "description": "From 1."},
                column={"type": "integer", "minimum": 1, "description": "From 1."},
                path=_text("The path in the file, dotted."),
            ),
        ),
    ),
    "type": ["object", "null"],
}
_FIELD: Final = _object(
    "One field that changes. Secrets are `(sensitive)`, or `(sensitive, changed)` where another value stood before; "
    "what a variable made is the text in the manifest, `${env:NAME}`.",
    {
        "before": {"description": "The live value; missing where the field is not there."},
        "after": {"description": "The value to come; missing where the field goes."},
    },
    path=_PATH,
    origin={
        "enum": [*(origin.value for origin in Origin), None],
        "description": "Who moved since the last apply: the manifest (`edit`), the live object (`drift`), or `both`; "
        "null where nothing was applied before.",
    },
    forces_replace=_flag("Whether it cannot change on a live object."),
)
HOLDING: Final = _object(
    "What is known of the memories in a store, when it was planned.",
    scopes=_object(
        "Whose they are, as far as that is known: the service lists no scopes.",
        {
            "names": _many(
                "What they are called; only with --show-scopes, and where applying needs it.", _text("A scope.")
            )
        },
        known=_count("How many are known."),
        origins={
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": "How many are named by the `manifest`, by live `agents`, in a `file`; one that several name "
            "counts in each.",
        },
    ),
    memories=_object(
        "How many these have.",
        total=_count("All of them."),
        kinds={
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": f"Of each kind that there is: {listed([f'`{kind}`' for kind in MEMORY_KINDS], 'or')}.",
        },
        at_least=_flag("Whether there may be more, as a scope has as many as are counted."),
        limit={"type": ["integer", "null"], "description": "How many of a scope are counted at most; null is all."},
        uncounted_scopes=_count("Known scopes that could not be read."),
    ),
)
_MIGRATION: Final = _object(
    "How what a store holds is kept when it must be made anew. Of a `migrate`, and of the "
    "`delete` of what is not needed any more.",
    {"scopes": _many("Those that are copied, by name; only in a file that `plan --out` wrote.", _text("A scope."))},
    way={
        "enum": [it.value for it in Way],
        "description": "Whether the store keeps its name, or another one takes its place.",
    },
    part={
        "enum": [it.value for it in Part],
        "description": "`move` copies all and makes the store anew; `restore` copies back from the shadow what the new "
        "store lacks; `retire` ends the old store, `discard` a shadow that is not needed.",
    },
    source=_ref("address"),
    target=_ref("address"),
    resumes=_flag("Whether an earlier run began it."),
    rate={"type": "integer", "minimum": 0, "description": "Requests a minute, at most; 0 is as many as are answered."},
    settle_s={"type": "number", "minimum": 0, "description": "How long updates that are queued are waited for."},
    estimate={
        **_object(
            "About what it takes; null where nothing was counted.",
            requests=_count("Requests to the service."),
            duration_s={"type": "number", "description": "How long that takes at the rate."},
            away_requests=_count("Those while which the name holds none of it, or not all yet."),
            away_s={"type": "number", "description": "How long these take."},
        ),
        "type": ["object", "null"],
    },
    told=_many("What a reviewer must know of it, a sentence each.", {"type": "string"}),
)
_CHANGE: Final = _object(
    "What will be done to one resource. A create has every field with `after` only, a delete with `before` only.",
    {
        "holding": {
            **HOLDING,
            "description": "The memories that are lost or moved with a store; missing for all else.",
        },
        "migration": _MIGRATION,
    },
    action={"enum": _ACTIONS, "description": "What will be done."},
    address=_ref("address"),
    key=_text("The key of its entry in the manifest: another than its name where the entry has a `live_name`."),
    adoption=_flag("Whether it takes over what exists and no manifest owns."),
    loses_data=_flag("Whether memories are destroyed."),
    referrers=_many("What names a resource that goes.", _ref("address")),
    reason=_text("Why, where the fields alone do not say it; else empty."),
    remarks=_many("What else to know, a sentence each.", {"type": "string"}),
    fields=_many("What changes in it.", _ref("field")),
    lifecycle=_many(
        "Protection that is written on the live object.",
        _object(
            "One setting.",
            name=_text("`lifecycle.prevent_destroy` or `lifecycle.on_remove`."),
            before={"description": "What it is."},
            after={"description": "What it will be."},
        ),
    ),
    needs=_many("What must be in place before it; of what goes, what it names.", _ref("address")),
    marker={**_MARKER, "description": "What will be written on it; null where it goes or is released."},
    live=_LIVE,
    entry={
        "type": ["object", "null"],
        "description": "Its entry in the manifest, with the contents of files, and with `${env:NAME}` where a variable "
        "makes a value; without its `scopes`; null where it has none.",
    },
)
_SCOPE: Final = {
    **_object(
        "What a partial run is about; null where it is about everything.",
        targets=_many("The patterns of `--target`; what they need belongs to it, too.", {"type": "string"}),
        excludes=_many("The patterns of `--exclude`.", {"type": "string"}),
        out_of_scope=_many("What is declared or the owner's, and was left aside.", _ref("address")),
    ),
    "type": ["object", "null"],
}
_DIGEST: Final = "^sha256:[0-9a-f]{64}$"
_PLAN: Final = _object(
    "What apply would do.",
    {
        "made_at": _text("When, in UTC; only in a plan by itself."),
        "lock": _object(
            "What `apply` takes before it reads what is live; not there where the manifest declares none.",
            azure_blob=_object(
                "A lease on a blob.",
                account_url=_text("Of the storage account."),
                container=_text("In which the blob is."),
            ),
        ),
        "checksum": _text("Of the whole text, but for these digits; only in a plan by itself.", pattern=_DIGEST),
    },
    format_version=_text("Of this document: major.minor.", pattern=r"^1\.\d+$"),
    tool_version=_text("Of the provisioner that made it."),
    target=TARGET,
    owner=_text("The manifest's name."),
    scope=_SCOPE,
    digest=_text(
        "Equal for plans that do the same: project, owner, actions, wanted values, and the live values that go for "
        "them; whatever the values of secrets and variables.",
        pattern=_DIGEST,
    ),
    destruction=_flag("Whether it deletes all that the owner has: `plan --destroy`."),
    options=_OPTIONS,
    policy=_POLICY,
    applicable=_flag("Whether `apply --plan` takes it."),
    obstacles=_many("Why it does not, a sentence each.", {"type": "string"}),
    variables={
        "type": "object",
        "additionalProperties": {"enum": [*VARIABLE_TYPES]},
        "description": "The sensitive variables of the manifest that applying it needs, by name, with their types.",
    },
    has_changes=_flag("Whether there is anything to do."),
    summary=_object(
        "How many of each.",
        **{action: _count(f"Changes that {action}.") for action in _ACTIONS},
        unchanged=_count("Resources that are as they should be."),
        suspended=_count("Resources that the manifest suspends."),
        refusals=_count("Reasons why it may not be applied."),
        warnings=_count("Warnings."),
        notes=_count("Notes."),
    ),
    changes=_many("In an order in which they can be applied.", _ref("change")),
    referred=_many("What the changes name and leave alone.", _ref("referred")),
    unchanged=_many("What is as it should be.", _ref("address")),
    left_out=_many("What `--no-delete` keeps from being deleted or replaced; these count as changes.", _ref("address")),
    suspended=_many(
        "What `lifecycle.suspend` keeps from being written: the change that is not made, without fields where nothing "
        "differs. None of them counts as a change.",
        _ref("change"),
    ),
    refusals=_many("Any of these means that the plan may not be applied.", _ref("diagnostic")),
    warnings=_many("These forbid nothing.", _ref("diagnostic")),
    notes=_many("What could not be known, so that nothing is refused for it.", _ref("diagnostic")),
)
_OUTCOME: Final = {
    "address": _ref("address"),
    "action": {"enum": _ACTIONS, "description": "What was to be done."},
    "status": {"enum": [status.value for status in Status], "description": "What became of it."},
    "reason": _text("Why it failed or was skipped; else empty."),
    "elapsed_s": _seconds("How long it took, in seconds."),
    "remarks": _many("What else to know of what was done, a sentence each.", {"type": "string"}),
}
_OF_PLAN: Final = {
    "address": ADDRESS,
    "diagnostic": _DIAGNOSTIC,
    "field": _FIELD,
    "change": _CHANGE,
    "referred": _REFERRED,
}
_WHICH: Final = {"address": _ref("address"), "action": {"enum": _ACTIONS, "description": "What is done to it."}}
_VERSION: Final = _text("Of this stream: major.minor.", pattern=r"^1\.\d+$")


_DRIFTED_FIELD: Final = _object(
    "One field that moved. Secrets are `(sensitive)`.",
    {
        "live": {"description": "What it is; missing where the field is not there."},
        "declared": {"description": "What the manifest says; missing where it does not declare it."},
        "was": {"description": "What was applied last; missing where nobody knows, or the field was not there."},
    },
    path=_many("Its path, one key each.", {"type": "string"}),
    edited=_flag("Whether the manifest was edited since the last apply, too; what was applied is then not known."),
)
_DRIFT: Final = _object(
    "What was changed outside the manifest.",
    {"migrating": _many("Of which a migration is under way; missing where none is.", _ref("address"))},
    format_version=_text("Of this document: major.minor.", pattern=r"^1\.\d+$"),
    target=TARGET,
    owner=_text("The manifest's name."),
    has_drift=_flag("Whether anything moved, or is not there."),
    summary=_object(
        "How many of each.",
        drifted=_count("Resources with fields that moved."),
        fields=_count("Fields that moved."),
        absent=_count("Declared resources that are not there."),
    ),
    drifted=_many(
        "Sorted by address.",
        _object(
            "One resource.",
            address=_ref("address"),
            owner=_text("The owner that is written on it."),
            fields=_many("What moved in it.", _ref("drifted_field")),
        ),
    ),
    absent=_many("Declared and not live: deleted, or not applied yet.", _ref("address")),
)


def drift_schema() -> Json:
    defs = {"address": ADDRESS, "drifted_field": _DRIFTED_FIELD}
    return {"$schema": DIALECT, "title": "Drift", **_DRIFT, "$defs": defs}


def plan_schema() -> Json:
    return {"$schema": DIALECT, "title": "Plan", **_PLAN, "$defs": _OF_PLAN}


def events_schema() -> Json:
    """Of one line of the stream."""
    return {
        "$schema": DIALECT,
        "title": "Event",
        "description": "One line of `apply --format json` or `destroy --format json`. Exactly one line is the last: "
        "apply_finished, apply_abandoned or failed; with `--check`, checks_finished follows apply_finished where all "
        "was applied.",
        "oneOf": [_event(name, **parts) for name, parts in _EVENTS.items()],
        "$defs": {
            **_OF_PLAN,
            "plan": _PLAN,
            "failure": _FAILURE,
            "outcome": _object("What became of one change.", {"failure": _ref("failure")}, **_OUTCOME),
        },
    }


_CHECK: Final = _object(
    "What one check found.",
    id={"enum": [*CHECKS, *IDS], "description": "Which one; they come in this order, and every one comes."},
    state={
        "enum": [state.value for state in State],
        "description": "`failed` is what would stop an apply, `unknown` what could not be looked at.",
    },
    message=_text("What is there."),
    hint=_text("What to do; may be empty."),
    details={
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "The same for programs: versions, what a token says of itself, a host and its fault, ids of "
        "requests.",
    },
    diagnostics=_many("Problems with places of their own.", _ref("diagnostic")),
)


def doctor_schema() -> Json:
    found = _object(
        "What `doctor --format json` writes. It holds no secret.",
        format_version=_text("Of this document: major.minor.", pattern=r"^1\.\d+$"),
        healthy=_flag("Whether nothing was found that would stop an apply; else the exit code is 1."),
        summary=_object("How many of each.", **{it.value: _count(f"Checks that are {it.value}.") for it in State}),
        checks=_many("Every check.", _CHECK),
    )
    return {"$schema": DIALECT, "title": "Doctor", **found, "$defs": {"diagnostic": _DIAGNOSTIC}}


def _event(name: str, *, description: str, required: Json, optional: Json | None = None) -> Any:
    which = {"const": name, "description": "Which event it is."}
    of_run = {"run_id": _text("Which run, as the log has it; the services are told it.", format="uuid")}
    return _object(description, {**of_run, **(optional or {})}, event=which, **required)


_EVENTS: Final[dict[str, Json]] = {
    "planned": {
        "description": "The plan: where there is nothing to apply, where it is refused, and before somebody is asked; "
        "the answer yes lets all that follows follow.",
        "required": {"format_version": _VERSION, "plan": _ref("plan")},
    },
    "apply_started": {
        "description": "The plan that is run.",
        "required": {"format_version": _VERSION, "plan": _ref("plan")},
    },
    "change_started": {"description": "One change begins.", "required": _WHICH},
    "change_noted": {
        "description": "A sign of life of a change: it waits, or tries again.",
        "required": {**_WHICH, "note": _text("What it does.")},
    },
    "change_progressed": {
        "description": "How far one step of a change is, told every second or so.",
        "required": {
            **_WHICH,
            "doing": _text("The step."),
            "unit": _text("What is counted: memories."),
            "done": _count("So many are done."),
            "total": {"type": ["integer", "null"], "minimum": 0, "description": "Of so many, where that is known."},
            "per_minute": {"type": ["integer", "null"], "minimum": 0, "description": "How many a minute, until now."},
            "left_s": {
                "type": ["integer", "null"],
                "minimum": 0,
                "description": "Seconds that the step may still take.",
            },
        },
    },
    "change_finished": {
        "description": "One change has ended, or was skipped.",
        "required": _OUTCOME,
        "optional": {"failure": _ref("failure")},
    },
    "apply_finished": {
        "description": "Last line: everything has ended. Without outcomes there was nothing to do.",
        "required": {
            "interrupted": _flag("Whether it was, and something was skipped for it."),
            "elapsed_s": _seconds("How long it took, in seconds."),
            "summary": _object(
                "How many of each.", **{status.value: _count(f"Changes that are {status.value}.") for status in Status}
            ),
            "outcomes": _many("Every change, in the order of the plan.", _ref("outcome")),
        },
    },
    "checks_finished": {"description": "With `--check`: what checks found.", "required": _CHECKS},
    "apply_abandoned": {
        "description": "Last line: a second Ctrl-C ended the run at once.",
        "required": {
            "ended": _many(
                "What had ended.",
                _object("One change.", **_WHICH, status=_OUTCOME["status"]),
            ),
            "under_way": _many("What had begun; how far it came is not known.", _object("One change.", **_WHICH)),
            "not_begun": _many("What had not.", _object("One change.", **_WHICH)),
        },
    },
    "failed": {
        "description": "Last line: the command ended with an error that is no change's.",
        "required": {"format_version": _VERSION, "message": _text("What and why."), "hint": _text("What to do.")},
        "optional": {
            "diagnostics": _many("What is wrong with the manifest, or forbids the plan.", _ref("diagnostic")),
            "failures": _many("What the service said where it could not be read.", _ref("failure")),
        },
    },
}
