"""What the local Foundry bears: 200 clients at once, among 10,000 stores and as many agents.

Aims: every request is answered as it should be; half of the reads within 250 ms, with all 200 waiting in line at the
one process that answers them.

    python -m benchmarks.emulator [CLIENTS [OBJECTS [SECONDS]]]      # 200 10000 4; seconds are per line

The clients are asyncio programs in four processes that speak HTTP/1.1 over TLS by hand, so that they cost little of
what they measure. Each keeps one connection and sends its next request when the last one is answered.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.world import ROOT, emulator

PROCESSES = 4
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
FACTS = (
    "likes tea",
    "lives in Oslo",
    "uses Neovim",
    "works on Fridays",
    "has two cats",
    "speaks Danish",
    "runs marathons",
)


class Foundry:
    """The emulator as the benchmark sees it: a token for each plane, and requests to set things up."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.management = env["PROVISIONER_MANAGEMENT_ENDPOINT"]
        self.ca_file = env["NODE_EXTRA_CA_CERTS"]
        self._client = httpx.Client(
            base_url=self.management,
            verify=ssl.create_default_context(cafile=self.ca_file),
            trust_env=False,
            timeout=600,
        )
        self._identity = env["IDENTITY_ENDPOINT"], {"X-IDENTITY-HEADER": env["IDENTITY_HEADER"]}
        self.project_token, self.arm_token = (
            self._token(f"https://{n}") for n in ("ai.azure.com", "management.azure.com")
        )

    def admin(self, what: str, body: Any) -> None:
        self._client.post(f"/_emulator/{what}", json=body).raise_for_status()

    def deploy(self, name: str, model: str, version: str) -> None:
        document = {
            "sku": {"name": "GlobalStandard", "capacity": 10},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": version}},
        }
        url, headers = f"{ACCOUNT}/deployments/{name}", {"Authorization": f"Bearer {self.arm_token}"}
        self._client.put(url, params={"api-version": "2025-09-01"}, json=document, headers=headers).raise_for_status()

    def project(self, path: str, body: Any) -> None:
        headers = {"Authorization": f"Bearer {self.project_token}", "Foundry-Features": "MemoryStores=V1Preview"}
        url = f"/api/projects/local{path}?api-version=v1"
        self._client.post(url, json=body, headers=headers).raise_for_status()

    def _token(self, audience: str) -> str:
        url, headers = self._identity
        answer = httpx.get(url, params={"resource": audience}, headers=headers, trust_env=False).raise_for_status()
        return str(answer.json()["access_token"])


def scenarios() -> dict[str, tuple[str, str, Any]]:
    """Name to method, path and body; {n} is another number each time, {o} one of the objects, {s} of 90 scopes."""
    definition = {"kind": "prompt", "model": "chat", "instructions": "Be brief."}
    models = {"kind": "default", "chat_model": "chat", "embedding_model": "embedding"}
    message = {"role": "user", "type": "message", "content": "What does the user like to drink?"}
    return {
        "read an agent": ("GET", "/agents/agent-{o}", None),
        "read a store": ("GET", "/memory_stores/store-{o}", None),
        "list 20 of the stores": ("GET", "/memory_stores", None),
        "create a store": ("POST", "/memory_stores", {"name": "new-{n}", "definition": models}),
        "publish an agent": ("POST", "/agents/fresh-{n}/versions", {"definition": definition}),
        "search memories": ("POST", "/memory_stores/prefs:search_memories", {"scope": "sam", "items": [message]}),
        "update memories": ("POST", "/memory_stores/prefs:update_memories", {"scope": "s{s}", "items": [message]}),
    }


def furnish(foundry: Foundry, objects: int) -> None:
    foundry.admin("seed", {"deployments": 1, "stores": objects, "agents": objects})
    foundry.admin("switches", {"memory_requests_per_minute": 0})
    foundry.deploy("chat", "gpt-5.4-mini", "2026-03-17")
    foundry.deploy("embedding", "text-embedding-3-large", "1")
    models = {"kind": "default", "chat_model": "chat", "embedding_model": "embedding"}
    foundry.project("/memory_stores", {"name": "prefs", "definition": models})
    for number in range(100):
        content = f"The user {FACTS[number % len(FACTS)]}, as told {number} times."
        item = {"scope": "sam", "kind": "user_profile", "content": content}
        foundry.project("/memory_stores/prefs/items", item)


def measure(
    foundry: Foundry, name: str, request: tuple[str, str, Any], *, clients: int, objects: int, seconds: float
) -> None:
    job = {
        "url": foundry.management,
        "ca_file": foundry.ca_file,
        "token": foundry.project_token,
        "request": request,
        "objects": objects,
        "seconds": seconds,
    }
    share = [clients // PROCESSES + (index < clients % PROCESSES) for index in range(PROCESSES)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.emulator", "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in share
    ]
    took: list[float] = []
    statuses: Counter[str] = Counter()
    for index, (worker, count) in enumerate(zip(workers, share, strict=True)):
        assert worker.stdin is not None
        worker.stdin.write(json.dumps({**job, "clients": count, "first": index * 10**7}))
        worker.stdin.close()
    for worker in workers:
        assert worker.stdout is not None
        told = json.loads(worker.stdout.read())
        worker.wait()
        took += told["took"]
        statuses.update(told["statuses"])
    report(name, sorted(took), statuses, seconds)


def report(name: str, took: list[float], statuses: Counter[str], seconds: float) -> None:
    def percentile(share: float) -> float:
        return 1000 * took[min(len(took) - 1, int(share * len(took)))] if took else float("nan")

    answers = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    quantiles = "".join(f"{percentile(share):8.0f}" for share in (0.5, 0.95, 0.99, 1))
    print(f"{name:<24}{len(took) / seconds:9.0f}{quantiles}   {answers}", flush=True)


async def work(job: Mapping[str, Any]) -> None:
    statuses: Counter[str] = Counter()
    took: list[float] = []
    gate = asyncio.Event()
    tasks = [asyncio.create_task(client(job, index, gate, took, statuses)) for index in range(job["clients"])]
    await asyncio.sleep(1)  # all are connected
    gate.set()
    await asyncio.gather(*tasks)
    print(json.dumps({"took": took, "statuses": statuses}))


async def client(
    job: Mapping[str, Any], index: int, gate: asyncio.Event, took: list[float], statuses: Counter[str]
) -> None:
    parts = urlsplit(job["url"])
    trust = ssl.create_default_context(cafile=job["ca_file"])
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=trust)
    await gate.wait()
    end = time.perf_counter() + job["seconds"]
    number = job["first"] + index * 10**5
    while (started := time.perf_counter()) < end:
        number += 1
        writer.write(request_bytes(job, parts.netloc, number))
        statuses[await answered(reader)] += 1
        took.append(time.perf_counter() - started)
    writer.close()


def request_bytes(job: Mapping[str, Any], host: str, number: int) -> bytes:
    method, path, body = job["request"]
    chosen = str(number * 7919 % job["objects"])
    content = "" if body is None else json.dumps(body).replace("{n}", str(number)).replace("{s}", str(number % 90))
    target = f"/api/projects/local{path}?api-version=v1".replace("{n}", str(number)).replace("{o}", chosen)
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {job['token']}\r\n"
        f"Foundry-Features: MemoryStores=V1Preview\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content.encode())}\r\n\r\n{content}"
    ).encode()


async def answered(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length: ")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    return head.split(" ", 2)[1]


def main(clients: int = 200, objects: int = 10_000, seconds: int = 4) -> None:
    with emulator() as env:
        foundry = Foundry(env)
        started = time.perf_counter()
        furnish(foundry, objects)
        print(f"{objects:,} stores and agents each, made in {time.perf_counter() - started:.1f} s; {clients} clients")
        print(f"{'':<24}{'per s':>9}{'p50 ms':>8}{'p95':>8}{'p99':>8}{'max':>8}   answers")
        for name, request in scenarios().items():
            measure(foundry, name, request, clients=clients, objects=objects, seconds=seconds)


if __name__ == "__main__":
    if sys.argv[1:] == ["--worker"]:
        asyncio.run(work(json.loads(sys.stdin.read())))
    else:
        main(*map(int, sys.argv[1:]))
