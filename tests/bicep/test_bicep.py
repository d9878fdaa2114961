"""The Bicep files hold every rule that can be seen without the compiler; each rule sees the mistake it is for."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.bicep.check import check, read
from tests.bicep.tree import literal, text, walk

BICEP: Final = Path(__file__).parents[2] / "bicep"

# What a manifest is started from: names that `init --from-outputs` looks for, and what they are.
OUTPUTS: Final = {
    "projectEndpoint": "string",
    "accountName": "string",
    "subscriptionId": "string",
    "resourceGroupName": "string",
    "location": "string",
    "pipelineClientId": "string",
    "lockAccountUrl": "string",
    "lockContainer": "string",
    "projectEndpoints": "string[]",
    "projectPrincipalIds": "string[]",
}


def test_the_files_have_no_problem_that_can_be_seen() -> None:
    assert list(map(str, check(BICEP))) == []


def test_the_outputs_are_what_a_manifest_is_started_from() -> None:
    given = {output.name: text(output.type) for output in read(BICEP)["main.bicep"].of("output")}

    assert given == OUTPUTS


def test_model_deployments_are_the_manifests_business() -> None:
    types = {literal(node) or "" for file in read(BICEP).values() for node in walk(file.root) if node.type == "string"}

    assert not [name for name in types if name.startswith("Microsoft.CognitiveServices/accounts/deployments")]


def test_every_environment_has_its_own_names() -> None:
    names = [path.stem for path in sorted(BICEP.glob("*.bicepparam"))]

    assert names == ["dev", "prod"]
    for name in names:
        assert f"param environmentName = '{name}'" in (BICEP / f"{name}.bicepparam").read_text()


def test_the_readme_speaks_of_parameters_and_files_that_are_there() -> None:
    page, files = (BICEP / "README.md").read_text(), read(BICEP)
    commands = page.replace("\\\n", " ").splitlines()
    deployments = [line for line in commands if line.startswith("az deployment group create")]

    for line in deployments:
        template = re.search(r"bicep/(modules/\S+\.bicep)", line)
        takes = files[template.group(1) if template else MAIN].of("param")
        given = set(re.findall(r"(\w+)=", line))
        assert given <= {parameter.name for parameter in takes}
        if template:
            assert {p.name for p in takes if p.value is None and not text(p.type).endswith("?")} <= given
    assert len(deployments) == 5
    assert {name for name in re.findall(r"`(\w+)`", page) if name in OUTPUTS} == OUTPUTS.keys()
    (role,) = re.findall(r"roleId=(\S+)", page)
    user = files[ROLES].named("foundryUser", "var")
    assert user is not None
    assert literal(user.value) == role


@pytest.mark.parametrize("needed", [".?", "metadata", "import {"])
def test_the_grammar_reads_what_the_files_are_written_with(needed: str) -> None:
    assert any(needed in path.read_text() for path in BICEP.rglob("*.bicep"))


@dataclass(frozen=True)
class Mistake:
    """In `file`, `old` becomes `new`; the problem is told at `at` of the new text (or of another file), with `rule`."""

    file: str
    old: str
    new: str
    at: str
    rule: str
    says: str = ""
    told_in: str = ""


MAIN, ACCOUNT, PROJECT = "main.bicep", "modules/account.bicep", "modules/project.bicep"
ACCESS, ROLE, ROLES = "modules/access.bicep", "modules/account-role.bicep", "modules/roles.bicep"
PIPELINE, LOGS, CONNECT = (
    "modules/pipeline-identity.bicep",
    "modules/monitoring.bicep",
    "modules/monitoring-connection.bicep",
)

MISTAKES: Final = {
    # The grammar.
    "not-bicep": Mistake(ACCOUNT, "  name: name\n", "  name: = name\n", "= name", "syntax"),
    # Types.
    "mistyped-property": Mistake(
        ACCOUNT, "disableLocalAuth:", "disableLocalAuht:", "disableLocalAuht", "unknown-property"
    ),
    "property-one-level-too-high": Mistake(
        ACCOUNT,
        "  kind: 'AIServices'\n",
        "  kind: 'AIServices'\n  restore: true\n",
        "restore: true",
        "unknown-property",
    ),
    "nested-property": Mistake(
        ACCOUNT, "        value: ipRange", "        range: ipRange", "range: ipRange", "unknown-property"
    ),
    "nested-required": Mistake(ACCOUNT, "        value: ipRange", "", "{\n\n      }]", "missing-property", "value"),
    "missing-sku-name": Mistake(
        ACCOUNT, "    name: 'S0'\n", "    tier: 'Standard'\n", "{\n    tier", "missing-property"
    ),
    "read-only": Mistake(PROJECT, "    displayName: displayName", "    isDefault: true", "isDefault", "read-only"),
    "closed-value": Mistake(
        PROJECT, "type: 'SystemAssigned'", "type: 'SystemAssigned,UserAssigned'", "'SystemAssigned,", "bad-value"
    ),
    "open-value": Mistake(
        ACCOUNT, "? 'Allow' : 'Deny'", "? 'Allow' : 'Denied'", "'Denied'", "bad-value", "Allow, Deny"
    ),
    "value-of-a-parameter": Mistake(ACCOUNT, "  'Disabled'\n", "  'Closed'\n", "'Closed'", "bad-value"),
    "category": Mistake(CONNECT, "'AppInsights'", "'ApplicationInsights'", "'ApplicationInsights'", "bad-value"),
    "auth-type": Mistake(CONNECT, "authType: 'ApiKey'", "authType: 'Key'", "authType: 'Key'", "bad-value", "ApiKey"),
    "credentials-of-another-auth-type": Mistake(
        CONNECT, "authType: 'ApiKey'", "authType: 'AAD'", "credentials", "unknown-property"
    ),
    "wrong-kind-of-value": Mistake(
        ACCOUNT, "disableLocalAuth: true", "disableLocalAuth: 'true'", "'true'", "wrong-kind"
    ),
    "name-that-is-refused": Mistake(
        CONNECT, "'application-insights'", "'application.insights'", "'application.in", "bad-value"
    ),
    "name-that-is-too-short": Mistake(LOGS, "  name: workspaceName", "  name: 'log'", "'log'", "out-of-bounds"),
    "parameter-wider-than-the-name": Mistake(
        LOGS, "@maxLength(63)", "@maxLength(80)", "workspaceName\n  location", "out-of-bounds", "63"
    ),
    "read-of-nothing": Mistake(
        PROJECT,
        "project.properties.endpoints[",
        "project.properties.endpoint[",
        "project.properties.endpoint[",
        "unknown-property",
    ),
    "preview-version": Mistake(
        PROJECT,
        "accounts/projects@2025-09-01",
        "accounts/projects@2025-04-01-preview",
        "project 'Mic",
        "stable-version",
    ),
    "version-from-nowhere": Mistake(
        LOGS, "workspaces@2025-02-01", "workspaces@2025-02-02", "workspace 'Mic", "other-version"
    ),
    "type-from-nowhere": Mistake(
        LOGS,
        "Microsoft.Insights/components",
        "Microsoft.Insights/component",
        "applicationInsights 'Mic",
        "unknown-type",
    ),
    "existing-with-properties": Mistake(
        CONNECT, "  name: accountName\n", "  name: accountName\n  kind: 'AIServices'\n", "kind:", "unknown-property"
    ),
    # Names.
    "undeclared": Mistake(ACCOUNT, "  location: location\n", "  location: region\n", "region\n", "undeclared"),
    "unknown-function": Mistake(MAIN, "= toLower(", "= lower(", "lower(", "unknown-function"),
    "declared-twice": Mistake(
        MAIN, "var suffix", "@description('x')\nparam tags object\n\nvar suffix", "tags object\n\nvar", "declared-twice"
    ),
    "unused-parameter": Mistake(
        ACCOUNT, "    restore: restoreDeletedAccount\n", "", "restoreDeletedAccount bool", "no-unused-params"
    ),
    "unused-variable": Mistake(MAIN, "var suffix", "var spare = 1\nvar suffix", "spare", "no-unused-vars"),
    "unused-type": Mistake(MAIN, "projectSettings[]", "array", "projectSettings =", "no-unused-types"),
    "unused-existing": Mistake(
        PROJECT,
        "resource project ",
        "resource other 'Microsoft.Insights/components@2020-02-02' existing = {\n  name: name\n}\n\nresource project ",
        "other 'Mic",
        "no-unused-existing-resources",
    ),
    "unused-import": Mistake(
        PROJECT,
        "import { foundryUser }",
        "import { cognitiveServicesContributor, foundryUser }",
        "cognitiveServicesC",
        "no-unused-imports",
    ),
    "unknown-import": Mistake(
        ACCESS, "import { cog", "import { ownerRole as cog", "cognitiveServicesContributor, f", "unknown-import"
    ),
    "not-exported": Mistake(
        ROLES, "@export()\nvar foundryUser", "var foundryUser", "foundryUser }", "unknown-import", told_in=PROJECT
    ),
    "unused-output": Mistake(
        LOGS,
        "    WorkspaceResourceId: workspace.id\n  }\n}\n",
        "    WorkspaceResourceId: workspace.id\n  }\n}\n\n@description('x')\noutput more string = workspace.id\n",
        "more string",
        "unused-output",
    ),
    "undescribed": Mistake(
        LOGS, "@description('Name of the component.')\n", "", "applicationInsightsName string\n", "use-description"
    ),
    "member-of-no-item": Mistake(
        MAIN, "    name: project.name", "    name: project.title", "project.title", "unknown-property"
    ),
    "optional-member": Mistake(
        MAIN,
        "projectDescription: project.?description",
        "projectDescription: project.description",
        "project.description",
        "use-safe-access",
    ),
    "member-in-a-lambda": Mistake(
        MAIN,
        "projectNames: map(projects, item => item.name)\n    principalId: principalId",
        "projectNames: map(projects, item => item.title)\n    principalId: principalId",
        "item => item.title",
        "unknown-property",
    ),
    # Modules.
    "no-such-module": Mistake(
        MAIN, "'modules/account.bicep'", "'modules/acount.bicep'", "account 'modules", "no-such-module"
    ),
    "unknown-input": Mistake(
        MAIN, "    retentionDays:", "    retention:", "retention: l", "unknown-input", "retentionDays"
    ),
    "missing-input": Mistake(MAIN, "    dailyQuotaGb: logDailyQuotaGb\n", "", "monitoring 'mod", "missing-input"),
    "wrong-input": Mistake(
        MAIN, "retentionDays: logRetentionDays", "retentionDays: suffix", "suffix\n    daily", "wrong-kind"
    ),
    "input-that-is-not-allowed": Mistake(
        MAIN, "    principalType: 'ServicePrincipal'", "    principalType: 'Pipeline'", "'Pipeline'", "not-allowed"
    ),
    "unknown-output": Mistake(
        MAIN, ".?outputs.clientId", ".?outputs.client", "pipelineIdentity.?outputs.client ", "unknown-output"
    ),
    "module-that-may-not-be-there": Mistake(
        MAIN,
        "pipelineIdentity.?outputs.clientId ?? ''",
        "pipelineIdentity.outputs.clientId",
        "pipelineIdentity.outputs",
        "maybe-null",
        "BCP318",
    ),
    "default-that-does-not-fit": Mistake(
        MAIN, "param logRetentionDays int = 30", "param logRetentionDays int = 7", "7\n", "out-of-bounds", "minValue 30"
    ),
    "default-of-another-kind": Mistake(
        MAIN, "param enableMonitoring bool = false", "param enableMonitoring bool = 'no'", "'no'", "wrong-kind"
    ),
    # The linter.
    "hard-coded-location": Mistake(
        LOGS, "  location: location\n", "  location: 'westeurope'\n", "'westeurope'", "no-hardcoded-location"
    ),
    "location-in-a-variable": Mistake(
        LOGS,
        "resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {\n"
        "  name: workspaceName\n  location: location",
        "var region = 'westeurope'\n\nresource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {\n"
        "  name: workspaceName\n  location: region",
        "region\n  tags",
        "no-hardcoded-location",
    ),
    "group-location": Mistake(
        MAIN,
        "output location string = location",
        "output location string = resourceGroup().location",
        "resourceGroup().location\n\n@description('Client",
        "no-loc-expr-outside-params",
    ),
    "url-of-one-cloud": Mistake(
        PIPELINE,
        "https://token.actions.githubusercontent.com",
        "https://login.microsoftonline.com/x",
        "https://login",
        "no-hardcoded-env-urls",
    ),
    "secret-that-is-not-secure": Mistake(
        MAIN, "param principalId string", "param adminPassword string", "adminPassword", "secure-secrets-in-params"
    ),
    "secure-default": Mistake(
        MAIN,
        "@maxLength(36)\nparam principalId string = ''",
        "@secure()\nparam principalId string = 'x'",
        "'x'",
        "secure-parameter-default",
    ),
    "secret-output": Mistake(
        CONNECT,
        "\nresource connection ",
        "\noutput told string = applicationInsights.properties.ConnectionString // told\n\nresource connection ",
        "ConnectionString // told",
        "outputs-should-not-contain-secrets",
    ),
    "listed-secret-output": Mistake(
        ACCOUNT,
        "string = account.name",
        "string = account.listKeys().key1",
        "account.listKeys()",
        "outputs-should-not-contain-secrets",
    ),
    "name-of-the-day": Mistake(
        ROLE, "guid(account.id, principalId, roleId)", "newGuid()", "newGuid()", "use-stable-resource-identifiers"
    ),
    "slashed-name": Mistake(
        PROJECT,
        "  parent: account\n  name: name",
        "  name: '${accountName}/${name}'",
        "'${accountName}/",
        "use-parent-property",
    ),
    "id-by-hand": Mistake(
        ROLE,
        "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)",
        "'/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/${roleId}'",
        "'/subscriptions",
        "use-resource-id-functions",
    ),
    "reference-by-function": Mistake(
        PROJECT,
        "project.identity.principalId\n    principalType",
        "reference(project.id).x\n    principalType",
        "reference(",
        "use-resource-symbol-reference",
    ),
    "concat": Mistake(MAIN, "'id-${suffix}'", "concat('id-', suffix)", "concat(", "prefer-interpolation"),
    "only-an-interpolation": Mistake(
        MAIN, "workspaceName: 'log-${suffix}'", "workspaceName: '${suffix}'", "'${suffix}'", "simplify-interpolation"
    ),
    "null-by-json": Mistake(
        MAIN, "project.?displayName ?? project.name", "json('null')", "json(", "simplify-json-null"
    ),
    "any": Mistake(ACCOUNT, "  tags: tags", "  tags: any(tags)", "any(", "no-explicit-any"),
    "quoted-key": Mistake(CONNECT, "      ApiType:", "      'ApiType':", "'ApiType'", "prefer-unquoted-property-names"),
    "quoted-index": Mistake(
        PROJECT,
        "project.properties.endpoints[",
        "project['properties'].endpoints[",
        "'properties'",
        "prefer-unquoted-property-names",
    ),
    "needless-dependency": Mistake(
        MAIN,
        "    principalType: 'ServicePrincipal'\n  }\n  dependsOn: [\n",
        "    principalType: 'ServicePrincipal'\n  }\n  dependsOn: [\n    pipelineIdentity\n",
        "pipelineIdentity\n    foundryProjects\n  ]\n}\n\nmodule principalAccess ",
        "no-unnecessary-dependson",
    ),
    "contains-instead-of-safe-access": Mistake(
        MAIN,
        "project.?displayName ?? project.name",
        "contains(project, 'displayName') ? project.displayName : ''",
        "contains(",
        "use-safe-access",
    ),
    # Azure.
    "projects-at-once": Mistake(
        MAIN, "@batchSize(1)\nmodule foundryProjects", "module foundryProjects", "foundryProjects 'mod", "one-at-a-time"
    ),
    "connections-at-once": Mistake(
        MAIN,
        "@batchSize(1)\nmodule monitoringConnections",
        "@batchSize(2)\nmodule monitoringConnections",
        "monitoringConnections 'mod",
        "one-at-a-time",
    ),
    "credentials-at-once": Mistake(PIPELINE, "@batchSize(1)\n", "", "credentials 'Mic", "one-at-a-time"),
    "assignment-without-its-principal": Mistake(
        ROLE,
        "guid(account.id, principalId, roleId)",
        "guid(account.id, roleId)",
        "guid(account.id, roleId)",
        "assignment-name",
    ),
    "assignment-without-a-type": Mistake(
        ROLE, "    principalType: principalType\n", "", "assignment 'Mic", "principal-type"
    ),
    "loose-role-id": Mistake(
        PROJECT, "roleId: foundryUser", "roleId: '53ca6127-db72-4b80-b1b0-d745d6d5456d'", "53ca6127", "named-role-id"
    ),
    "keys-that-work": Mistake(
        ACCOUNT, "disableLocalAuth: true", "disableLocalAuth: false", "account 'Mic", "entra-only-foundry"
    ),
    "no-subdomain": Mistake(
        ACCOUNT, "    customSubDomainName: customSubDomainName\n", "", "account 'Mic", "custom-subdomain"
    ),
    "another-kind-of-account": Mistake(ACCOUNT, "kind: 'AIServices'", "kind: 'OpenAI'", "account 'Mic", "account-kind"),
    "project-without-identity": Mistake(PROJECT, "'SystemAssigned'", "'None'", "project 'Mic", "own-identity"),
    # Parameter files.
    "using-nothing": Mistake("dev.bicepparam", "'main.bicep'", "'man.bicep'", "using", "using"),
    "unknown-parameter": Mistake(
        "dev.bicepparam", "param enableMonitoring", "param monitoring", "monitoring =", "unknown-parameter"
    ),
    "missing-parameter": Mistake("dev.bicepparam", "param environmentName = 'dev'\n", "", "using", "missing-parameter"),
    "parameter-too-long": Mistake(
        "dev.bicepparam", "'dev'\n", "'development-of-things'\n", "'development", "out-of-bounds"
    ),
    "parameter-not-allowed": Mistake("dev.bicepparam", "'User'", "'Person'", "'Person'", "not-allowed"),
    "parameter-of-another-kind": Mistake("prod.bicepparam", "= 90", "= '90'", "'90'", "wrong-kind"),
    "parameter-out-of-range": Mistake("prod.bicepparam", "= 90", "= 7", "7\n", "out-of-bounds"),
    "no-project": Mistake(
        "dev.bicepparam",
        "[\n  {\n    name: 'agents-dev'\n    displayName: 'Agents (dev)'\n"
        "    description: 'To try things out.'\n  }\n]",
        "[]",
        "[]",
        "out-of-bounds",
    ),
    "project-without-a-name": Mistake(
        "prod.bicepparam", "    name: 'agents-prod'\n", "", "{\n    displayName", "missing-property"
    ),
    "project-with-a-typo": Mistake("prod.bicepparam", "displayName:", "display:", "display:", "unknown-property"),
    "parameter-by-an-undeclared-name": Mistake(
        "prod.bicepparam", "split(subjects", "split(subject", "subject,", "undeclared"
    ),
    "broken-parameter-file": Mistake("prod.bicepparam", "= 90", "= = 90", "= 90", "syntax"),
}


def mutated(folder: Path, mistake: Mistake) -> str:
    """The text of the file that is told of, in a copy of the Bicep files with the mistake."""
    shutil.copytree(BICEP, folder, dirs_exist_ok=True)
    path = folder / mistake.file
    before = path.read_text()
    assert mistake.old in before
    path.write_text(before.replace(mistake.old, mistake.new, 1))
    return (folder / (mistake.told_in or mistake.file)).read_text()


@pytest.mark.parametrize("mistake", [pytest.param(mistake, id=name) for name, mistake in MISTAKES.items()])
def test_a_mistake_is_told_with_its_place(mistake: Mistake, tmp_path: Path) -> None:
    after = mutated(tmp_path, mistake)
    before_it = after[: after.index(mistake.at)]
    line, column = before_it.count("\n") + 1, len(before_it) - before_it.rfind("\n")
    place = f"{mistake.told_in or mistake.file}:{line}:{column}: {mistake.rule}: "

    told = list(map(str, check(tmp_path)))

    assert [problem for problem in told if problem.startswith(place) and mistake.says in problem], told


def test_a_default_location_of_a_module_is_given_all_the_same(tmp_path: Path) -> None:
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    logs, main = tmp_path / LOGS, tmp_path / MAIN
    logs.write_text(
        logs.read_text().replace("param location string", "param location string = resourceGroup().location")
    )
    given = "applicationInsightsName: applicationInsightsName\n    location: location\n"
    main.write_text(main.read_text().replace(given, given.replace("    location: location\n", "")))

    (problem,) = check(tmp_path)

    assert (problem.file, problem.rule) == (MAIN, "explicit-values-for-loc-params")


def test_a_file_that_nothing_leads_to_is_told(tmp_path: Path) -> None:
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    (tmp_path / "modules" / "spare.bicep").write_text("targetScope = 'resourceGroup'\n")

    (problem,) = check(tmp_path)

    assert str(problem).startswith("modules/spare.bicep:1:1: unused-module: ")


def test_a_resource_that_may_not_be_there_is_read_safely(tmp_path: Path) -> None:
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    pipeline = tmp_path / PIPELINE
    pipeline.write_text(
        pipeline.read_text().replace(
            "userAssignedIdentities@2024-11-30' = {",
            "userAssignedIdentities@2024-11-30' = if (!empty(githubSubjects)) {",
        )
    )

    assert {problem.rule for problem in check(tmp_path)} == {"maybe-null"}


def test_more_of_anything_than_a_template_may_have_is_told(tmp_path: Path) -> None:
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    main = tmp_path / MAIN
    outputs = "".join(f"\n@description('x')\noutput more{i} string = suffix\n" for i in range(60))
    main.write_text(main.read_text() + outputs)

    assert [problem.rule for problem in check(tmp_path)] == ["max-outputs"]


def test_columns_count_characters(tmp_path: Path) -> None:
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    account = tmp_path / ACCOUNT
    account.write_text(account.read_text().replace("  tags: tags\n", "  tags: { 'Größe': region }\n"))

    assert [str(problem) for problem in check(tmp_path) if problem.rule == "undeclared"] == [
        'modules/account.bicep:38:20: undeclared: "region" is not declared.'
    ]


def test_every_rule_has_a_mistake_that_it_sees() -> None:
    """Those of whole numbers of things, of defaults and of files have tests of their own above."""
    own = {"unused-module", "maybe-null", "explicit-values-for-loc-params", "no-deployments-resources"}

    assert rules() - {mistake.rule for mistake in MISTAKES.values()} <= own


def rules() -> set[str]:
    """Every rule that a checker names in a call of `problem`, or of `Problem`."""
    named = set()
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].lower() == "problem":
                texts = [arg.value for arg in node.args[1:] if isinstance(arg, ast.Constant)]
                named |= {text for text in texts if isinstance(text, str) and " " not in text}
    assert len(named) > 40
    return named
