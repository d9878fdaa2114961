"""What every resource of the management plane has: the place that its path names, and what the service adds to it."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resource_rows import ACCOUNT, GROUP, Resource, find
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.quota import plain

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State


SUBSCRIPTION_ID: Final = "00000000-0000-4000-8000-000000000001"
DEFAULT_GROUP: Final = "rg-local"  # what there is on the first day
DEFAULT_ACCOUNT: Final = "local-foundry"
DEFAULT_PROJECT: Final = "local"
DEFAULT_LOCATION: Final = "eastus2"
PROVIDER: Final = "Microsoft.CognitiveServices"
# A deployment that is being changed goes on serving; one that is being made does not yet (azure-openai-proxy#104).
SERVING: Final = frozenset({"Succeeded", "Accepted"})
DELETING: Final = "Deleting"


def the_group(call: Call) -> Resource:
    check_subscription(call)
    name = call.params["group"]
    group = find(call.state, GROUP, 0, name)
    if group is None:
        message = f"Resource group '{name}' could not be found."
        raise Refusal(404, "ResourceGroupNotFound", message)
    if group.properties["provisioningState"] == DELETING and call.method not in {"GET", "HEAD", "DELETE"}:
        message = f"The resource group '{name}' is in deprovisioning state and cannot perform this operation."
        raise Refusal(409, "ResourceGroupBeingDeleted", message)
    return group


def the_account(call: Call, *, for_write: bool = False) -> Resource:
    """The account named in the path. Writing a child of a missing one is ParentResourceNotFound."""
    group = the_group(call)
    name = call.params["account"]
    account = find(call.state, ACCOUNT, group.row, name)
    if account is None:
        if for_write:
            raise no_parent(name)
        raise missing(f"{PROVIDER}/accounts/{name}", group.name)
    return account


def no_parent(name: str) -> Refusal:
    message = f"Can not perform requested operation on nested resource. Parent resource '{name}' not found."
    return Refusal(404, "ParentResourceNotFound", message)


def missing(what: str, group: str) -> Refusal:
    message = f"The Resource '{what}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    return Refusal(404, "ResourceNotFound", message)


def check_subscription(call: Call) -> None:
    asked = call.params["subscription"]
    if asked.lower() != SUBSCRIPTION_ID:
        raise Refusal(404, "SubscriptionNotFound", f"The subscription '{asked}' could not be found.")


def check_name(name: str, pattern: str, sort: str) -> None:
    if not re.fullmatch(pattern, name):
        raise Refusal(400, "InvalidResourceName", f"The {sort} name '{name}' is not valid; it must match {pattern}.")


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def system_data(call: Call, before: Json | None = None) -> Json:
    who, when = call.caller.object_id or "emulator", stamp(call.now)
    created = before or {"createdBy": who, "createdByType": "Application", "createdAt": when}
    return {
        **created,
        "lastModifiedBy": who,
        "lastModifiedByType": "Application",
        "lastModifiedAt": when,
    }


def made_by_emulator(clock: Clock) -> Json:
    who, when = "emulator", stamp(clock.now())
    created = {"createdBy": who, "createdByType": "Application", "createdAt": when}
    return {**created, "lastModifiedBy": who, "lastModifiedByType": "Application", "lastModifiedAt": when}


def new_etag() -> str:
    return f'"{uuid.uuid4()}"'


def refuse_moved(existing: Resource | None, location: object) -> None:
    """A resource stays where it was made. Source: Microsoft Learn, Azure Resource Manager, InvalidResourceLocation."""
    if existing is None or not location or plain(str(location)) == plain(existing.location):
        return
    message = (
        f"The resource '{existing.name}' already exists in location '{existing.location}'. A resource with the same "
        f"name cannot be created in location '{location}'. Please select a new resource name."
    )
    raise Refusal(409, "InvalidResourceLocation", message)


def patched(existing: Resource, document: Json) -> Json:
    """As if it had been put whole. assumed: properties and tags are merged one by one, each as a whole."""
    merged = {**existing.body, **document}
    for key in ("properties", "tags"):
        merged[key] = {**(existing.body.get(key) or {}), **members_of(document, key)}
    return merged


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


def text_of(document: Json, key: str) -> str:
    """A member that is text, or left out."""
    value = document.get(key)
    if not isinstance(value, str | None):
        raise invalid(f"The {key} is not a text.")
    return value or ""


def invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidRequestContent", message)


def edited(state: State, found: Resource, body: Json) -> Json:  # noqa: ARG001
    """As somebody's edit in the portal leaves a resource with tags."""
    if not isinstance(body.get("tags", {}), dict):
        raise TypeError("tags")
    return {**body, "etag": new_etag()}
