"""What a store holds: counted, listed and searched."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.foundry import Command
from tests.memory.commands.conftest import Told

pytestmark = pytest.mark.usefixtures("stores")


def test_what_a_store_holds_is_counted_by_scope_and_kind(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", "Likes tea.", "Lives in Oslo.")
    told("prefs", "dana", "Asked about tea.", kind="chat_summary")
    told("prefs", "eli", "Likes coffee.")

    counted = provisioner("memory", "stats", "prefs", "--scope", "dana", "--scope", "eli", "--format", "json")

    assert counted.code == 0, counted.err
    document = counted.document
    assert document["memories"] == 4
    assert document["kinds"] == {"user_profile": 3, "chat_summary": 1, "procedural": 0}
    assert [scope["memories"] for scope in document["scopes"]] == [3, 1]
    assert document["scopes"][0]["oldest"] <= document["scopes"][0]["newest"]


def test_scopes_are_numbered_unless_their_names_are_asked_for(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", "Likes tea.")

    numbered = provisioner("memory", "stats", "prefs", "--scope", "dana")
    named = provisioner("memory", "stats", "prefs", "--scope", "dana", "--show-scopes")

    assert "dana" not in numbered.out + numbered.err
    assert "scope 1" in numbered.out
    assert "dana" in named.out


def test_a_store_goes_by_its_key_and_by_its_live_name(told: Told, provisioner: Command) -> None:
    told("team-notes", "dana", "Likes tea.")

    for name in ("notes", "team-notes", "stores/notes"):
        counted = provisioner("memory", "stats", name, "--scope", "dana", "--format", "json")
        assert counted.document["store"] == "team-notes"
        assert counted.document["ttl_seconds"] == 86400


def test_without_a_manifest_the_environment_says_which_project(told: Told, provisioner: Command, project: Path) -> None:
    (project / "stores.yaml").unlink()
    told("prefs", "dana", "Likes tea.")

    listed = provisioner("memory", "list", "prefs", "--scope", "dana", "--allow-host", "127.0.0.1")

    assert listed.code == 0, listed.err
    assert "Likes tea." in listed.out


def test_scopes_that_agents_name_are_known(told: Told, provisioner: Command, project: Path) -> None:
    told("prefs", "team_blue", "Likes tea.")
    (project / "people.txt").write_text("# people\ndana\n\ndana\n", encoding="utf-8")

    counted = provisioner("memory", "stats", "prefs", "--scopes-from", "people.txt", "--format", "json")

    assert counted.document["known_from"] == {"agents": 1, "file": 1}
    assert counted.document["memories"] == 1


def test_a_store_of_which_no_scope_is_known_is_not_taken_for_empty(provisioner: Command) -> None:
    counted = provisioner("memory", "stats", "notes")

    assert counted.code == 1
    assert "No scopes of stores/team-notes are known." in counted.err
    assert "--scopes-from" in counted.err


def test_a_file_of_scopes_with_a_wrong_one_is_refused_by_its_line(
    provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"dana\nmailto:eli\n")))

    counted = provisioner("memory", "stats", "prefs", "--scopes-from", "-")

    assert counted.code == 1
    assert "line 2 of" in counted.err
    assert "eli" not in counted.err


def test_what_a_scope_has_is_listed_whole(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", *(f"Fact {number}." for number in range(101)))
    told("prefs", "eli", "Not hers.")

    listed = provisioner("memory", "list", "prefs", "--scope", "dana", "--format", "json")
    newest = provisioner("memory", "list", "prefs", "--scope", "dana", "--newest-first", "--format", "json")

    contents = [each["content"] for each in listed.document["memories"]]
    assert contents == [f"Fact {number}." for number in range(101)]
    assert [each["content"] for each in newest.document["memories"]] == contents[::-1]


def test_a_memory_cannot_steer_the_terminal(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", "Red \x1b[31m\n::error::gotcha ##vso[task.setvariable variable=a]b")

    listed = provisioner("memory", "list", "prefs", "--scope", "dana")

    assert "\x1b" not in listed.out
    assert "##vso" not in listed.out
    assert "\n::" not in listed.out


def test_a_text_finds_what_is_near(told: Told, provisioner: Command) -> None:
    told("prefs", "dana", "Drinks green tea every morning.", "Works as a pilot.")

    found = provisioner("memory", "search", "prefs", "--scope", "dana", "green tea", "--max", "1")

    assert found.code == 0, found.err
    assert "Drinks green tea" in found.out
    assert "pilot" not in found.out


def test_a_store_that_is_not_there_is_guessed(provisioner: Command) -> None:
    failed = provisioner("memory", "list", "pref", "--scope", "dana")

    assert failed.code == 1
    assert 'Did you mean "prefs"?' in failed.err


def test_flags_about_a_manifest_need_one(provisioner: Command) -> None:
    failed = provisioner("memory", "list", "prefs", "--scope", "dana", "--no-manifest", "--env", "prod")

    assert failed.code == 1
    assert "--env is about a manifest" in failed.err
