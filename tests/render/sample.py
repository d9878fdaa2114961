"""One plan with everything in it, and its apply: what every renderer is shown."""

from __future__ import annotations

from typing import Any

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT
from provisioner.model.errors import Failure
from provisioner.model.memory import Holding, Scopes
from provisioner.model.migration import Migration, Way
from provisioner.model.plan import Change, FieldChange, Plan, Target
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
from provisioner.model.resource import Desired, Live, Marker, OnRemove

OWNER = "dev-buddy"
SECRET = "hunter2-hunter2-hunter2"
DEPLOYMENT = Address("deployments", "gpt-4.1-mini")
STORE = Address("stores", "dev-prefs-memory")
AGENT = Address("agents", "dev-buddy")
HELPER = Address("agents", "helper")
HOSTILE = "Nice\x1b[2J\x1b]0;pwned\x07 \u202egnp.exe | </details> `tick` ```fence``` @octocat #1 <img src=x>"

_RULES = [f"{number}. Rule number {number}." for number in range(1, 21)]
OLD_INSTRUCTIONS = "\n".join(["You are a developer's assistant.", *_RULES, "Be brief.", ""])
NEW_INSTRUCTIONS = OLD_INSTRUCTIONS.replace("Be brief.", "Be brief and kind.\nAsk when in doubt.")
REMARK = "The endpoint serves version 7 | <b>only</b>; version 8 takes no traffic until it is moved."
TARGET = Target(
    endpoint="https://my-account.services.ai.azure.com/api/projects/my-project",
    account="my-account",
    subscription="00000000-0000-0000-0000-000000000000",
    resource_group="my-group",
)
LONG_LINE = "All work and no play. " * 40


def change(
    action: Action,
    address: Address,
    *,
    live: dict[str, Any] | None = None,
    marked: bool = True,
    before: Live | None = None,
    **more: Any,
) -> Change:
    if live is not None:
        before = Live(address=address, fields=live, marker=Marker(owner=OWNER) if marked else None)
    return Change(action=action, address=address, before=before, **more)


def create_deployment() -> Change:
    fields = {
        "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"},
        "sku": {"name": "GlobalStandard", "capacity": 50},
    }
    return change(Action.CREATE, DEPLOYMENT, after=fields, marker=Marker(owner=OWNER))


def create_helper() -> Change:
    tools = [
        {
            "server_url": "https://mcp.example.com",
            "type": "mcp",
            "headers": {"Authorization": f"Bearer {SECRET}", "X-Trace": "on"},
        },
        {"type": "memory_search", "memory_store_name": "dev-prefs-memory", "scope": "{{$userId}}"},
    ]
    fields = {
        "model": "gpt-4.1-mini",
        "instructions": "Help.\nBe brief.\n",
        "description": HOSTILE,
        "tools": tools,
        "structured_inputs": {},
        "max_tokens": 400,
    }
    return change(Action.CREATE, HELPER, after=fields, marker=Marker(owner=OWNER), needs=frozenset({DEPLOYMENT, STORE}))


def update_agent() -> Change:
    search = {"type": "memory_search", "memory_store_name": "dev-prefs-memory", "scope": "{{$userId}}"}
    fields = (
        FieldChange(path=("description",), before=LONG_LINE + "a", after=LONG_LINE + "b", origin=Origin.DRIFT),
        FieldChange(path=("instructions",), before=OLD_INSTRUCTIONS, after=NEW_INSTRUCTIONS, origin=Origin.BOTH),
        FieldChange(path=("metadata", "api_key"), before=SECRET, after=SECRET + "!", origin=Origin.EDIT),
        FieldChange(path=("metadata", "cost centre"), before="42", after=ABSENT, origin=Origin.EDIT),
        FieldChange(path=("model",), before="gpt-4.1", after="gpt-4.1-mini", origin=Origin.EDIT),
        FieldChange(path=("temperature",), before=ABSENT, after=0.2, origin=Origin.EDIT),
        FieldChange(
            path=("tools",),
            before=[{**search, "update_delay": 1}, {"type": "file_search"}],
            after=[{**search, "update_delay": 5}],
            origin=Origin.EDIT,
        ),
        FieldChange(path=("text",), before="one\ntwo", after=ABSENT, origin=Origin.BOTH),
        FieldChange(path=("top_p",), before=1, after=ABSENT, origin=Origin.DRIFT),
    )
    live = Live(
        address=AGENT,
        fields={"model": "gpt-4.1"},
        marker=Marker(owner=OWNER, on_remove=OnRemove.KEEP),
        revision="7",
        marker_revision="5",
    )
    return change(
        Action.UPDATE,
        AGENT,
        before=live,
        after={"model": "gpt-4.1-mini"},
        marker=Marker(owner=OWNER, prevent_destroy=True),
        fields=fields,
        needs=frozenset({STORE}),
        remarks=(REMARK,),
    )


def replace_store() -> Change:
    live = {"chat_model": "gpt-4.1", "embedding_model": "e", "options": {"default_ttl_seconds": 60}}
    return change(
        Action.REPLACE,
        STORE,
        live=live,
        marker=Marker(owner=OWNER),
        after={"chat_model": "gpt-4.1-mini", "embedding_model": "e"},
        fields=(
            FieldChange(
                path=("chat_model",), before="gpt-4.1", after="gpt-4.1-mini", origin=Origin.EDIT, forces_replace=True
            ),
        ),
        needs=frozenset({DEPLOYMENT}),
        loses_data=True,
        referrers=(AGENT, HELPER),
        remarks=("Not in the manifest, so not carried over: options.default_ttl_seconds.",),
    )


def migrate_store() -> Change:
    at = Address("stores", "team-memory")
    holding = Holding(
        scopes=Scopes(names=("ada", "grace"), origins={"manifest": 2, "agents": 1}),
        kinds={"user_profile": 1000, "chat_summary": 234},
    )
    return change(
        Action.MIGRATE,
        at,
        live={"chat_model": "gpt-4.1-mini", "embedding_model": "small"},
        after={"chat_model": "gpt-4.1-mini", "embedding_model": "large"},
        marker=Marker(owner=OWNER),
        fields=(
            FieldChange(
                path=("embedding_model",), before="small", after="large", origin=Origin.EDIT, forces_replace=True
            ),
        ),
        needs=frozenset({DEPLOYMENT}),
        referrers=(HELPER,),
        holding=holding,
        migration=Migration(
            way=Way.IN_PLACE,
            source=at,
            target=Address("stores", "team-memory-shadow"),
            holding=holding,
            settle_s=300,
        ),
    )


def sample_plan() -> Plan:
    old_store = Address("stores", "old-memory")
    changes = (
        create_deployment(),
        replace_store(),
        migrate_store(),
        update_agent(),
        create_helper(),
        change(
            Action.ADOPT,
            Address("agents", "portal-made"),
            live={"description": "by hand"},
            marked=False,
            after={"description": "by manifest"},
            marker=Marker(owner=OWNER),
            fields=(FieldChange(path=("description",), before="by hand", after="by manifest"),),
        ),
        change(Action.RELEASE, Address("agents", "handed-over"), live={"model": "m"}, after={"model": "m"}),
        change(
            Action.DELETE,
            old_store,
            live={"chat_model": "gpt-4.1", "description": "Old\nand gone"},
            loses_data=True,
            referrers=(AGENT,),
        ),
    )
    return Plan(
        owner=OWNER,
        target=TARGET,
        changes=changes,
        unchanged=(Address("deployments", "text-embedding-3-large"),),
        refusals=refusals(),
        warnings=warnings(),
        notes=notes(),
    )


def plan_of_names() -> Plan:
    """Names that sound like secrets and are none, beside real ones of each sort."""
    api_key = {"type": "string", "description": "Key of the tenant.", "default": SECRET}
    parameters = {
        "type": "object",
        "properties": {
            "password": {"type": "string", "description": "The new one.", "minLength": 12, "examples": [SECRET]},
            "api_key": api_key,
        },
        "required": ["password"],
    }
    spec = {
        "openapi": "3.1.0",
        "paths": {
            "/reset-password": {
                "post": {
                    "operationId": "reset_password",
                    "parameters": [{"name": "token", "in": "query", "schema": {"type": "string"}, "example": SECRET}],
                    "security": [{"api_key": []}],
                }
            }
        },
        "components": {"securitySchemes": {"api_key": {"type": "apiKey", "name": "X-Api-Key", "in": "header"}}},
    }
    fields = {
        "structured_inputs": {
            "api_key": {"description": "Of the caller.", "required": True, "schema": {"type": "string"}},
            "token": {"description": "A fallback.", "default_value": SECRET},
            "city": {"default_value": "Oslo"},
        },
        "tools": [
            {"type": "function", "name": "reset_password", "parameters": parameters},
            {"type": "openapi", "openapi": {"name": "tokens", "spec": spec}},
            {"type": "mcp", "server_url": f"https://h.example/?sig={SECRET}", "headers": {"X-Who": f"Bearer {SECRET}"}},
        ],
        "environment_variables": {
            "API_KEY": SECRET,
            "LOG_LEVEL": "debug",
            "STORAGE": f"AccountName=a;AccountKey={SECRET};EndpointSuffix=core.windows.net",
        },
    }
    return Plan(owner=OWNER, changes=(change(Action.CREATE, HELPER, after=fields, marker=Marker(owner=OWNER)),))


def warnings() -> tuple[Diagnostic, ...]:
    return (
        Diagnostic(
            code="ignored-edit",
            severity=Severity.WARNING,
            message="agents/portal-made: instructions was edited in the manifest, and lifecycle.ignore keeps it as it "
            "is on the live object.",
            hint="Take it out of lifecycle.ignore to have it applied.",
            where=Location(file="stores.yaml", line=40, column=5, path="agents.portal-made"),
        ),
    )


def notes() -> tuple[Diagnostic, ...]:
    return (
        Diagnostic(
            code="not-read",
            severity=Severity.NOTE,
            message="The quota in swedencentral could not be read: The client has no role.",
        ),
    )


def refusals() -> tuple[Diagnostic, ...]:
    return (
        Diagnostic(
            code="data-loss",
            message="stores/dev-prefs-memory would be replaced because chat_model cannot change on a live store; every "
            "memory of every scope in it would be destroyed. agents/dev-buddy and agents/helper refer to it.",
            hint="If this is meant, name it: --allow-data-loss stores/dev-prefs-memory",
            where=Location(file="stores.yaml", line=12, column=3, path="stores.dev-prefs-memory"),
        ),
        Diagnostic(
            code="too-many-deletes",
            message="4 resources would be deleted, more than the 3 that are allowed at once.",
            hint="Check that the manifest is whole; if this is meant, add --max-deletes 4",
        ),
        Diagnostic(
            code="right-missing",
            message="agents/helper and agents/portal-made would be refused. No role of the signed-in identity allows "
            "agents/write on the project.",
            hint="Have somebody who may assign roles grant it Foundry User on the project:\naz role assignment create",
            where=Location(file="stores.yaml", line=30, column=3, path="agents.helper"),
            resources=(HELPER, Address("agents", "portal-made")),
        ),
    )


def diagnostics() -> tuple[Diagnostic, ...]:
    return (
        Diagnostic(
            code="unknown-reference",
            message='agents/dev-buddy uses store "catalogue", which this manifest does not define.',
            hint='Did you mean "catalog"? Stores defined here: catalog, returns.',
            where=Location(file="teams/a,b:c/stores.yaml", line=14, column=11, path="agents.dev-buddy.tools"),
        ),
        Diagnostic(
            code="unset-variable",
            message="FOUNDRY_PROJECT_ENDPOINT is not set: 100% of what needs it\nwill fail.",
            severity=Severity.WARNING,
        ),
    )


FAILURE = Failure(
    message='This model is not offered here.\n{"error": "as is"}',
    code="InvalidResourceProperties",
    status=400,
    request_id="7f-1",
    advice="Pick another SKU: `az cognitiveservices model list` names them.",
)


def finished(*, interrupted: bool = False) -> ApplyFinished:
    plan = sample_plan()
    created, replaced, updated, helper, *_ = plan.changes
    return ApplyFinished(
        outcomes=(
            Outcome(change=created, status=Status.DONE, elapsed_s=2.14),
            Outcome(change=replaced, status=Status.FAILED, failure=FAILURE, elapsed_s=75.2),
            Outcome(change=updated, status=Status.DONE, elapsed_s=0.3, remarks=(REMARK,)),
            Outcome(change=helper, status=Status.SKIPPED, reason="stores/dev-prefs-memory, which it needs, failed"),
        ),
        interrupted=interrupted,
        elapsed_s=78.9,
    )


def events() -> tuple[Event, ...]:
    done, failed, _, skipped = finished().outcomes
    return (
        ApplyStarted(plan=Plan(owner=OWNER, target=TARGET, changes=(done.change, failed.change, skipped.change))),
        ChangeStarted(change=done.change),
        ChangeNoted(change=done.change, note="waiting for the operation"),
        ChangeNoted(change=done.change, note="waiting for the operation"),
        ChangeProgressed(
            change=done.change,
            progress=Progress(doing="copying into prefs-shadow", done=1200, total=3000, per_minute=949.6, left_s=113.7),
        ),
        ChangeFinished(outcome=done),
        ChangeStarted(change=failed.change),
        ChangeFinished(outcome=failed),
        ChangeFinished(outcome=skipped),
        finished(),
    )


def resources() -> dict[Address, Desired]:
    odd = Address("agents", 'say "hi" #1 <b>')
    return {
        DEPLOYMENT: Desired(address=DEPLOYMENT),
        STORE: Desired(address=STORE, needs=frozenset({DEPLOYMENT}), external=True),
        AGENT: Desired(address=AGENT, needs=frozenset({DEPLOYMENT, STORE})),
        odd: Desired(address=odd, needs=frozenset({Address("deployments", "elsewhere")})),
    }
