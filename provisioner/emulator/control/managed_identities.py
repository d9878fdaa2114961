"""Managed identities of accounts and projects: who they are, the same whenever they are asked.

Source: azure-mgmt-cognitiveservices 14.1, models: Identity, UserAssignedIdentity. assumed: an account that is made
again under its name has the identity it had.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from provisioner.emulator.world.tokens import TENANT_ID

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json


def identity_of(document: Json, arm_id: str) -> Json:
    """As the resource shows it: what the service assigned, beside what the client asked for."""
    given = document.get("identity") or {"type": "SystemAssigned"}
    sorts = str(given.get("type") or "None")
    shown: Json = {"type": sorts}
    if "SystemAssigned" in sorts:
        shown |= {"principalId": _id(arm_id, "principal"), "tenantId": TENANT_ID}
    if "UserAssigned" in sorts:
        named = given.get("userAssignedIdentities") or {}
        shown["userAssignedIdentities"] = {
            name: {"principalId": _id(name, "principal"), "clientId": _id(name, "client")} for name in named
        }
    return shown


def _id(arm_id: str, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{what}:{arm_id.lower()}"))
