"""Model deployments: create, replace, patch, delete, pause; one write at a time per account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import held_models, operation_rows, operations, usages
from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family, seeding
from provisioner.emulator.control.deployment_rules import (
    Wish,
    capacity_of,
    check_against_catalogue,
    check_model_unchanged,
    default_capacity,
    describe,
    patched,
    wish_of,
)
from provisioner.emulator.control.model_lists import place_of
from provisioner.emulator.control.resource_rows import (
    DEPLOYMENT,
    Charge,
    Resource,
    charge_of,
    recharge,
    update,
)
from provisioner.emulator.control.resources import (
    DEFAULT_LOCATION,
    PROVIDER,
    edited,
    the_account,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.markup import badge, joined, tag
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world import quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import State


# assumed: the charset of account names and one character more is safe; the SDK states no pattern
NAME: Final = r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}"
DEPLOYMENTS: Final = Children(
    kind=DEPLOYMENT,
    plural="deployments",
    pattern=NAME,
    tagged=True,
    page_size=200,  # assumed; large, so that a thousand deployments take five round trips
)
CAPACITY_MAX: Final = 2**53  # what every reader of JSON still counts exactly
PAUSE_SINCE: Final = "2025-10-01"
PAUSABLE: Final = frozenset({"Standard", "DataZoneStandard", "GlobalStandard"})


def read_deployment(call: Call) -> Reply:
    deployment = DEPLOYMENTS.the_one(call)
    return Reply(body=deployment.body, headers=_headers(call, deployment))


def write_deployment(call: Call) -> Reply:
    """PUT: a full replace of what a client may write (inferred: what is left out falls back to its default)."""
    account, existing = DEPLOYMENTS.begin_write(call)
    if existing is not None and call.headers.get("if-none-match") == "*" and call.switches.preconditions == "honoured":
        message = f"The deployment '{call.params['deployment']}' exists."
        raise Refusal(412, "PreconditionFailed", message)  # assumed: RFC 9110, 13.1.2
    wish = wish_of(call.document(), strict=call.switches.strict)
    if existing is not None and call.switches.model_change == "refused":
        check_model_unchanged(existing, wish)
    return _store(call, account, existing, wish)


def patch_deployment(call: Call) -> Reply:
    """Takes tags and sku only. Source: azure-rest-api-specs, Deployment.tsp (PatchResourceTagsAndSku)."""
    account = the_account(call)
    existing = DEPLOYMENTS.the_one(call)
    operations.refuse_if_busy(call, account)
    wish = patched(existing, call.document(), strict=call.switches.strict)
    return _store(call, account, existing, wish, verb="patch")


def delete_deployment(call: Call) -> Reply:
    """200 when gone at once, 202 while it goes, 204 when there was none. Who refers to it does not matter."""
    account, existing = the_account(call), DEPLOYMENTS.find_for_delete(call)
    if existing is None:
        return Reply(status=204)
    style = operations.write_style(call)
    operation = operations.begin(call, "delete", account.row, existing.row)
    if style == "sync":
        return Reply(hold_until=operation.due)
    update(call.state, existing, _in_state(existing.body, "Deleting"))
    headers = operations.polling_headers(call, operation, account.location, final=True)
    return Reply(status=202, headers=headers)


def list_skus(call: Call) -> Reply:
    deployment = DEPLOYMENTS.the_one(call)
    model = deployment.properties["model"]
    account = the_account(call)
    versions = call.world.catalogue.versions(place_of(call, account.location), model["format"], model["name"])
    entry = next((m for m in versions if m["version"] == model["version"]), None)
    value = [
        {
            "resourceType": f"{PROVIDER}/accounts/deployments",
            "sku": {"name": sku["name"]},
            # assumed: bounds that the catalogue leaves out are written out here
            "capacity": {
                "allowedValues": [],
                "minimum": 1,
                "step": 1,
                "default": default_capacity(sku),
                **sku["capacity"],
            },
        }
        for sku in (entry["skus"] if entry else [])
    ]
    return Reply(body={"value": value})


def pause(call: Call) -> Reply:
    return _run_or_pause(call, "Paused")


def resume(call: Call) -> Reply:
    return _run_or_pause(call, "Running")


def _store(call: Call, account: Resource, existing: Resource | None, wish: Wish, *, verb: str = "put") -> Reply:
    model, sku = check_against_catalogue(
        call.world.catalogue,
        place_of(call, account.location),
        wish,
        holds=lambda model: held_models.holds(call, model, existing),
    )
    capacity = capacity_of(wish, sku)
    charge = Charge(region=usages.region_of(account), usage=sku["usageName"], capacity=capacity)
    usages.check(call, charge, _charged(call, existing))
    style = operations.write_style(call)
    body = {
        **DEPLOYMENTS.envelope(call, account, existing),
        **describe(wish, model, sku, capacity),
    }
    body = _in_state(body, "Succeeded" if style == "sync" else "Creating" if existing is None else "Accepted")
    stored = DEPLOYMENTS.store(call, account, existing, body, charge)
    held_models.remember(call, model)
    operation = operations.begin(call, verb, account.row, stored.row)
    return _answer(call, account, stored, operation, style=style, created=existing is None, verb=verb)


def _answer(
    call: Call,
    account: Resource,
    stored: Resource,
    operation: operations.Operation,
    *,
    style: str,
    created: bool,
    verb: str,
) -> Reply:
    """PUT answers 200 or 201, never 202, which azure-mgmt-cognitiveservices refuses; PATCH 200 or 202."""
    headers = {"ETag": stored.body["etag"]}
    done = 201 if created else 200
    if style == "sync":
        return Reply(body=stored.body, status=done, headers=headers, hold_until=operation.due)
    if style == "bare":
        return Reply(
            body=stored.body,
            status=done,
            headers={**headers, **operations.retry_after(call, operation.started, operation.due)},
        )
    polling = operations.polling_headers(call, operation, account.location, final=verb == "patch")
    return Reply(body=stored.body, status=202 if verb == "patch" else done, headers={**headers, **polling})


def _charged(call: Call, existing: Resource | None) -> Charge | None:
    return None if existing is None else charge_of(call.state, existing.row)


def _run_or_pause(call: Call, state: str) -> Reply:
    """Idempotent; standard skus only; api-versions since 2025-10. Source: azapi's embedded types."""
    if call.query["api-version"] < PAUSE_SINCE:
        raise Refusal(400, "InvalidResourceType", "The resource type could not be found in this api-version.")
    existing = DEPLOYMENTS.the_one(call)
    DEPLOYMENTS.refuse_if_busy(call)
    if existing.body["sku"]["name"] not in PAUSABLE:
        message = f"The SKU '{existing.body['sku']['name']}' of account deployment cannot be paused."
        raise Refusal(400, "InvalidResourceProperties", message)
    properties = {**existing.properties, "deploymentState": state}
    return Reply(body=update(call.state, existing, {**existing.body, "properties": properties}).body)


def _headers(call: Call, deployment: Resource) -> Mapping[str, str]:
    """The resource itself is polled too: say when to come back."""
    headers = {"ETag": deployment.body["etag"]}
    row = operation_rows.unsettled(call.state, deployment.row)
    return headers if row is None else {**headers, **operations.retry_after(call, row["started"], row["due"])}


def _in_state(body: Json, state: str) -> Json:
    return {**body, "properties": {**body["properties"], "provisioningState": state}}


def _edited(state: State, found: Resource, body: Json) -> Json:
    """The ledger goes with the capacity."""
    capacity = body["sku"]["capacity"]
    if isinstance(capacity, bool) or not isinstance(capacity, int) or not 0 <= capacity <= CAPACITY_MAX:
        raise ValueError("sku.capacity")
    for name in (body["sku"]["name"], body["properties"]["model"]["name"]):
        if not isinstance(name, str):
            raise TypeError("name")
    before = charge_of(state, found.row)
    if before is not None:
        recharge(state, found.row, replace(before, capacity=capacity))
    properties = {**body["properties"], "currentCapacity": capacity}
    return edited(state, found, {**body, "properties": properties})


def _cells(_: Call, it: Resource) -> Cells:
    model, sku, state = it.properties["model"], it.body["sku"], str(it.properties["provisioningState"])
    named = joined(model["name"], " ", tag("span", model.get("version") or "", class_="soft"))
    return named, sku["name"], sku["capacity"], badge(state, {"Succeeded": "good", "Failed": "bad"}.get(state, "warn"))


_PLAIN: Final = {
    "sku": {"name": "GlobalStandard", "capacity": 1},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-5.4-mini", "version": "2026-03-17"}},
}
_SEEDED_MAX: Final = 10**9


def _seed(call: Call, amount: int) -> None:
    quota.set_limit(call.state, DEFAULT_LOCATION, "OpenAI.GlobalStandard.gpt-5.4-mini", _SEEDED_MAX)
    seeding(write_deployment, DEPLOYMENT, _PLAIN)(call, amount)


_ONE: Final = f"{DEPLOYMENTS.paths[0]}/{{deployment}}"
FAMILY: Final = arm_family(
    DEPLOYMENT,
    name="deployments",
    edited=_edited,
    seed=_seed,
    title="Deployments",
    nothing="No model is deployed yet.",
    columns=("Model", "Sku", "Capacity", "State"),
    cells=_cells,
    routes=(
        *DEPLOYMENTS.routes(
            read=read_deployment,
            write=write_deployment,
            patch=patch_deployment,
            delete=delete_deployment,
        ),
        Route(method="GET", path=f"{_ONE}/skus", handler=list_skus),
        Route(method="POST", path=f"{_ONE}/pause", handler=pause),
        Route(method="POST", path=f"{_ONE}/resume", handler=resume),
    ),
)
