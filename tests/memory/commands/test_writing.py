"""Memories written one by one, and drawn out of conversations."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from provisioner.memory.plane import Memories
from tests.foundry import Command, Foundry

pytestmark = pytest.mark.usefixtures("stores")
TALK = [{"role": "user", "content": "I like green tea."}, {"role": "assistant", "content": "Noted."}]


def test_a_memory_is_added_as_it_is(memories: Memories, provisioner: Command) -> None:
    added = provisioner(
        "memory", "add", "prefs", "--scope", "dana", "--kind", "procedural", "Boil first.", "--format", "json"
    )

    assert added.code == 0, added.err
    (found,) = memories.items("prefs", "dana")
    assert (found.kind, found.content) == ("procedural", "Boil first.")
    assert added.document["memories"][0]["id"] == found.id


def test_a_memory_whose_answer_is_lost_is_added_once(stores: Foundry, memories: Memories, provisioner: Command) -> None:
    provisioner("memory", "add", "prefs", "--scope", "dana", "Likes tea.")
    stores.fault({"method": "POST", "path": "*/prefs/items", "times": 1}, {"drop": "after"})

    added = provisioner("memory", "add", "prefs", "--scope", "dana", "Likes tea.")

    assert added.code == 0, added.err
    assert len(list(memories.items("prefs", "dana"))) == 2


def test_a_conversation_is_remembered(
    project: Path, memories: Memories, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "talk.json").write_text(json.dumps({"messages": TALK}), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(TALK).encode())))

    text = provisioner("memory", "remember", "prefs", "--scope", "dana", "--file", "talk.json")
    document = provisioner("memory", "remember", "prefs", "--scope", "eli", "--file", "-", "--format", "json")

    assert text.code == document.code == 0, text.err + document.err
    assert "  + " in text.out
    assert "green tea" in text.out
    assert document.document["status"] == "completed"
    assert {each["kind"] for each in document.document["operations"]} == {"create"}
    assert any("green tea" in item.content for item in memories.items("prefs", "eli"))


def test_an_update_that_failed_is_told_with_its_reason(stores: Foundry, project: Path, provisioner: Command) -> None:
    (project / "talk.json").write_text(json.dumps(TALK), encoding="utf-8")
    stores.remove("deployments", "chat")

    failed = provisioner("memory", "remember", "prefs", "--scope", "dana", "--file", "talk.json")

    assert failed.code == 1
    assert "The update failed: " in failed.err
    assert "Foundry User" in failed.err


def test_what_took_its_place_is_waited_for(stores: Foundry, project: Path, provisioner: Command) -> None:
    (project / "talk.json").write_text(json.dumps(TALK), encoding="utf-8")
    updates = {"method": "GET", "path": "*/updates/*"}
    superseded = {"update_id": "memupd_1", "status": "superseded", "superseded_by": "memupd_2"}
    completed = {"update_id": "memupd_2", "status": "completed", "result": {"memory_operations": []}}
    stores.fault({**updates, "times": 1}, {"status": 200, "body": superseded})
    stores.fault({**updates, "times": 1}, {"status": 200, "body": completed})

    done = provisioner("memory", "remember", "prefs", "--scope", "dana", "--file", "talk.json")

    assert done.code == 0, done.err
    assert "superseded by memupd_2" in done.out


def test_an_update_that_a_deletion_superseded_is_no_success(
    stores: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "talk.json").write_text(json.dumps(TALK), encoding="utf-8")
    superseded = {"update_id": "memupd_1", "status": "superseded", "superseded_by": None}
    stores.fault({"method": "GET", "path": "*/updates/*"}, {"status": 200, "body": superseded})

    done = provisioner("memory", "remember", "prefs", "--scope", "dana", "--file", "talk.json")

    assert done.code == 1
    assert "superseded, by none" in done.err


@pytest.mark.parametrize(
    "content", ["I like tea.", "[]", '[{"role": "butler", "content": "Tea?"}]', '[{"role": "user"}]']
)
def test_what_is_no_conversation_is_refused(content: str, project: Path, provisioner: Command) -> None:
    (project / "talk.json").write_text(content, encoding="utf-8")

    failed = provisioner("memory", "remember", "prefs", "--scope", "dana", "--file", "talk.json")

    assert failed.code == 1
    assert "tea" not in failed.err.lower().partition("\n")[0]
