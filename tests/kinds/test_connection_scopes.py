"""Connections of one name live in a project and in its account, side by side: what is whose, and what moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.ai.projects import AIProjectClient
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from provisioner.apply.perform import perform
from provisioner.kinds.connection import ConnectionKind
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from tests.foundry import Command, Foundry
from tests.kinds.applying import want
from tests.kinds.fake_service import FakeManagement, FakeProject, FakeService

HERE = ("rg-local", "local-foundry")
TEAM = """\
version: 1
name: team
connections:
  gate: {category: RemoteTool, auth_type: "None", target: "https://own.example.com"SHARED}
"""
PLATFORM = """\
version: 1
name: platform
connections:
  gate:
    category: RemoteTool
    auth_type: CustomKeys
    target: https://platform.example.com
    shared: true
    credentials: {keys: {Authorization: "${env:GATE_KEY}"}}
    credentials_version: 1
"""
OTHER = """\
  other: {category: RemoteTool, auth_type: "None", target: "https://other.example.com"}
"""
SECRET = "hush-hush-5150"
ON_ACCOUNT = "local-foundry/connections/gate"
IN_PROJECT = "local-foundry/projects/local/connections/gate"
KEY = ("--allow-env", "GATE_KEY")
UNOWNED = {"category": "RemoteTool", "authType": "CustomKeys", "target": "https://nobodys.example.com",
           "credentials": {"keys": {"Authorization": SECRET}}}  # fmt: skip


def team(*, shared: bool | None = None) -> str:
    return TEAM.replace("SHARED", "" if shared is None else f", shared: {str(shared).lower()}")


def squeezed(text: str) -> str:
    return " ".join(text.split())


class Arm:
    """Microsoft's own clients."""

    def __init__(self, foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
        self.env = foundry.env
        self._monkeypatch = monkeypatch

    def client(self) -> Any:
        url = self.env["PROVISIONER_MANAGEMENT_ENDPOINT"]
        return CognitiveServicesManagementClient(
            DefaultAzureCredential(), self.env["AZURE_SUBSCRIPTION_ID"], base_url=url
        )

    def share(self, properties: dict[str, Any]) -> None:
        with self.client() as client:
            client.account_connections.create(*HERE, "gate", {"properties": properties})

    def keep_apart(self, properties: dict[str, Any]) -> None:
        """In the project alone, where it hides the account's."""
        with self.client() as client:
            client.project_connections.create(*HERE, "local", "gate", {"properties": properties})

    def project(self, name: str) -> None:
        """From here on, the environment is another project's."""
        with self.client() as client:
            client.projects.begin_create(*HERE, name, {"location": "swedencentral", "properties": {}}).result()
        self.enter(name)

    def enter(self, name: str) -> None:
        there = f"{self.env['FOUNDRY_PROJECT_ENDPOINT'].rpartition('/')[0]}/{name}"
        self._monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", there)

    def seen(self, project: str) -> dict[str, Any] | None:
        """As an agent of the project would."""
        endpoint = f"{self.env['FOUNDRY_PROJECT_ENDPOINT'].rpartition('/')[0]}/{project}"
        with DefaultAzureCredential() as credential, AIProjectClient(endpoint, credential) as client:
            try:
                found = client.connections.get("gate", include_credentials=True)
            except ResourceNotFoundError:
                return None
        return {"target": found.target, **found.credentials.as_dict()}


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def arm(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> Arm:
    monkeypatch.setenv("GATE_KEY", SECRET)
    return Arm(foundry, monkeypatch)


def kept(foundry: Foundry) -> dict[str, str]:
    """Whose each connection is, by its id from the account on."""
    found = (it for it in foundry.objects("resources") if it["type"].endswith("connections"))
    return {
        it["id"].partition("/accounts/")[2]: it["properties"]["metadata"].get("provisioner-owner", "") for it in found
    }


def test_moving_one_to_where_another_manifest_has_one_is_refused_before_anything_is_deleted(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    file.write_text(team(), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    arm.project("other")
    file.write_text(PLATFORM, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.enter("local")
    before = kept(foundry)
    assert sorted(before.values()) == ["platform", "team"]

    file.write_text(team(shared=True), encoding="utf-8")
    for flags in ((), ("--adopt",)):
        refused = provisioner("apply", "--yes", *flags)
        assert refused.code == 1
        assert 'belongs to the manifest named "platform"' in squeezed(refused.out)
    assert kept(foundry) == before
    assert (arm.seen("other") or {})["Authorization"] == SECRET


@pytest.mark.parametrize("flags", [(), ("--adopt",), ("--take-over", "platform")])
def test_moving_one_to_where_one_is_already_is_refused_whatever_is_allowed(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm, flags: tuple[str, ...]
) -> None:
    file = project / "stores.yaml"
    file.write_text(team(), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    owner = {"metadata": {"provisioner-owner": "platform"}} if "platform" in flags else {}
    arm.share({**UNOWNED, **owner})
    before = kept(foundry)

    file.write_text(team(shared=True), encoding="utf-8")
    refused = provisioner("apply", "--yes", *flags)

    assert refused.code == 1
    assert "connections/gate is there twice" in squeezed(refused.out)
    assert kept(foundry) == before


@pytest.mark.parametrize(
    "case",
    [
        (None, "", ()),
        (None, "", ("--adopt",)),
        (False, "", ("--adopt",)),
        (None, "platform", ()),
        (False, "platform", ("--take-over", "platform")),
    ],
)
def test_a_project_gets_its_own_and_what_the_account_shares_stays_as_it_is(
    foundry: Foundry,
    provisioner: Command,
    project: Path,
    arm: Arm,
    case: tuple[bool | None, str, tuple[str, ...]],
) -> None:
    shared, owner, flags = case
    arm.share({**UNOWNED, "metadata": {"provisioner-owner": owner} if owner else {}})
    arm.project("other")
    arm.enter("local")
    file = project / "stores.yaml"
    file.write_text(team(shared=shared), encoding="utf-8")

    made = provisioner("apply", "--yes", *flags)
    assert made.code == 0
    assert "connections/gate will be created" in squeezed(made.out)
    assert "Another one of its name, with `shared: true`" in squeezed(made.out)
    assert kept(foundry) == {ON_ACCOUNT: owner, IN_PROJECT: "team"}
    assert (arm.seen("local") or {})["target"] == "https://own.example.com"
    assert (arm.seen("other") or {})["Authorization"] == SECRET
    assert provisioner("plan", "--detailed-exitcode").code == 0

    file.write_text("version: 1\nname: team\n", encoding="utf-8")
    assert provisioner("destroy", "--yes").code == 0
    assert kept(foundry) == {ON_ACCOUNT: owner}
    assert (arm.seen("other") or {})["Authorization"] == SECRET


def test_one_is_shared_though_somebody_has_one_of_its_name_in_the_project(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    arm.keep_apart(UNOWNED)
    (project / "stores.yaml").write_text(team(shared=True), encoding="utf-8")

    made = provisioner("apply", "--yes", "--adopt")
    assert made.code == 0
    assert "Another one of its name, with `shared: false`" in squeezed(made.out)
    assert kept(foundry) == {ON_ACCOUNT: "team", IN_PROJECT: ""}
    assert (arm.seen("local") or {})["Authorization"] == SECRET
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_what_is_ours_moves_to_the_project_when_it_is_no_longer_said_to_be_shared(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    file = project / "stores.yaml"
    file.write_text(team(shared=True), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    file.write_text(team(), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert kept(foundry) == {IN_PROJECT: "team"}


def test_the_one_in_the_declared_scope_is_managed_though_somebody_s_in_the_other_hides_it(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    file.write_text(PLATFORM, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart(UNOWNED)

    assert provisioner("plan", "--detailed-exitcode", *KEY).code == 0
    file.write_text(PLATFORM.replace("platform.ex", "moved.ex"), encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    assert provisioner("destroy", "--yes", *KEY).code == 0
    assert list(kept(foundry)) == [IN_PROJECT]


@pytest.mark.parametrize("case", [("apply", ""), ("apply", "somebody"), ("destroy", ""), ("destroy", "somebody")])
def test_what_somebody_s_hides_goes_with_its_entry(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm, case: tuple[str, str]
) -> None:
    command, theirs = case
    file = project / "stores.yaml"
    file.write_text(PLATFORM + OTHER, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart({**UNOWNED, "metadata": {"provisioner-owner": theirs} if theirs else {}})

    file.write_text("version: 1\nname: platform\nconnections:\n" + OTHER, encoding="utf-8")
    gone = provisioner(command, "--yes", *KEY)
    assert gone.code == 0
    assert "connections/gate will be deleted" in squeezed(gone.out)
    assert "Another one of its name, with `shared: false`, is left as it is" in squeezed(gone.out)
    assert {at: owner for at, owner in kept(foundry).items() if at.endswith("gate")} == {IN_PROJECT: theirs}
    assert (arm.seen("local") or {})["Authorization"] == SECRET


def test_what_somebody_s_hides_is_released_as_its_entry_said(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    file.write_text(PLATFORM + "    lifecycle: {on_remove: keep}\n" + OTHER, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart(UNOWNED)
    arm.project("other")
    arm.enter("local")

    file.write_text("version: 1\nname: platform\nconnections:\n" + OTHER, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    assert {owner for at, owner in kept(foundry).items() if at.endswith("gate")} == {""}
    assert (arm.seen("other") or {})["Authorization"] == SECRET
    assert provisioner("plan", "--detailed-exitcode", *KEY).code == 0


def test_what_is_ours_and_hidden_is_left_where_the_manifest_declares_it_external(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    file.write_text(PLATFORM, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart(UNOWNED)

    file.write_text("version: 1\nname: platform\nconnections:\n  gate: {external: true}\n", encoding="utf-8")
    left = provisioner("destroy", "--yes")
    assert "the manifest declares it external, so it is left as it is" in squeezed(left.out)
    assert kept(foundry) == {ON_ACCOUNT: "platform", IN_PROJECT: ""}


def test_an_agent_that_names_what_hides_it_does_not_keep_what_is_hidden(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    agent = "agents:\n  helper: {model: x, tools: [{type: mcp, server_label: gate, project_connection_id: gate}]}\n"
    external = "deployments:\n  x: {external: true}\n"
    file.write_text(PLATFORM, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart(UNOWNED)
    with arm.client() as client:
        sku = {"name": "GlobalStandard", "capacity": 1}
        model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
        client.deployments.begin_create_or_update(*HERE, "x", {"sku": sku, "properties": {"model": model}}).result()

    file.write_text(f"version: 1\nname: platform\n{external}{agent}", encoding="utf-8")
    gone = provisioner("apply", "--yes", *KEY)
    assert gone.code == 0, gone
    assert kept(foundry) == {IN_PROJECT: ""}


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_of_two_that_are_ours_one_goes_at_a_time_and_the_plan_says_so(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm, command: str
) -> None:
    file = project / "stores.yaml"
    file.write_text(PLATFORM + OTHER, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    arm.keep_apart({**UNOWNED, "metadata": {"provisioner-owner": "platform"}})
    file.write_text("version: 1\nname: platform\nconnections:\n" + OTHER, encoding="utf-8")

    first = provisioner(command, "--yes", *KEY)
    assert first.code == 0
    assert 'connections/gate is there twice, and both belong to "platform"' in squeezed(first.out)
    assert "Run this once more" in squeezed(first.out)
    assert IN_PROJECT not in kept(foundry)
    second = provisioner(command, "--yes", *KEY)
    assert second.code == 0
    assert "there twice" not in squeezed(second.out)
    assert not any(at.endswith("gate") for at in kept(foundry))


@pytest.mark.parametrize("hidden", [True, False])
def test_the_credentials_of_what_hides_it_are_not_taken_for_its_own(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm, hidden: bool
) -> None:
    """The project plane shows one of a name: what became of those of the other one is not known."""
    file = project / "stores.yaml"
    file.write_text(PLATFORM, encoding="utf-8")
    assert provisioner("apply", "--yes", *KEY).code == 0
    if hidden:
        arm.keep_apart(UNOWNED)
    bare = "".join(line for line in PLATFORM.splitlines(keepends=True) if "credentials" not in line)
    file.write_text(bare.replace("platform.ex", "moved.ex"), encoding="utf-8")
    foundry.switch(patched_credentials="wiped")
    foundry.forget_requests()

    written = provisioner("apply", "--yes", *KEY)
    assert written.code == (0 if hidden else 1)
    assert ("the service dropped its credentials" in squeezed(written.out)) is not hidden
    assert any("getConnectionWithCredentials" in it for it in foundry.requests("POST")) is not hidden


class Shrinking(FakeProject):
    """Somebody takes a key from the project's own between two looks."""

    def post(self, path: str, body: Document, **_: Any) -> Document:  # noqa: ARG002
        was_asked = path in self.reads
        self.reads.append(path)
        return {"credentials": {"type": "CustomKeys", **({} if was_asked else {"theirs": "x"})}}


def test_what_others_take_from_the_one_that_hides_it_is_no_loss_of_its_own() -> None:
    service = FakeService(project=Shrinking())
    entry = {"category": "CustomKeys", "auth_type": "CustomKeys", "target": "x", "shared": True}
    service.apply(want("connections", "gate", {**entry, "credentials": {"keys": {"a": "b"}}}))
    service.arm.put(f"{service.arm.project}/connections/gate", {"properties": {"authType": "CustomKeys"}})

    assert service.apply(want("connections", "gate", {**entry, "target": "y"})) == ["update gate"]


def test_one_that_moves_is_seen_where_it_moves_to(
    foundry: Foundry, provisioner: Command, project: Path, arm: Arm
) -> None:
    file = project / "stores.yaml"
    file.write_text(team(), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    arm.project("other")
    arm.enter("local")

    file.write_text(team(shared=True), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert (arm.seen("local"), arm.seen("other")) == (({"target": "https://own.example.com", "type": "None"},) * 2)
    assert provisioner("plan", "--detailed-exitcode").code == 0

    file.write_text(team(shared=False), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert (arm.seen("local") is None, arm.seen("other")) == (False, None)
    (own,) = (it for it in foundry.objects("resources") if it["type"].endswith("connections"))
    assert own["properties"]["isSharedToAll"] is False


def test_who_may_use_it_is_kept_where_the_manifest_says(service: FakeService) -> None:
    entry = {"category": "CustomKeys", "auth_type": "None", "target": "x", "is_shared_to_all": False}
    service.apply(want("connections", "gate", entry))

    assert service.apply(want("connections", "gate", {**entry, "shared": True})) == ["replace gate"]
    assert service.arm.writes[-1].body["properties"]["isSharedToAll"] is False


def test_one_that_appears_while_another_moves_there_is_not_written_over(service: FakeService) -> None:
    """The service answers 200 whether it makes one or not, and may ignore a precondition."""
    entry = {"category": "CustomKeys", "auth_type": "None", "target": "x"}
    service.apply(want("connections", "gate", entry))
    (change,) = service.plan(want("connections", "gate", {**entry, "shared": True})).changes
    theirs = service.arm.put(f"{service.arm.account}/connections/gate", {"properties": {"authType": "AAD"}})

    with pytest.raises(PlaneError, match="changed since the plan was made"):
        ConnectionKind().create(service, change)
    assert service.arm.get(f"{service.arm.account}/connections/gate") == theirs


class Racing(FakeManagement):
    """Somebody shares one of the name as soon as the project's own is gone."""

    def delete(self, path: str) -> None:
        super().delete(path)
        self.put(f"{self.account}/connections/gate", {"properties": {"authType": "AAD", "target": "theirs"}})


def test_one_that_lost_the_race_for_its_new_place_is_put_back_into_its_old_one() -> None:
    service = FakeService(management=Racing())
    entry = {"category": "CustomKeys", "auth_type": "None", "target": "x"}
    service.apply(want("connections", "gate", entry))
    (change,) = service.plan(want("connections", "gate", {**entry, "shared": True})).changes

    with pytest.raises(PlaneError, match="The old one was put back"):
        perform(change, ConnectionKind(), service)
    targets = {at.partition("/accounts/")[2]: it["properties"]["target"] for at, it in service.arm.kept.items()}
    assert targets == {"a/connections/gate": "theirs", "a/projects/p/connections/gate": "x"}


class Refusing(FakeManagement):
    """Deletes and says that it could not."""

    def delete(self, path: str) -> None:
        super().delete(path)
        raise PlaneError(Failure(message="Something went wrong.", code="Conflict", status=409))


@pytest.mark.parametrize("shared", [True, False])
def test_one_that_went_though_that_was_refused_is_told_from_another_one_of_its_name(shared: bool) -> None:
    service = FakeService(management=Refusing())
    service.apply(want("connections", "gate", {"category": "CustomKeys", "auth_type": "None", "shared": shared}))
    (change,) = service.plan({}).changes
    other = service.arm.project if shared else service.arm.account
    service.arm.put(f"{other}/connections/gate", {"properties": {"authType": "AAD"}})

    assert perform(change, ConnectionKind(), service) == ()
    assert list(service.arm.kept) == [f"{other}/connections/gate"]
