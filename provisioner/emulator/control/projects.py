"""Projects of accounts: enough to have several, and what is in one goes with it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import deleted_accounts, operations
from provisioner.emulator.control.accounts import NAME
from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.managed_identities import identity_of
from provisioner.emulator.control.resource_rows import PROJECT, children, held_in_project, insert
from provisioner.emulator.control.resources import (
    PROVIDER,
    edited,
    made_by_emulator,
    members_of,
    new_etag,
    patched,
    refuse_moved,
    tags_of,
    text_of,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
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
    return _stored(call, account, existing, call.document())


def patch_project(call: Call) -> Reply:
    PROJECTS.refuse_if_busy(call)
    existing = PROJECTS.the_one(call)
    return _stored(call, PROJECTS.holder(call), existing, patched(existing, call.document()))


def _stored(call: Call, account: Resource, existing: Resource | None, document: Json) -> Reply:
    """The refusal: microsoft-foundry-for-vscode#128."""
    if account.properties["provisioningState"] != "Succeeded":
        raise Refusal(400, "BadRequest", "The parent account does not provision correctly.")
    refuse_moved(existing, document.get("location"))
    if existing is None:  # the first of an account is its default
        is_default = not children(call.state, PROJECT, account.row, limit=1)
    else:
        is_default = bool(existing.properties.get("isDefault"))
    body = _body(account, PROJECTS.envelope(call, account, existing), document, is_default=is_default)
    body["properties"]["provisioningState"] = operations.first_state(call, is_new=existing is None)
    stored = PROJECTS.store(call, account, existing, body)
    return operations.answered(call, account, stored, _shown(stored), is_new=existing is None)


def list_projects(call: Call) -> Reply:
    return Reply(body={"value": [_shown(it) for it in PROJECTS.members(call)]})


def read_project(call: Call) -> Reply:
    project = PROJECTS.the_one(call)
    return Reply(body=_shown(project), headers={"ETag": project.body["etag"]})


def _shown(project: Resource) -> Json:
    """Its name is told with its account's. Source: azure-dev, recording of a live GET."""
    account = project.arm_id.split("/")[-3]
    return {**project.body, "name": f"{account}/{project.name}"}


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
    return insert(state, PROJECT, account.row, _body(account, envelope, {}, is_default=True))


def _body(account: Resource, envelope: Json, document: Json, *, is_default: bool) -> Json:
    domain, name = account.properties["customSubDomainName"], envelope["name"]
    return {
        **envelope,
        "kind": "AIServices",
        "location": text_of(document, "location") or account.location,
        "tags": tags_of(document),
        "identity": identity_of(document, envelope["id"]),
        "properties": {
            "displayName": name,
            **members_of(document, "properties"),
            "isDefault": is_default,
            "endpoints": {"AI Foundry API": f"https://{domain}.services.ai.azure.com/api/projects/{name}"},
            "internalId": uuid.uuid5(uuid.NAMESPACE_URL, envelope["id"].lower()).hex,
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
    routes=PROJECTS.routes(
        list_all=list_projects,
        read=read_project,
        write=write_project,
        patch=patch_project,
        delete=delete_project,
    ),
)
