"""What may not happen unless it was said in so many words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

OTHER_MODEL = (
    EXAMPLE.replace(
        "agents:",
        "# a second chat model\nagents:",
    )
    .replace("chat_model: gpt-5.4-mini", "chat_model: second")
    .replace(
        "stores:\n",
        "  second:\n    model: {format: OpenAI, name: gpt-4.1-mini, version: '2025-04-14'}\n"
        "    sku: {name: GlobalStandard, capacity: 1}\nstores:\n",
    )
)


def test_replacing_a_store_is_refused_and_changes_nothing_at_all(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    manifest.write_text(OTHER_MODEL, encoding="utf-8")
    foundry.forget_requests()

    refused = provisioner("apply", "--yes")

    assert refused.code == 1
    assert "every memory of every scope" in refused.out
    assert "agents/dev-buddy" in refused.out
    assert "--allow-data-loss stores/dev-prefs-memory" in refused.out
    assert all(request.startswith("GET") for request in foundry.requests())
    assert provisioner("plan").code == 1


def test_naming_the_store_lets_it_be_replaced(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    before = foundry.objects("stores")[0]["id"]
    manifest.write_text(OTHER_MODEL, encoding="utf-8")

    done = provisioner("apply", "--yes", "--allow-data-loss", "stores/dev-prefs-memory")

    assert done.code == 0, done.err
    (store,) = foundry.objects("stores")
    assert store["id"] != before
    assert store["definition"]["chat_model"] == "second"
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_an_unowned_resource_is_adopted_only_when_told_to(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    strip_markers(foundry)

    refused = provisioner("plan", "--format", "json")
    assert refused.code == 1
    assert {refusal["code"] for refusal in refused.document["refusals"]} == {"needs-adopt"}

    assert provisioner("apply", "--yes", "--adopt").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def strip_markers(foundry: Foundry) -> None:
    foundry.drift("store", "dev-prefs-memory", metadata={})


@pytest.mark.usefixtures("foundry")
def test_what_another_manifest_owns_is_refused_by_name(project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    provisioner("apply", "--yes")
    manifest.write_text(EXAMPLE.replace("\nname: dev-buddy\n", "\nname: somebody-else\n"), encoding="utf-8")

    refused = provisioner("apply", "--yes", "--adopt")

    assert refused.code == 1
    assert "foreign-owner" in refused.out
    assert '"dev-buddy"' in refused.out


def test_protection_outlives_its_entry(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    agent = "  a:\n    model: x/y\n    instructions: Hi.\n"
    rest = "version: 1\nname: demo\nagents:\n  b: {model: x/y}\n"
    manifest.write_text(f"{rest}{agent}    lifecycle: {{prevent_destroy: true}}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(rest, encoding="utf-8")

    refused = provisioner("apply", "--yes")
    assert refused.code == 1
    assert "prevent-destroy" in refused.out
    assert provisioner("destroy", "--yes").code == 1

    manifest.write_text(rest + agent, encoding="utf-8")
    assert provisioner("plan", "--detailed-exitcode").code == 0, "an entry that says nothing leaves it protected"
    manifest.write_text(f"{rest}{agent}    lifecycle: {{prevent_destroy: false}}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(rest, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert [agent["name"] for agent in foundry.objects("agents")] == ["b"]


def test_more_deletes_than_allowed_are_refused(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    head = "version: 1\nname: demo\nagents:\n"
    agents = "".join(f"  a{number}: {{model: x/y, instructions: Hi.}}\n" for number in range(5))
    manifest.write_text(head + agents, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(head + "  a0: {model: x/y, instructions: Hi.}\n", encoding="utf-8")

    refused = provisioner("apply", "--yes")
    assert refused.code == 1
    assert "--max-deletes 4" in refused.out

    assert provisioner("apply", "--yes", "--max-deletes", "4").code == 0
    assert len(foundry.objects("agents")) == 1


def test_external_resources_must_exist_and_are_never_changed(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    text = (
        "version: 1\nname: demo\ndeployments:\n  shared: {external: true}\n"
        "agents:\n  a: {model: shared, instructions: Hi.}\n"
    )
    manifest.write_text(text, encoding="utf-8")

    refused = provisioner("apply", "--yes")
    assert refused.code == 1
    assert "external-missing" in refused.out

    (project / "platform.yaml").write_text(
        "version: 1\nname: platform\ndeployments:\n"
        "  shared: {model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: GlobalStandard, capacity: 1}}\n",
        encoding="utf-8",
    )
    assert provisioner("apply", "--yes", "-f", "platform.yaml").code == 0
    foundry.forget_requests()
    assert provisioner("apply", "--yes").code == 0
    assert not any("/deployments/" in request for request in foundry.requests() if not request.startswith("GET"))


def test_a_manifest_cannot_send_the_token_elsewhere(
    foundry: Foundry,  # noqa: ARG001 - signed in
    project: Path,
    provisioner: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", "https://foundry.attacker.example/api/projects/p")
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    refused = provisioner("plan")

    assert refused.code == 1
    assert "untrusted-host" in refused.err
    assert "--allow-host" in refused.err
    assert "foundry.attacker.example" not in refused.err  # it is what a variable holds


def test_without_a_terminal_nobody_is_asked(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    refused = provisioner("apply")

    assert refused.code == 1
    assert "--yes" in refused.err
    assert foundry.objects("stores") == []
