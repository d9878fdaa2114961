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
from urllib.parse import quote, unquote, urlsplit

from provisioner.kinds import fragments as f
from provisioner.kinds.casing import camel, snake
from provisioner.kinds.equivalents import folded
from provisioner.kinds.managed import made, management_of
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.protocol import ACCOUNT, Kind, ManagementPlane, ProjectPlane, Service
from provisioner.kinds.shapes import answered, shaped
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import ABSENT, Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Desired, Live
from provisioner.model.sealed import Sealed
from provisioner.model.shape import OBJECT, TEXT, having, needed, solid
from provisioner.model.traits import Rule, Traits
from provisioner.model.words import listed, quoted
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

# The members of each auth type's credentials; `None` where it has none, a star before those that it cannot do without.
_AUTH_TYPES: Final[Mapping[str, str | None]] = {
    "AAD": None,
    "None": None,
    "ApiKey": "*key",
    "AccountKey": "*key",
    "AccessKey": "*access_key_id *secret_access_key",
    "CustomKeys": "*keys",
    "ManagedIdentity": "client_id resource_id",
    "OAuth2": "auth_url client_id client_secret developer_token password refresh_token tenant_id username",
    "PAT": "*pat",
    "SAS": "*sas",
    "ServicePrincipal": "client_id client_secret tenant_id",
    "UsernamePassword": "username password security_token",
    # In no published schema (azure-dev, azure.ai.connection.json; foundry-samples)
    "ProjectManagedIdentity": None,
    "AccountManagedIdentity": None,
    "UserEntraToken": None,
    "AgenticIdentityToken": None,
    "AgenticIdentity": None,
}
_WITH_AUDIENCE: Final = ("ProjectManagedIdentity", "UserEntraToken", "AgenticIdentityToken", "AgenticIdentity")
_CATEGORIES: Final = (
    "ADLSGen2 AIServices AmazonMws AmazonRdsForOracle AmazonRdsForSqlServer AmazonRedshift AmazonS3Compatible ApiKey "
    "ApiManagement AppConfig AppInsights AzureBlob AzureContainerAppEnvironment AzureDataExplorer "
    "AzureDatabricksDeltaLake AzureKeyVault AzureMariaDb AzureMySqlDb AzureOneLake AzureOpenAI AzurePostgresDb "
    "AzureSqlDb AzureSqlMi AzureStorageAccount AzureSynapseAnalytics AzureTableStorage BingLLMSearch Cassandra "
    "CognitiveSearch CognitiveService Concur ContainerRegistry CosmosDb CosmosDbMongoDbApi Couchbase CustomKeys "
    "Databricks Db2 Drill Dynamics DynamicsAx DynamicsCrm Elasticsearch Eloqua FileServer FtpServer "
    "GenericContainerRegistry GenericHttp GenericRest Git GoogleAdWords GoogleBigQuery GoogleCloudStorage Greenplum "
    "GroundingWithBingSearch GroundingWithCustomSearch Hbase Hdfs Hive Hubspot Impala Informix Jira Magento "
    "ManagedOnlineEndpoint MariaDb Marketo MicrosoftAccess MicrosoftFabric ModelGateway MongoDbAtlas MongoDbV2 MySql "
    "Netezza ODataRest Odbc Office365 OpenAI Oracle OracleCloudStorage OracleServiceCloud PayPal Phoenix Pinecone "
    "PostgreSql PowerPlatformEnvironment Presto PythonFeed QuickBooks Redis RemoteA2A RemoteTool Responsys S3 "
    "Salesforce SalesforceMarketingCloud SalesforceServiceCloud SapBw SapCloudForCustomer SapEcc SapHana SapOpenHub "
    "SapTable Serp Serverless ServiceNow Sftp SharePointOnlineList Sharepoint Shopify Snowflake Spark SqlServer "
    "Square Sybase Teradata Vertica WebTable Xero Zoho"
)
# What the service publishes, whatever letters a manifest writes it in.
_PUBLISHED: Final = {
    key: {name.casefold(): name for name in names}
    for key, names in (("category", _CATEGORIES.split()), ("auth_type", [*_AUTH_TYPES]))
}
_MEANT: Final = {"azureaisearch": "CognitiveSearch", "mcp": "RemoteTool"}
_AZURE: Final = ("ApiType", "ResourceId")
_ID: Final = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+/.+", re.IGNORECASE)
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
_CODES: Final = {
    "connection-target": "A connection's target is an address where an id is wanted, or the other way round.",
    "connection-auth": "A connection's category does not take its auth type.",
    "connection-credentials": "A connection's credentials do not fit its auth type.",
    "connection-lacks": "A connection lacks what tools that use it look for.",
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
    codes = _CODES
    neighbours = _NEIGHBOURS

    def names(self) -> Document:
        return {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$", "minLength": 3, "maxLength": 33}

    def schema(self) -> Document:
        return f.mapping(
            "A connection of the project, or of its account.", _PROPERTIES, required=["category", "auth_type"]
        )

    def desired(self, entry: Document) -> Document:
        fields = f.meaning(entry, ("metadata", "shared_user_list"))
        if isinstance(version := fields.get("credentials_version"), int):
            fields["credentials_version"] = str(version)
        for key, published in _PUBLISHED.items():
            if isinstance(value := fields.get(key), str):
                fields[key] = published.get(value.casefold(), value)
        return fields

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        return {key: shown[key] for key in _PROPERTIES if shown.get(key, {}) not in ({}, []) and shown[key] != ""}

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from f.check_names("metadata", entry.get("metadata"))
        for key, published in _PUBLISHED.items():
            yield from _unpublished(key, entry.get(key), published)
        yield from _credentials(name, entry)
        yield from _of_category(name, entry)
        is_tool = _is(entry.get("category"), "RemoteTool")
        if is_tool and _is(entry.get("auth_type"), *_WITH_AUDIENCE) and "audience" not in entry:
            yield _lacking("audience", f"With {entry['auth_type']}, calls of the tool fail without it.", name)

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
        held = _members_held(service, change.address)
        shown = management.patch(path, _patch(change))
        if held and (left := _members_held(service, change.address)) is not None and held - left:
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
    fields: dict[str, Any] = {"shared": True} if _ON_ACCOUNT.search(arm_id) else {}
    fields |= {
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
        identity=f"{'account' if 'shared' in fields else 'project'} {dates.get('createdAt') or ''}".strip(),
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
    without = {name.casefold() for name, members in _AUTH_TYPES.items() if members is None}
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


def _members_held(service: Service, address: Address) -> frozenset[str] | None:
    """Which credentials the live one has, by the names of their members alone; None where that cannot be seen. The
    project plane is the only one that tells.
    """
    path = f"connections/{quote(address.name, safe='')}/getConnectionWithCredentials"
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


def _is(value: object, *names: str) -> bool:
    return isinstance(value, str) and value.casefold() in {name.casefold() for name in names}


def _unpublished(key: str, value: object, published: Mapping[str, str]) -> Iterator[Finding]:
    """Others may come any day, so it is only said."""
    if not isinstance(value, str) or value.casefold() in published:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    close = [published[name] for name in get_close_matches(value.casefold(), published, n=1)]
    meant = _MEANT.get(value.casefold().replace("_", "")) or next(iter(close), "")
    yield Finding(
        path=(key,),
        code="unpublished",
        message=f"`{key}` is {quoted(value)}, which the service does not publish; it is sent as it is.",
        hint=f"Did you mean {quoted(meant)}?" if meant else "",
        severity=Severity.WARNING,
    )


def _credentials(name: str, entry: Document) -> Iterator[Finding]:
    auth_type, given = entry.get("auth_type"), entry.get("credentials")
    known = _PUBLISHED["auth_type"]
    if not isinstance(auth_type, str) or auth_type.casefold() not in known:
        return
    called = known[auth_type.casefold()]
    members = _AUTH_TYPES[called]
    if called == "OAuth2" and not {"credentials", "credentials_version"} & entry.keys():
        message = f'Connection "{name}" is of auth type OAuth2, which the service refuses without `credentials`.'
        hint = "Declare them; `credentials: {}` is enough beside a `connector_name`."
        yield _about_credentials(("auth_type",), message, hint, Severity.WARNING)
    if not isinstance(given, Mapping) or not given:
        return
    if members is None:
        message = f'Connection "{name}" is of auth type {called}, which has no credentials.'
        yield _about_credentials(("credentials",), message, "Remove `credentials`.", Severity.ERROR)
        return
    for member in members.split():
        if member.startswith("*") and member[1:] not in given:
            message = f'Connection "{name}" is of auth type {called}, whose credentials need `{member[1:]}`.'
            yield _about_credentials(("credentials",), message, f"Add `{member[1:]}:`.", Severity.ERROR)
    for member in given:
        if member not in members.replace("*", "").split():
            message = f"Credentials of auth type {called} have no `{member}`; it is sent as it is."
            hint = f"They have: {listed(members.replace('*', '').split())}."
            yield _about_credentials(("credentials", str(member)), message, hint, Severity.WARNING)


def _about_credentials(path: tuple[str, ...], message: str, hint: str, severity: Severity) -> Finding:
    code = "connection-credentials"
    return Finding(path=path, code=code, message=message, hint=hint, severity=severity, at_key=True)


def _of_category(name: str, entry: Document) -> Iterator[Finding]:
    """Where the service, or the tools that use it, are known to want more. Source: foundry-samples; azure-dev."""
    category, auth_type, target = entry.get("category"), entry.get("auth_type"), entry.get("target")
    metadata = entry.get("metadata", {})
    if _is(category, "CognitiveSearch", "RemoteTool") or (
        _is(category, "AzureStorageAccount") and _is(auth_type, "AAD")
    ):
        yield from _wants_url(name, str(category), target)
    if _is(category, "AppInsights") and isinstance(target, str) and not _ID.fullmatch(target):
        yield _wrong_target(name, "AppInsights", "the component's resource id", "/subscriptions/…/components/NAME")
    if _is(category, "AppInsights") and _is(auth_type, "AAD"):
        message = f'Connection "{name}" is of category AppInsights, which the service refuses with auth type AAD.'
        hint = "Use `auth_type: ApiKey`, with the component's connection string as the key."
        yield Finding(path=("auth_type",), code="connection-auth", message=message, hint=hint)
    wanted = _AZURE if _is(category, "CognitiveSearch", "AzureStorageAccount", "AppInsights") else ()
    for key in wanted:
        if isinstance(metadata, Mapping) and key not in metadata:
            yield _lacking(f"metadata.{key}", "Tools and the portal find the resource by it.", name)


def _wants_url(name: str, category: str, target: object) -> Iterator[Finding]:
    if not isinstance(target, str):
        return
    parts = urlsplit(target)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        examples = {"cognitivesearch": "https://NAME.search.windows.net", "remotetool": "https://example.com/mcp"}
        example = examples.get(category.casefold(), "https://NAME.blob.core.windows.net/")
        yield _wrong_target(name, category, "the address of its endpoint", example)


def _wrong_target(name: str, category: str, wanted: str, example: str) -> Finding:
    message = f'Connection "{name}" is of category {category}, whose target is {wanted}.'
    return Finding(path=("target",), code="connection-target", message=message, hint=f"Write it as {example}.")


def _lacking(key: str, why: str, name: str) -> Finding:
    message, path = f'Connection "{name}" has no `{key}`. {why}', ("category",)
    return Finding(path=path, code="connection-lacks", message=message, hint=f"Add `{key}`.", severity=Severity.WARNING)


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
