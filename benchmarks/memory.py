"""What an export of many memories costs, beside the bare pages.

Aims: 100 scopes of 1,000 memories make no more requests than the pages need, in flat memory below 150 MB, with less
than 30 µs of CPU a memory beside that of the same pages over bare httpx, in the same run.

    python -m benchmarks.memory [SCOPES MEMORIES]        # 100 1000 by default
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import ssl
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx

from benchmarks.floor import token
from benchmarks.world import PROVISIONER, best, emulator, measured, row

MANIFEST = """\
version: 1
name: bench
deployments:
  chat: {model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}, sku: {name: GlobalStandard, capacity: 1}}
  embed: {model: {format: OpenAI, name: text-embedding-3-large, version: "1"}, sku: {name: Standard}}
stores:
  prefs: {chat_model: chat, embedding_model: embed}
"""
MOST_US = 30
MOST_MB = 150
PAGE = 100


def fill(state: Path, scopes: int, memories: int) -> None:
    """Straight into the state of a Foundry that does not run: to post a hundred thousand would take long."""
    now = time.time()
    with closing(sqlite3.connect(state)) as file, file as database:
        (store,) = database.execute("SELECT id FROM stores").fetchone()
        database.executemany(
            "INSERT INTO memories (store, scope, memory_id, kind, content, updated, expires)"
            " VALUES (?, ?, ?, 'user_profile', ?, ?, 1e18)",
            (
                (
                    store,
                    f"user_{scope}",
                    f"mem_{secrets.token_hex(16)}",
                    f"Fact {number} of user {scope}: likes tea.",
                    now,
                )
                for scope in range(scopes)
                for number in range(memories)
            ),
        )


def pages(names: Sequence[str]) -> None:
    """The floor: the same pages, one after the other, parsed and dropped."""
    env = os.environ
    base = env["FOUNDRY_PROJECT_ENDPOINT"]
    trust = ssl.create_default_context(cafile=env["SSL_CERT_FILE"])
    with httpx.Client(verify=trust, timeout=60, trust_env=False) as client:
        ours = {**token(client, env, "https://ai.azure.com"), "Foundry-Features": "MemoryStores=V1Preview"}
        for name in names:
            after = ""
            while True:
                url = f"{base}/memory_stores/prefs/items:list?api-version=v1&limit={PAGE}&order=asc{after}"
                page = client.post(url, headers=ours, json={"scope": name}).raise_for_status().json()
                if not page["has_more"]:
                    break
                after = f"&after={page['last_id']}"


def export(scopes: int, memories: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest, state, listed = (Path(folder) / name for name in ("stores.yaml", "state.db", "scopes.txt"))
        manifest.write_text(MANIFEST, encoding="utf-8")
        listed.write_text("".join(f"user_{number}\n" for number in range(scopes)), encoding="utf-8")
        with emulator("--state", str(state)) as env:
            applied = measured([*PROVISIONER, "apply", "--yes", "-f", str(manifest)], {**env, "CI": "1"})
            assert applied.code == 0, applied.stdout
        fill(state, scopes, memories)
        with emulator("--state", str(state)) as env:
            compare(env, manifest, listed, scopes, memories)


def compare(env: Mapping[str, str], manifest: Path, listed: Path, scopes: int, memories: int) -> None:
    floor = best([sys.executable, "-m", "benchmarks.memory", "pages", str(listed)], runs=3, env=env)
    row(f"bare pages of {scopes} x {memories:,}", floor)
    start = best([*PROVISIONER, "memory", "stats", "prefs", "--scope", "nobody", "-f", str(manifest)], runs=3, env=env)
    for name in ("memories.jsonl", "memories.jsonl.gz"):
        words = ["memory", "export", "prefs", "-f", str(manifest), "--scopes-from", str(listed)]
        run = measured([*PROVISIONER, *words, "--out", str(manifest.with_name(name)), "--force"], env)
        assert run.code == 0, run.stdout
        sent = lists(
            [*words, "--out", str(manifest.with_name(name)), "--force"], env, manifest.with_name(f"{name}.log")
        )
        each_us = (run.cpu_s - floor.cpu_s) / (scopes * memories) * 1e6
        beside = (run.cpu_s - start.cpu_s) / (scopes * memories) * 1e6
        told = f"{each_us:.1f} µs a memory over the floor (aim {MOST_US}), {beside:.1f} over an empty run"
        row(f"export to {name}", run, f"{told}; {sent} pages of {scopes * -(-memories // PAGE)}")
        assert run.peak_mb < MOST_MB, run.peak_mb


def lists(words: Sequence[str], env: Mapping[str, str], log: Path) -> int:
    """How many lists of memories were asked for, by the command's own log: the Foundry keeps the last thousand."""
    run = measured([*PROVISIONER, "--log-file", str(log), *words], env)
    assert run.code == 0, run.stdout
    return sum("items:list" in line and '"attempt"' in line for line in log.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    if sys.argv[1:2] == ["pages"]:
        pages(Path(sys.argv[2]).read_text(encoding="utf-8").split())
    else:
        export(*(int(word) for word in sys.argv[1:] or ("100", "1000")))
