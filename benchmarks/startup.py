"""What a command costs before it does any work, and what a small one costs in all, beside the floor.

Aims, in CPU: `--help` 0.08 s above a bare interpreter, `validate` 0.135 s, a no-change plan of stores.yaml twice
the floor (the same reads over bare httpx), and 100 agents twice the same requests over bare httpx. What is compared
runs in turn, so that others on the machine slow both.

    python -m benchmarks.startup
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.world import PROVISIONER, Run, best, emulator, measured, row

FLOOR = [sys.executable, "-m", "benchmarks.floor"]
BARE = [sys.executable, "-c", "pass"]
COUNT = 100
RUNS = 9


def beside(
    command: Sequence[str], other: Sequence[str], env: Mapping[str, str] | None = None
) -> tuple[Run, Run, float, float]:
    """The median runs of both, and the medians of their differences and of their ratios, pair by pair."""
    measured(command, env)
    measured(other, env)
    pairs = [(measured(command, env), measured(other, env)) for _ in range(RUNS)]
    for run, _ in pairs:
        assert run.code == 0, run.stdout
    middle = RUNS // 2
    one = sorted((run for run, _ in pairs), key=lambda run: run.cpu_s)[middle]
    two = sorted((run for _, run in pairs), key=lambda run: run.cpu_s)[middle]
    above = statistics.median(run.cpu_s - floor.cpu_s for run, floor in pairs)
    ratio = statistics.median(run.cpu_s / floor.cpu_s for run, floor in pairs)
    return one, two, above, ratio


def offline() -> None:
    """With the example's variables set, as where it is used: a warning has its text looked through for secrets."""
    env = {**os.environ, **dict.fromkeys(("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"), "example")}
    env["FOUNDRY_PROJECT_ENDPOINT"] = "https://example.services.ai.azure.com/api/projects/example"
    row("python -c pass", best(BARE))
    for arguments, aim in ((["--help"], 0.08), (["--version"], 0.08), (["validate"], 0.135), (["graph"], 0.15)):
        run, _, above, _ = beside([*PROVISIONER, *arguments], BARE, env)
        row(" ".join(["provisioner", *arguments]), run, f"+{1000 * above:.0f} ms of {1000 * aim:.0f}")


def plan(env: Mapping[str, str]) -> None:
    applied = measured([*PROVISIONER, "apply", "--yes"], env)
    assert applied.code == 0, applied.stdout
    run, floor, _, ratio = beside([*PROVISIONER, "plan", "--detailed-exitcode"], [*FLOOR, "reads"], env)
    row("no-change plan of stores.yaml", run, f"{ratio:.2f} x the floor, aim 2")
    row("  the same reads over bare httpx", floor)


def agents(count: int) -> str:
    lines = ["version: 1", "name: many", "agents:"]
    lines += [f"  many-{number}: {{model: other/gpt, instructions: Agent {number}.}}" for number in range(count)]
    return "\n".join(lines) + "\n"


def creation(env: Mapping[str, str]) -> None:
    """Each against a run of the same program that makes one only, so that what starting costs is left out."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few.yaml", Path(folder) / "many.yaml"
        few.write_text(agents(1), encoding="utf-8")
        many.write_text(agents(COUNT + 1), encoding="utf-8")
        first = measured([*PROVISIONER, "apply", "--yes", "-f", str(few)], env)
        assert first.code == 0, first.stdout
        rest = measured([*PROVISIONER, "apply", "--yes", "-f", str(many)], env)
        assert rest.code == 0, rest.stdout
    one, all_of_them = (measured([*FLOOR, "creates", str(count)], env) for count in (1, COUNT + 1))
    ours, bare = ((many.cpu_s - few.cpu_s) / COUNT for few, many in ((first, rest), (one, all_of_them)))
    row(f"apply of {COUNT} agents", rest, f"{1000 * ours:.1f} ms each, {ours / bare:.2f} x the floor, aim 2")
    row("  the same requests over bare httpx", all_of_them, f"{1000 * bare:.1f} ms each")


def main() -> None:
    offline()
    with emulator() as env:
        plan(env)
        creation(env)


if __name__ == "__main__":
    main()
