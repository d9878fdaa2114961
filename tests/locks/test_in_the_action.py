"""A lock in a step of the GitHub Action: what the page of the run says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry import Command, Foundry
from tests.locks.storage import Storage
from tests.locks.test_journeys import AT_ONCE, HERE, another_run_holds
from tests.pipelines.steps import Runner, runner

__all__ = ["runner"]


@pytest.mark.usefixtures("manifest")
def test_one_that_is_held_fails_the_step_and_is_told(
    storage: Storage, foundry: Foundry, provisioner: Command, runner: Runner
) -> None:
    another_run_holds(storage, provisioner, foundry)

    told = runner.run("apply", args=" ".join(("--yes", *AT_ONCE)))

    said = " ".join(told.summary.split())
    assert told.code == 1
    assert 'The lock of "dev-buddy" is held by ' in said
    assert "for destroy. Nothing was read or changed." in said
    assert foundry.requests() == []


@pytest.mark.usefixtures("manifest")
def test_one_that_is_lost_fails_the_step_and_what_was_done_is_told(storage: Storage, runner: Runner) -> None:
    storage.before("renew", 2, storage.break_lease)

    told = runner.run("apply", args=" ".join(("--yes", "--parallelism", "1", *HERE)))

    assert told.code == 1
    assert told.summary.count("  done  ") == 1
    assert "lock-lost" in told.summary
    assert "The lock was lost: somebody broke it" in " ".join(told.summary.split())


def test_a_policy_of_the_pipelines_own_is_told_of(manifest: Path, runner: Runner) -> None:
    (manifest.parent / "policy.yaml").write_text("require_plan: true\n", "utf-8")

    told = runner.run("apply", args=" ".join(("--yes", "--policy", "policy.yaml", *HERE)))

    assert told.code == 1
    assert "policy-require-plan" in told.summary
    assert "policy.yaml:1" in told.summary


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing is full here")
@pytest.mark.usefixtures("manifest")
def test_a_full_disk_for_the_log_and_a_trace_that_is_none_fail_no_step(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVISIONER_LOG_FILE", "/dev/full")
    monkeypatch.setenv("TRACEPARENT", "00-\x1b[31m::error::-zz")

    told = runner.run("plan", args=" ".join(HERE))

    assert (told.code, told.outputs["has-changes"]) == (0, "true")
