"""Memories in a file and back, and from one store into another."""

from __future__ import annotations

import gzip
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from provisioner.memory.plane import Memories
from tests.foundry import Command, Foundry
from tests.memory.commands.conftest import Told

pytestmark = pytest.mark.usefixtures("stores")
PEOPLE = ("--scope", "dana", "--scope", "eli")


@pytest.fixture
def filled(told: Told) -> None:
    told("prefs", "dana", *(f"Fact {number}." for number in range(120)), "Twice.", "Twice.")
    told("prefs", "dana", "Spoke of tea.", kind="chat_summary")
    told("prefs", "eli", "Likes “coffee”, ☕ and \x1b.", "##vso[task.complete]")


def held(memories: Memories, store: str, *scopes: str) -> list[tuple[str, str, str]]:
    items = (item for scope in scopes for item in memories.items(store, scope))
    return sorted((item.scope, item.kind, item.content) for item in items)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", ["memories.jsonl", "memories.jsonl.gz"])
def test_what_was_exported_is_imported_into_an_empty_store(name: str, memories: Memories, provisioner: Command) -> None:
    exported = provisioner("memory", "export", "prefs", *PEOPLE, "--out", name)
    imported = provisioner("memory", "import", "notes", name, "--format", "json")

    assert exported.code == imported.code == 0, exported.err + imported.err
    assert exported.out == f"Wrote 125 memories of 2 scopes to {name}.\n"
    assert imported.document["added"] == 125
    assert held(memories, "team-notes", "dana", "eli") == held(memories, "prefs", "dana", "eli")


@pytest.mark.usefixtures("filled")
def test_a_second_import_adds_nothing_and_one_that_was_cut_short_is_finished(
    memories: Memories, provisioner: Command
) -> None:
    provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")
    provisioner("memory", "import", "notes", "all.jsonl")
    for item in list(memories.items("team-notes", "dana"))[50:]:
        memories.delete_item("team-notes", item.id)

    dry = provisioner("memory", "import", "notes", "all.jsonl", "--dry-run", "--format", "json")
    finished = provisioner("memory", "import", "notes", "all.jsonl", "--format", "json")
    again = provisioner("memory", "import", "notes", "all.jsonl")

    assert [dry.document["added"], finished.document["added"]] == [73, 73]
    assert "Added 0 memories" in again.out
    assert held(memories, "team-notes", "dana", "eli") == held(memories, "prefs", "dana", "eli")


@pytest.mark.usefixtures("filled")
def test_a_dry_run_writes_nothing(stores: Foundry, provisioner: Command) -> None:
    provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")
    stores.forget_requests()

    provisioner("memory", "import", "notes", "all.jsonl", "--dry-run")

    assert {request.rpartition("/")[2] for request in stores.requests("POST")} == {"items:list"}


@pytest.mark.usefixtures("filled")
def test_an_export_is_for_the_owners_eyes_and_makes_no_more_requests_than_pages(
    stores: Foundry, project: Path, provisioner: Command
) -> None:
    stores.forget_requests()

    provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")

    assert stat.S_IMODE((project / "all.jsonl").stat().st_mode) == 0o600
    assert len([it for it in stores.requests("POST") if it.endswith("items:list")]) == 2 + 1


@pytest.mark.usefixtures("filled")
def test_an_export_tells_of_what_it_is(project: Path, provisioner: Command) -> None:
    provisioner("memory", "export", "prefs", *PEOPLE, "--scope", "nobody", "--out", "all.jsonl.gz")

    head, first, *_, tail = map(json.loads, gzip.decompress((project / "all.jsonl.gz").read_bytes()).splitlines())
    assert (head["format"], head["version"]) == ("provisioner-memories", "1.0")
    assert head["store"]["name"] == "prefs"
    assert head["store"]["definition"]["embedding_model"] == "embed"
    assert first.keys() == {"scope", "kind", "content", "updated_at", "id", "hash"}
    assert tail["scopes"] == {"dana": 123, "eli": 2, "nobody": 0}


@pytest.mark.usefixtures("filled")
def test_an_export_through_a_pipe_has_nothing_beside_it(
    provisioner: Command, memories: Memories, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = provisioner("memory", "export", "prefs", *PEOPLE, "--out", "-").out.encode("ascii")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(content))))

    assert provisioner("memory", "import", "notes", "-").code == 0
    assert b"##vso" not in content
    assert held(memories, "team-notes", "dana", "eli") == held(memories, "prefs", "dana", "eli")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda content: content[:-40], "cut off"),
        (lambda content: content.replace(b"Fact 7.", b"Fact 8."), "was edited"),
        (lambda content: content.replace(b'"version":"1.0"', b'"version":"2.0"'), "of a version"),
        (lambda content: b"version: 1\n" + content, "not JSON"),
        (lambda content: content.replace(b"provisioner-memories", b"something-else"), "no export"),
        (lambda content: content + b"{}\n", "after the end"),
        (lambda content: gzip.compress(content)[:-30], "cut off"),
    ],
)
def test_what_was_cut_off_or_edited_is_refused_before_anything_is_sent(
    harm: Any, message: str, stores: Foundry, project: Path, provisioner: Command
) -> None:
    provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")
    file = project / "all.jsonl"
    file.write_bytes(harm(file.read_bytes()))
    stores.forget_requests()

    refused = provisioner("memory", "import", "notes", "all.jsonl")

    assert refused.code == 1
    assert message in refused.err
    assert stores.requests() == []


@pytest.mark.usefixtures("filled")
def test_an_export_that_fails_leaves_the_old_one(stores: Foundry, project: Path, provisioner: Command) -> None:
    file = project / "all.jsonl"
    file.write_text("the old one", encoding="utf-8")
    stores.fault({"path": "*items:list"}, {"status": 403})

    kept = provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")
    failed = provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl", "--force")

    assert '"all.jsonl" exists.' in kept.err
    assert failed.code == 1
    assert file.read_text(encoding="utf-8") == "the old one"
    assert [path.name for path in project.iterdir() if "all.jsonl" in path.name] == ["all.jsonl"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", "Likes tea.")

    failed = provisioner("memory", "export", "prefs", "--scope", "dana", "--out", "/dev/full")

    assert failed.code == 1
    assert "No space left" in failed.err or "full" in failed.err
    assert "Traceback" not in failed.err


@pytest.mark.usefixtures("filled")
def test_scopes_go_by_other_names(memories: Memories, provisioner: Command) -> None:
    provisioner("memory", "export", "prefs", *PEOPLE, "--out", "all.jsonl")

    both = provisioner("memory", "import", "notes", "all.jsonl", "--scope-map", "dana=eli")
    wrong = provisioner("memory", "import", "notes", "all.jsonl", "--scope-map", "nobody=eli")

    assert both.code == 0, both.err
    assert len(held(memories, "team-notes", "eli")) == 125
    assert wrong.code == 1
    assert "not in the export" in wrong.err


def test_a_memory_that_the_service_refuses_is_named_and_the_rest_goes_on(
    told: Told, stores: Foundry, memories: Memories, provisioner: Command
) -> None:
    told("prefs", "dana", "First.", "Second.", "Third.")
    provisioner("memory", "export", "prefs", "--scope", "dana", "--out", "all.jsonl")
    stores.fault(
        {"method": "POST", "path": "*/team-notes/items", "times": 1},
        {"status": 400, "body": {"error": {"code": "bad", "message": "No."}}},
    )

    done = provisioner("memory", "import", "notes", "all.jsonl", "--parallelism", "1")

    assert done.code == 1
    assert "Not added: memory 1 of scope 1: No." in done.out
    assert "dana" not in done.out + done.err
    assert len(held(memories, "team-notes", "dana")) == 2


@pytest.mark.usefixtures("filled")
def test_a_store_is_copied_into_another(memories: Memories, told: Told, provisioner: Command) -> None:
    told("team-notes", "dana", "Twice.", "Hers already.")

    dry = provisioner("memory", "copy", "prefs", "notes", *PEOPLE, "--dry-run", "--format", "json")
    copied = provisioner("memory", "copy", "prefs", "notes", *PEOPLE, "--format", "json")
    again = provisioner("memory", "copy", "prefs", "notes", *PEOPLE, "--format", "json")

    assert [each.document["added"] for each in (dry, copied, again)] == [124, 124, 0]
    theirs = held(memories, "team-notes", "dana", "eli")
    assert theirs == sorted([*held(memories, "prefs", "dana", "eli"), ("dana", "user_profile", "Hers already.")])


def test_a_store_is_not_copied_into_itself(provisioner: Command) -> None:
    failed = provisioner("memory", "copy", "prefs", "prefs", "--scope", "dana")

    assert failed.code == 1
    assert "same store" in failed.err
