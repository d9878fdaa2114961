"""Deleted accounts can be restored or purged for a while. Until then they hold their name and their quota.

Source: azure-cli#18146, terraform-provider-azurerm#12258 and #25222 (what a re-creation answers); azure-mgmt-
cognitiveservices 14.1, deleted_accounts (routes). assumed: that deployments come back with the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.resource_rows import (
    ACCOUNT,
    GROUP,
    PROJECT,
    Resource,
    children,
    delete,
    delete_others,
    empty_project,
    find,
    grandchildren,
    is_named,
    turn_into,
    update,
)
from provisioner.emulator.control.resources import (
    PROVIDER,
    SUBSCRIPTION_ID,
    check_subscription,
    members_of,
    stamp,
    the_group,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import State


DELETED: Final = "deleted account"  # the kind of its row; what stood under it still does
DELETED_GROUP: Final = "deleted group"  # where the accounts that were in it are still looked for
KEPT_S: Final = 48 * 3600


def lay_aside(state: State, account: Resource, now: float) -> None:
    """The account as it was, and until when it can be had back."""
    body = {**account.body, "deletion": {"at": now, "purged_at": now + KEPT_S}}
    update(state, account, body)
    turn_into(state, account.row, DELETED)


def lay_group_aside(state: State, group: Resource, now: float) -> None:
    """A group goes with all that is in it; its accounts can be had back as if they had been deleted one by one."""
    for account in children(state, ACCOUNT, group.row):
        for project in children(state, PROJECT, account.row):
            remove_project(state, project)
        lay_aside(state, account, now)
    delete_others(state, group.row, DELETED)
    turn_into(state, group.row, DELETED_GROUP)


def revived_group(state: State, name: str) -> Resource | None:
    """A deleted group that is made anew: its deleted accounts are found in it again."""
    group = find(state, DELETED_GROUP, 0, name)
    if group is not None:
        turn_into(state, group.row, GROUP)
    return group


def remove_project(state: State, project: Resource) -> None:
    empty_project(state, project.row)
    delete(state, project.row)


def restored(call: Call, group: Resource, name: str, document: Json) -> Resource | None:
    """The account again if the document asks for it, None when there is none; a refusal when it does not ask."""
    deleted = _find(call, group, name)
    if deleted is None:
        return None
    if members_of(document, "properties").get("restore") is not True:
        raise Refusal(
            409,
            "FlagMustBeSetForRestore",
            f"An existing resource with ID '{deleted.arm_id}' has been soft-deleted. To restore the resource, you must "
            "specify 'restore' to be 'true' in the property. If you don't want to restore existing resource, please "
            "purge it first.",
        )
    turn_into(call.state, deleted.row, ACCOUNT)
    body = {key: value for key, value in deleted.body.items() if key != "deletion"}
    return update(call.state, deleted, body)


def holds_name(state: State, name: str) -> bool:
    return is_named(state, DELETED, name)


def list_deleted(call: Call) -> Reply:
    check_subscription(call)
    found = grandchildren(call.state, DELETED, GROUP, DELETED_GROUP)
    return Reply(body={"value": [_shown(account) for account in found if not _is_over(call, account)]})


def read_deleted(call: Call) -> Reply:
    return Reply(body=_shown(_the_deleted(call)))


def purge(call: Call) -> Reply:
    """200 when gone, 204 when there was none. assumed: never long-running."""
    deleted = _find(call, _group(call), call.params["account"])
    if deleted is None:
        return Reply(status=204)
    _remove(call.state, deleted)
    return Reply()


def _the_deleted(call: Call) -> Resource:
    deleted = _find(call, _group(call), call.params["account"])
    if deleted is None:
        message = f"The deleted account '{call.params['account']}' was not found."
        raise Refusal(404, "ResourceNotFound", message)
    return deleted


def _group(call: Call) -> Resource:
    """Also one that is no more."""
    check_subscription(call)
    return find(call.state, DELETED_GROUP, 0, call.params["group"]) or the_group(call)


def _find(call: Call, group: Resource, name: str) -> Resource | None:
    """One whose time is over is gone; a write clears it away."""
    found = find(call.state, DELETED, group.row, name)
    if found is None or not _is_over(call, found):
        return found
    if call.method not in {"GET", "HEAD"}:
        _remove(call.state, found)
    return None


def _is_over(call: Call, deleted: Resource) -> bool:
    return bool(deleted.body["deletion"]["purged_at"] <= call.now)


def _remove(state: State, deleted: Resource) -> None:
    delete(state, deleted.row)


def _shown(account: Resource) -> Json:
    """Source: azure-mgmt-cognitiveservices 14.1, deleted_accounts.list: an account with two dates."""
    group = account.arm_id.split("/")[4]
    deletion, location = account.body["deletion"], account.location
    base = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{location}/resourceGroups/{group}"
    properties = {
        **account.properties,
        "deletionDate": stamp(deletion["at"]),
        "scheduledPurgeDate": stamp(deletion["purged_at"]),
    }
    body = {key: value for key, value in account.body.items() if key != "deletion"}
    identity = {"id": f"{base}/deletedAccounts/{account.name}", "type": f"{PROVIDER}/deletedAccounts"}
    return {**body, **identity, "properties": properties}


SUBSCRIPTION_PATH: Final = f"/subscriptions/{{subscription}}/providers/{PROVIDER}"
ONE: Final = f"{SUBSCRIPTION_PATH}/locations/{{location}}/resourceGroups/{{group}}/deletedAccounts/{{account}}"
FAMILY: Final = arm_family(
    DELETED,
    name="deleted_accounts",
    edited=None,
    routes=(
        Route(method="GET", path=f"{SUBSCRIPTION_PATH}/deletedAccounts", handler=list_deleted),
        Route(method="GET", path=ONE, handler=read_deleted),
        Route(method="DELETE", path=ONE, handler=purge),
    ),
)
