"""The life of a reviewed plan, as a pipeline and its people live it: it is made and applied by processes of its own."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry, Result

EDITED = EXAMPLE.replace("capacity: 50  ", "capacity: 60  ").replace("update_delay: 1 ", "update_delay: 2 ")


@pytest.fixture
def manifest(foundry: Foundry, project: Path, provisioner: Command) -> Path:  # noqa: ARG001
    path = project / "stores.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    return path


def process(*arguments: str) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "provisioner", *arguments],
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Result(code=done.returncode, out=done.stdout, err=done.stderr)


def writes(foundry: Foundry) -> list[str]:
    return [request for request in foundry.requests() if not request.startswith("GET")]


def changed(before: str, after: str) -> list[str]:
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in told if line[:3] not in ("---", "+++") and not line.startswith("@@")]


def test_what_was_reviewed_is_what_is_applied(manifest: Path, foundry: Foundry, provisioner: Command) -> None:
    # edit, and plan in four formats
    manifest.write_text(EDITED, encoding="utf-8")
    files = ("plan.json", "plan.md", "plan.html", "plan.txt")
    planned = process("plan", "--detailed-exitcode", *(word for name in files for word in ("--out", name)))
    assert planned.code == 2, planned.err
    digest = planned.out.rstrip().rpartition("\n")[2].rpartition(" ")[2]
    assert digest.startswith("sha256:")
    assert all(digest in Path(name).read_text("utf-8") for name in files)
    assert provisioner("show", "plan.json").out == Path("plan.txt").read_text("utf-8")

    # somebody edits in the portal: the plan is stale, and nothing is written
    foundry.drift("deployment", "gpt-5.4-mini", sku={"name": "GlobalStandard", "capacity": 7})
    foundry.forget_requests()
    refused = provisioner("apply", "--plan", "plan.json")
    assert refused.code == 1
    assert "deployments/gpt-5.4-mini sku.capacity: was 50 when planned, is 7 now" in refused.out + refused.err
    assert writes(foundry) == []

    # a new plan, applied; then there is nothing to do, twice
    assert provisioner("plan", "--out", "plan.json").code == 0
    digest = json.loads(Path("plan.json").read_text("utf-8"))["digest"]
    manifest.rename(manifest.with_name("elsewhere"))  # it needs no manifest
    applied = process("apply", "--plan", "plan.json")
    assert applied.code == 0, applied.err + applied.out
    manifest.with_name("elsewhere").rename(manifest)
    assert provisioner("plan", "--detailed-exitcode").code == 0
    foundry.forget_requests()
    again = provisioner("apply", "--plan", "plan.json")
    assert again.code == 0, again.err
    assert "othing to do" in again.out
    assert writes(foundry) == []

    # by digest: that of another plan is refused, that of this one is applied without a question
    manifest.write_text(EDITED.replace("capacity: 60 ", "capacity: 70 "), encoding="utf-8")
    foundry.forget_requests()
    other = provisioner("apply", "--expect-digest", digest)
    assert other.code == 1
    assert "sku.capacity" in other.out
    assert writes(foundry) == []
    meant = json.loads(provisioner("plan", "--format", "json").out)["digest"]
    assert provisioner("apply", "--expect-digest", meant).code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0

    # an edit behind our back is drift, and is accepted in exactly the line that declares it
    before = manifest.read_text("utf-8")
    foundry.drift("store", "dev-prefs-memory", description="What they like.")
    drift = provisioner("drift", "--detailed-exitcode")
    assert drift.code == 2
    assert "stores/dev-prefs-memory" in drift.out
    assert "description" in drift.out
    assert provisioner("drift", "--accept").code == 0
    assert changed(before, manifest.read_text("utf-8")) == [
        "-    description: Developer preferences and working context.",
        "+    description: What they like.",
    ]
    assert provisioner("drift", "--detailed-exitcode").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_and_drift_ask_no_more_than_a_plan(manifest: Path, foundry: Foundry, provisioner: Command) -> None:
    manifest.write_text(EDITED, encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    assert provisioner("apply", "--plan", "plan.json").code == 0
    counts = {}
    for words in (("plan",), ("apply", "--plan", "plan.json"), ("drift",)):
        foundry.forget_requests()
        assert provisioner(*words).code == 0
        counts[words[0]] = len(foundry.requests())

    assert counts["apply"] <= counts["plan"]
    assert counts["drift"] <= counts["plan"]
