"""Memories are what strangers said, scopes are people, and exports are files that anybody may have edited."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioner.memory.exporting import FORMAT, VERSION, line, sealed
from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from tests.foundry import Command, Foundry
from tests.memory.commands.conftest import Told, memories, stores, told
from tests.memory.commands.test_migration import ENV, FLAGS, PROMPT, edited

__all__ = ["memories", "stores", "told"]
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07\n::error::one\n##vso[task.setvariable variable=a]b\r::warning::two\u2028"
    "::debug::three "
    "\x9b31m\u202e" + " " * 80 + "::notice::four " + "x" * 78 + " ##[error]five"
)
_COMMAND = re.compile(r"^\s*::[a-z-]+|##vso\[|##\[", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
CONNECTION = (*FLAGS[1:], *ENV)


def bytes_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def test_a_memory_moves_no_terminal_and_gives_a_pipeline_no_command(
    stores: Foundry,  # noqa: ARG001
    provisioner: Command,
    told: Told,
) -> None:
    told("prefs", "ann", HOSTILE)
    for words in (
        ["list", "prefs", "--scope", "ann"],
        ["list", "prefs", "--scope", "ann", "--format", "json"],
        ["search", "prefs", "--scope", "ann", HOSTILE[:100]],
        ["search", "prefs", "--scope", "ann", "red", "--format", "json"],
        ["stats", "prefs", "--scope", "ann"],
        ["export", "prefs", "--scope", "ann", "--out", "-"],
        ["forget", "--scope", "ann", "--all-stores", "--yes"],
    ):
        done = provisioner("memory", *words, *CONNECTION)
        assert done.code == 0, done.err
        assert not _COMMAND.search(done.out + done.err), words
        assert not _CONTROL.search(done.out + done.err), words


@pytest.mark.parametrize("way", ["migrate", "{migrate: side_by_side}"])
@pytest.mark.parametrize("path", ["*/memory_stores/prefs*/items", "*/items:list*", "*search_memories*"])
def test_what_a_refusal_quotes_of_a_memory_or_a_person_is_told_nowhere(  # noqa: PLR0917
    stores: Foundry, project: Path, provisioner: Command, told: Told, path: str, way: str
) -> None:
    told("prefs", "ann", "Ann likes tea and keeps bees.")
    (project / "stores.yaml").write_text(PROMPT, encoding="utf-8")
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    (project / "stores.yaml").write_text(edited(way), encoding="utf-8")
    quoted = {"error": {"code": "invalid", "message": 'Refused: "Ann likes tea and keeps bees." of scope ann'}}
    stores.fault({"method": "POST", "path": path}, {"status": 400, "body": quoted})

    planned = provisioner("plan", *CONNECTION, "--format", "markdown")
    told_by = ("--log-level", "debug", "--log-file", "run.log")
    applied = provisioner(*told_by, "apply", *FLAGS, *ENV, "--format", "json")

    assert applied.code == 1
    kept = [bytes_of(file) for file in (project / "run.log", *(project / ".provisioner").rglob("*"))]
    everything = "".join([planned.out, planned.err, applied.out, applied.err, *kept])
    assert not re.search("bees|scope ann", everything)


def test_an_export_is_for_its_owner_alone_also_over_a_file_of_everybody(
    stores: Foundry,  # noqa: ARG001
    project: Path,
    provisioner: Command,
    told: Told,
) -> None:
    told("prefs", "ann", "Ann likes tea.")
    open_to_all = project / "old.jsonl"
    open_to_all.write_text("", encoding="utf-8")
    open_to_all.chmod(0o644)
    (project / "link.jsonl").symlink_to("old.jsonl")
    (project / "away.jsonl").symlink_to(project.parent / "outside.jsonl")
    words = ("memory", "export", "prefs", "--scope", "ann", *CONNECTION)

    assert provisioner(*words, "--out", "link.jsonl").code == 1
    assert provisioner(*words, "--out", "away.jsonl", "--force").code == 1
    assert provisioner(*words, "--out", "link.jsonl", "--force").code == 0

    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o600
    assert not (project.parent / "outside.jsonl").exists()


HEAD: Mapping[str, Any] = {"format": FORMAT, "version": VERSION, "store": {"name": "\x1b[31m##vso[x]"}, "scopes": 1}
TAIL: Mapping[str, Any] = {"memories": 1, "kinds": {"user_profile": 1}, "scopes": {"ann": 1}}


def memory(**more: Any) -> dict[str, Any]:
    item = Item(scope="ann", kind="user_profile", content=more.get("content", "Likes tea."))
    return {"scope": "ann", "kind": item.kind, "content": item.content, "id": "m", "hash": item.hash, **more}


def export(*lines: Mapping[str, Any] | bytes, head: Any = HEAD, tail: Any = TAIL) -> bytes:
    """As whoever knows the format writes it: with a hash that is right."""
    content = b"".join(it if isinstance(it, bytes) else line(it) for it in (head, *lines))
    content += line(tail)[: -len(b"}\n")]
    return content + sealed(hashlib.sha256(content).hexdigest())


REFUSED = {
    "counts that are none": export(memory(), tail={**TAIL, "scopes": {"ann": 1, "bob": ""}}),
    "truth for a count": export(memory(), tail={**TAIL, "scopes": {"ann": True}}),
    "a count below zero": export(memory(), tail={**TAIL, "scopes": {"ann": 1, "bob": -1}}),
    "a scope that moves a terminal": export(memory(), tail={**TAIL, "scopes": {"ann": 1, "\x1b[31m": 0}}),
    "scopes in a list": export(memory(), tail={**TAIL, "scopes": ["ann"]}),
    "no scopes": export(memory(), tail={"memories": 1}),
    "a list for a head": export(memory(), head=b"[1]\n"),
    "a version of many digits": export(memory(), head={**HEAD, "version": "9" * 9_999}),
    "a number of many digits": export(b'{"scope": ' + b"9" * 9_999 + b"}\n"),
    "deep": export(b"[" * 100_000 + b"]" * 100_000 + b"\n"),
    "a kind that is a list": export({**memory(), "kind": ["user_profile"]}),
    "a scope that the service refuses": export({**memory(), "scope": "a:b"}, tail={**TAIL, "scopes": {"a:b": 1}}),
    "another content": export({**memory(), "content": "Hates tea."}),
    "the end twice": export(memory()) * 2,
    "nothing": b"",
    "one long line": b"x" * (17 << 20),
    "what unpacks to no end": gzip.compress(b"x" * (64 << 20)),
    "a broken package": gzip.compress(export(memory()))[:-9],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_export_is_refused_in_words_and_nothing_of_it_is_written(
    stores: Foundry, project: Path, provisioner: Command, name: str
) -> None:
    (project / "m.jsonl").write_bytes(REFUSED[name])
    stores.forget_requests()

    done = provisioner("memory", "import", "prefs", "m.jsonl", *CONNECTION)

    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err
    assert not _CONTROL.search(done.out + done.err)
    assert not [it for it in stores.requests("POST") if it.endswith("/items")]


@pytest.mark.parametrize(
    "odd",
    [{"id": [1, 2]}, {"id": {"a": 1}}, {"updated_at": 10**300}, {"updated_at": 1e308}, {"updated_at": "\x1b[31m"}],
)
def test_what_an_export_says_of_ids_and_times_is_not_believed(
    stores: Foundry,  # noqa: ARG001
    project: Path,
    provisioner: Command,
    memories: Memories,
    odd: Mapping[str, Any],
) -> None:
    (project / "m.jsonl").write_bytes(export(memory(**odd)))

    done = provisioner("memory", "import", "prefs", "m.jsonl", *CONNECTION)

    assert done.code == 0, done.err
    assert [it.content for it in memories.items("prefs", "ann")] == ["Likes tea."]


def test_a_memory_with_half_a_character_is_named_and_the_rest_is_imported(
    stores: Foundry,  # noqa: ARG001
    project: Path,
    provisioner: Command,
    memories: Memories,
) -> None:
    both = {**TAIL, "memories": 2, "scopes": {"ann": 2}}
    (project / "m.jsonl").write_bytes(export(memory(content="half \ud83d"), memory(), tail=both))

    done = provisioner("memory", "import", "prefs", "m.jsonl", *CONNECTION)

    assert done.code == 1
    assert "memory 1 of scope 1" in done.out
    assert [it.content for it in memories.items("prefs", "ann")] == ["Likes tea."]


@pytest.mark.parametrize("where", ["../people.txt", "link.txt", ".git/people.txt", "/etc/passwd"])
def test_scopes_are_read_from_no_file_outside_of_the_manifests_folder(
    stores: Foundry,  # noqa: ARG001
    project: Path,
    provisioner: Command,
    where: str,
) -> None:
    (project.parent / "people.txt").write_text("elsewhere_person\n", encoding="utf-8")
    (project / ".git").mkdir()
    (project / ".git" / "people.txt").write_text("elsewhere_person\n", encoding="utf-8")
    (project / "link.txt").symlink_to("../people.txt")
    text = PROMPT.replace("embedding_model: embed}", f"embedding_model: embed, scopes: [{{file: {where}}}]}}", 1)
    (project / "stores.yaml").write_text(text, encoding="utf-8")

    done = provisioner("validate", "--format", "json")

    assert done.code == 1
    assert "elsewhere_person" not in done.out + done.err
    assert "root:" not in done.out + done.err


def test_a_scope_that_is_a_command_is_shown_as_none(stores: Foundry, project: Path, provisioner: Command) -> None:  # noqa: ARG001
    people = ["\x1b[31mred", "::error::boo", "##vso[task.complete]", "a\u2028::error::b", "\u202eevil"]
    (project / "people.txt").write_text("\n".join(people), encoding="utf-8")
    scopes = json.dumps([*people, {"file": "people.txt"}])
    text = PROMPT.replace("embedding_model: embed}", f"embedding_model: embed, scopes: {scopes}}}", 1)
    (project / "stores.yaml").write_text(text, encoding="utf-8")
    for words in (
        ["validate"],
        ["validate", "--format", "json"],
        ["validate", "--format", "sarif"],
        ["plan", *CONNECTION],
        ["plan", *CONNECTION, "--format", "markdown"],
        ["memory", "stats", "prefs", *CONNECTION, "--scopes-from", "people.txt"],
    ):
        done = provisioner(*words)
        assert done.code != 0, words
        assert not _COMMAND.search(done.out + done.err), (words, done.out, done.err)
        assert not _CONTROL.search(done.out + done.err), words
