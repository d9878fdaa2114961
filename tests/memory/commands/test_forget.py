"""One person's memories, deleted wherever they are, with a receipt."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from provisioner.memory.plane import Memories
from provisioner.model.address import Address
from provisioner.model.resource import Live, Marker
from provisioner.reconcile.marker import identity_print, write_marker
from tests.foundry import Command, Foundry
from tests.memory.commands.conftest import Told

pytestmark = pytest.mark.usefixtures("stores")


@pytest.fixture
def filled(told: Told) -> None:
    told("prefs", "dana", "Likes tea.", "Lives in Oslo.")
    told("prefs", "eli", "Likes coffee.")
    told("team-notes", "dana", "Wrote a note.", kind="chat_summary")


@pytest.mark.usefixtures("filled")
def test_a_person_is_forgotten_everywhere_and_the_rest_stays(
    stores: Foundry, project: Path, memories: Memories, provisioner: Command
) -> None:
    stores.forget_requests()

    done = provisioner("memory", "forget", "--scope", "dana", "--all-stores", "--yes", "--receipt", "dana.json")

    assert done.code == 0, done.err
    assert "3 memories in 2 stores" in done.err
    assert "Deleted 3 memories" in done.out
    assert [*memories.items("prefs", "dana"), *memories.items("team-notes", "dana")] == []
    assert len([*memories.items("prefs", "eli")]) == 1
    assert len([it for it in stores.requests("POST") if "delete_scope" in it]) == 2
    receipt = json.loads((project / "dana.json").read_text(encoding="utf-8"))
    assert (receipt["state"], receipt["scope"], receipt["memories"]) == ("done", "dana", 3)
    assert [(it["store"], it["memories"], it["left"]) for it in receipt["stores"]] == [
        ("prefs", 2, 0),
        ("team-notes", 1, 0),
    ]
    assert receipt["begun_at"] <= receipt["ended_at"] < receipt["updates_may_come_until"]
    assert any("conversations" in each for each in receipt["not_covered"])
    assert stat.S_IMODE((project / "dana.json").stat().st_mode) == 0o600


@pytest.mark.usefixtures("filled")
def test_a_store_that_is_not_named_is_left(memories: Memories, project: Path, provisioner: Command) -> None:
    done = provisioner("memory", "forget", "--scope", "dana", "--store", "notes", "--yes", "--format", "json")

    assert done.document["memories"] == 1
    assert len([*memories.items("prefs", "dana")]) == 2
    assert [path.name for path in project.iterdir() if path.name.startswith("forgotten-")]


@pytest.mark.usefixtures("filled")
def test_nothing_is_deleted_where_nobody_can_be_asked_or_the_answer_is_no(
    memories: Memories, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", io.StringIO())
    unasked = provisioner("memory", "forget", "--scope", "dana", "--all-stores")
    monkeypatch.setattr("sys.stdin", Keyboard("no\n"))
    refused = provisioner("memory", "forget", "--scope", "dana", "--all-stores")

    assert unasked.code == refused.code == 1
    assert "nothing was deleted" in unasked.err
    assert "nothing was deleted" in refused.err
    assert len([*memories.items("prefs", "dana")]) == 2
    assert list(project.glob("forgotten-*")) == []


@pytest.mark.usefixtures("filled")
def test_a_store_that_refuses_stops_no_other_and_stands_in_the_receipt(
    stores: Foundry, project: Path, memories: Memories, provisioner: Command
) -> None:
    stores.fault({"method": "POST", "path": "*/prefs:delete_scope"}, {"status": 403})

    done = provisioner("memory", "forget", "--scope", "dana", "--all-stores", "--yes", "--receipt", "dana.json")

    assert done.code == 1
    assert 'Not done in "prefs"' in done.out
    receipt = json.loads((project / "dana.json").read_text(encoding="utf-8"))
    assert receipt["state"] == "failed"
    assert [it["deleted"] for it in receipt["stores"]] == [False, True]
    assert [*memories.items("team-notes", "dana")] == []


@pytest.mark.usefixtures("filled")
def test_what_a_migration_copied_is_forgotten_with_its_store(
    stores: Foundry, told: Told, memories: Memories, provisioner: Command
) -> None:
    found = next(it for it in stores.objects("stores") if it["name"] == "prefs")
    live = Live(address=Address("stores", "prefs"), fields={}, identity=f"{found['id']} {found['created_at']}")
    marker = Marker(owner="team", key="prefs", copy_of=identity_print(live), is_shadow=True)
    body = {"name": "prefs-shadow", "definition": found["definition"], "metadata": write_marker(marker)}
    memories._project.post("memory_stores", body, features=("MemoryStores=V1Preview",))
    told("prefs-shadow", "dana", "Likes tea.")
    told("prefs-shadow", "eli", "Likes coffee.")

    done = provisioner("memory", "forget", "--scope", "dana", "--store", "prefs", "--yes", "--format", "json")

    assert done.code == 0, done.err
    assert [it["store"] for it in done.document["stores"]] == ["prefs", "prefs-shadow"]
    assert done.document["stores"][1]["copy_of"] == "prefs"
    assert [*memories.items("prefs-shadow", "dana")] == []
    assert len([*memories.items("prefs-shadow", "eli")]) == 1
    assert len([*memories.items("team-notes", "dana")]) == 1


def test_it_must_be_said_where(provisioner: Command) -> None:
    assert "--all-stores" in provisioner("memory", "forget", "--scope", "dana", "--yes").err


@pytest.mark.usefixtures("filled")
def test_a_receipt_is_not_overwritten(project: Path, memories: Memories, provisioner: Command) -> None:
    (project / "dana.json").write_text("{}", encoding="utf-8")

    kept = provisioner("memory", "forget", "--scope", "dana", "--all-stores", "--yes", "--receipt", "dana.json")

    assert kept.code == 1
    assert len([*memories.items("prefs", "dana")]) == 2
