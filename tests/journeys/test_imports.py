"""A command pays only for what it uses: which libraries it imports, and never how long that takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.foundry import Command

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from provisioner.cli.main import run
code = run(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps({"code": code, "modules": sorted(sys.modules)}))
"""
# The heavy ones, and what shows that a room of ours was entered in vain.
NETWORK = {"ssl", "hashlib", "httpx", "requests", "urllib3", "azure", "azure.identity", "provisioner.planes.service"}
RUNNING = {
    "rich",
    "azure.mgmt.core",
    "azure.mgmt.cognitiveservices",
    "azure.core.polling",
    "asyncio",
    "difflib",
    "jinja2",
}
LOGGING = {"provisioner.cli.run_log", "provisioner.planes.sign_in_log"}
REST = {"provisioner.planes.polling", "provisioner.model.progress", "provisioner.apply.execute", "provisioner.emulator"}
PLANNING = {"provisioner.model.plan", "provisioner.reconcile.planner", "provisioner.apply.observe"}
MANIFEST = {"yaml", "provisioner.manifest.load", "provisioner.kinds"}


def imported(*arguments: str, folder: Path = ROOT) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stderr.splitlines()[-1])
    assert told["code"] == 0, done.stderr
    return set(told["modules"])


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_imports_neither_a_manifest_nor_a_network(flag: str) -> None:
    assert imported(flag) & (NETWORK | RUNNING | REST | PLANNING | MANIFEST | LOGGING) == set()


@pytest.mark.parametrize("command", ["validate", "graph"])
def test_what_stays_offline_imports_no_network_and_no_plan(command: str) -> None:
    found = imported(command, "--file", str(ROOT / "stores.yaml"))
    assert found & (NETWORK | RUNNING | REST | PLANNING | LOGGING | {"jsonschema"}) == set()
    assert found >= MANIFEST


def test_a_log_of_what_stays_offline_imports_no_network_either(tmp_path: Path) -> None:
    found = imported("--log-file", str(tmp_path / "run.jsonl"), "validate", "--file", str(ROOT / "stores.yaml"))
    assert found & (NETWORK | RUNNING | REST | PLANNING | {"jsonschema"}) == set()


def test_a_folder_is_started_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text(
        '{"projectEndpoint": "https://a.services.ai.azure.com/api/projects/p"}', encoding="utf-8"
    )
    outside = (NETWORK - {"hashlib"}) | RUNNING | REST | PLANNING | {"jsonschema"}  # temporary files have random names
    assert imported("init", folder=tmp_path) & outside == set()
    assert imported("init", "--force", "--from-outputs", "outputs.json", folder=tmp_path) & outside == set()


@pytest.mark.usefixtures("foundry")
def test_a_plan_without_changes_imports_nothing_that_writes(provisioner: Command) -> None:
    manifest = ("--file", str(ROOT / "stores.yaml"))
    assert provisioner("apply", "--yes", *manifest).code == 0
    found = imported("plan", "--detailed-exitcode", *manifest)
    assert found & (RUNNING | REST | LOGGING | {"jsonschema"}) == set()
    assert found >= NETWORK | PLANNING | MANIFEST


@pytest.mark.usefixtures("foundry")
def test_an_apply_that_moves_no_memories_imports_nothing_that_does(provisioner: Command) -> None:
    manifest = ("--file", str(ROOT / "stores.yaml"))
    assert provisioner("apply", "--yes", *manifest).code == 0
    found = imported("apply", "--yes", *manifest)
    assert found & {"provisioner.memory.migrating", "provisioner.memory.plane", "provisioner.cli.journals"} == set()
