"""What moved behind the manifest's back, and how it comes into the manifest."""

from __future__ import annotations

import difflib
from pathlib import Path

import jsonschema
import pytest

from provisioner.render.json_schemas import drift_schema
from tests.foundry import EXAMPLE, Command, Foundry

PROMPT = "Show code first.\n\nExplain after.\n"


@pytest.fixture
def applied(foundry: Foundry, project: Path, provisioner: Command) -> Path:  # noqa: ARG001
    """The example, with a prompt in a file of its own, as it has been applied."""
    manifest = project / "stores.yaml"
    (project / "prompts").mkdir()
    (project / "prompts" / "dev-buddy.md").write_text(PROMPT, encoding="utf-8")
    start, rest = EXAMPLE.split("    instructions: |\n")
    tools = rest.partition("    tools:")[2]
    manifest.write_text(
        f"{start}    instructions: {{file: prompts/dev-buddy.md}}  # kept beside\n    tools:{tools}", encoding="utf-8"
    )
    assert provisioner("apply", "--yes").code == 0
    return manifest


def changed(before: str, after: str) -> list[str]:
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in told if line[:3] not in ("---", "+++") and not line.startswith("@@")]


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def edited_in_the_portal(foundry: Foundry) -> None:
    foundry.drift("deployment", "gpt-5.4-mini", sku={"name": "GlobalStandard", "capacity": 7})
    foundry.drift("store", "dev-prefs-memory", description="Whatever they like.")
    foundry.drift("agent", "dev-buddy", instructions="Show code first.\n\nExplain nothing.\n")


@pytest.mark.usefixtures("applied")
def test_what_is_as_it_was_applied_is_no_drift(provisioner: Command) -> None:
    told = provisioner("drift", "--detailed-exitcode")

    assert told.code == 0, told.err
    assert 'No drift: what "dev-buddy" has is as it was applied.' in told.out


@pytest.mark.usefixtures("applied")
def test_it_asks_no_more_than_a_plan(foundry: Foundry, provisioner: Command) -> None:
    foundry.forget_requests()
    provisioner("plan")
    planned = foundry.requests()
    foundry.forget_requests()
    provisioner("drift")

    assert len(foundry.requests()) <= len(planned)
    assert {line.split()[0] for line in foundry.requests()} == {"GET"}


@pytest.mark.usefixtures("applied")
def test_every_field_that_moved_is_told_with_what_it_was_and_is(foundry: Foundry, provisioner: Command) -> None:
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--detailed-exitcode")

    assert told.code == 2
    assert "~ agents/dev-buddy was changed outside the manifest" in told.out
    assert "- Explain after." in told.out
    assert "+ Explain nothing." in told.out
    assert "~ sku.capacity: 50 -> 7" in told.out
    assert "Drift: 3 fields of 3 resources moved outside the manifest." in told.out


@pytest.mark.usefixtures("applied")
def test_programs_get_a_document_that_fits_its_schema(foundry: Foundry, provisioner: Command) -> None:
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--format", "json")

    assert told.code == 0
    jsonschema.validate(told.document, drift_schema())
    assert told.document["summary"] == {"drifted": 3, "fields": 3, "absent": 0}
    deployment = next(it for it in told.document["drifted"] if it["address"]["kind"] == "deployments")
    assert deployment["owner"] == "dev-buddy"
    assert deployment["fields"] == [
        {"path": ["sku", "capacity"], "edited": False, "live": 7, "declared": 50, "was": 50},
    ]


def test_what_was_applied_is_not_known_where_the_manifest_was_edited_too(
    applied: Path, foundry: Foundry, provisioner: Command
) -> None:
    edited_in_the_portal(foundry)
    applied.write_text(applied.read_text("utf-8").replace("capacity: 50 ", "capacity: 60 "), encoding="utf-8")

    told = provisioner("drift", "deployments/gpt-5.4-mini", "--format", "json")

    (resource,) = told.document["drifted"]
    assert resource["fields"] == [{"path": ["sku", "capacity"], "edited": True, "live": 7, "declared": 60}]


def test_an_edit_of_the_manifest_alone_is_no_drift(applied: Path, provisioner: Command) -> None:
    applied.write_text(applied.read_text("utf-8").replace("capacity: 50 ", "capacity: 60 "), encoding="utf-8")

    assert provisioner("drift", "--detailed-exitcode").code == 0


def test_what_is_not_there_is_listed_apart(applied: Path, provisioner: Command) -> None:
    applied.write_text(
        applied.read_text("utf-8").rstrip("\n") + "\n  second:\n    model: gpt-5.4-mini\n", encoding="utf-8"
    )

    told = provisioner("drift", "--detailed-exitcode")

    assert told.code == 2
    assert "Not there: deleted, or not applied yet:\n  agents/second" in told.out
    assert "**Not there: deleted, or not applied yet:**" in provisioner("drift", "--format", "markdown").out


@pytest.mark.usefixtures("applied")
def test_markdown_shows_each_resource_as_a_diff(foundry: Foundry, provisioner: Command) -> None:
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--format", "markdown").out

    assert told.startswith("## Drift of dev-buddy")
    assert "```diff\n! sku.capacity: 50 -> 7\n```" in told


@pytest.mark.usefixtures("applied")
def test_an_address_that_nobody_declares_is_a_slip_of_the_pen(provisioner: Command) -> None:
    told = provisioner("drift", "agents/dev-bud")

    assert told.code == 1
    assert "agents/dev-bud is not in the manifest." in told.err
    assert "agents/dev-buddy" in told.err


def test_accepting_changes_exactly_the_lines_that_moved(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    before = applied.read_text("utf-8")
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--accept")

    assert told.code == 0, told.err
    assert changed(before, applied.read_text("utf-8")) == [
        "-      capacity: 50                               # thousands of tokens per minute",
        "+      capacity: 7                               # thousands of tokens per minute",
        "-    description: Developer preferences and working context.",
        "+    description: Whatever they like.",
    ]
    prompt = applied.parent / "prompts" / "dev-buddy.md"
    assert prompt.read_text("utf-8") == "Show code first.\n\nExplain nothing.\n"
    assert "stores.yaml:28: deployments/gpt-5.4-mini sku.capacity" in told.out
    assert "prompts/dev-buddy.md:1: agents/dev-buddy instructions" in told.out
    assert provisioner("drift", "--detailed-exitcode").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_one_resource_can_be_accepted_alone(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    before = applied.read_text("utf-8")
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--accept", "stores/dev-prefs-memory", "--format", "json")

    assert told.code == 0, told.err
    (written,) = told.document["written"]
    assert written["address"] == {"kind": "stores", "name": "dev-prefs-memory"}
    assert written["path"] == ["description"]
    assert len(changed(before, applied.read_text("utf-8"))) == 2
    assert provisioner("drift", "--format", "json").document["summary"]["drifted"] == 2


def test_what_a_variable_says_is_left_alone(
    applied: Path, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUNDRY_CAPACITY", "50")
    text = applied.read_text("utf-8").replace("capacity: 50 ", "capacity: ${env:FOUNDRY_CAPACITY} ", 1)
    applied.write_text(text, encoding="utf-8")
    assert provisioner("plan", "--detailed-exitcode").code == 0
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--accept", "deployments/gpt-5.4-mini")

    assert told.code == 1
    assert "deployments/gpt-5.4-mini sku.capacity comes from a variable." in unwrapped(told.out)
    assert applied.read_text("utf-8") == text


def test_what_stands_in_two_places_is_left_alone(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    text = applied.read_text("utf-8").replace("capacity: 50 ", "capacity: &many 50 ", 1)
    text = text.replace("capacity: 50\n", "capacity: *many\n")
    applied.write_text(text, encoding="utf-8")
    edited_in_the_portal(foundry)

    told = provisioner("drift", "--accept", "deployments/gpt-5.4-mini")

    assert told.code == 1
    assert "sku.capacity stands in `&many`, which is used elsewhere, too." in unwrapped(told.out)
    assert applied.read_text("utf-8") == text


@pytest.mark.parametrize("name", ["dev-buddy.md", "link.md"])
def test_a_prompt_that_two_agents_share_is_left_alone(
    name: str, applied: Path, foundry: Foundry, provisioner: Command
) -> None:
    (applied.parent / "prompts" / "link.md").symlink_to("dev-buddy.md")
    text = applied.read_text("utf-8") + (
        f"\n  second:\n    model: gpt-5.4-mini\n    instructions: {{file: prompts/{name}}}\n"
    )
    applied.write_text(text, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.drift("agent", "dev-buddy", instructions="Be brief.")

    told = provisioner("drift", "--accept")

    assert told.code == 1
    assert "instructions stands in prompts/dev-buddy.md, which others use, too." in unwrapped(told.out)
    assert (applied.parent / "prompts" / "dev-buddy.md").read_text("utf-8") == PROMPT


def test_a_secret_never_comes_into_the_manifest(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    before = applied.read_text("utf-8")
    secret = "sk-proj-" + "4fG7hJ9kL2mN5pQ8" * 3
    foundry.drift("agent", "dev-buddy", instructions=f"Use the key {secret} for everything.")

    told = provisioner("drift", "--accept")

    assert told.code == 1
    assert "instructions may be a secret" in unwrapped(told.out)
    assert secret not in told.out + told.err
    assert applied.read_text("utf-8") == before
    assert (applied.parent / "prompts" / "dev-buddy.md").read_text("utf-8") == PROMPT


def test_what_makes_no_valid_manifest_is_left_and_the_rest_is_written(
    applied: Path, foundry: Foundry, provisioner: Command
) -> None:
    before = applied.read_text("utf-8")
    foundry.drift("agent", "dev-buddy", model="somebody-elses")
    foundry.drift("store", "dev-prefs-memory", description="What they like.")

    told = provisioner("drift", "--accept")

    assert told.code == 1
    assert "agents/dev-buddy would make no valid manifest: " in unwrapped(told.out)
    assert changed(before, applied.read_text("utf-8")) == [
        "-    description: Developer preferences and working context.",
        "+    description: What they like.",
    ]


def test_a_link_stays_and_what_it_leads_to_is_written(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    edited_in_the_portal(foundry)
    real = applied.rename(applied.with_name("elsewhere.yaml"))
    applied.symlink_to(real)

    assert provisioner("drift", "--accept").code == 0
    assert applied.is_symlink(), "what it leads to is written"
    assert "capacity: 7 " in real.read_text("utf-8")
