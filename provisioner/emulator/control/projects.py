"""Projects of accounts: enough to have several, and what is in one goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import deleted_accounts
from provisioner.emulator.control.accounts import NAME
from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.managed_identities import identity_of
from provisioner.emulator.control.resource_rows import PROJECT, held_in_project, insert
from provisioner.emulator.control.resources import PROVIDER, edited, made_by_emulator, new_etag
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.markup import tag

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State


PROJECTS: Final = Children(kind=PROJECT, plural="projects", pattern=NAME, tagged=True)


def write_project(call: Call) -> Reply:
    account, existing = PROJECTS.begin_write(call)
    envelope = PROJECTS.envelope(call, account, existing)
    return PROJECTS.written(call, account, existing, _body(account, envelope, call.document()))


def delete_project(call: Call) -> Reply:
    project = PROJECTS.find_for_delete(call)
    if project is None:
        return Reply(status=204)
    deleted_accounts.remove_project(call.state, project)
    return Reply()


def create_default_project(state: State, clock: Clock, account: Resource, name: str) -> Resource:
    envelope = {
        "id": f"{account.arm_id}/projects/{name}",
        "name": name,
        "type": f"{PROVIDER}/accounts/projects",
        "systemData": made_by_emulator(clock),
        "etag": new_etag(),
    }
    body = _body(account, envelope, {})
    body["properties"]["isDefault"] = True
    return insert(state, PROJECT, account.row, body)


def _body(account: Resource, envelope: Json, document: Json) -> Json:
    domain, name = account.properties["customSubDomainName"], envelope["name"]
    return {
        **envelope,
        "location": document.get("location") or account.location,
        "tags": document.get("tags") or {},
        "identity": identity_of(document, envelope["id"]),
        "properties": {
            "displayName": name,
            **(document.get("properties") or {}),
            "isDefault": False,
            "endpoints": {"AI Foundry API": f"https://{domain}.services.ai.azure.com/api/projects/{name}"},
            "provisioningState": "Succeeded",
        },
    }


def _cells(call: Call, it: Resource) -> Cells:
    held = held_in_project(call.state, it.row)
    endpoint = tag("code", f"{call.base}/api/projects/{it.name}")
    return it.location, ", ".join(f"{count:,} {what}" for what, count in held.items() if count), endpoint


FAMILY: Final = arm_family(
    PROJECT,
    name="projects",
    edited=edited,
    title="Projects",
    nothing="No project. PUT one on the management plane.",
    columns=("Region", "Holds", "Endpoint"),
    cells=_cells,
    routes=PROJECTS.routes(write=write_project, delete=delete_project),
)
