"""Role assignments and definitions as the management plane shows them.

Source: azure-rest-api-specs, Microsoft.Authorization 2022-04-01: models and examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resources import SUBSCRIPTION_ID, stamp
from provisioner.emulator.world.role_rows import Assignment

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.world.facts.roles import Permission, Role

AUTHORIZATION: Final = "providers/Microsoft.Authorization"
# Of an assignment, besides who, what and where
OPTIONAL: Final = ("description", "condition", "conditionVersion", "delegatedManagedIdentityResourceId")


def assignment(
    name: str,
    scope: str,
    principal: str,
    role: str,
    *,
    when: float,
    in_force: float,
    sort: str = "ServicePrincipal",
    by: str = "emulator",
    given: Json | None = None,
) -> Assignment:
    body = {
        "id": f"{scope}/{AUTHORIZATION}/roleAssignments/{name}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": name,
        "properties": {
            "roleDefinitionId": definition_id(role),
            "principalId": principal,
            "principalType": sort,
            "scope": scope,
            **{key: (given or {}).get(key) for key in OPTIONAL},
            "createdOn": stamp(when),
            "updatedOn": stamp(when),
            "createdBy": by,
            "updatedBy": by,
        },
    }
    return Assignment(name=name, scope=scope, principal=principal, role=role, in_force=in_force, body=body)


def definition_id(role: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION_ID}/{AUTHORIZATION}/roleDefinitions/{role}"


def definition(role: Role) -> Json:
    return {
        "id": definition_id(role.id),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": "",
            "assignableScopes": ["/"],
            "permissions": [permission(it) for it in role.permissions],
        },
    }


def permission(held: Permission) -> Json:
    """assumed: a condition is shown with what it is a condition of."""
    shown: Json = {
        "actions": [*held.actions],
        "notActions": [*held.not_actions],
        "dataActions": [*held.data_actions],
        "notDataActions": [*held.not_data_actions],
    }
    return {**shown, "condition": held.condition, "conditionVersion": "2.0"} if held.only_roles else shown
