"""What a lock relies on, told as stories that hold on the storage of these tests and on Azurite alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

import pytest

from provisioner.model.errors import PlaneError
from provisioner.model.lock import Holder
from provisioner.planes.lease import BREAK_S, BlobLock, Lease, State

Opened: TypeAlias = Callable[[], AbstractContextManager[BlobLock]]
ALICE: Final = Holder(command="apply", who="alice", host="runner-1", run="https://ci.example/1", since="2026-11-29")
BOB: Final = Holder(command="destroy", who="bob")


def taken(lock: BlobLock, holder: Holder = ALICE) -> Lease:
    lease = lock.take(holder)
    assert lease is not None
    return lease


def nobody_has_what_nobody_took(opened: Opened) -> None:
    with opened() as lock:
        assert lock.look().state is State.FREE


def one_has_it_and_says_who(opened: Opened) -> None:
    with opened() as ours, opened() as theirs:
        lease = taken(ours)

        assert theirs.take(BOB) is None
        assert theirs.look().state is State.HELD
        assert theirs.look().holder == ALICE
        assert lease.release() == ""


def what_was_given_back_is_anybodys(opened: Opened) -> None:
    with opened() as ours, opened() as theirs:
        assert taken(ours).release() == ""
        assert theirs.look().state is State.FREE
        assert not theirs.look().holder.is_known

        assert taken(theirs, BOB).release() == ""


def a_write_asks_for_it_again(opened: Opened) -> None:
    with opened() as lock:
        lease = taken(lock)

        lease.require()
        lease.require()

        assert lease.lost == ""
        lease.release()


def what_was_broken_writes_nothing_more_and_is_nobodys_yet(opened: Opened) -> None:
    with opened() as ours, opened() as theirs:
        lease = taken(ours)

        assert 0 < theirs.end() <= BREAK_S
        with pytest.raises(PlaneError) as caught:
            lease.require()

        assert caught.value.failure.code == "lock-lost"
        assert "somebody broke it" in caught.value.message
        assert theirs.look().state is State.ENDING
        assert theirs.take(BOB) is None
        lease.release()  # which ends the waiting
        assert taken(theirs, BOB).release() == ""


def breaking_what_nobody_has_does_nothing(opened: Opened) -> None:
    with opened() as lock:
        assert lock.end() == 0
        assert taken(lock).release() == ""
        assert lock.end() == 0


def of_many_at_once_one_has_it(opened: Opened) -> None:
    """The first ones also make the blob."""
    with opened() as lock:
        found: list[Lease | None] = []
        threads = [threading.Thread(target=lambda: found.append(lock.take(ALICE))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        (lease,) = (it for it in found if it is not None)
        assert len(found) == 6
        assert lease.release() == ""


STORIES: Final = (
    nobody_has_what_nobody_took,
    one_has_it_and_says_who,
    what_was_given_back_is_anybodys,
    a_write_asks_for_it_again,
    what_was_broken_writes_nothing_more_and_is_nobodys_yet,
    breaking_what_nobody_has_does_nothing,
    of_many_at_once_one_has_it,
)
