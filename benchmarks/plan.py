"""What a no-change plan costs: the example, then many resources behind a slow network, then ten times as many.

Aims: the example under 0.8 s of CPU; 3 x 1,000 resources at 50 ms latency under 3 s of CPU and 200 MB, with no more
round trips than the pages need; ten times as many resources cost ten times as much.

    python -m benchmarks.plan [COUNT ...]        # 1000 by default; "1000 10000" shows the growth
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from ssl import create_default_context

from benchmarks.world import PROVISIONER, ROOT, best, emulator, large_manifest, measured, row
from provisioner.preflight.settings import IDS


def example() -> None:
    with emulator() as env:
        applied = measured([*PROVISIONER, "apply", "--yes"], env)
        assert applied.code == 0, applied.stdout
        row("apply of stores.yaml", applied)
        run = best([*PROVISIONER, "plan", "--detailed-exitcode"], env=env)
        assert run.code == 0, run.stdout
        row("no-change plan of stores.yaml", run, "aim 0.8 s cpu")
        imports(env)


def imports(env: Mapping[str, str]) -> None:
    """Where the CPU goes that is not ours: importing the libraries."""
    floor = best([sys.executable, "-c", "pass"], env=env).cpu_s
    for names in ("click", "yaml", "jsonschema", "httpx", "azure.identity", "azure.mgmt.cognitiveservices"):
        run = best([sys.executable, "-c", f"import {names}"], env=env, runs=3)
        row(f"  import {names} alone", run, f"+{run.cpu_s - floor:.3f} s cpu")


def many(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "big.yaml"
        manifest.write_text(large_manifest(count), encoding="utf-8")
        state = str(Path(folder) / "state.db")
        with emulator("--state", state) as env:
            applied = measured([*PROVISIONER, "apply", "--yes", "-f", str(manifest)], {**env, "CI": "1"})
            assert applied.code == 0, applied.stdout[-2000:]
            row(f"apply of 3 x {count}", applied)
        with emulator("--state", state, "--latency", "50") as env:
            run = measured([*PROVISIONER, "plan", "--detailed-exitcode", "-f", str(manifest)], env)
            assert run.code == 0, run.stdout[-2000:]
            row(f"no-change plan of 3 x {count}, 50 ms latency", run, "aim 3 s cpu, 200 MB per 1,000")
            told(seen(env))
            saved(manifest, env)
            checks(manifest, env)
        phases(manifest)


def saved(manifest: Path, env: Mapping[str, str]) -> None:
    """What else reads the live state, and asks no more than a plan does."""
    changed, plan = manifest.with_name("edited.yaml"), str(manifest.with_name("plan.json"))
    changed.write_text(manifest.read_text(encoding="utf-8").replace("number 0.", "number 0, edited."), encoding="utf-8")
    once = (["plan", "-f", str(changed), "--out", plan], ["apply", "--plan", plan])
    for words in once:
        run = measured([*PROVISIONER, *words], env)
        assert run.code == 0, run.stdout[-2000:]
    for label, words in (
        ("no-change plan", ["plan", "-f", str(changed)]),
        ("apply --plan that is no longer needed", ["apply", "--plan", plan]),
        ("drift", ["drift", "-f", str(changed)]),
    ):
        before = sum(seen(env).values())
        run = measured([*PROVISIONER, *words], env)
        assert run.code == 0, run.stdout[-2000:]
        row(f"{label}, 50 ms latency", run, f"{sum(seen(env).values()) - before} requests")


def checks(manifest: Path, env: Mapping[str, str]) -> None:
    """A plan with changes asks what Azure would refuse: one round trip more, of requests side by side."""
    changed = manifest.with_name("changed.yaml")
    changed.write_text(
        manifest.read_text(encoding="utf-8").replace("capacity: 1}", "capacity: 2}", 1), encoding="utf-8"
    )
    left_out = [word for name in IDS for word in ("--skip-check", name)]
    for label, flags in (("without checks", left_out), ("with all checks", [])):
        before = seen(env)
        run = measured([*PROVISIONER, "plan", "-f", str(changed), *flags], env)
        assert run.code == 0, run.stdout[-2000:]
        row(f"plan of one change, {label}, 50 ms latency", run, "aim: one round trip more")
        told(seen(env) - before)


def seen(env: Mapping[str, str]) -> Counter[str]:
    """What was asked so far, and how often."""
    url = env["PROVISIONER_MANAGEMENT_ENDPOINT"] + "/_emulator/requests"
    with urllib.request.urlopen(url, context=create_default_context(cafile=env["SSL_CERT_FILE"])) as answer:
        log = json.loads(answer.read())
    return Counter(f"{line['method']} {line['path'].rsplit('/', 1)[-1]}" for line in log.get("requests", log))


def told(asked: Mapping[str, int]) -> None:
    for what, times in sorted(asked.items()):
        print(f"  {times:5d}  {what}")


def phases(manifest: Path) -> None:
    """Where our own CPU goes."""
    script = """
import os, sys, time
from pathlib import Path
tick = time.process_time()
def lap(name):
    global tick
    now = time.process_time(); print(f"  {now - tick:7.3f} s cpu  {name}"); tick = now
from provisioner.manifest.load import load
lap("importing the manifest room")
loaded = load([Path(sys.argv[1])], environ={}, project_needed=False)
lap("reading and checking the manifest")
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.planner import make_plan
from provisioner.kinds import TRAITS
from provisioner.model.resource import Live, Marker
live = {
    address: Live(address=address, fields=wanted.fields, needs=wanted.needs,
                  marker=Marker(owner="big", applied=AppliedRecord.of(wanted.fields, 256)))
    for address, wanted in loaded.manifest.resources.items()
}
lap("(making up the live state)")
plan = make_plan(loaded.manifest.resources, live, owner="big", traits=TRAITS)
assert plan.is_empty
lap("comparing and planning")
"""
    run = measured([sys.executable, "-c", script, str(manifest)])
    print(run.stdout, end="")


def main() -> None:
    print(f"{ROOT.name}, Python {sys.version.split()[0]}")
    example()
    for count in [int(argument) for argument in sys.argv[1:]] or [1000]:
        many(count)


if __name__ == "__main__":
    main()
