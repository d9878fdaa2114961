"""Locks as people and pipelines meet them: the whole command, a Foundry and a storage over real HTTPS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.foundry import Command, Foundry
from tests.locks.storage import Storage

ROOT = Path(__file__).parents[2]
HERE = ("--allow-host", "127.0.0.1")
AT_ONCE = (*HERE, "--lock-timeout", "0")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for one child")


def apply_aside(manifest: Path, *more: str, command: str = "apply") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "provisioner", command, "--yes", *HERE, *more],
        cwd=manifest.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def another_run_holds(storage: Storage, provisioner: Command, foundry: Foundry) -> None:
    """Somebody who was killed after the lock was taken: it is held by nobody who lives."""
    storage.spoil("release", times=3, status=503, code="ServerBusy")
    storage.spoil("put", status=201, after=True)  # the blob is made
    storage.spoil("put", status=201, after=True)  # who it is
    storage.spoil("put", status=503, code="ServerBusy")  # the end
    assert provisioner("destroy", *AT_ONCE, "--yes").code == 0
    foundry.forget_requests()
    storage.heal()


def test_apply_takes_it_before_anything_and_gives_it_back(
    manifest: Path, storage: Storage, foundry: Foundry, provisioner: Command
) -> None:
    early: list[list[str]] = []
    storage.before("acquire", 1, lambda: early.append(foundry.requests()))

    done = provisioner("apply", "--yes", *HERE)

    assert done.code == 0, done.err
    assert early == [[]]
    assert [it for it in storage.seen if it != "renew"] == ["acquire", "put", "acquire", "put", "put", "release"]
    assert storage.seen.count("renew") >= len(foundry.requests("POST") + foundry.requests("PUT"))
    assert storage.state == "available"
    assert manifest.exists()


def test_a_plan_takes_none(manifest: Path, storage: Storage, provisioner: Command) -> None:  # noqa: ARG001
    assert provisioner("plan", *HERE).code == 0
    assert storage.seen == []


def test_destroy_takes_it_and_an_empty_plan_gives_it_back(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
) -> None:
    assert provisioner("destroy", "--yes", *HERE).code == 0
    assert storage.seen[-1] == "release"
    assert storage.state == "available"


def test_a_local_run_takes_none_and_says_so(manifest: Path, storage: Storage, provisioner: Command) -> None:  # noqa: ARG001
    done = provisioner("apply", "--local", "--yes")

    assert done.code == 0
    assert "lock is not taken: the local Foundry is this machine's alone." in done.err
    assert storage.seen == []


def test_a_saved_plan_takes_the_lock_of_its_manifest(
    manifest: Path, storage: Storage, provisioner: Command, foundry: Foundry
) -> None:
    assert provisioner("plan", "--out", "plan.json", *HERE).code == 0
    assert json.loads(Path("plan.json").read_text())["lock"] == {
        "azure_blob": {"account_url": storage.url, "container": "locks"}
    }
    manifest.unlink()

    done = provisioner("apply", "--plan", "plan.json", *HERE)

    assert done.code == 0, done.err
    assert storage.seen[-1] == "release"
    assert len(foundry.objects("agents")) == 1


def test_a_saved_plan_sends_no_token_where_none_may_go(manifest: Path, storage: Storage, provisioner: Command) -> None:  # noqa: ARG001
    assert provisioner("plan", "--out", "plan.json", *HERE).code == 0

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "code untrusted-host" in refused.err
    assert storage.seen == []


def test_who_comes_second_is_told_who_holds_it_and_reads_nothing(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "octocat",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "7",
    }.items():
        monkeypatch.setenv(name, value)
    another_run_holds(storage, provisioner, foundry)

    second = provisioner("apply", "--yes", "--format", "json", *AT_ONCE)

    said = " ".join(second.err.split())
    assert second.code == 1
    assert 'The lock of "dev-buddy" is held by octocat on ' in said
    assert "for destroy, in https://github.com/o/r/actions/runs/7. Nothing was read or changed." in said
    assert "code lock-held" in said
    assert second.events[-1]["event"] == "failed"
    assert foundry.requests() == []


def test_a_run_that_was_killed_keeps_others_out_for_a_minute_at_most(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
) -> None:
    another_run_holds(storage, provisioner, foundry)
    assert provisioner("apply", "--yes", *AT_ONCE).code == 1

    storage.advance(60)

    assert provisioner("apply", "--yes", *AT_ONCE).code == 0


@posix
def test_a_killed_process_keeps_nothing_for_longer(
    manifest: Path, storage: Storage, provisioner: Command, foundry: Foundry
) -> None:
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 30})
    run = apply_aside(manifest)
    wait_for(lambda: storage.seen.count("renew") > 0)
    run.kill()
    run.communicate(timeout=30)

    assert provisioner("lock", "show", *HERE).out.startswith('The lock of "dev-buddy" is held by ')
    storage.advance(60)
    assert provisioner("lock", "show", *HERE).out.startswith('The lock of "dev-buddy" is free.')


def wait_for(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_gives_it_back_when_what_runs_has_ended(
    manifest: Path, storage: Storage, foundry: Foundry, number: signal.Signals
) -> None:
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 1})
    run = apply_aside(manifest)
    wait_for(lambda: storage.seen.count("renew") > 0)
    run.send_signal(number)
    out, err = run.communicate(timeout=60)

    assert run.returncode == 130, err
    assert "skipped" in out
    assert storage.state == "available"


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_reads_gives_it_back(
    manifest: Path, storage: Storage, foundry: Foundry, number: signal.Signals
) -> None:
    foundry.fault({"method": "GET", "path": "*/agents*"}, {"status": 429, "headers": {"Retry-After": "30"}})
    run = apply_aside(manifest)
    assert run.stderr is not None
    assert "Still reading" in run.stderr.readline()
    run.send_signal(number)
    run.communicate(timeout=60)

    assert run.returncode == 130
    assert storage.state == "available"


@posix
def test_a_run_that_leaves_at_once_keeps_it_as_what_it_sent_may_be_on_its_way(
    manifest: Path, storage: Storage, foundry: Foundry
) -> None:
    foundry.fault({"method": "PUT", "path": "*/deployments/*"}, {"delay_s": 5})
    run = apply_aside(manifest)
    wait_for(lambda: storage.seen.count("renew") > 0)
    assert run.stderr is not None
    run.send_signal(signal.SIGINT)
    assert any("Again to leave at once" in line for line in run.stderr)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "The lock ends by itself within 60 s" in err
    assert storage.state == "leased"


@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_lock_that_is_lost_stops_before_the_next_write_and_tells_what_was_done(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
    write: int,
) -> None:
    storage.before("renew", write, storage.break_lease)

    lost = provisioner("apply", "--yes", "--parallelism", "1", *HERE)

    writes = [*foundry.requests("PUT"), *foundry.requests("POST"), *foundry.requests("PATCH")]
    assert lost.code == 1
    assert len(writes) == write - 1
    assert "code lock-lost" in lost.out
    assert lost.out.count("  done  ") == write - 1
    assert "The lock was lost: somebody broke it" in " ".join(lost.err.split())
    assert "`provisioner lock show` says who holds it now." in " ".join(lost.err.split())
    assert provisioner("apply", "--yes", *HERE).code == 0


def test_a_replacement_that_loses_it_between_its_writes_says_what_is_gone(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
) -> None:
    assert provisioner("apply", "--yes", *HERE).code == 0
    storage.seen.clear()
    storage.before("renew", 2, storage.break_lease)

    lost = provisioner("apply", "--yes", "--parallelism", "1", "--replace", "deployments/gpt-5.4-mini", *HERE)

    assert lost.code == 1
    assert "The lock was lost, so this was not written" in " ".join(lost.out.split())
    assert "The old one was deleted and could not be put back either" in " ".join(lost.out.split())
    assert foundry.requests("DELETE")
    assert len(foundry.requests("PUT")) == 2  # of the first apply
    assert provisioner("apply", "--yes", *HERE).out.count("created") >= 1


def test_show_and_release_say_whose_it_is(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
) -> None:
    assert provisioner("lock", "show", *HERE).out.startswith('The lock of "dev-buddy" is free.\nIt is kept in https://')
    assert provisioner("lock", "release", *HERE).out == 'The lock of "dev-buddy" is free; nothing was done.\n'
    another_run_holds(storage, provisioner, foundry)

    shown = provisioner("lock", "show", "--format", "json", *HERE).document
    asked = provisioner("lock", "release", *HERE)
    released = provisioner("lock", "release", "--yes", *HERE)

    assert shown["state"] == "held"
    assert shown["holder"]["command"] == "destroy"
    assert asked.code == 1
    assert "Nobody can be asked here, so it was left." in " ".join(asked.err.split())
    assert "It was taken away: that run stops before its next write. It is free in 20 s at the latest." in released.out
    assert "was broken and is about to end" in provisioner("lock", "show", *HERE).out
    storage.advance(20)
    assert provisioner("lock", "show", "--format", "json", *HERE).document["state"] == "free"


def test_a_lock_that_is_about_to_end_is_given_back_by_the_run_that_loses_it(
    manifest: Path,  # noqa: ARG001
    storage: Storage,
    provisioner: Command,
    foundry: Foundry,
) -> None:
    storage.before("renew", 2, lambda: storage.break_lease(within_s=20))

    lost = provisioner("apply", "--yes", "--parallelism", "1", *HERE)

    assert lost.code == 1
    assert "lock-lost" in lost.out
    assert storage.state == "available"  # nobody waits for the 20 s
    assert len(foundry.requests("PUT")) == 1


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_log_says_what_became_of_it(
    manifest: Path, storage: Storage, provisioner: Command, *, is_lost: bool
) -> None:
    if is_lost:
        storage.before("renew", 2, lambda: storage.break_lease(within_s=20))

    provisioner("--log-file", "run.jsonl", "apply", "--yes", *HERE)

    lines = map(json.loads, (manifest.parent / "run.jsonl").read_text(encoding="utf-8").splitlines())
    told = [
        line["message"] for line in lines if line["logger"] == "provisioner.cli.logs" and line["event"] == "message"
    ]
    end = "The lock was lost." if is_lost else "The lock is given back."
    assert told == ["The lock is taken.", end]


def test_without_a_lock_there_is_none_to_show(project: Path, foundry: Foundry, provisioner: Command) -> None:  # noqa: ARG001
    (project / "stores.yaml").write_text("version: 1\nname: x\n", encoding="utf-8")

    assert "The manifest declares no lock" in provisioner("lock", "show").err


def test_what_it_is_taken_with_is_named_where_it_is_not_installed(
    manifest: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)

    refused = provisioner("apply", "--yes", *HERE)

    assert refused.code == 1
    assert 'pip install "foundry-provisioner[lock]"' in refused.err
    manifest.write_text(manifest.read_text(encoding="utf-8").partition("lock:")[0], encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0


@pytest.mark.parametrize("seconds", ["-1", "nan", "soon", "1e9"])
def test_a_time_to_wait_is_one(manifest: Path, provisioner: Command, seconds: str) -> None:  # noqa: ARG001
    assert "is not a number of seconds" in provisioner("apply", "--lock-timeout", seconds).err
