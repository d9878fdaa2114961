"""What a plan says of the memories that would go, and what it does not say: whose they are."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from provisioner.planes.service import connect
from tests.foundry import EXAMPLE, Command, Foundry

STORE = "dev-prefs-memory"
ANN, BOB, BLUE, CAROL = "ann@example.com", "bob@example.com", "team_blue", "carol@example.com"
PEOPLE = (ANN, BOB, CAROL)  # the scope of the agent is part of its definition, and shown with that
WITH_SCOPES = EXAMPLE.replace(f"  {STORE}:\n", f"  {STORE}:\n    scopes: [{ANN}, {{file: people.txt}}]\n", 1).replace(
    '"{{$userId}}"', BLUE
)
OTHER_OPTIONS = WITH_SCOPES.replace("user_profile_enabled: true", "user_profile_enabled: false")
ALLOWED = ("--allow-data-loss", f"stores/{STORE}")


@pytest.fixture
def manifest(foundry: Foundry, project: Path, provisioner: Command) -> Path:
    """Applied, with memories of three known scopes and of one that nobody names; then the store's options change."""
    file = project / "stores.yaml"
    (project / "people.txt").write_text(f"{BOB}\n", encoding="utf-8")
    file.write_text(WITH_SCOPES, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    with connect(foundry.where) as planes:
        memories = Memories(planes.project)
        for scope in (ANN, BOB, BLUE, CAROL):
            memories.add(STORE, Item(scope=scope, kind="user_profile", content="Likes tea."))
        memories.add(STORE, Item(scope=ANN, kind="chat_summary", content="Asked about tea."))
    file.write_text(OTHER_OPTIONS, encoding="utf-8")
    return file


def flat(text: str) -> str:
    return " ".join(text.split())


def holding(document: Any, address: str = f"stores/{STORE}") -> Any:
    found = [it for it in document["changes"] if f"{it['address']['kind']}/{it['address']['name']}" == address]
    return found[0]["holding"]


@pytest.mark.usefixtures("manifest")
def test_a_refused_loss_tells_how_many_memories_of_how_many_scopes_would_go(provisioner: Command) -> None:
    refused = provisioner("plan")

    assert refused.code == 1
    told = flat(refused.out)
    assert "4 memories of 3 known scopes, and those of scopes that are not known, would be destroyed." in told
    assert "4 memories of 3 known scopes (3 user_profile and 1 chat_summary) are destroyed" in told
    assert "Scopes are known from the manifest (2) and live agents (1)." in told


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("style", ["text", "markdown", "html", "json"])
def test_no_output_names_a_scope_unless_asked(style: str, provisioner: Command, project: Path) -> None:
    out = project / "plan.json"
    more = ("--scopes-from", "more.txt", *ALLOWED)
    (project / "more.txt").write_text(f"{CAROL}\n", encoding="utf-8")

    told = provisioner("plan", "--format", style, "--out", str(out), *more)
    named = provisioner("plan", "--format", style, *more, "--show-scopes")

    assert told.code == named.code == 0
    assert not [name for name in PEOPLE if name in told.out + told.err + out.read_text(encoding="utf-8")]
    assert not [name for name in PEOPLE if name not in named.out.replace("&#64;", "@").replace("\\@", "@")]


@pytest.mark.usefixtures("manifest")
def test_an_apply_names_no_scope_in_its_events_or_its_log(provisioner: Command, project: Path) -> None:
    done = provisioner("--log-file", "run.log", "apply", "--yes", "--format", "json", *ALLOWED)

    assert done.code == 0
    assert not [name for name in PEOPLE if name in done.out + done.err + (project / "run.log").read_text("utf-8")]
    assert holding(done.events[0]["plan"])["memories"]["total"] == 4


def test_scopes_come_from_a_file_or_from_stdin_too(
    manifest: Path, provisioner: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest.write_text(OTHER_OPTIONS.replace(f"    scopes: [{ANN}, {{file: people.txt}}]\n", ""), encoding="utf-8")
    (project / "more.txt").write_text(f"# all of them\n{ANN}\n{CAROL}\n{BLUE}\n", encoding="utf-8")

    flags = ("--format", "json", "--show-scopes", "--scopes-from")

    document = provisioner("plan", *flags, "more.txt").document
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((project / "more.txt").read_bytes())))
    piped = provisioner("plan", *flags, "-").document

    assert holding(piped) == holding(document)
    assert holding(document)["scopes"] == {
        "known": 3,
        "origins": {"agents": 1, "file": 3},
        "names": [ANN, CAROL, BLUE],
    }
    assert holding(document)["memories"]["kinds"] == {"user_profile": 3, "chat_summary": 1}


@pytest.mark.usefixtures("manifest")
def test_a_bad_line_of_a_file_of_scopes_is_told_without_its_name(provisioner: Command, project: Path) -> None:
    (project / "more.txt").write_text("fine\nuser:77\n", encoding="utf-8")

    refused = provisioner("plan", "--scopes-from", "more.txt")

    assert refused.code == 1
    assert 'the scope on line 2 of "more.txt" holds ":"' in flat(refused.err)
    assert "user" not in refused.err.replace("user_profile", "")
    assert provisioner("plan", "--scopes-from", "nothing.txt").code == 1
    assert provisioner("plan", "-f", "-", "--scopes-from", "-").code == 1


@pytest.mark.usefixtures("manifest")
def test_counting_ends_at_a_thousand_of_a_scope_unless_all_are_wanted(foundry: Foundry, provisioner: Command) -> None:
    with connect(foundry.where) as planes:
        memories = Memories(planes.project)
        for number in range(1001):
            memories.add(STORE, Item(scope=BOB, kind="procedural", content=f"Step {number}."))

    about = holding(provisioner("plan", "--format", "json").document)["memories"]
    exact = holding(provisioner("plan", "--format", "json", "--count").document)["memories"]

    assert (about["total"], about["at_least"], about["limit"]) == (1003, True, 1000)
    assert (exact["total"], exact["at_least"], exact["limit"]) == (1005, False, None)
    assert "1,003 or more memories of 3 known scopes" in flat(provisioner("plan").out)


@pytest.mark.usefixtures("manifest")
def test_destroy_tells_what_would_be_lost(provisioner: Command) -> None:
    refused = provisioner("destroy", "--yes")

    assert refused.code == 1
    assert "4 memories of 3 known scopes, and those of scopes that are not known, would be" in flat(refused.out)


def test_a_deletion_of_an_entry_counts_what_agents_and_files_name(
    manifest: Path, provisioner: Command, project: Path
) -> None:
    manifest.write_text(EXAMPLE[: EXAMPLE.index("stores:\n")], encoding="utf-8")
    (project / "more.txt").write_text(f"{ANN}\n", encoding="utf-8")

    document = provisioner("plan", "--format", "json", "--scopes-from", "more.txt").document

    assert holding(document)["scopes"] == {"known": 2, "origins": {"agents": 1, "file": 1}}
    assert holding(document)["memories"]["total"] == 3


@pytest.mark.usefixtures("manifest")
def test_a_scope_that_cannot_be_read_is_told_and_keeps_nobody_from_a_loss_that_is_wanted(
    foundry: Foundry, provisioner: Command
) -> None:
    foundry.fault({"method": "POST", "path": "*items:list"}, {"status": 403})

    planned = provisioner("plan", "--format", "json", *ALLOWED)

    assert planned.code == 0
    assert {note["code"] for note in planned.document["notes"]} >= {"not-counted"}
    assert holding(planned.document)["memories"]["uncounted_scopes"] == 3


@pytest.mark.usefixtures("manifest")
def test_what_changes_nothing_but_scopes_is_no_change(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(WITH_SCOPES.replace(f"[{ANN}, ", "["), encoding="utf-8")

    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("manifest")
def test_a_saved_plan_is_shown_and_applied_without_the_names(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    assert provisioner("plan", "--out", "plan.json", *ALLOWED).code == 0
    saved = json.loads((project / "plan.json").read_text(encoding="utf-8"))
    before = foundry.objects("stores")[0]["id"]

    shown = provisioner("show", "plan.json")
    done = provisioner("apply", "--plan", "plan.json")

    assert all("scopes" not in it["entry"] for it in saved["changes"])
    assert "4 memories of 3 known scopes" in flat(shown.out)
    assert done.code == 0, done.err
    assert foundry.objects("stores")[0]["id"] != before


def migrating(text: str, *, scopes: bool = True) -> str:
    named = text if scopes else text.replace(f"    scopes: [{ANN}, {{file: people.txt}}]\n", "").replace(BLUE, "x{{a}}")
    return named.replace(f"  {STORE}:\n", f"  {STORE}:\n    lifecycle: {{on_replace: migrate}}\n", 1)


def test_a_migration_of_unknown_scopes_is_refused_unless_their_loss_is_allowed(
    manifest: Path, provisioner: Command, project: Path
) -> None:
    manifest.write_text(migrating(EXAMPLE, scopes=False), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    changed = migrating(OTHER_OPTIONS, scopes=False)
    manifest.write_text(changed, encoding="utf-8")
    (project / "more.txt").write_text(f"{ANN}\n", encoding="utf-8")

    refused = provisioner("plan", "--format", "json")
    given = provisioner("plan", "--format", "json", "--scopes-from", "more.txt")
    allowed = provisioner("plan", "--format", "json", *ALLOWED)

    assert {it["code"] for it in refused.document["refusals"]} == {"scopes-unknown"}
    assert str(refused.document["refusals"][0]["where"]["file"]) == "stores.yaml"
    assert given.code == allowed.code == 0
    assert holding(given.document)["memories"]["total"] == 2
    assert "is not needed" not in allowed.err


def test_a_migration_is_refused_while_not_all_that_it_moves_can_be_read(
    manifest: Path, foundry: Foundry, provisioner: Command
) -> None:
    manifest.write_text(migrating(OTHER_OPTIONS), encoding="utf-8")
    foundry.fault({"method": "POST", "path": "*items:list"}, {"status": 403})

    refused = provisioner("plan", "--format", "json")

    assert refused.code == 1
    assert {it["code"] for it in refused.document["refusals"]} == {"not-counted"}


def test_a_migration_is_planned_with_what_it_moves(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(migrating(OTHER_OPTIONS), encoding="utf-8")

    document = provisioner("plan", "--format", "json").document

    assert [it["action"] for it in document["changes"]] == ["migrate"]
    assert holding(document)["scopes"] == {"known": 3, "origins": {"manifest": 2, "agents": 1}}
    assert holding(document)["memories"]["total"] == 4


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("name", ["memories.jsonl", "memories.jsonl.gz"])
def test_an_export_names_the_scopes_that_are_in_it(name: str, provisioner: Command, project: Path) -> None:
    exported = provisioner("memory", "export", STORE, "--scope", CAROL, "--scope", ANN, "--out", name)
    assert exported.code == 0, exported.err

    document = provisioner("plan", "--format", "json", "--scopes-from", name).document
    (project / name).write_bytes((project / name).read_bytes()[:-20])
    refused = provisioner("plan", "--scopes-from", name)

    assert holding(document)["scopes"] == {"known": 4, "origins": {"manifest": 2, "agents": 1, "export": 2}}
    assert holding(document)["memories"]["total"] == 5
    assert refused.code == 1
    assert "export" in refused.err.lower()


@pytest.mark.parametrize("style", ["text", "markdown", "json"])
def test_a_comparison_of_environments_tells_that_scopes_differ_and_not_which(
    style: str, project: Path, provisioner: Command
) -> None:
    (project / "people.txt").write_text(f"{BOB}\n", encoding="utf-8")
    environments = f"\nenvironments:\n  dev:\n  prod: {{stores: {{{STORE}: {{scopes: [{CAROL}, x]}}}}}}\n"
    (project / "stores.yaml").write_text(WITH_SCOPES + environments, encoding="utf-8")

    told = provisioner("compare", "--env", "dev", "--env", "prod", "--format", style)

    assert "scopes" in told.out
    assert not [name for name in PEOPLE if name in told.out + told.err]
