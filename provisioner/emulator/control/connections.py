"""Connections of accounts and of projects: written whole, read without their credentials.

Source: azure-rest-api-specs (ConnectionPropertiesV2BasicResource.tsp); azure-cli, recordings of
test_project_connections_from_file and test_account_connections_from_file: codes and what answers hold;
azure-ai-projects 2.10: the project's view. assumed: one write at a time per account, as for its other children.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family, seeding
from provisioner.emulator.control.resource_rows import (
    ACCOUNT,
    Resource,
    by_row,
    children,
    forget_secret,
    keep_secret,
    secret_of,
)
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal, not_found
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import State


CONNECTION: Final = "connection"
NAME: Final = r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}"
CONNECTIONS: Final = Children(kind=CONNECTION, plural="connections", pattern=NAME, in_projects=True)
# Set by the service; a client's are ignored.
READ_ONLY: Final = frozenset(
    {"group", "createdByWorkspaceArmId", "isDefault", "peStatus", "error", "provisioningState"}
)
# azure-ai-projects 2.10, ConnectionType and CredentialType: what the project's view calls otherwise
PREVIEW: Final = frozenset({"RemoteTool", "AgenticIdentityToken"})
# azure-ai-projects 2.10, SASCredentials. The other members go by their own names (azure-dev, data_client.go)
CREDENTIAL_NAMES: Final = {"sas": "SAS"}


def list_connections(call: Call) -> Reply:
    """Without pages. assumed: includeAll is about sorts of resources that an account does not have."""
    found = CONNECTIONS.members(call)
    asked = {key: call.query[key] for key in ("category", "target") if key in call.query}
    return Reply(body={"value": [it.body for it in found if all(it.properties[key] == asked[key] for key in asked)]})


def write_connection(call: Call) -> Reply:
    """PUT: a full replace, and 200 also where it makes one."""
    holder, existing = CONNECTIONS.begin_write(call)
    return Reply(body=_stored(call, holder, existing, _properties_of(call)).body)


def patch_connection(call: Call) -> Reply:
    """assumed: it merges the members of properties, each as a whole; null takes one away. Credentials that it does not
    name stay, unless the switch says otherwise or they are of another auth type.
    """
    CONNECTIONS.refuse_if_busy(call)
    existing = CONNECTIONS.the_one(call)
    given = _properties_of(call)
    credentials = given.get("credentials")
    stays = call.switches.patched_credentials == "kept" and given["authType"] == existing.properties["authType"]
    if credentials is None and stays:
        credentials = secret_of(call.state, existing.row)
    merged = {key: value for key, value in {**existing.properties, **given}.items() if value is not None}
    stored = _stored(call, CONNECTIONS.holder(call), existing, {**merged, "credentials": credentials})
    return Reply(body=stored.body)


def list_seen(call: Call) -> Reply:
    """The project's view: its own, and what the account shares. Source: azure-ai-projects 2.10, `connections.list`."""
    seen = [_seen(it) for it in _visible(call).values()]
    sort, default = call.query.get("connectionType"), call.query.get("defaultConnection")
    wanted = [it for it in seen if sort in {None, it["type"]} and default in {None, str(it["isDefault"]).lower()}]
    return Reply(body={"value": wanted})


def read_seen(call: Call) -> Reply:
    return Reply(body=_seen(_the_visible(call)))


def read_with_credentials(call: Call) -> Reply:
    """The one way to read secrets back: a flat object. Source: azure-dev, pkg/connections/data_client.go."""
    found = _the_visible(call)
    secret = secret_of(call.state, found.row)
    flat = {**{key: value for key, value in secret.items() if key != "keys"}, **(secret.get("keys") or {})}
    shown = _seen(found)
    named = {CREDENTIAL_NAMES.get(key, key): value for key, value in flat.items()}
    return Reply(body={**shown, "credentials": {**named, **shown["credentials"]}})


def _stored(call: Call, holder: Resource, existing: Resource | None, given: Json) -> Resource:
    _check(given)
    stored = CONNECTIONS.store(call, holder, existing, _body(call, holder, existing, given))
    forget_secret(call.state, stored.row)
    if given.get("credentials"):
        keep_secret(call.state, stored.row, given["credentials"])
    return stored


def _properties_of(call: Call) -> Json:
    properties = call.document().get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("authType"), str):
        raise _invalid("The properties of a connection need an authType.")
    for key, sort in (("credentials", dict), ("metadata", dict), ("category", str), ("target", str)):
        if not isinstance(properties.get(key), sort | None):
            raise _invalid(f"The property '{key}' of the connection is not valid.")
    if not all(isinstance(value, str) for value in (properties.get("metadata") or {}).values()):
        raise _invalid("The metadata of a connection is a map of strings.")
    return {key: value for key, value in properties.items() if key not in READ_ONLY}


def _check(given: Json) -> None:
    """Source: azure-dev, raw_connection.go (OAuth2); a community report (AppInsights). assumed: the words."""
    if given["authType"] == "OAuth2" and given.get("credentials") is None:
        raise _invalid("The credentials of an OAuth2 connection are required.")
    if given["authType"] == "AAD" and str(given.get("category")).lower() == "appinsights":
        raise _invalid("The auth type AAD is not supported for connections of the category AppInsights.")


def _body(call: Call, holder: Resource, existing: Resource | None, given: Json) -> Json:
    """What the service fills in, as recorded; assumed is the group of other categories than ContainerRegistry."""
    return {
        **CONNECTIONS.envelope(call, holder, existing),
        "tags": None,
        "location": None,
        "properties": {
            "category": None,
            "target": None,
            "expiryTime": None,
            "metadata": {},
            "sharedUserList": [],
            "useWorkspaceManagedIdentity": False,
            "peRequirement": "NotRequired",
            **{key: value for key, value in given.items() if value is not None},
            "isSharedToAll": bool(given.get("isSharedToAll", holder.kind == ACCOUNT)),
            "credentials": None,
            "group": "Azure",
            "error": None,
            "peStatus": "NotApplicable",
            "isDefault": True,
        },
    }


def _visible(call: Call) -> dict[str, Resource]:
    """By name. A project's own hides its account's."""
    project = by_row(call.state, call.project)
    account = children(call.state, CONNECTION, project.parent) if project else []
    shared = [it for it in account if it.properties["isSharedToAll"]]
    return {it.name.lower(): it for it in (*shared, *children(call.state, CONNECTION, call.project))}


def _the_visible(call: Call) -> Resource:
    found = _visible(call).get(call.params["name"].lower())
    if found is None:
        raise not_found(f"Connection '{call.params['name']}' not found.")
    return found


def _seen(found: Resource) -> Json:
    properties = found.properties
    return {
        "name": found.name,
        "id": found.arm_id,
        "type": _called(properties["category"]),
        "target": properties["target"] or "",
        "isDefault": properties["isDefault"],
        "credentials": {"type": _called(properties["authType"])},
        "metadata": properties["metadata"],
    }


def _called(name: str | None) -> str | None:
    return f"{name}_Preview" if name in PREVIEW else name


def _edited(state: State, found: Resource, body: Json) -> Json:
    """Credentials that somebody edits are kept where they are kept always."""
    properties = body["properties"]
    if isinstance(properties.get("credentials"), dict):
        keep_secret(state, found.row, properties["credentials"])
    return {**body, "properties": {**properties, "credentials": None, "authType": str(properties["authType"])}}


def _cells(_: Call, it: Resource) -> Cells:
    properties = it.properties
    return properties.get("category") or "", properties["authType"], properties.get("target") or ""


def _invalid(message: str) -> Refusal:
    return Refusal(400, "ValidationError", message)


_PLAIN: Final = {"properties": {"category": "CustomKeys", "authType": "AAD", "target": "https://example.com"}}
FAMILY: Final = arm_family(
    CONNECTION,
    name="connections",
    seed=seeding(write_connection, CONNECTION, _PLAIN),
    title="Connections",
    nothing="No connection yet.",
    columns=("Category", "Auth", "Target"),
    cells=_cells,
    edited=_edited,
    routes=CONNECTIONS.routes(list_all=list_connections, write=write_connection, patch=patch_connection),
    project_routes=(
        Route(method="GET", path="/connections", handler=list_seen),
        Route(method="GET", path="/connections/{name}", handler=read_seen),
        Route(method="POST", path="/connections/{name}/getConnectionWithCredentials", handler=read_with_credentials),
    ),
)
