"""Connections: Azure Resource Manager, `accounts/projects/connections`, and `accounts/connections` where shared.

Source: Azure/bicep-types-az, Microsoft.CognitiveServices 2026-09-01; azure-rest-api-specs
(ConnectionPropertiesV2BasicResource.tsp); azure-dev (azure.ai.connections); foundry-samples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from provisioner.kinds import fragments as f
from provisioner.kinds.casing import camel, snake
from provisioner.kinds.connection_checks import AUTH_TYPES, CODES, PUBLISHED, checked
from provisioner.kinds.equivalents import folded
from provisioner.kinds.managed import made, management_of
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.protocol import ACCOUNT, Kind, ManagementPlane, ProjectPlane, Service
from provisioner.kinds.rights import OF_ACCOUNT, OF_PROJECT, Right, Where, verbs
from provisioner.kinds.shapes import answered, shaped
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding
from provisioner.model.document import ABSENT, Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Desired, Live
from provisioner.model.sealed import Sealed
from provisioner.model.shape import OBJECT, TEXT, having, needed, solid
from provisioner.model.traits import Rule, Traits
from provisioner.model.words import listed
from provisioner.reconcile.marker import MARKER_KEYS, read_marker, write_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

SECTION: Final = "connections"
_VERSION_KEY: Final = "provisioner-credentials-version"  # in the metadata, beside the marker
_READ_ONLY: Final = frozenset(
    {"group", "createdByWorkspaceArmId", "peStatus", "error", "isDefault", "provisioningState", "credentials"}
)
# Members that no published schema has: what is not given back may be there all the same.
_UNPUBLISHED: Final = ("audience", "authorization_url", "token_url", "refresh_url", "scopes", "connector_name")

_ON_ACCOUNT: Final = re.compile(r"/accounts/[^/]+/connections/[^/]+/?\Z", re.IGNORECASE)
_IN_PROJECT: Final = re.compile(r"/accounts/[^/]+/projects/[^/]+/connections/[^/]+/?\Z", re.IGNORECASE)
_TRAILING: Final = re.compile(r"(?:\.0+)?(?:Z|\+00:00)\Z")

_CONNECTION: Final = having(
    id=needed(TEXT),
    properties=needed(
        having(
            authType=TEXT,
            category=TEXT,
            target=TEXT,
            metadata=having(**{key: solid(TEXT) for key in (*MARKER_KEYS, _VERSION_KEY)}),
        )
    ),
    systemData=having(createdAt=TEXT, lastModifiedAt=TEXT),
)
_GLIMPSE: Final = having(type=TEXT, target=TEXT, credentials=having(type=TEXT), metadata=OBJECT)


# What others call its keys: see `kinds.neighbours`.
_NEIGHBOURS: Final[Neighbours] = {
    "name": NAME,
    "properties": "Its keys stand one level up: `category`, `auth_type`, `target`, …",
    "type": "category",
    "kind": "category",
    "authentication": "auth_type",
    "endpoint": "target",
    "url": "target",
    "key": "credentials.key",
    "apiKey": "credentials.key",
    "keys": "credentials.keys",
    "group": "The service works it out; remove it.",
}


def _moment(value: Any) -> object:
    return _TRAILING.sub("Z", value) if isinstance(value, str) else value


class ConnectionKind(Kind):
    section = SECTION
    singular = "connection"
    # Writes are synchronous. assumed: while another child of the account is written, they are refused all the same.
    lane = ACCOUNT
    settings = ("subscription_id", "resource_group")
    traits = Traits(
        immutable=(("shared",),),
        replace_resets=(("is_shared_to_all",),),  # filled in as the scope has it: who may use one of a project is few
        scope=("shared",),
        replace_loses="Credentials that the manifest does not declare are lost: nobody can read them back.",
        rules={
            ("shared",): Rule(default=False),
            ("category",): Rule(meaning=folded),  # samples write CosmosDb both ways
            ("auth_type",): Rule(meaning=folded),
            ("metadata",): Rule(free=True),
            ("expiry_time",): Rule(meaning=_moment),
            ("use_workspace_managed_identity",): Rule(default=False),
            ("pe_requirement",): Rule(default="NotRequired"),
            **{(key,): Rule(given_back=False) for key in _UNPUBLISHED},
        },
        case_blind=True,
        write_only=(("credentials",),),
    )
    codes = CODES
    neighbours = _NEIGHBOURS

    def names(self) -> Document:
        return {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$", "minLength": 3, "maxLength": 33}

    def schema(self) -> Document:
        return f.mapping(
            "A connection of the project, or of its account.", _PROPERTIES, required=["category", "auth_type"]
        )

    def desired(self, entry: Document) -> Document:
        fields = {"shared": False, **f.meaning(entry, ("metadata", "shared_user_list"))}  # it says which one is meant
        if isinstance(version := fields.get("credentials_version"), int):
            fields["credentials_version"] = str(version)
        for key, published in PUBLISHED.items():
            if isinstance(value := fields.get(key), str):
                fields[key] = published.get(value.casefold(), value)
        return fields

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        said = {key: value for key, value in shown.items() if value not in ({}, [], "")}
        return {key: said[key] for key in _PROPERTIES if key in said and (key, said[key]) != ("shared", False)}

    def rights(self, change: Change) -> Iterator[Right]:
        """One that moves between the account and its project is deleted here and made there."""
        before = change.before.fields if change.before is not None else None
        for verb in verbs(change):
            if _is_shared(before if verb == "delete" else change.after or before):
                yield Right(f"{OF_ACCOUNT}/connections/{verb}", Where.ACCOUNT)
            else:
                yield Right(f"{OF_PROJECT}/connections/{verb}", Where.PROJECT)

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        return checked(name, entry)

    def list(self, service: Service) -> Iterator[Live]:
        found = {live.address.name.casefold(): live for part in self.lists(service) for live in part()}
        yield from found.values()

    def lists(self, service: Service) -> Sequence[Callable[[], Iterable[Live]]]:
        """A project's own hides its account's."""
        if (management := service.management) is None:
            return (partial(_glimpses, service.project),)
        return tuple(partial(_below, management, holder) for holder in (management.account, management.project))

    def read(self, service: Service, address: Address) -> Live | None:
        if service.management is None:
            body = service.project.get(f"connections/{quote(address.name, safe='')}", case_blind=True)
            return _glimpsed(body) if body is not None else None
        for shared in (False, True):
            if (body := service.management.get(_path(service.management, address, shared=shared))) is not None:
                return _observed(body)
        return None

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:
        """A project's own hides its account's from `read`."""
        return found is not None and _is_shared(wanted.fields) and not _is_shared(found.fields)

    def inspect(self, service: Service, wanted: Desired, found: Live | None) -> Live | None:
        if (management := service.management) is None:
            return found
        body = management.get(_path(management, wanted.address, shared=True))
        return replace(_observed(body), namesake=found) if body is not None else found

    def create(self, service: Service, change: Change) -> Live | None:
        """One that moves was looked for where it was: where it goes to, somebody may have made one. A PUT is answered
        with 200 whether it makes one or not, and no etag tells of a precondition that it would heed.
        """
        path = _path(management_of(service, self), change.address, shared=_is_shared(change.after))
        moves = change.action is Action.REPLACE
        shown = made(self, service, change, path=path, body=_wire(change), asks_first=moves)
        return answered(_observed, shown, change.address)

    def update(self, service: Service, change: Change) -> Live | None:
        """A PUT is exact, and takes away credentials that it does not carry; those that the manifest does not declare
        are not ours to take. assumed: a PATCH keeps them.
        """
        management = management_of(service, self)
        path = _path(management, change.address, shared=_is_shared(change.after))
        if _declares_credentials(change) or not _may_hold_credentials(change):
            return answered(_observed, management.put(path, _wire(change)), change.address)
        held = _members_held(service, management, change)
        shown = management.patch(path, _patch(change))
        if held and (left := _members_held(service, management, change)) is not None and held - left:
            raise _dropped(change.address, held - left)
        return answered(_observed, shown, change.address)

    def delete(self, service: Service, change: Change) -> None:
        management, before = management_of(service, self), change.before.fields if change.before else {}
        management.delete(_path(management, change.address, shared=_is_shared(before)))


def _glimpses(plane: ProjectPlane) -> Iterator[Live]:
    yield from (_glimpsed(body) for body in plane.items("connections"))


def _below(management: ManagementPlane, holder: str) -> Iterator[Live]:
    yield from (_observed(body) for body in management.items(f"{holder}/connections") if _is_of(body, management))


def _path(management: ManagementPlane, address: Address, *, shared: bool) -> str:
    return f"{management.account if shared else management.project}/connections/{quote(address.name, safe='')}"


def _is_shared(fields: Document | None) -> bool:
    return bool((fields or {}).get("shared"))


def _is_of(body: Document, management: ManagementPlane) -> bool:
    """Whether it is the account's or the project's own; a list may show those of other projects, too."""
    arm_id = body.get("id")
    if not isinstance(arm_id, str) or not _IN_PROJECT.search(arm_id):
        return True  # the account's, or odd, which is told
    return arm_id.casefold().startswith(f"{unquote(management.project)}/".casefold())


@shaped(SECTION, _CONNECTION)
def _observed(body: Document) -> Live:
    name, properties, arm_id = str(body["name"]), body["properties"], str(body["id"])
    if not (_ON_ACCOUNT.search(arm_id) or _IN_PROJECT.search(arm_id)):
        return Live(address=Address(SECTION, name), fields={}, odd="its id is none of a connection")
    metadata, marker = read_marker(properties.get("metadata") or {}, Address(SECTION, name))
    shared = _ON_ACCOUNT.search(arm_id) is not None
    fields: dict[str, Any] = {"shared": shared} | {
        snake(key): value
        for key, value in properties.items()
        if key not in {*_READ_ONLY, "metadata"} and value is not None and value != []
    }
    if version := metadata.pop(_VERSION_KEY, ""):
        fields["credentials_version"] = version
    if metadata:
        fields["metadata"] = metadata
    dates = body.get("systemData") or {}
    return Live(
        address=Address(SECTION, name),
        fields=fields,
        marker=marker,
        revision=str(dates.get("lastModifiedAt") or ""),
        identity=f"{'account' if shared else 'project'} {dates.get('createdAt') or ''}".strip(),
    )


@shaped(SECTION, _GLIMPSE)
def _glimpsed(body: Document) -> Live:
    """What the project plane tells: enough to refer to it, not to manage it."""
    fields = {"category": body.get("type"), "target": body.get("target")}
    auth_type = (body.get("credentials") or {}).get("type")
    return Live(address=Address(SECTION, str(body["name"])), fields={**fields, "auth_type": auth_type})


def _declares_credentials(change: Change) -> bool:
    return isinstance((change.after or {}).get("credentials"), Sealed)


def _may_hold_credentials(change: Change) -> bool:
    """Whether the live one may have some that go on being right."""
    before = change.before.fields if change.before else {}
    auth_type = str((change.after or {}).get("auth_type"))
    without = {name.casefold() for name, members in AUTH_TYPES.items() if members is None}
    return auth_type.casefold() == str(before.get("auth_type")).casefold() and auth_type.casefold() not in without


def _wire(change: Change) -> dict[str, Any]:
    """The whole body of a PUT: everything writable, as PUT resets what it does not find."""
    fields = dict(change.after or {})
    fields.pop("shared", None)
    credentials, version = fields.pop("credentials", None), fields.pop("credentials_version", "")
    metadata = dict(fields.pop("metadata", {}))
    if change.marker is not None:
        metadata |= write_marker(change.marker)
        is_put_back = change.action is Action.CREATE and "credentials_version" not in change.declared
        if version and not (is_put_back and credentials is None):  # it would tell of values that are not there
            metadata[_VERSION_KEY] = version
    properties = {**{camel(key): value for key, value in fields.items()}, "metadata": metadata}
    if isinstance(credentials, Sealed):
        properties["credentials"] = {camel(key): value for key, value in credentials.open().items()}
    return {"properties": properties}


def _patch(change: Change) -> dict[str, Any]:
    """With a null for what goes, as a PATCH keeps what it does not name."""
    gone = {camel(field.path[0]): None for field in change.fields if len(field.path) == 1 and field.after is ABSENT}
    properties = {**gone, **_wire(change)["properties"]}
    return {"properties": {key: value for key, value in properties.items() if key != "credentialsVersion"}}


def _members_held(service: Service, management: ManagementPlane, change: Change) -> frozenset[str] | None:
    """Which credentials the live one has, by the names of their members alone; None where that cannot be seen. The
    project plane is the only one that tells, and where a project's own hides its account's, of the former alone.
    """
    if _is_shared(change.after) and management.get(_path(management, change.address, shared=False)) is not None:
        return None
    path = f"connections/{quote(change.address.name, safe='')}/getConnectionWithCredentials"
    try:
        shown = service.project.post(path, {}, settled=lambda: None).get("credentials")
    except PlaneError:  # who may manage the account need not see its secrets
        return None
    return frozenset(shown) - {"type"} if isinstance(shown, Mapping) else None


def _dropped(address: Address, members: frozenset[str]) -> PlaneError:
    failure = Failure(
        message=f"{address} was written, but the service dropped its credentials with that: {listed(sorted(members))}.",
        code="credentials-dropped",
        advice="Declare `credentials` and `credentials_version` in its entry, and apply again.",
    )
    return PlaneError(failure)


_PROPERTIES: Final[dict[str, Any]] = {
    "category": f.text(
        "What it leads to, by the service's name: `CognitiveSearch` is Azure AI Search, `RemoteTool` an MCP server.",
        examples=["CognitiveSearch", "AzureStorageAccount", "AppInsights", "RemoteTool", "CustomKeys", "ApiKey"],
    ),
    "auth_type": f.text("How it signs in.", examples=["AAD", "ApiKey", "CustomKeys", "ProjectManagedIdentity", "None"]),
    "target": f.text(
        "Where it leads: an address, or the resource's id (Application Insights).",
        examples=["https://my-search.search.windows.net"],
    ),
    "shared": f.flag(
        "Whether it is the account's, for all its projects, instead of the project's own. A change replaces it.",
        default=False,
    ),
    "metadata": {
        "type": "object",
        "description": "What tools look for, by the service's names. Others on the live connection are left alone.",
        "additionalProperties": {"type": "string"},
        "examples": [{"ApiType": "Azure", "ResourceId": "/subscriptions/…"}],
    },
    "credentials": {
        "type": "object",
        "description": "Written and never read back. Secrets come from variables alone: `key: ${env:NAME}`. Left out, "
        "what is live stays.",
        "properties": {
            "key": f.secret("Of ApiKey and AccountKey."),
            "keys": {
                "type": "object",
                "description": "Of CustomKeys; of a remote tool, its HTTP headers.",
                "additionalProperties": f.secret("Its value."),
            },
            "pat": f.secret("Of PAT."),
            "sas": f.secret("Of SAS."),
            "access_key_id": f.text("Of AccessKey."),
            "secret_access_key": f.secret("Of AccessKey."),
            "client_id": f.text("Of ManagedIdentity, OAuth2 and ServicePrincipal."),
            "client_secret": f.secret("Of OAuth2 and ServicePrincipal."),
            "resource_id": f.text("Of ManagedIdentity."),
            "tenant_id": f.text("Of OAuth2 and ServicePrincipal."),
            "auth_url": f.text("Of OAuth2."),
            "developer_token": f.secret("Of OAuth2."),
            "refresh_token": f.secret("Of OAuth2."),
            "username": f.text("Of OAuth2 and UsernamePassword."),
            "password": f.secret("Of OAuth2 and UsernamePassword."),
            "security_token": f.secret("Of UsernamePassword."),
        },
        "additionalProperties": f.secret("Of an auth type yet unknown."),
    },
    "credentials_version": {
        "type": ["string", "integer"],
        "description": "Your own name for these credentials. When it changes, they are written again.",
        "examples": ["2026-11", 3],
    },
    "audience": f.text(
        "Whom the token is for, of auth types that ask Entra for one.", examples=["https://search.azure.com/"]
    ),
    "authorization_url": f.text("Of OAuth2."),
    "token_url": f.text("Of OAuth2."),
    "refresh_url": f.text("Of OAuth2."),
    "scopes": {"type": "array", "items": {"type": "string"}, "description": "Of OAuth2."},
    "connector_name": f.text("Of OAuth2 through a connector that the service keeps."),
    "is_shared_to_all": f.flag("Whether every user may use it; the account's are by default, a project's are not."),
    "shared_user_list": {"type": "array", "items": {"type": "string"}, "description": "Who may use it otherwise."},
    "expiry_time": f.text("When it ends, quoted.", examples=["2027-01-01T00:00:00Z"]),
    "use_workspace_managed_identity": f.flag("Whether the project's identity signs in.", default=False),
    "pe_requirement": f.text("Private endpoint.", examples=["Required", "NotRequired", "NotApplicable"]),
}
