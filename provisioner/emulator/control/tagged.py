"""What Azure Resource Manager's children with tags share: envelope, pages, and deletes.

Source: Azure/bicep-types-az, Microsoft.CognitiveServices 2026-09-01 (tags, etag and systemData, no location, no sku).
assumed: one write at a time per account, and that lists are cut into pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operations
from provisioner.emulator.control.resource_rows import Resource, children, find, insert, update
from provisioner.emulator.control.resources import PROVIDER, missing, new_etag, system_data, the_account
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


PAGE_SIZE: Final = 100  # assumed


def page(call: Call, kind: str, parent: int) -> Reply:
    token = call.query.get("$skipToken", "0")
    if not token.isdecimal():
        raise Refusal(400, "InvalidSkipToken", "The $skipToken query parameter is not valid.")
    found = children(call.state, kind, parent, after=int(token), limit=PAGE_SIZE + 1)
    body: Json = {"value": [it.body for it in found[:PAGE_SIZE]]}
    if len(found) > PAGE_SIZE:
        version = call.query["api-version"]
        body["nextLink"] = f"{call.base}{call.path}?api-version={version}&$skipToken={found[PAGE_SIZE - 1].row}"
    return Reply(body=body)


def stored(call: Call, kind: str, holder: Resource, name: str, *, collection: str, given: Json) -> Reply:
    """201 where it makes one, else 200. `given` are its properties and tags."""
    existing = find(call.state, kind, holder.row, name)
    body = {
        "id": existing.arm_id if existing else f"{holder.arm_id}/{collection}/{name}",
        "name": existing.name if existing else name,
        "type": f"{holder.body['type']}/{collection}",
        "etag": new_etag(),
        "systemData": system_data(call, existing.body["systemData"] if existing else None),
        **given,
    }
    if existing is None:
        return Reply(status=201, body=insert(call.state, kind, holder.row, body).body)
    return Reply(body=update(call.state, existing, body).body)


def deleted(call: Call, found: Resource | None) -> Reply:
    """202 and a Location to poll, 204 where there was none; never 200, which azure-mgmt-cognitiveservices refuses."""
    account = the_account(call)
    operations.refuse_if_busy(call, account)
    if found is None:
        return Reply(status=204)
    operation = operations.begin(call, "delete", account.row, found.row)
    return Reply(status=202, headers=operations.polling_headers(call, operation, account.location, final=True))


def the_child(call: Call, kind: str, holder: Resource, collection: str, name: str) -> Resource:
    found = find(call.state, kind, holder.row, name)
    if found is None:
        below = holder.arm_id.partition(f"/{PROVIDER}/")[2]
        raise missing(f"{PROVIDER}/{below}/{collection}/{name}", call.params["group"])
    return found


def tags_of(document: Json) -> Json:
    tags = members_of(document, "tags")
    if not all(isinstance(value, str) for value in tags.values()):
        raise invalid("Tags are a map of strings.")
    return tags


def members_of(document: object, key: str) -> Json:
    """An object's member that is an object itself, or nothing."""
    value = document.get(key) if isinstance(document, dict) else document
    if not isinstance(value, dict | None):
        raise invalid(f"The {key} are not an object.")
    return value or {}


def invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidRequestContent", message)
