"""Log Analytics workspaces and the Application Insights components that write to them: nothing is written here.

Source: Azure/bicep-types-az, microsoft.operationalinsights 2026-03-01 and microsoft.insights 2020-02-02 (components).
assumed: what is refused, and in which words.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.control.group_resources import Stored
from provisioner.emulator.control.resource_rows import RESOURCES, by_arm_id
from provisioner.emulator.control.resources import SUBSCRIPTION_ID, stamp
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.quota import plain

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

SKUS: Final = (
    "PerGB2018", "CapacityReservation", "Free", "LACluster", "PerNode", "Premium", "Standalone", "Standard",
)  # fmt: skip
SORTS: Final = ("web", "other")


def _workspace(call: Call, body: Json) -> Json:
    given = body["properties"]
    sku = given.get("sku") or {"name": "PerGB2018"}
    name = sku.get("name") if isinstance(sku, dict) else None
    if str(name).lower() not in {known.lower() for known in SKUS}:
        raise Refusal(400, "InvalidParameter", f"The sku '{name}' of the workspace is not valid.")
    return {
        "sku": sku,
        "retentionInDays": given.get("retentionInDays", 30),
        "customerId": _id("customer", body),
        "provisioningState": "Succeeded",
        "createdDate": body["systemData"]["createdAt"],
        "modifiedDate": stamp(call.now),
    }


def _component(call: Call, body: Json) -> Json:
    given = body["properties"]
    if given.get("Application_Type") not in SORTS or not isinstance(body.get("kind"), str):
        message = f"A component has a kind, and an Application_Type that is one of {', '.join(SORTS)}."
        raise Refusal(400, "InvalidParameter", message)
    workspace = given.get("WorkspaceResourceId")
    if not isinstance(workspace, str) or by_arm_id(call.state, workspace) is None:
        message = f"The workspace '{workspace}' that WorkspaceResourceId names was not found."
        raise Refusal(400, "WorkspaceNotFound", message)
    key, app = _id("instrumentation", body), _id("app", body)
    region = plain(body["location"])
    return {
        "AppId": app,
        "ApplicationId": body["name"],
        "Name": body["name"],
        "TenantId": SUBSCRIPTION_ID,
        "CreationDate": body["systemData"]["createdAt"],
        "InstrumentationKey": key,
        "ConnectionString": f"InstrumentationKey={key};"
        f"IngestionEndpoint=https://{region}-0.in.applicationinsights.azure.com/;ApplicationId={app}",
        "provisioningState": "Succeeded",
    }


def _id(what: str, body: Json) -> str:
    """The same whenever it is made."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{what}:{body['id'].lower()}"))


WORKSPACES: Final = Stored(
    kind="workspace",
    type="Microsoft.OperationalInsights/workspaces",
    pattern=r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    complete=_workspace,
)
COMPONENTS: Final = Stored(
    kind="component",
    type="Microsoft.Insights/components",
    pattern=r"[^/%&\\?]{1,259}[^/%&\\?. ]",
    complete=_component,
)
FAMILY: Final = Family(tables=(RESOURCES,), routes=(*WORKSPACES.routes(), *COMPONENTS.routes()))
