"""Waiting for a lock that another run holds, in time that only pretends to pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provisioner.cli.locking import RunLock
from provisioner.cli.session import Request
from provisioner.manifest.load import Manifest, ProjectSettings
from provisioner.model.errors import PlaneError
from provisioner.model.lock import LockSettings
from provisioner.planes.credentials import SignIn
from tests.locks.storage import CONTAINER, Storage
from tests.planes.world import FakeClock, FakeCredential


@pytest.fixture
def clock(storage: Storage) -> FakeClock:
    clock = FakeClock()
    clock.followers.append(storage.advance)
    return clock


@contextmanager
def run_of(storage: Storage, clock: FakeClock, timeout_s: float, owner: str = "team") -> Iterator[RunLock]:
    manifest = Manifest(
        name=owner,
        project=ProjectSettings(endpoint="https://acc.services.ai.azure.com/api/projects/p"),
        resources={},
        lock=LockSettings(account_url=storage.url, container=CONTAINER),
    )
    lock = RunLock("apply", timeout_s=timeout_s, clock=clock)
    request = Request(files=(Path("m.yaml"),), allow_hosts=("127.0.0.1",))
    with lock.taken(request, manifest, SignIn(FakeCredential)):
        yield lock


def test_who_waits_has_it_when_it_is_given_back(
    storage: Storage, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with run_of(storage, clock, 0):
        held = storage.blob.lease
        clock.followers.append(lambda _: storage.blob.__setattr__("lease", "") if clock.now() > 1010 else None)
        with run_of(storage, clock, 60) as second:
            second.require()

            assert storage.blob.lease != held
    said = " ".join(capsys.readouterr().err.split())
    assert said.count('Waiting for the lock of "team", up to 60 s: it is held by ') == 1


def test_who_waits_for_long_is_told_again(
    storage: Storage, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with run_of(storage, clock, 0) as first:
        clock.followers.append(lambda _: first.require())
        with pytest.raises(PlaneError) as caught, run_of(storage, clock, 100):
            pytest.fail("it is held")
    assert caught.value.failure.code == "lock-held"
    assert "100 s were waited for it." in caught.value.message
    assert clock.now() == 1100
    assert capsys.readouterr().err.count("Waiting for the lock") == 4


def test_a_wait_outlasts_the_lock_of_a_run_that_was_killed(storage: Storage, clock: FakeClock) -> None:
    storage.spoil("release", times=3, status=503, code="ServerBusy")
    with run_of(storage, clock, 0):
        pass

    with run_of(storage, clock, 120) as second:
        second.require()
    assert 1055 < clock.now() < 1070


def test_what_has_just_become_free_is_not_told_to_be_held(storage: Storage, clock: FakeClock) -> None:
    with run_of(storage, clock, 0):
        storage.before("get", 1, lambda: storage.blob.__setattr__("lease", ""))
        with run_of(storage, clock, 0) as second:
            second.require()


def test_other_owners_and_projects_are_not_waited_for(storage: Storage, clock: FakeClock) -> None:
    with run_of(storage, clock, 0), run_of(storage, clock, 0, owner="others") as second:
        second.require()
        assert len(storage.blobs) == 2
