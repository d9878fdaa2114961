"""Accounts and the projects under them: enough to have several, to read them and to lock on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import deleted_accounts, operation_rows, operations
from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.managed_identities import identity_of
from provisioner.emulator.control.resource_rows import (
    ACCOUNT,
    GROUP,
    PROJECT,
    Resource,
    children,
    find,
    grandchildren,
    insert,
    is_named,
    of_kind,
    update,
)
from provisioner.emulator.control.resources import (
    PROVIDER,
    check_name,
    check_subscription,
    edited,
    made_by_emulator,
    members_of,
    new_etag,
    patched,
    refuse_moved,
    system_data,
    tags_of,
    text_of,
    the_account,
    the_group,
)
from provisioner.emulator.wire.auth import may_manage
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.markup import tag
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State


NAME: Final = r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}"  # azure-mgmt-cognitiveservices 14.1


def list_accounts(call: Call) -> Reply:
    check_subscription(call)
    return _listed(call, grandchildren(call.state, ACCOUNT, GROUP))


def list_in_group(call: Call) -> Reply:
    return _listed(call, children(call.state, ACCOUNT, the_group(call).row))


def _listed(call: Call, found: list[Resource]) -> Reply:
    """Those that the caller may read."""
    seen = [it for it in found if may_manage(call, f"{PROVIDER}/accounts/read", it.arm_id)]
    return Reply(body={"value": [_shown(call, account) for account in seen]})


def read_account(call: Call) -> Reply:
    account = the_account(call)
    return Reply(body=_shown(call, account), headers={"ETag": account.body["etag"]})


def write_account(call: Call) -> Reply:
    group, document, name = the_group(call), call.document(), call.params["account"]
    check_name(name, NAME, "account")
    existing = find(call.state, ACCOUNT, group.row, name)
    if existing is None:
        restored = deleted_accounts.restored(call, group, name, document)
        if restored is not None:  # assumed: as it was; the rest of the document says nothing new
            return Reply(status=201, body=_shown(call, restored))
        body = _account_body(group, name, document, system_data(call))
        _refuse_taken(call, name, body)
        return _stored(call, group, None, body)
    operations.refuse_if_busy(call, existing)
    refuse_moved(existing, document.get("location"))
    return _rewritten(call, group, existing, {"location": existing.location, **document})


def patch_account(call: Call) -> Reply:
    account = the_account(call)
    operations.refuse_if_busy(call, account)
    refuse_moved(account, call.document().get("location"))
    return _rewritten(call, the_group(call), account, patched(account, call.document()))


def _rewritten(call: Call, group: Resource, existing: Resource, document: Json) -> Reply:
    made = system_data(call, existing.body["systemData"])
    return _stored(call, group, existing, _account_body(group, existing.name, document, made))


def _stored(call: Call, group: Resource, existing: Resource | None, body: Json) -> Reply:
    body["properties"]["provisioningState"] = operations.first_state(call, is_new=existing is None)
    stored = update(call.state, existing, body) if existing else insert(call.state, ACCOUNT, group.row, body)
    return operations.answered(call, stored, stored, _with_projects(call, stored), is_new=existing is None)


def delete_account(call: Call) -> Reply:
    """Refused while there are projects (terraform-provider-azapi#894); recoverable for a while."""
    group = the_group(call)
    account = find(call.state, ACCOUNT, group.row, call.params["account"])
    if account is None:
        return Reply(status=204)
    operations.refuse_if_busy(call, account)
    if children(call.state, PROJECT, account.row, limit=1):
        raise Refusal(
            409,
            "CannotDeleteResource",
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
            f"'{children(call.state, PROJECT, account.row, limit=1)[0].arm_id}'. Please delete all nested "
            "resources before deleting this resource.",
        )
    deleted_accounts.lay_aside(call.state, account, call.now)
    return Reply()


def list_keys(call: Call) -> Reply:
    """Source: azure-mgmt-cognitiveservices 14.1, ApiKeys; microsoft-foundry-for-vscode#192, the refusal.

    They say what they are, and open nothing: no door of the emulator takes a key.
    """
    account = the_account(call)
    if account.properties.get("disableLocalAuth") is True:
        raise Refusal(400, "BadRequest", "Failed to list key. disableLocalAuth is set to be true")
    return Reply(body={key: f"{key}-of-{account.name}-in-the-emulator" for key in ("key1", "key2")})


def create_default_account(state: State, clock: Clock, group: Resource, name: str, location: str) -> Resource:
    made = made_by_emulator(clock)
    return insert(state, ACCOUNT, group.row, _account_body(group, name, {"location": location}, made))


def _shown(call: Call, account: Resource) -> Json:
    """While a child is written the account reads Accepted. Source: bicep-registry-modules#5957."""
    shown = _with_projects(call, account)
    is_made = account.properties["provisioningState"] == "Creating"
    if is_made or not operation_rows.is_busy(call.state, account.row, call.now):
        return shown
    return {**shown, "properties": {**shown["properties"], "provisioningState": "Accepted"}}


def _with_projects(call: Call, account: Resource) -> Json:
    """Source: azure-dev, recording of a live GET."""
    projects = children(call.state, PROJECT, account.row)
    if not projects:
        return account.body
    first = next((it for it in projects if it.properties.get("isDefault")), projects[0])
    named = {"defaultProject": first.name, "associatedProjects": [it.name for it in projects]}
    return {**account.body, "properties": {**account.properties, **named}}


def _refuse_taken(call: Call, name: str, body: Json) -> None:
    """Sub-domains, and names, which are sub-domains where no other is asked for, exist once."""
    domain = str(body["properties"]["customSubDomainName"])
    taken = (str(it.properties["customSubDomainName"]).lower() for it in of_kind(call.state, ACCOUNT))
    is_held = is_named(call.state, ACCOUNT, name) or deleted_accounts.holds_name(call.state, name)
    if is_held or domain.lower() in taken:
        message = f"The subdomain name '{domain}' is already used. Please pick a different name."
        raise Refusal(409, "CustomDomainInUse", message)


def _account_body(group: Resource, name: str, document: Json, made: Json) -> Json:
    arm_id = f"{group.arm_id}/providers/{PROVIDER}/accounts/{name}"
    given = {key: value for key, value in members_of(document, "properties").items() if key != "restore"}
    domain = text_of(given, "customSubDomainName") or name
    return {
        "id": arm_id,
        "name": name,
        "type": f"{PROVIDER}/accounts",
        "location": text_of(document, "location") or group.body["location"],
        "kind": text_of(document, "kind") or "AIServices",
        "sku": members_of(document, "sku") or {"name": "S0"},
        "tags": tags_of(document),
        "identity": identity_of(document, arm_id),
        "etag": new_etag(),
        "systemData": made,
        "properties": {
            "allowProjectManagement": True,
            "publicNetworkAccess": "Enabled",
            **given,
            "customSubDomainName": domain,
            "endpoint": f"https://{domain}.cognitiveservices.azure.com/",
            "endpoints": _endpoints(domain),
            "provisioningState": "Succeeded",
        },
    }


def _endpoints(domain: str) -> Json:
    """Source: azure-dev, recording of a live GET of an account: the ones that are about Foundry."""
    foundry, openai = f"https://{domain}.services.ai.azure.com/", f"https://{domain}.openai.azure.com/"
    return {
        **dict.fromkeys(("AI Foundry API", "Azure AI Model Inference API", "Content Understanding"), foundry),
        **dict.fromkeys(("OpenAI Language Model Instance API", "OpenAI Realtime API", "Token Service API"), openai),
    }


def _cells(_: Call, it: Resource) -> Cells:
    return it.location, tag("code", it.properties["endpoint"])


GROUP_PATH: Final = "/subscriptions/{subscription}/resourceGroups/{group}"
ACCOUNTS: Final = f"{GROUP_PATH}/providers/{PROVIDER}/accounts"
FAMILY: Final = arm_family(
    ACCOUNT,
    name="accounts",
    edited=edited,
    title="Accounts",
    nothing="No account. PUT one on the management plane.",
    columns=("Region", "Endpoint"),
    cells=_cells,
    routes=(
        Route(
            method="GET",
            path=f"/subscriptions/{{subscription}}/providers/{PROVIDER}/accounts",
            handler=list_accounts,
            by_role=False,
        ),
        Route(method="GET", path=ACCOUNTS, handler=list_in_group, by_role=False),
        Route(method="GET", path=f"{ACCOUNTS}/{{account}}", handler=read_account),
        Route(method="PUT", path=f"{ACCOUNTS}/{{account}}", handler=write_account),
        Route(method="PATCH", path=f"{ACCOUNTS}/{{account}}", handler=patch_account),
        Route(method="DELETE", path=f"{ACCOUNTS}/{{account}}", handler=delete_account),
        Route(method="POST", path=f"{ACCOUNTS}/{{account}}/listKeys", handler=list_keys),
    ),
)
