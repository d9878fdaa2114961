"""Connections: what may be declared, what is written, and that nobody ever sees their credentials."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from hypothesis import strategies as st

from provisioner.kinds import KINDS
from provisioner.kinds.connection import ConnectionKind
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.model.errors import PlaneError
from provisioner.model.sealed import Sealed
from tests.foundry import Command, Foundry
from tests.kinds.applying import want
from tests.kinds.fake_service import FakeService
from tests.kinds.samples import Entry, Samples, labels, with_
from tests.manifest.manifests import HEAD, brief, load_text, manifest_of

SEARCH: Entry = {
    "category": "CognitiveSearch",
    "auth_type": "AAD",
    "target": "https://mine.search.windows.net",
    "metadata": {"ApiType": "Azure", "ResourceId": "/subscriptions/s"},
}
KEYED: Entry = {
    "category": "CustomKeys",
    "auth_type": "CustomKeys",
    "target": "https://example.com",
    "credentials": {"keys": {"x-Api_Key": "hush-hush"}},
    "credentials_version": 1,
}
COMPONENT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/x"
FULL: tuple[Entry, ...] = (
    SEARCH,
    KEYED,
    {**KEYED, "shared": True, "is_shared_to_all": False, "shared_user_list": ["me"], "metadata": {"snake_case": "x"}},
    {
        "category": "RemoteTool",
        "auth_type": "OAuth2",
        "target": "https://example.com/mcp",
        "credentials": {"client_id": "i", "client_secret": "hush-hush"},
        "credentials_version": "2026-11",
        "audience": "api://a",
        "authorization_url": "https://a",
        "token_url": "https://t",
        "refresh_url": "https://r",
        "scopes": ["a", "b"],
        "connector_name": "c",
        "expiry_time": "2027-01-01T00:00:00Z",
        "use_workspace_managed_identity": True,
        "pe_requirement": "Required",
    },
    {"category": "SomethingNew", "auth_type": "AlsoNew", "target": "x"},
)
SAMPLES = Samples(
    section="connections",
    settable="""
        category auth_type target shared metadata.x credentials.key credentials.keys.x credentials.client_secret
        credentials_version audience authorization_url token_url refresh_url scopes connector_name is_shared_to_all
        shared_user_list expiry_time use_workspace_managed_identity pe_requirement
    """,
    read_only="id name type group created_by_workspace_arm_id pe_status error is_default",
    full=FULL[:4],
    names=(["abc", "My_search-1", "x" * 33], ["ab", "-ab", "a b c", "a.bc", "x" * 34]),
    refused={
        "no category": {"auth_type": "AAD"},
        "no auth type": {"category": "RemoteTool"},
        "a number in the metadata": {**SEARCH, "metadata": {"a": 1}},
        "unknown key": {**SEARCH, "auth": "AAD"},
    },
    drawn=with_(
        {
            "category": st.sampled_from(["CognitiveSearch", "cognitivesearch", "SomethingNew"]),
            "auth_type": st.sampled_from(["AAD", "aad", "None", "ApiKey", "ProjectManagedIdentity"]),
            "target": st.sampled_from(["https://mine.search.windows.net", "https://example.com/"]),
        },
        shared=st.booleans(),
        metadata=labels,
        audience=st.just("api://a"),
        scopes=st.sampled_from([[], ["a", "b"]]),
        is_shared_to_all=st.booleans(),
        shared_user_list=st.sampled_from([[], ["me"]]),
        expiry_time=st.just("2027-01-01T00:00:00.000Z"),
        use_workspace_managed_identity=st.booleans(),
        pe_requirement=st.sampled_from(["Required", "NotRequired"]),
    ),
)
MANIFEST = """\
version: 1
name: team
connections:
  docs:
    category: RemoteTool
    auth_type: CustomKeys
    target: https://example.com/mcp
    credentials: {keys: {Authorization: "Bearer ${env:DOCS_KEY}"}}
    credentials_version: VERSION
"""
SECRET = "hush-hush-5150"
ALLOWED = ("--allow-env", "DOCS_KEY")


@pytest.fixture
def service() -> FakeService:
    return FakeService()


def squeezed(text: str) -> str:
    return " ".join(text.split())


def codes(entry: Entry) -> list[tuple[str, str, Severity]]:
    found = ConnectionKind().check("docs", entry)
    return [(finding.code, ".".join(finding.path), finding.severity) for finding in found]


def test_a_connection_is_put_whole_with_its_owner_and_version_in_the_metadata(service: FakeService) -> None:
    service.apply(want("connections", "docs", {**KEYED, "metadata": {"mine": "x"}}))

    (call,) = service.arm.writes
    assert (call.method, call.path) == ("PUT", "/projects/p/connections/docs")
    properties = call.body["properties"]
    assert properties["credentials"] == {"keys": {"x-Api_Key": "hush-hush"}}
    marks = {"provisioner-owner", "provisioner-applied", "provisioner-credentials-version"}
    assert properties["metadata"].keys() == {"mine", *marks}
    assert properties["metadata"]["provisioner-credentials-version"] == "1"
    assert {"category", "authType", "target"} < properties.keys()
    assert "hush" not in str(properties["metadata"])


def test_what_ignores_case_is_written_as_the_service_spells_it(service: FakeService) -> None:
    service.apply(want("connections", "docs", {**SEARCH, "category": "cognitivesearch", "auth_type": "aad"}))
    path = f"{service.arm.project}/connections/docs"
    made = service.arm.kept[path]["properties"]
    assert (made["category"], made["authType"]) == ("CognitiveSearch", "AAD")

    made |= {"category": "COGNITIVESEARCH", "authType": "Aad"}
    service.apply(want("connections", "docs", {**SEARCH, "target": "https://other.search.windows.net"}))
    made = service.arm.kept[path]["properties"]
    assert (made["category"], made["authType"]) == ("COGNITIVESEARCH", "Aad")


def test_one_that_is_shared_is_the_accounts_and_moving_it_replaces_it(service: FakeService) -> None:
    service.apply(want("connections", "docs", {**KEYED, "shared": True}))
    assert [call.path for call in service.arm.writes] == ["/connections/docs"]

    assert service.apply(want("connections", "docs", KEYED)) == ["replace docs"]
    assert [(call.method, call.path) for call in service.arm.writes] == [
        ("DELETE", "/connections/docs"),
        ("PUT", "/projects/p/connections/docs"),
    ]


def test_a_projects_own_hides_its_accounts_and_other_projects_are_nobodys(service: FakeService) -> None:
    arm = service.arm
    for holder, target in (("", "theirs"), ("/projects/p", "own")):
        arm.put(f"{arm.account}{holder}/connections/docs", {"properties": {"authType": "AAD", "target": target}})
    arm.kept[f"{arm.account}/connections/x"] = {
        "name": "other", "id": f"{arm.account}/projects/q/connections/other", "properties": {"authType": "AAD"}
    }  # fmt: skip

    live = service.live()

    assert [(str(address), found.fields["target"]) for address, found in live.items()] == [("connections/docs", "own")]
    found = ConnectionKind().read(service, Address("connections", "docs"))
    assert found is not None
    assert found.fields["target"] == "own"


def test_only_a_changed_version_writes_the_same_credentials_again(service: FakeService) -> None:
    service.apply(want("connections", "docs", KEYED))

    changed = {**KEYED, "credentials": {"keys": {"x-Api_Key": "other"}}}
    assert service.apply(want("connections", "docs", changed)) == []
    assert service.apply(want("connections", "docs", {**changed, "credentials_version": 2})) == ["update docs"]
    (call,) = service.arm.writes
    assert call.body["properties"]["credentials"] == {"keys": {"x-Api_Key": "other"}}


@pytest.mark.parametrize(
    ("more", "hints"),
    [
        ({"credentials_version": 1}, []),
        ({"credentials": {}}, []),
        ({}, ["Declare `credentials_version`: when that changes, they are written again."]),
    ],
)
def test_that_they_are_not_compared_is_told_where_no_version_tells(
    service: FakeService, more: Entry, hints: list[str]
) -> None:
    entry = {**{key: value for key, value in KEYED.items() if key != "credentials_version"}, **more}
    service.apply(want("connections", "docs", entry))

    assert [warning.hint for warning in service.plan(want("connections", "docs", entry)).warnings] == hints


def test_the_plan_tells_that_they_are_written_and_nothing_of_them(service: FakeService) -> None:
    service.apply(want("connections", "docs", KEYED))
    plan = service.plan(want("connections", "docs", {**KEYED, "target": "https://other.example.com"}))
    other = service.plan(
        want(
            "connections", "docs", {**KEYED, "target": "https://other.example.com", "credentials": {"keys": {"a": "b"}}}
        )
    )

    (change,) = plan.changes
    assert [field.name for field in change.fields] == ["credentials", "target"]
    assert change.fields[0].after == Sealed("anything")
    assert "hush" not in repr(plan)
    assert plan.digest == other.digest


def test_undeclared_credentials_are_left_as_they_are(service: FakeService) -> None:
    bare = {key: value for key, value in KEYED.items() if not key.startswith("credentials")}
    service.apply(want("connections", "docs", {**bare, "metadata": {"a": "1"}, "scopes": ["x"]}))

    service.apply(want("connections", "docs", bare))

    (call,) = service.arm.writes
    assert call.method == "PATCH"
    sent = call.body["properties"]
    assert "credentials" not in sent or sent["credentials"] is None
    assert sent["scopes"] is None
    assert "a" not in sent["metadata"]


def test_without_a_resource_group_they_are_only_glimpsed() -> None:
    service = FakeService(management=None)
    service.project.kept["connections/docs"] = {
        "name": "docs", "type": "RemoteTool", "target": "t", "credentials": {"type": "None"}, "metadata": {"a": "b"}
    }  # fmt: skip
    address = Address("connections", "docs")

    (found,) = service.live().values()
    assert (found.address, found.marker, found.fields["target"]) == (address, None, "t")
    assert ConnectionKind().read(service, address) == found
    assert ConnectionKind().read(service, Address("connections", "none")) is None
    with pytest.raises(PlaneError, match=r"Connections are written through Azure Resource Manager"):
        service.apply(want("connections", "other", SEARCH))


@pytest.mark.parametrize("missing", ["subscription_id", "resource_group"])
def test_a_missing_setting_is_told(tmp_path: Path, missing: str) -> None:
    head = HEAD.replace(missing, "x-unused").replace("x-unused: sub, ", "").replace(", x-unused: group", "")
    loaded = load_text(tmp_path, f"{head}connections: {{docs: {{category: RemoteTool, auth_type: None}}}}\n")

    (problem,) = (each for each in loaded.diagnostics if each.code == "missing-key")
    assert problem.message == f"Connections are declared, and `project.{missing}` is missing."


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"category": "AzureAISearch"}, ("unpublished", "category")),
        ({"auth_type": "Apikeys"}, ("unpublished", "auth_type")),
        ({"target": COMPONENT}, ("connection-target", "target")),
        ({"metadata": {"ApiType": "Azure"}}, ("connection-lacks", "category")),
        ({"auth_type": "OAuth2"}, ("connection-credentials", "auth_type")),
        ({"credentials": {"key": "x"}}, ("connection-credentials", "credentials")),
        ({"auth_type": "ApiKey", "credentials": {"kee": "x"}}, ("connection-credentials", "credentials")),
        ({"metadata": {"provisioner-owner": "x"}}, ("reserved-name", "metadata.provisioner-owner")),
        ({"category": "AppInsights"}, ("connection-target", "target")),
        ({"category": "AppInsights", "target": COMPONENT}, ("connection-auth", "auth_type")),
        ({"category": "AzureStorageAccount", "target": "mine"}, ("connection-target", "target")),
        ({"category": "RemoteTool", "auth_type": "UserEntraToken"}, ("connection-lacks", "category")),
    ],
)  # fmt: skip
def test_what_is_known_to_go_wrong_is_told(more: Entry, told: tuple[str, str]) -> None:
    assert told in [(code, path) for code, path, _ in codes({**SEARCH, **more})]


@pytest.mark.parametrize("entry", FULL)
def test_every_category_and_auth_type_passes_through(entry: Entry, service: FakeService) -> None:
    assert Severity.ERROR not in {severity for _, _, severity in codes(entry)}
    assert service.apply(want("connections", "docs", entry)) == ["create docs"]


def test_the_service_s_name_is_in_the_hint() -> None:
    hints = {
        name: [finding.hint for finding in ConnectionKind().check("docs", {**SEARCH, "category": name})][:1]
        for name in ("AzureAISearch", "MCP", "RemoteTol", "Quux")
    }
    assert hints == {
        "AzureAISearch": ['Did you mean "CognitiveSearch"?'],
        "MCP": ['Did you mean "RemoteTool"?'],
        "RemoteTol": ['Did you mean "RemoteTool"?'],
        "Quux": [""],
    }


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ("{key: abc}", "secret-in-manifest"),
        ('{key: "${env:DOCS_KEY:-abc}"}', "secret-in-manifest"),
        ('{key: "$${env:DOCS_KEY}"}', "secret-in-manifest"),
        ('{key: "abc${env:DOCS_KEY}"}', "secret-in-manifest"),
        ('{keys: {a: "${env:DOCS_KEY}", b: abc}}', "secret-in-manifest"),
        ('{key: "${env:DOCS_KEY}"}', ""),
        ('{key: "Bearer ${env:DOCS_KEY}"}', ""),
        ('{key: "${env:DOCS_KEY:-}${env:DOCS_KEY}", client_id: plain}', ""),
    ],
)
def test_a_secret_comes_from_a_variable_alone(tmp_path: Path, credentials: str, code: str) -> None:
    entry = f"{{category: X, auth_type: New, credentials: {credentials}, credentials_version: 1}}"
    loaded = load_text(
        tmp_path, f"{HEAD}connections: {{docs: {entry}}}\n", environ={"DOCS_KEY": SECRET}, allow_env=["DOCS_KEY"]
    )

    assert [each.code for each in loaded.diagnostics if each.is_error] == ([code] if code else [])
    assert SECRET not in str(loaded)
    assert "abc" not in str(loaded.diagnostics)


def test_credentials_and_their_version_go_together(tmp_path: Path) -> None:
    entry = "{category: X, auth_type: New, %s}"
    one, two = entry % "credentials: {client_id: x}", entry % "credentials_version: 1"
    text = f"{HEAD}connections:\n  one: {one}\n  two: {two}\n"
    loaded = load_text(tmp_path, text)

    told = [
        (each.where.path, each.is_error)
        for each in loaded.diagnostics
        if each.where and each.code == "write-only-version"
    ]
    assert told == [("connections.one.credentials", True), ("connections.two.credentials_version", False)]
    bare = load_text(tmp_path, f"{HEAD}connections: {{one: {entry % 'credentials: {}'}}}\n")
    assert manifest_of(bare).resources[Address("connections", "one")].fields["credentials"] == Sealed({})


@pytest.mark.parametrize(("ignored", "code"), [("credentials.key", "unknown-field"), ("credentials", "")])
def test_credentials_are_ignored_whole_or_not_at_all(tmp_path: Path, ignored: str, code: str) -> None:
    entry = f"{{category: X, auth_type: New, lifecycle: {{ignore: [{ignored}]}}}}"
    loaded = load_text(tmp_path, f"{HEAD}connections: {{docs: {entry}}}\n")

    assert [each.code for each in loaded.diagnostics if each.is_error] == ([code] if code else [])


@pytest.mark.parametrize("wrong", ["5", "[abc]", "{key: 5}", "{key: [abc]}", "{keys: abc}"])
def test_a_wrong_shape_tells_nothing_of_what_is_in_it(tmp_path: Path, wrong: str) -> None:
    entry = f"{{category: X, auth_type: ApiKey, credentials: {wrong}, credentials_version: 1}}"
    loaded = load_text(tmp_path, f"{HEAD}connections: {{docs: {entry}}}\n")

    assert loaded.manifest is None
    assert "abc" not in str(loaded.diagnostics), brief(loaded)


ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
BING = {"search_configurations": [{"project_connection_id": "docs"}]}
NAMED: dict[str, tuple[Entry, str]] = {
    "model": ({"model": "docs/gpt"}, "model"),
    "mcp": ({"tools": [{"type": "mcp", "project_connection_id": "docs"}]}, "tools.0.project_connection_id"),
    "mcp of the project by id": (
        {"tools": [{"type": "mcp", "project_connection_id": f"{ID}/projects/p/connections/docs"}]},
        "tools.0.project_connection_id",
    ),
    "a2a of the account by id": (
        {"tools": [{"type": "a2a", "project_connection_id": f"{ID}/connections/docs"}]},
        "tools.0.project_connection_id",
    ),
    "search": (
        {"tools": [{"type": "azure_ai_search", "azure_ai_search": {"indexes": [{"project_connection_id": "docs"}]}}]},
        "tools.0.azure_ai_search.indexes.0.project_connection_id",
    ),
    "bing": (
        {"tools": [{"type": "bing_grounding", "bing_grounding": BING}]},
        "tools.0.bing_grounding.search_configurations.0.project_connection_id",
    ),
    "sharepoint": (
        {"tools": [{"type": "x", "x": {"project_connections": [{"project_connection_id": "docs"}]}}]},
        "tools.0.x.project_connections.0.project_connection_id",
    ),
    "openapi": (
        {"tools": [{"type": "openapi", "openapi": {"auth": {"security_scheme": {"project_connection_id": "docs"}}}}]},
        "tools.0.openapi.auth.security_scheme.project_connection_id",
    ),
    "registry": (
        {"kind": "hosted", "container_configuration": {"registry_connection_id": "docs"}},
        "container_configuration.registry_connection_id",
    ),
}


@pytest.mark.parametrize(("entry", "path"), NAMED.values(), ids=list(NAMED))
def test_an_agent_refers_to_the_connections_that_it_names(entry: Entry, path: str) -> None:
    found = [it for it in KINDS["agents"].references(entry) if it.target.kind == "connections"]

    assert [(".".join(it.path), it.target.name, it.optional) for it in found] == [(path, "docs", True)]


def test_what_only_looks_like_a_name_of_one_is_none() -> None:
    spec = {"properties": {"project_connection_id": "docs"}}
    tools = [{"type": "openapi", "openapi": {"spec": spec}}, {"type": "mcp", "project_connection_id": "{{which}}"}]

    assert [*KINDS["agents"].references({"tools": tools, "model": "{{which}}/b/c"})] == []


AGENT = """\
deployments: {gpt: {external: true}}
agents:
  helper: {model: gpt, tools: [{type: mcp, server_label: docs, project_connection_id: NAME}]}
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("docs", []),
        ("doc1", [("unknown-reference", Severity.WARNING)]),
        ("DOCS", [("unknown-reference", Severity.ERROR)]),
        ("something-else", []),
    ],
)
def test_names_of_declared_connections_are_checked(tmp_path: Path, name: str, told: list[tuple[str, Severity]]) -> None:
    declared = "connections: {docs: {category: RemoteTool, auth_type: None, target: https://example.com}}\n"
    loaded = load_text(tmp_path, HEAD + declared.replace("None", '"None"') + AGENT.replace("NAME", name))

    assert [(each.code, each.severity) for each in loaded.diagnostics] == told


@pytest.mark.parametrize("name", ["docs", "DOCS"])
def test_a_manifest_that_declares_no_connection_says_nothing_of_them(tmp_path: Path, name: str) -> None:
    assert load_text(tmp_path, HEAD + AGENT.replace("NAME", name)).diagnostics == ()


class TestTheCommand:
    """Over HTTP, as a user runs it."""

    @pytest.fixture(autouse=True)
    def _secret(self, foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG002 - it runs first
        monkeypatch.setenv("DOCS_KEY", SECRET)

    @staticmethod
    def held(foundry: Foundry, name: str = "docs") -> dict[str, Any]:
        """As Microsoft's own client reads it."""
        endpoint = foundry.env["FOUNDRY_PROJECT_ENDPOINT"]
        with DefaultAzureCredential() as credential, AIProjectClient(endpoint, credential) as client:
            found: dict[str, Any] = client.connections.get(name, include_credentials=True).credentials.as_dict()
        return found

    def test_credentials_go_to_the_service_and_are_seen_nowhere_else(self, provisioner: Command, project: Path) -> None:
        file = project / "stores.yaml"
        said = []
        for version in ("one", "two"):
            file.write_text(MANIFEST.replace("VERSION", version), encoding="utf-8")
            said += [
                provisioner("plan", *ALLOWED),
                provisioner("plan", "--format", "json", *ALLOWED),
                provisioner("plan", "--format", "markdown", *ALLOWED),
            ]
            said += [
                provisioner("apply", "--yes", *ALLOWED),
                provisioner("plan", *ALLOWED),
                provisioner("graph", *ALLOWED),
            ]
        said += [provisioner("export"), provisioner("destroy", "--yes", *ALLOWED)]

        assert [result.code for result in said] == [0] * len(said), said
        assert "secret-not-compared" not in str(said), "their version answers that"
        assert "~ credentials: (sensitive) (will be written)" in squeezed(said[6].out)
        assert SECRET not in str(said)

    def test_the_service_holds_them_and_the_emulator_shows_them_to_who_asks_for_them_alone(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1"), encoding="utf-8")
        assert provisioner("apply", "--yes", *ALLOWED).code == 0

        assert self.held(foundry) == {"type": "CustomKeys", "Authorization": f"Bearer {SECRET}"}
        for path in ("/", "/?show=connections", "/_emulator/state", "/_emulator/requests"):
            answer = foundry.page(path)
            assert "docs" in answer
            assert SECRET not in answer

    def test_what_somebody_else_made_is_adopted_with_its_credentials(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1"), encoding="utf-8")
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        exported = provisioner("export")
        assert "credentials_version" in exported.out
        assert "shows them to nobody: credentials of connections/docs." in squeezed(exported.err)
        bare = "\n".join(line for line in MANIFEST.splitlines() if "credentials" not in line) + "\n"
        (project / "stores.yaml").write_text(bare.replace("/mcp", "/other"), encoding="utf-8")

        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        assert self.held(foundry)["Authorization"] == f"Bearer {SECRET}"
        assert provisioner("plan", "--detailed-exitcode", *ALLOWED).code == 0

    def test_credentials_survive_an_adoption_in_other_letters(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        made = {"category": "Git", "authType": "PAT", "target": "https://git.example.com", "credentials": {"pat": "x"}}
        url, subscription = foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"], foundry.env["AZURE_SUBSCRIPTION_ID"]
        with DefaultAzureCredential() as credential:
            client: Any = CognitiveServicesManagementClient(credential, subscription, base_url=url)
            client.project_connections.create("rg-local", "local-foundry", "local", "docs", {"properties": made})
        entry = "{category: git, auth_type: pat, target: https://git.example.com, metadata: {a: b}}"
        text = f"version: 1\nname: team\nconnections: {{docs: {entry}}}\n"
        (project / "stores.yaml").write_text(text, encoding="utf-8")

        assert provisioner("apply", "--yes", "--adopt").code == 0
        assert self.held(foundry) == {"type": "PAT", "pat": "x"}
        assert provisioner("plan", "--detailed-exitcode").code == 0

    def test_a_service_that_drops_them_with_a_patch_is_told_of(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1"), encoding="utf-8")
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        bare = "\n".join(line for line in MANIFEST.splitlines() if "credentials" not in line) + "\n"
        (project / "stores.yaml").write_text(bare, encoding="utf-8")
        foundry.switch(patched_credentials="wiped")

        failed = provisioner("apply", "--yes", *ALLOWED)

        assert failed.code == 1
        assert "the service dropped its credentials with that: Authorization" in squeezed(failed.out)

    def test_what_the_service_repeats_of_them_is_not_said_again(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1"), encoding="utf-8")
        body = {"error": {"code": "ValidationError", "message": f"The key Bearer {SECRET} is not valid."}}
        foundry.fault({"method": "PUT", "path": "*connections/docs"}, {"status": 400, "body": body})

        failed = provisioner("apply", "--yes", *ALLOWED)

        assert failed.code == 1
        assert "The key (sensitive) is not valid." in squeezed(failed.out)
        assert SECRET not in failed.out + failed.err

    def test_edits_in_the_portal_are_drift_and_protection_holds(
        self, foundry: Foundry, provisioner: Command, project: Path
    ) -> None:
        text = MANIFEST.replace("VERSION", "1") + "    lifecycle: {prevent_destroy: true}\n"
        (project / "stores.yaml").write_text(text, encoding="utf-8")
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        foundry.drift("connection", "docs", properties={"target": "https://evil.example.com"})

        plan = provisioner("plan", "--detailed-exitcode", *ALLOWED)
        assert plan.code == 2
        assert "drift: changed outside the manifest" in plan.out
        assert provisioner("apply", "--yes", *ALLOWED).code == 0
        assert self.held(foundry)["Authorization"] == f"Bearer {SECRET}"
        refused = provisioner("destroy", "--yes", *ALLOWED)
        assert refused.code == 1
        assert "protected by `prevent_destroy`" in squeezed(refused.out)


OWN = """\
version: 1
name: team
deployments:
  gpt: {model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 1}}
"""
DOCS = """\
connections:
  docs: {category: RemoteTool, auth_type: "None", target: "https://example.com/mcp"}
"""
HELPER = """\
agents:
  helper: {model: gpt, tools: [{type: mcp, server_label: docs, project_connection_id: docs}]}
"""


def test_a_connection_is_made_before_the_agent_that_names_it_and_not_deleted_under_it(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    file = project / "stores.yaml"
    file.write_text(OWN + DOCS + HELPER, encoding="utf-8")
    foundry.forget_requests()
    assert provisioner("apply", "--yes").code == 0
    writes = [line for line in foundry.requests() if line.startswith(("PUT", "POST"))]
    made = ["/".join(line.rsplit("/", 2)[-2:]) for line in writes]
    assert made.index("connections/docs") < made.index("helper/versions")
    assert "agents/helper" in provisioner("graph").out

    file.write_text(OWN + HELPER, encoding="utf-8")
    refused = provisioner("plan")
    assert refused.code == 1
    assert "connections/docs would be deleted, but agents/helper refers to it." in squeezed(refused.out)
    assert "still-referred" in refused.out

    file.write_text(OWN, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert foundry.objects("agents") == []
    assert [it["type"] for it in foundry.objects("resources") if it["type"].endswith("connections")] == []


def test_one_that_is_external_is_looked_for_through_the_project(
    foundry: Foundry, provisioner: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "stores.yaml"
    file.write_text(OWN + DOCS, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    file.write_text(
        "version: 1\nname: other\ndeployments: {gpt: {external: true}}\nconnections: {docs: {external: true}}\n"
        + HELPER,
        encoding="utf-8",
    )

    assert provisioner("apply", "--yes").code == 0
    assert "Deployments and connections are written as external" in squeezed(provisioner("export").err)
    file.write_text(file.read_text(encoding="utf-8").replace("docs: {ext", "docx: {ext"), encoding="utf-8")
    assert "connections/docx is declared external, but it does not exist" in squeezed(provisioner("plan").out)
    assert len(foundry.objects("agents")) == 1


def test_the_example_is_applied_as_it_is(
    foundry: Foundry, provisioner: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCS_KEY", SECRET)
    example = Path(__file__).parents[2] / "examples" / "connections.yaml"
    (project / "connections.yaml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")

    assert provisioner("validate", "-f", "connections.yaml", *ALLOWED).out == ""
    applied = provisioner("apply", "--yes", "-f", "connections.yaml", *ALLOWED)
    assert applied.code == 0, applied
    assert provisioner("plan", "--detailed-exitcode", "-f", "connections.yaml", *ALLOWED).code == 0
    assert len(foundry.objects("agents")) == 1


def test_a_failed_move_says_that_credentials_are_gone(
    foundry: Foundry, provisioner: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCS_KEY", SECRET)
    (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1"), encoding="utf-8")
    assert provisioner("apply", "--yes", *ALLOWED).code == 0
    (project / "stores.yaml").write_text(MANIFEST.replace("VERSION", "1") + "    shared: true\n", encoding="utf-8")
    foundry.fault({"method": "PUT", "path": "*accounts/local-foundry/connections/docs"}, {"status": 400})

    failed = provisioner("apply", "--yes", *ALLOWED)

    assert failed.code == 1
    assert "put back, but without its credentials" in squeezed(failed.out)
    assert "credentials" in provisioner("plan", *ALLOWED).out, "they are to be written again"


def test_sealed_values_are_opaque() -> None:
    sealed = Sealed({"a": [SECRET, {"b": "abc"}]})

    assert (str(sealed), repr(sealed), f"{sealed}") == ("(sensitive)",) * 3
    assert (copy.copy(sealed), copy.deepcopy(sealed)) == (sealed, sealed)
    assert len({sealed, Sealed(1)}) == 1
    assert sealed.hide_in(f"a {SECRET} abc") == "a (sensitive) abc"
    with pytest.raises(TypeError, match="not stored"):
        pickle.dumps(sealed)
