"""User-assigned identities, and the tokens of others that stand for them.

Source: Azure/bicep-types-az, microsoft.managedidentity 2024-11-30; MicrosoftDocs/entra-docs,
workload-identity-federation-considerations.md (limits); bicep-registry-modules#1447 and pulumi-azure-native#4343
(concurrent writes), bicep-types-az#2029 (the words for a second one). assumed: BadRequest for what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import operation_rows, operations, resource_rows
from provisioner.emulator.control.family import Family
from provisioner.emulator.control.group_resources import Stored
from provisioner.emulator.control.managed_identities import user_assigned
from provisioner.emulator.control.resource_rows import RESOURCES
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world.tokens import TENANT_ID

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

CREDENTIALS_MAX: Final = 20
LENGTH_MAX: Final = 600


def write_credential(call: Call) -> Reply:
    """It takes the time of a write, and the next one of the identity has to wait for it."""
    identity = CREDENTIALS.holder(call, for_write=True)
    _refuse_if_busy(call, identity)
    stored, is_new = CREDENTIALS.stored(call)
    operation = operations.begin(call, operations.NOTHING, identity.row, stored.row)
    return Reply(status=201 if is_new else 200, body=stored.body, hold_until=operation.due)


def delete_credential(call: Call) -> Reply:
    _refuse_if_busy(call, CREDENTIALS.holder(call))
    return CREDENTIALS.delete(call)


def _refuse_if_busy(call: Call, identity: Resource) -> None:
    if operation_rows.is_busy(call.state, identity.row, call.now):
        raise Refusal(
            409,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            "Too many Federated Identity Credentials are written concurrently for the managed identity "
            f"'{identity.arm_id}'. Concurrent Federated Identity Credentials writes under the same managed identity "
            "are not supported.",
        )


def _principal(_: Call, body: Json) -> Json:
    return {"tenantId": TENANT_ID, **user_assigned(body["id"])}


def _checked(call: Call, body: Json) -> Json:
    given = body["properties"]
    texts = [given.get("issuer"), given.get("subject")]
    audiences = given.get("audiences")
    if not isinstance(audiences, list) or len(audiences) != 1:
        raise _wrong("A federated identity credential has exactly one audience.")
    for text in (*texts, *audiences):
        if not isinstance(text, str) or not 0 < len(text) <= LENGTH_MAX:
            raise _wrong(f"The issuer, subject and audience are texts of 1 to {LENGTH_MAX} characters.")
    identity = CREDENTIALS.holder(call)
    others = [
        it.properties
        for it in resource_rows.children(call.state, CREDENTIALS.kind, identity.row)
        if it.name.lower() != body["name"].lower()
    ]
    if len(others) >= CREDENTIALS_MAX:
        raise _wrong(f"An identity has at most {CREDENTIALS_MAX} federated identity credentials.")
    if any([it["issuer"], it["subject"]] == texts for it in others):
        raise _wrong("Issuer and subject combination already exists for this Managed Identity.")
    return {}


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


IDENTITIES: Final = Stored(
    kind="identity",
    type="Microsoft.ManagedIdentity/userAssignedIdentities",
    pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    complete=_principal,
)
CREDENTIALS: Final = Stored(
    kind="federated credential",
    type="federatedIdentityCredentials",
    pattern=r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}",
    complete=_checked,
    below=IDENTITIES,
)
FAMILY: Final = Family(
    tables=(RESOURCES,),
    routes=(*IDENTITIES.routes(), *CREDENTIALS.routes(write=write_credential, delete=delete_credential)),
)
