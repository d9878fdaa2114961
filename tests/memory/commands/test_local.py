"""The same commands on the Foundry that is embedded, with nothing but the package."""

from __future__ import annotations

from pathlib import Path

from tests.foundry import EXAMPLE, Command

STORE = "dev-prefs-memory"


def test_a_store_of_the_embedded_foundry_is_backed_up_and_a_person_forgotten(
    project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    dana = ("--scope", "dana", "--local")

    for words in (
        ("apply", "--yes", "--local"),
        ("memory", "add", STORE, "Likes tea.", *dana),
        ("memory", "export", STORE, *dana, "--out", "all.jsonl"),
        ("memory", "forget", *dana, "--all-stores", "--yes", "--receipt", "dana.json"),
        ("memory", "import", STORE, "all.jsonl", "--local"),
    ):
        done = provisioner(*words)
        assert done.code == 0, done.err
    counted = provisioner("memory", "stats", STORE, *dana, "--format", "json")

    assert counted.document["memories"] == 1
