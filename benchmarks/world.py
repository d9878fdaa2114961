"""What the benchmarks share: a large manifest, an emulator beside us, and measured runs of the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROVISIONER = [sys.executable, "-m", "provisioner"]


def large_manifest(count: int) -> str:
    """`count` deployments, stores and agents each, every store and agent with its own references."""
    lines = ["version: 1", "name: big", "deployments:"]
    lines.append("  embed:")
    lines.append("    model: {format: OpenAI, name: text-embedding-3-large, version: '1'}")
    lines.append("    sku: {name: Standard}")
    for number in range(count - 1):
        lines.append(f"  chat-{number}:")
        lines.append("    model: {format: OpenAI, name: gpt-5.4-mini, version: '2026-03-17'}")
        lines.append("    sku: {name: GlobalStandard, capacity: 1}")
    lines.append("stores:")
    for number in range(count):
        lines.append(f"  store-{number}:")
        lines.append(f"    description: Store number {number}.")
        lines.append(f"    chat_model: chat-{number % (count - 1)}")
        lines.append("    embedding_model: embed")
        lines.append("    options: {user_profile_enabled: true, chat_summary_enabled: true}")
    lines.append("agents:")
    for number in range(count):
        lines.append(f"  agent-{number}:")
        lines.append(f"    model: chat-{number % (count - 1)}")
        lines.append("    instructions: |")
        lines.extend(f"      Line {line} of the instructions of agent {number}." for line in range(10))
        lines.append("    tools:")
        lines.append(f"      - {{type: memory_search, memory_store_name: store-{number}, scope: '{{{{$userId}}}}'}}")
    return "\n".join(lines) + "\n"


@contextmanager
def emulator(*flags: str) -> Iterator[Mapping[str, str]]:
    """A local Foundry in a process of its own; gives the environment of programs that use it."""
    command = [*PROVISIONER, "emulator", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield {**os.environ, **ready["env"]}
    finally:
        process.terminate()
        process.wait(timeout=30)


@dataclass(frozen=True, kw_only=True)
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    stdout: str


_MEASURE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(json.loads(sys.argv[1]), stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
wall = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
peak = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps({"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak, "code": done.returncode,
                  "stdout": done.stdout}))
"""


def measured(command: Sequence[str], env: Mapping[str, str] | None = None, *, folder: Path = ROOT) -> Run:
    """Run it in a process whose only child it is, so that its CPU and memory are its own."""
    wrapper = [sys.executable, "-c", _MEASURE, json.dumps(list(command))]
    done = subprocess.run(wrapper, capture_output=True, text=True, check=True, env=env, cwd=folder)
    return Run(**json.loads(done.stdout))


def best(command: Sequence[str], *, runs: int = 7, env: Mapping[str, str] | None = None) -> Run:
    """The median by CPU; a first run warms the caches and is thrown away."""
    measured(command, env)
    found = sorted((measured(command, env) for _ in range(runs)), key=lambda run: run.cpu_s)
    return found[len(found) // 2]


def row(label: str, run: Run, note: str = "") -> None:
    print(f"{label:<44} {run.wall_s:8.3f} s wall {run.cpu_s:8.3f} s cpu {run.peak_mb:7.1f} MB  {note}")
