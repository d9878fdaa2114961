"""Adding what is live to the manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

OTHERS = """\
version: 1
name: others
project:
  endpoint: ${env:FOUNDRY_PROJECT_ENDPOINT}
  subscription_id: ${env:AZURE_SUBSCRIPTION_ID}
  resource_group: ${env:AZURE_RESOURCE_GROUP}
deployments:
  small:
    model: {format: OpenAI, name: gpt-5.4-mini}
    sku: {name: GlobalStandard, capacity: 1}
    lifecycle: {on_remove: keep}
agents:
  helper:
    model: small
    instructions: "Help.\\nAlways.\\n"
    metadata: {team: red}
    lifecycle: {on_remove: keep}
"""


@pytest.fixture
def applied(foundry: Foundry, project: Path, provisioner: Command) -> Path:  # noqa: ARG001
    """The example as it has been applied, and beside it an agent and its deployment that nobody owns."""
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    others = project / "others"
    others.mkdir()
    (others / "o.yaml").write_text(OTHERS, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "others/o.yaml").code == 0
    assert provisioner("destroy", "--yes", "-f", "others/o.yaml").code == 0
    return manifest


def test_a_resource_is_added_with_what_it_needs(applied: Path, provisioner: Command) -> None:
    told = provisioner("import", "agents/helper")

    assert told.code == 0, told.err
    text = applied.read_text("utf-8")
    assert "\n  small:\n    external: true\n" in text
    added = text.partition("update_delay: 1")[2].partition("\n")[2]
    assert added.startswith(
        "  helper:\n    metadata:\n      team: red\n    model: small\n    instructions: |\n      Help.\n"
    )
    assert text.replace("  small:\n    external: true\n", "").startswith(EXAMPLE[: EXAMPLE.index("stores:")].rstrip())
    assert "stores.yaml:" in told.out
    assert "Apply with --adopt" in told.err
    planned = provisioner("plan", "--adopt", "--format", "json").document
    (change,) = planned["changes"]
    assert (change["action"], change["address"]["name"], change["fields"]) == ("adopt", "helper", [])


def test_all_that_nobody_else_owns_is_added_at_once(applied: Path, provisioner: Command) -> None:
    told = provisioner("import", "--all", "--format", "json")

    assert told.code == 0, told.err
    names = {it["address"]["name"] for it in told.document["written"]}
    assert names == {"helper", "small"}
    assert provisioner("apply", "--adopt", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert "external" not in applied.read_text("utf-8")


def test_what_is_declared_as_external_becomes_an_entry(applied: Path, provisioner: Command) -> None:
    applied.write_text(EXAMPLE.rstrip("\n") + "\n\n  helper:\n    external: true  # theirs\n", encoding="utf-8")

    told = provisioner("import", "agents/helper")

    assert told.code == 0, told.err
    assert "  helper:\n    metadata:\n      team: red\n    model: small\n" in applied.read_text("utf-8")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("agents/dev-buddy", "agents/dev-buddy is in the manifest already."),
        ("agents/helpr", "agents/helpr is not live."),
    ],
)
@pytest.mark.usefixtures("applied")
def test_what_cannot_be_imported_is_told(address: str, message: str, provisioner: Command) -> None:
    told = provisioner("import", address)

    assert told.code == 1
    assert message in told.err


def test_what_belongs_to_another_manifest_stays_there(applied: Path, provisioner: Command) -> None:
    provisioner("apply", "--adopt", "--yes", "-f", "others/o.yaml")

    told = provisioner("import", "agents/helper")

    assert told.code == 1
    assert 'agents/helper belongs to the manifest named "others".' in told.err
    assert provisioner("import", "--all").out == "Nothing to write: the manifest says what is live.\n"
    assert applied.read_text("utf-8") == EXAMPLE


@pytest.mark.usefixtures("applied")
def test_it_wants_to_know_what(provisioner: Command) -> None:
    assert "Name what to import, or add --all." in provisioner("import").err


def test_the_file_can_be_chosen(applied: Path, provisioner: Command) -> None:
    more = applied.with_name("more.yaml")
    more.write_text("version: 1\n", encoding="utf-8")

    told = provisioner("import", "deployments/small", "-f", "stores.yaml", "-f", "more.yaml", "--into", "more.yaml")

    assert told.code == 0, told.err
    assert applied.read_text("utf-8") == EXAMPLE
    assert more.read_text("utf-8").startswith("version: 1\n\ndeployments:\n  small:\n    model:\n")
    told = provisioner("import", "agents/helper", "--into", "more.yaml")
    assert '"more.yaml" is none of the manifest\'s files.' in told.err


def test_what_may_be_a_secret_comes_into_no_manifest(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    secret = "sk-proj-" + "4fG7hJ9kL2mN5pQ8" * 3
    foundry.drift("agent", "helper", instructions=f"Use the key {secret} for everything.")

    told = provisioner("import", "--all")

    assert told.code == 1
    assert "agents/helper instructions may be a secret" in " ".join(told.out.split())
    assert secret not in told.out + told.err
    text = applied.read_text("utf-8")
    assert "helper" not in text
    assert "\n  small:\n    model:" in text
