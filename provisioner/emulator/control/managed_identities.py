"""Managed identities of accounts and projects: who they are, the same whenever they are asked.

Source: azure-mgmt-cognitiveservices 14.1, models: Identity, UserAssignedIdentity. assumed: an account that is made
again under its name has the identity it had.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from provisioner.emulator.control.resources import members_of, text_of
from provisioner.emulator.world.tokens import TENANT_ID, object_id_of

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json


def identity_of(document: Json, arm_id: str) -> Json:
    """As the resource shows it: what the service assigned, beside what the client asked for."""
    given = members_of(document, "identity") or {"type": "SystemAssigned"}
    sorts = text_of(given, "type") or "None"
    shown: Json = {"type": sorts}
    if "SystemAssigned" in sorts:
        shown |= {"principalId": _id(arm_id, "principal"), "tenantId": TENANT_ID}
    if "UserAssigned" in sorts:
        named = members_of(given, "userAssignedIdentities")
        shown["userAssignedIdentities"] = {name: user_assigned(name) for name in named}
    return shown


def user_assigned(arm_id: str) -> Json:
    """A token that is asked for with this client id is one of this principal."""
    client_id = _id(arm_id, "client")
    return {"principalId": object_id_of(client_id), "clientId": client_id}


def principals_of(body: Json) -> list[str]:
    """Of an account or a project: itself, and what was assigned to it."""
    identity = body.get("identity") or {}
    assigned = (identity.get("userAssignedIdentities") or {}).values()
    found = [identity.get("principalId"), *(it.get("principalId") for it in assigned)]
    return [principal for principal in found if principal]


def _id(arm_id: str, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{what}:{arm_id.lower()}"))
