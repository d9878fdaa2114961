"""Writes that take time, and the rule that an account has one of them at a time.

An operation is a row with a start and a due time: it is over when the clock says so, whoever looks, so a
crashed emulator leaves no lock behind. What it changes is settled by the first request after that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import deleted_accounts, operation_rows, resource_rows
from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resources import PROVIDER, SUBSCRIPTION_ID, stamp
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row, State

DELETE_GROUP: Final = "delete group"
NOTHING: Final = "nothing"  # the verb of an operation that changes nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    key: str
    started: float
    due: float


def refuse_if_busy(call: Call, account: Resource) -> None:
    """Source: terraform-provider-azurerm#22607, #22939; Azure/azure-dev#9398. Reads are never refused."""
    if not operation_rows.is_busy(call.state, account.row, call.now):
        return
    raise Refusal(
        409,
        "RequestConflict",
        f"Another operation is being performed on the parent resource '{account.arm_id}'. Please try again later.",
    )


def begin(call: Call, verb: str, account: int, resource: int) -> Operation:
    now = call.now
    operation = Operation(key=str(uuid.uuid4()), started=now, due=now + call.switches.write_seconds)
    operation_rows.insert(
        call.state,
        operation.key,
        account=account,
        resource=resource,
        verb=verb,
        started=operation.started,
        due=operation.due,
        error=call.operation_error,
    )
    return operation


def write_style(call: Call) -> str:
    """How a write is answered: "sync" when it is over, "async" with a URL to poll, "bare" without one."""
    asked = call.switches.write_style
    if asked != "auto":
        return asked
    return "async" if call.switches.write_seconds > 0 or call.operation_error is not None else "sync"


def first_state(call: Call, *, is_new: bool) -> str:
    """Of what is written, until the write is over."""
    if write_style(call) == "sync":
        return "Succeeded"
    return "Creating" if is_new else "Accepted"


def answered(call: Call, account: Resource, stored: Resource, body: Json, *, is_new: bool) -> Reply:
    """A PUT or PATCH of an account or a project, in the style of the call.

    Source: azure-cli, recordings of both: an account is 201, Creating, with a URL to poll; a project comes when it is
    done. assumed: here both do both.
    """
    operation, style = begin(call, "put", account.row, stored.row), write_style(call)
    headers = {"ETag": stored.body["etag"]}
    if style == "async":
        headers |= polling_headers(call, operation, account.location)
    elif style == "bare":
        headers |= retry_after(call, operation.started, operation.due)
    hold_until = operation.due if style == "sync" else None
    return Reply(status=201 if is_new else 200, body=body, headers=headers, hold_until=hold_until)


def settle(state: State, now: float) -> None:
    """Inside a write transaction: what is over takes its final form."""
    for row in operation_rows.due(state, now):
        _finish(state, row)
        operation_rows.settle(state, row["id"])


def promise(state: State, rows: list[Row]) -> None:
    """Operations of writes that were taken back: they take as long as they said, succeed, and do nothing."""
    for row in rows:
        is_there = resource_rows.by_row(state, row["resource"]) is not None
        operation_rows.insert(
            state,
            row["id"],
            account=row["account"],
            resource=row["resource"] if is_there else 0,
            verb=NOTHING,
            started=row["started"],
            due=row["due"],
        )


def polling_headers(call: Call, operation: Operation, location: str, *, final: bool = False) -> dict[str, str]:
    """Azure-AsyncOperation, and Location where the operation's result is found behind it.

    Source: azure-cli recording test_cognitiveservices_deployment (account PUT): the URL embeds another,
    older api-version and an opaque signature.
    """
    base = f"{call.base}/subscriptions/{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{location}"
    opaque = f"{operation.key}?api-version=2017-04-18&t=0&c=emulator&s=emulator&h=emulator"
    headers = {
        "Azure-AsyncOperation": f"{base}/operationResults/{opaque}",
        **retry_after(call, operation.started, operation.due),
    }
    if final:
        headers["Location"] = f"{base}/resourceOperationResults/{opaque}"
    return headers


def retry_after(call: Call, started: float, due: float) -> dict[str, str]:
    """When to come back. Without it every Python client waits 30 s; 0 would count as absent.

    Whole seconds: JavaScript reads no others, and the Azure CLI fails on a fraction. At most 5, for a clock that is
    moved. Writes shorter than a second say it in milliseconds instead, which the service does not do, but azure-core
    reads: tests need not wait.
    """
    left = due - call.now
    if due - started < 1:
        return {"retry-after-ms": str(max(10, ceil(left * 1000)))}
    return {"Retry-After": str(min(5, max(1, ceil(left))))}


def progress(call: Call) -> Reply:
    """The Azure-AsyncOperation URL: 200 with a status, whatever it is."""
    row = the_operation(call)
    over = bool(row["settled"])
    failed = load(row["error"]) if row["error"] else None
    status = ("Failed" if failed else "Succeeded") if over else "InProgress"
    body = {
        "id": call.path,
        "name": row["id"],
        "status": status,
        "startTime": stamp(row["started"]),
        **({"endTime": stamp(row["due"])} if over else {}),
        **({"error": failed} if over and failed else {}),
    }
    return Reply(body=body, headers={} if over else retry_after(call, row["started"], row["due"]))


def result(call: Call) -> Reply:
    """The Location URL: 202 until it is over, then the resource, or 204 when it is gone."""
    row = the_operation(call)
    if not row["settled"]:
        return Reply(
            status=202, headers={"Location": f"{call.base}{call.path}", **retry_after(call, row["started"], row["due"])}
        )
    found = resource_rows.by_row(call.state, row["resource"])
    return Reply(status=204) if found is None else Reply(body=found.body)


def the_operation(call: Call) -> Row:
    row = operation_rows.find(call.state, call.params["operation"].lower())
    if row is None:
        raise Refusal(404, "OperationNotFound", f"The operation '{call.params['operation']}' was not found.")
    return row


def _finish(state: State, row: Row) -> None:
    resource = resource_rows.by_row(state, row["resource"])
    if resource is None or row["verb"] == NOTHING:
        return
    if row["verb"] == DELETE_GROUP and not row["error"]:
        deleted_accounts.lay_group_aside(state, resource, row["due"])
        return
    if row["verb"] == "delete" and not row["error"]:
        resource_rows.delete(state, resource.row)
        return
    ended = "Failed" if row["error"] else "Succeeded"
    properties = {**resource.properties, "provisioningState": ended}
    resource_rows.update(state, resource, {**resource.body, "properties": properties})


FAMILY: Final = Family(
    tables=(operation_rows.OPERATIONS,),
    routes=tuple(
        Route(
            method="GET",
            path=f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}/{kind}/{{operation}}",
            handler=handler,
            by_role=False,  # their urls are signed
        )
        for kind, handler in (("operationResults", progress), ("resourceOperationResults", result))
    ),
)
