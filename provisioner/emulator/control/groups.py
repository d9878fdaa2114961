"""A resource group is deleted: with everything in it, in the time that a write takes, polled at its Location.

Source: Microsoft Learn, Azure Resource Manager, delete resource group and asynchronous operations (202, then 200).
assumed: projects in it go for good, accounts as if each had been deleted, writes into it are refused meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operation_rows, operations
from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resource_rows import update
from provisioner.emulator.control.resources import DELETING, SUBSCRIPTION_ID, the_group
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.control.operations import Operation
    from provisioner.emulator.wire.call import Call


def delete_group(call: Call) -> Reply:
    """Always 202, and once more 202 while it goes. Who asks again is sent to the same operation."""
    group = the_group(call)
    row = operation_rows.unsettled(call.state, group.row, operations.DELETE_GROUP)
    if row is not None:
        operation = operations.Operation(key=row["id"], started=row["started"], due=row["due"])
        return Reply(status=202, headers=_polling(call, operation))
    update(call.state, group, {**group.body, "properties": {**group.properties, "provisioningState": DELETING}})
    operation = operations.begin(call, operations.DELETE_GROUP, group.row, group.row)
    return Reply(status=202, headers=_polling(call, operation))


def deletion(call: Call) -> Reply:
    """The Location URL: 202 until it is over, then 200 without content, or what went wrong."""
    row = operations.the_operation(call)
    operation = operations.Operation(key=row["id"], started=row["started"], due=row["due"])
    if not row["settled"]:
        return Reply(status=202, headers=_polling(call, operation))
    return Reply(status=409, body={"error": load(row["error"])}) if row["error"] else Reply()


def _polling(call: Call, operation: Operation) -> dict[str, str]:
    version = call.query.get("api-version", "2021-04-01")
    url = f"{call.base}/subscriptions/{SUBSCRIPTION_ID}/operationresults/{operation.key}?api-version={version}"
    return {"Location": url, **operations.retry_after(call, operation.started, operation.due)}


FAMILY: Final = Family(
    routes=(
        Route(method="DELETE", path="/subscriptions/{subscription}/resourceGroups/{group}", handler=delete_group),
        Route(
            method="GET",
            path="/subscriptions/{subscription}/operationresults/{operation}",
            handler=deletion,
            by_role=False,
        ),
    )
)
