"""From an empty project to the manifest, through drift and repair, and back to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.kinds import KINDS
from tests.foundry import EXAMPLE, Command, Foundry


def test_apply_creates_everything_in_order_and_a_second_run_does_nothing(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    first = provisioner("apply", "--yes")

    assert first.code == 0, first.err
    writes = [request for request in foundry.requests() if not request.startswith("GET")]
    assert [request.rsplit("/", 1)[-1] for request in writes[:3]] == [
        "gpt-5.4-mini",
        "text-embedding-3-large",
        "memory_stores",
    ]
    assert writes[3].endswith("/agents/dev-buddy/versions")
    assert len(writes) == 4

    foundry.forget_requests()
    second = provisioner("apply", "--yes")

    assert second.code == 0
    assert "No changes." in second.out
    assert all(request.startswith("GET") for request in foundry.requests())


def test_a_no_change_plan_takes_one_request_per_list(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    foundry.forget_requests()

    plan = provisioner("plan", "--detailed-exitcode")

    assert plan.code == 0
    asked = foundry.requests()
    assert {line.split()[0] for line in asked} == {"GET"}
    lists = [
        line for line in asked if not line.endswith("/models")
    ]  # which has pages, and is kept where Azure is asked
    assert len(lists) == len(set(lists)) >= len(KINDS)


def test_drift_is_told_from_edits_and_repaired(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    foundry.drift("deployment", "gpt-5.4-mini", sku={"name": "GlobalStandard", "capacity": 7})
    foundry.drift("agent", "dev-buddy", instructions="Do as you like.")
    manifest.write_text(EXAMPLE.replace("Developer preferences", "What developers prefer"), encoding="utf-8")

    plan = provisioner("plan", "--detailed-exitcode", "--format", "json")

    assert plan.code == 2
    told = {
        f"{change['address']['kind']}/{change['address']['name']}": [
            (".".join(field["path"]), field["origin"]) for field in change["fields"]
        ]
        for change in plan.document["changes"]
    }
    assert told == {
        "deployments/gpt-5.4-mini": [("sku.capacity", "drift")],
        "stores/dev-prefs-memory": [("description", "edit")],
        "agents/dev-buddy": [("instructions", "drift")],
    }

    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_a_portal_edit_of_an_agent_is_drift_and_needs_no_adoption(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    foundry.drift("agent", "dev-buddy", temperature=0.2)

    unmanaged = provisioner("plan", "--detailed-exitcode")

    assert unmanaged.code == 0, "a field that the manifest does not declare is nobody's drift"


def test_an_unchanged_agent_never_gets_a_version(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    manifest.write_text(EXAMPLE.replace("capacity: 50", "capacity: 40"), encoding="utf-8")

    assert provisioner("apply", "--yes").code == 0

    assert len(foundry.objects("versions")) == 1


@pytest.mark.usefixtures("foundry")
def test_a_removed_field_goes_back_to_the_services_default(project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    lines = [line for line in EXAMPLE.splitlines() if "version_upgrade_option" not in line]
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")

    plan = provisioner("plan", "--format", "json")

    assert [change["fields"][0]["path"] for change in plan.document["changes"]] == [["version_upgrade_option"]]
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_destroy_takes_everything_that_is_ours_and_nothing_else(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    (project / "other.yaml").write_text(
        "version: 1\nname: other\ndeployments:\n  theirs:\n"
        "    {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: GlobalStandard, capacity: 1}}\n",
        encoding="utf-8",
    )
    assert provisioner("apply", "--yes", "-f", "other.yaml").code == 0

    refused = provisioner("destroy", "--yes")
    assert refused.code == 1
    assert "--allow-data-loss stores/dev-prefs-memory" in refused.out

    foundry.forget_requests()
    done = provisioner("destroy", "--yes", "--allow-data-loss", "stores/dev-prefs-memory")

    assert done.code == 0, done.err
    deletes = [request.rsplit("/", 1)[-1] for request in foundry.requests("DELETE")]
    assert deletes == ["dev-buddy", "dev-prefs-memory", "gpt-5.4-mini", "text-embedding-3-large"]
    assert provisioner("plan", "--detailed-exitcode", "-f", "other.yaml").code == 0


def test_what_left_the_manifest_is_deleted_unless_it_is_to_be_kept(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    two = (
        "version: 1\nname: demo\nagents:\n  stays:\n    {model: a/b, instructions: Stay.}\n"
        "  goes:\n    {model: a/b, instructions: Go.}\n"
        "  kept:\n    {model: a/b, instructions: Keep., lifecycle: {on_remove: keep}}\n"
    )
    manifest.write_text(two, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(two.split("  goes:", maxsplit=1)[0], encoding="utf-8")

    plan = provisioner("plan", "--format", "json")
    actions = {change["address"]["name"]: change["action"] for change in plan.document["changes"]}
    assert actions == {"goes": "delete", "kept": "release"}

    assert provisioner("apply", "--yes").code == 0
    assert sorted(agent["name"] for agent in foundry.objects("agents")) == ["kept", "stays"]
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_a_deployment_that_is_live_in_another_case_is_the_same_one(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    text = (
        "version: 1\nname: demo\ndeployments:\n"
        "  Chat: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: GlobalStandard, capacity: 1}}\n"
    )
    manifest.write_text(text, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(text.replace("Chat", "chat"), encoding="utf-8")

    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert [it for it in foundry.requests("PUT") if it.endswith("/deployments/chat")] == []


def test_an_export_plans_no_changes_and_can_be_adopted_in_full(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    foundry.drift("agent", "dev-buddy", temperature=0.2)  # a version that carries no marker

    assert provisioner("export", "--out", "mine.yaml").code == 0
    assert provisioner("plan", "-f", "mine.yaml", "--detailed-exitcode").code == 0

    assert provisioner("export", "--adopt", "--out", "all.yaml").code == 0
    adopted = provisioner("plan", "-f", "all.yaml", "--adopt", "--format", "json")
    assert [change["fields"] for change in adopted.document["changes"] if change["action"] != "adopt"] == []
    assert provisioner("export", "--out", "all.yaml").code == 1
