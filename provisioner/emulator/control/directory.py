"""What a client looks up before it starts: the cloud's endpoints, the subscription, its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import accounts, deleted_accounts, projects
from provisioner.emulator.control.arm_family import arm_family
from provisioner.emulator.control.first_roles import begin
from provisioner.emulator.control.resource_rows import GROUP, children, find, insert, is_empty, update
from provisioner.emulator.control.resources import (
    DEFAULT_ACCOUNT,
    DEFAULT_GROUP,
    DEFAULT_LOCATION,
    DEFAULT_PROJECT,
    SUBSCRIPTION_ID,
    check_subscription,
    the_group,
)
from provisioner.emulator.wire.auth import may_manage
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.tokens import TENANT_ID

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State


def create_default_world(state: State, clock: Clock) -> None:
    """Inside a write transaction: one group, account and project, unless there is something already, and the roles."""
    if is_empty(state):
        _create_first(state, clock)
    begin(state, clock)


def _create_first(state: State, clock: Clock) -> None:
    group = insert(state, GROUP, 0, _group_body(DEFAULT_GROUP, DEFAULT_LOCATION, {}))
    account = accounts.create_default_account(state, clock, group, DEFAULT_ACCOUNT, DEFAULT_LOCATION)
    projects.create_default_project(state, clock, account, DEFAULT_PROJECT)


def cloud_endpoints(call: Call) -> Reply:
    """One object, not an array: az crashes on an array. It asks tokens for the first audience."""
    return Reply(
        body={
            "name": "FoundryLocal",
            "authentication": {
                "loginEndpoint": call.base,
                "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": call.base,
            "graphAudience": "https://graph.windows.net/",
            "graph": "https://graph.windows.net/",
            "portal": call.base,
            "gallery": call.base,
            "suffixes": {},
        }
    )


def list_subscriptions(call: Call) -> Reply:  # noqa: ARG001
    return Reply(body={"value": [_subscription()], "count": {"type": "Total", "value": 1}})


def read_subscription(call: Call) -> Reply:
    check_subscription(call)
    return Reply(body=_subscription())


def list_tenants(call: Call) -> Reply:  # noqa: ARG001
    return Reply(body={"value": [{"id": f"/tenants/{TENANT_ID}", "tenantId": TENANT_ID}]})


def list_groups(call: Call) -> Reply:
    """Those that the caller may read. assumed: a role on something in a group does not show the group."""
    check_subscription(call)
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    found = [group for group in children(call.state, GROUP, 0) if may_manage(call, action, group.arm_id)]
    return Reply(body={"value": [group.body for group in found]})


def read_group(call: Call) -> Reply:
    return Reply(body=the_group(call).body)


def group_exists(call: Call) -> Reply:
    """HEAD: what `az group exists` asks."""
    the_group(call)
    return Reply(status=204)


def write_group(call: Call) -> Reply:
    check_subscription(call)
    document, name = call.document(), call.params["group"]
    location = document.get("location")
    if not isinstance(location, str) or not location:
        raise Refusal(400, "LocationRequired", "The location property is required for this definition.")
    body = _group_body(name, location, document.get("tags") or {})
    if find(call.state, GROUP, 0, name) is not None:
        existing = the_group(call)
        return Reply(body=update(call.state, existing, {**body, "name": existing.name, "id": existing.arm_id}).body)
    revived = deleted_accounts.revived_group(call.state, name)
    made = insert(call.state, GROUP, 0, body) if revived is None else update(call.state, revived, body)
    return Reply(status=201, body=made.body)


def _subscription() -> Json:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION_ID}",
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
        "displayName": "Foundry emulator",
        "state": "Enabled",
        "managedByTenants": [],
    }


def _group_body(name: str, location: str, tags: Json) -> Json:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "tags": tags,
        "properties": {"provisioningState": "Succeeded"},
    }


FAMILY: Final = arm_family(
    GROUP,
    name="groups",
    edited=None,
    routes=(
        Route(method="GET", path="/metadata/endpoints", handler=cloud_endpoints, token=False),
        Route(method="GET", path="/tenants", handler=list_tenants, by_role=False),
        Route(method="GET", path="/subscriptions", handler=list_subscriptions, by_role=False),
        Route(method="GET", path="/subscriptions/{subscription}", handler=read_subscription, by_role=False),
        Route(method="GET", path="/subscriptions/{subscription}/resourceGroups", handler=list_groups, by_role=False),
        Route(method="GET", path="/subscriptions/{subscription}/resourceGroups/{group}", handler=read_group),
        Route(method="HEAD", path="/subscriptions/{subscription}/resourceGroups/{group}", handler=group_exists),
        Route(method="PUT", path="/subscriptions/{subscription}/resourceGroups/{group}", handler=write_group),
    ),
)
