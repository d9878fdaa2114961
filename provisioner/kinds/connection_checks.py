"""What is known of connections' categories and auth types, and what is wrong with entries that the schema lets through.

Source: Azure/bicep-types-az, Microsoft.CognitiveServices 2026-09-01; azure-dev (azure.ai.connections); foundry-samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from provisioner.kinds import fragments as f
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import Document
from provisioner.model.words import guess, listed, quoted

# The members of each auth type's credentials; `None` where it has none, a star before those that it cannot do without.
AUTH_TYPES: Final[Mapping[str, str | None]] = {
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
PUBLISHED: Final = {
    key: {name.casefold(): name for name in names}
    for key, names in (("category", _CATEGORIES.split()), ("auth_type", [*AUTH_TYPES]))
}
_MEANT: Final = {"azureaisearch": "CognitiveSearch", "mcp": "RemoteTool"}
_AZURE: Final = ("ApiType", "ResourceId")
_ID: Final = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+/.+", re.IGNORECASE)
CODES: Final = {
    "connection-target": "A connection's target is an address where an id is wanted, or the other way round.",
    "connection-auth": "A connection's category does not take its auth type.",
    "connection-credentials": "A connection's credentials do not fit its auth type.",
    "connection-lacks": "A connection lacks what tools that use it look for.",
}


def checked(name: str, entry: Document) -> Iterator[Finding]:
    yield from f.check_names("metadata", entry.get("metadata"))
    for key, published in PUBLISHED.items():
        yield from _unpublished(key, entry.get(key), published)
    yield from _credentials(name, entry)
    yield from _of_category(name, entry)
    is_tool = _is(entry.get("category"), "RemoteTool")
    if is_tool and _is(entry.get("auth_type"), *_WITH_AUDIENCE) and "audience" not in entry:
        yield _lacking("audience", f"With {entry['auth_type']}, calls of the tool fail without it.", name)


def _is(value: object, *names: str) -> bool:
    return isinstance(value, str) and value.casefold() in {name.casefold() for name in names}


def _unpublished(key: str, value: object, published: Mapping[str, str]) -> Iterator[Finding]:
    """Others may come any day, so it is only said."""
    if not isinstance(value, str) or value.casefold() in published:
        return
    meant = _MEANT.get(value.casefold().replace("_", ""))
    yield Finding(
        path=(key,),
        code="unpublished",
        message=f"`{key}` is {quoted(value)}, which the service does not publish; it is sent as it is.",
        hint=(f"Did you mean {quoted(meant)}?" if meant else guess(value, published.values())).rstrip(),
        severity=Severity.WARNING,
    )


def _credentials(name: str, entry: Document) -> Iterator[Finding]:
    auth_type, given = entry.get("auth_type"), entry.get("credentials")
    known = PUBLISHED["auth_type"]
    if not isinstance(auth_type, str) or auth_type.casefold() not in known:
        return
    called = known[auth_type.casefold()]
    members = AUTH_TYPES[called]
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
