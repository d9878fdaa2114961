"""A change of a store's models as a user makes it: edit, plan, apply, go on."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from pathlib import Path

import pytest

from provisioner.cli.journals import journals
from provisioner.memory.plane import Memories
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change
from tests.foundry import Command, Foundry
from tests.memory.commands.conftest import MANIFEST, Told

FLAGS = ("--yes", "--allow-host", "127.0.0.1")
ENV = [word for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP") for word in ("--allow-env", name)]
SMALL = (
    '  small: {model: {format: OpenAI, name: text-embedding-3-small, version: "1"}, '
    "sku: {name: Standard, capacity: 10}}\n"
)
SCOPES = ("ann", "bob")
PROMPT = MANIFEST.replace("scope: team_blue", "scope: team_blue, update_delay: 0")  # there is nothing to wait for


def edited(way: str) -> str:
    """The store with another embedding model, and with what the service cannot tell."""
    text = PROMPT.replace("stores:\n", f"{SMALL}stores:\n")
    store = (
        f"  prefs: {{chat_model: chat, embedding_model: small, scopes: [ann, bob], lifecycle: {{on_replace: {way}}}}}"
    )
    return text.replace("  prefs: {chat_model: chat, embedding_model: embed}", store)


def contents(memories: Memories, store: str) -> Counter[str]:
    return Counter(item.content for scope in SCOPES for item in memories.items(store, scope))


@pytest.mark.parametrize("way", ["migrate", "{migrate: side_by_side}"])
def test_an_edit_of_the_embedding_model_keeps_every_memory(  # noqa: PLR0917
    stores: Foundry, project: Path, provisioner: Command, memories: Memories, told: Told, way: str
) -> None:
    told("prefs", "ann", "Ann likes tea.", "Ann likes tea.", "Ann lives in Ulm.")
    told("prefs", "bob", "Bob has a dog.")
    before = contents(memories, "prefs")
    (project / "stores.yaml").write_text(PROMPT, encoding="utf-8")
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    (project / "stores.yaml").write_text(edited(way), encoding="utf-8")
    # killed half-way is what tests/memory proves; here the service refuses something in the middle
    stores.fault({"method": "POST", "path": "*/memory_stores/prefs-*/items", "nth": 3}, {"status": 413})

    failed = provisioner("apply", *FLAGS, *ENV)

    assert failed.code == 1
    assert re.search("number [123] of scope [12] of 3", failed.out), failed.out
    assert "Ann" not in failed.out + failed.err
    assert "All memories are in stores/prefs" in failed.out.replace("\n", " ").replace("  ", " ")
    again = provisioner("apply", *FLAGS, *ENV, "--format", "json")
    assert again.code == 0, again.out
    progress = [it for it in again.events if it["event"] == "change_progressed"]
    assert all(it["unit"] == "memories" and it["doing"] for it in progress)
    live = [it["name"] for it in stores.objects("stores") if it["name"].startswith("prefs")]
    assert len(live) == 1
    assert live == ["prefs"] or way != "migrate"
    assert contents(memories, live[0]) == before
    assert provisioner("plan", *FLAGS[1:], *ENV, "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("way", "refused", "written"),
    [
        pytest.param("{migrate: side_by_side}", "*/memory_stores/prefs-*/items", "prefs", id="successor-not-filled"),
        pytest.param("migrate", "*/memory_stores/prefs-shadow/items", "prefs", id="shadow-not-filled"),
        pytest.param("migrate", "*/memory_stores/prefs/items", "prefs", id="new-one-not-filled"),
    ],
)
def test_commands_read_the_store_that_has_all_of_it_and_write_to_the_one_in_use(  # noqa: PLR0917
    stores: Foundry, project: Path, provisioner: Command, memories: Memories, told: Told, way: str, refused: str,
    written: str,
) -> None:  # fmt: skip
    told("prefs", "ann", "Ann likes tea.", "Ann lives in Ulm.")
    told("prefs", "bob", "Bob has a dog.")
    (project / "stores.yaml").write_text(PROMPT, encoding="utf-8")
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    (project / "stores.yaml").write_text(edited(way), encoding="utf-8")
    stores.fault({"method": "POST", "path": refused, "nth": 2}, {"status": 413})
    assert provisioner("apply", *FLAGS, *ENV).code == 1

    exported = provisioner("export", *FLAGS[1:])
    held = provisioner("memory", "stats", "prefs", "--format", "json", *FLAGS[1:], *ENV)
    added = provisioner("memory", "add", "prefs", "--scope", "bob", "Bob has a cat.", *FLAGS[1:], *ENV)

    assert "shadow" not in exported.out
    assert ("prefs-shadow is left out" in exported.err.replace("\n", " ")) == (way == "migrate")
    assert held.document["memories"] == 3
    assert added.code == 0, added.err
    assert "Bob has a cat." in contents(memories, written)
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    (live,) = [it["name"] for it in stores.objects("stores") if it["name"].startswith("prefs")]
    assert contents(memories, live).total() == 4


def test_a_run_that_fails_leaves_a_journal_for_its_owner_alone_and_the_next_one_takes_it_away(
    stores: Foundry, project: Path, provisioner: Command, told: Told
) -> None:
    told("prefs", "ann", "Ann likes tea.")
    told("prefs", "bob", "Bob has a dog.")
    (project / "stores.yaml").write_text(PROMPT, encoding="utf-8")
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    (project / "stores.yaml").write_text(edited("migrate"), encoding="utf-8")
    stores.fault({"method": "DELETE", "path": "*/memory_stores/prefs", "nth": 1}, {"status": 403})

    assert provisioner("apply", *FLAGS, *ENV).code == 1

    (journal,) = (project / ".provisioner").glob("migration-*.json")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    kept = json.loads(journal.read_text(encoding="utf-8"))
    assert len(kept) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", entry) for entry in kept)
    assert provisioner("apply", *FLAGS, *ENV).code == 0
    assert not journal.exists()


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', "[1, null]", "[" * 50_000, "\udcff"])
def test_a_journal_that_is_none_does_no_harm(project: Path, content: str) -> None:
    change = Change(action=Action.MIGRATE, address=Address("stores", "prefs"))
    journals(None)(change).add("pair", "ann")
    (file,) = (project / ".provisioner").glob("migration-*.json")
    assert journals(None)(change).knows("pair", "ann")
    file.write_bytes(content.encode("utf-8", "surrogateescape"))

    assert not journals(None)(change).knows("pair", "ann")
