"""What a migration of many memories costs, beside a bare loop that makes the same requests, as many side by side.

Aim: an `apply` that moves 100 scopes of 1,000 memories into a new store and back under the old name takes at most 1.3
times as long as the loop, in memory that does not grow with them. Both find the same local Foundry, without limits.

    python -m benchmarks.migration [SCOPES MEMORIES]        # 100 1000 by default
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from benchmarks.emulator import Foundry
from benchmarks.floor import SIDE_BY_SIDE, token
from benchmarks.memory import MOST_MB, PAGE, fill
from benchmarks.world import PROVISIONER, Run, emulator, measured, row

BEFORE = """\
version: 1
name: bench
deployments:
  chat: {model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}, sku: {name: GlobalStandard, capacity: 1}}
  embed: {model: {format: OpenAI, name: text-embedding-3-large, version: "1"}, sku: {name: Standard}}
  other: {model: {format: OpenAI, name: text-embedding-3-small, version: "1"}, sku: {name: Standard}}
stores:
  prefs:
    chat_model: chat
    embedding_model: embed
    lifecycle: {on_replace: migrate}
    scopes: {file: scopes.txt}
"""
AFTER = BEFORE.replace("embedding_model: embed", "embedding_model: other")
MOST_TIMES = 1.3


class Loop:
    """The requests of a migration in place, and nothing else."""

    def __init__(self, client: httpx.Client, scopes: list[str], workers: ThreadPoolExecutor) -> None:
        self._client = client
        self._scopes = scopes
        self._workers = workers

    def migrate(self) -> None:
        self._make("prefs-shadow", "other")
        self._side_by_side(self._count)
        self._fill("prefs", "prefs-shadow")
        self._client.delete("memory_stores/prefs").raise_for_status().json()
        self._make("prefs", "other")
        self._fill("prefs-shadow", "prefs")
        self._client.delete("memory_stores/prefs-shadow").raise_for_status().json()

    def _make(self, name: str, embedding: str) -> None:
        definition = {"kind": "default", "chat_model": "chat", "embedding_model": embedding}
        body = {"name": name, "definition": definition}
        self._client.post("memory_stores", json=body).raise_for_status().json()

    def _fill(self, source: str, target: str) -> None:
        writes: list[Future[None]] = []

        def copy(scope: str) -> None:
            sum(1 for _ in self._pages(target, scope))
            writes.extend(self._workers.submit(self._add, target, page) for page in self._pages(source, scope))

        self._side_by_side(copy)
        while writes:
            writes.pop().result()
        self._side_by_side(lambda scope: self._newest(source, scope))
        self._side_by_side(lambda scope: self._read_back(source, target, scope))
        self._side_by_side(lambda scope: self._newest(source, scope))

    def _side_by_side(self, work: Any) -> None:
        list(self._workers.map(work, self._scopes))

    def _add(self, store: str, page: list[dict[str, Any]]) -> None:
        self._client.get(f"memory_stores/{store}").raise_for_status().json()
        for item in page:
            body = {key: item[key] for key in ("scope", "kind", "content")}
            self._client.post(f"memory_stores/{store}/items", json=body).raise_for_status().json()

    def _read_back(self, source: str, target: str, scope: str) -> None:
        found = [sum(len(page) for page in self._pages(store, scope)) for store in (source, target)]
        assert found[0] == found[1], found

    def _count(self, scope: str) -> None:
        sum(1 for _ in self._pages("prefs", scope, most=1000))

    def _newest(self, store: str, scope: str) -> None:
        next(self._pages(store, scope, limit=1, order="desc"))

    def _pages(
        self, store: str, scope: str, *, limit: int = PAGE, order: str = "asc", most: int = sys.maxsize
    ) -> Iterator[list[dict[str, Any]]]:
        asked, read = {"limit": str(limit), "order": order}, 0
        while True:
            answer = self._client.post(f"memory_stores/{store}/items:list", params=asked, json={"scope": scope})
            page = answer.raise_for_status().json()
            yield page["data"]
            read += len(page["data"])
            if not page["has_more"] or read >= most:
                return
            asked["after"] = page["last_id"]


def bare(scopes: list[str]) -> None:
    env = os.environ
    trust = ssl.create_default_context(cafile=env["SSL_CERT_FILE"])
    with (
        httpx.Client(
            verify=trust,
            timeout=60,
            trust_env=False,
            base_url=env["FOUNDRY_PROJECT_ENDPOINT"],
            params={"api-version": "v1"},
        ) as client,
        ThreadPoolExecutor(SIDE_BY_SIDE) as workers,
    ):
        client.headers.update(
            {**token(client, env, "https://ai.azure.com"), "Foundry-Features": "MemoryStores=V1Preview"}
        )
        Loop(client, scopes, workers).migrate()


def migration(scopes: int, memories: int) -> None:
    names = [f"user_{number}" for number in range(scopes)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, state = folder / "stores.yaml", folder / "state.db"
        manifest.write_text(BEFORE, encoding="utf-8")
        (folder / "scopes.txt").write_text("\n".join(names), encoding="utf-8")
        with emulator("--state", str(state)) as env:
            applied = measured([*PROVISIONER, "apply", "--yes", "-f", str(manifest)], {**env, "CI": "1"})
            assert applied.code == 0, applied.stdout
        fill(state, scopes, memories)
        manifest.write_text(AFTER, encoding="utf-8")
        loop = against(folder, [sys.executable, "-m", "benchmarks.migration", "bare", *names], "bare loop")
        words = ["apply", "--yes", "-f", str(manifest), "--parallelism", str(SIDE_BY_SIDE), "--rate", "0"]
        ours = against(folder, [*PROVISIONER, *words], "migration")
    times = (
        f"{ours.wall_s / loop.wall_s:.2f} times the loop (aim {MOST_TIMES}), {ours.cpu_s / loop.cpu_s:.2f} of its CPU"
    )
    row(f"{scopes} x {memories:,}, ours beside the loop", ours, times)
    assert ours.peak_mb < MOST_MB, ours.peak_mb


def against(folder: Path, command: list[str], label: str) -> Run:
    """On a copy of the state, which it is to leave as a migration does."""
    state, log = folder / f"{label}.db", folder / f"{label}.log"
    shutil.copy(folder / "state.db", state)
    with emulator("--state", str(state), "--log", str(log)) as env:
        Foundry(env).admin("switches", {"memory_requests_per_minute": 0})
        before = cpu_of_children()
        run = measured(command, {**env, "CI": "1"})
        assert run.code == 0, run.stdout
    row(label, run, f"{cpu_of_children() - before - run.cpu_s:.1f} s CPU of the Foundry; {requests(log)}")
    return run


def cpu_of_children() -> float:
    used = os.times()
    return used.children_user + used.children_system


def requests(log: Path) -> str:
    found: Counter[str] = Counter()
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            entry: Mapping[str, str] = json.loads(line)
            what = entry["path"].rpartition("/")[2] if "/memory_stores/" in entry["path"] else "others"
            found[f"{entry['method']} {what}"] += 1
    return ", ".join(f"{number:,} {what}" for what, number in found.most_common(5))


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        bare(sys.argv[2:])
    else:
        migration(*(int(word) for word in sys.argv[1:] or ("100", "1000")))
