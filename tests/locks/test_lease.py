"""A lease over real HTTP, where the storage answers well, wrongly, late or by half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from provisioner.model.errors import Failure
from provisioner.model.lock import Holder, LockSettings
from provisioner.planes.credentials import Tokens
from provisioner.planes.lease import DURATION_S, RENEW_S, SAFE_S, BlobLock, State, open_lock
from provisioner.planes.trust import trusted_authorities
from tests.locks.contract import ALICE, BOB, STORIES, Opened, taken
from tests.locks.storage import CONTAINER, Storage
from tests.planes.world import FakeClock, FakeCredential, failure_of


@pytest.fixture
def clock(storage: Storage) -> FakeClock:
    """Its sleep is the storage's, too."""
    clock = FakeClock()
    clock.followers.append(storage.advance)
    return clock


@pytest.fixture
def opened(storage: Storage, clock: FakeClock) -> Opened:
    where = LockSettings(account_url=storage.url, container=CONTAINER)
    tokens = Tokens(FakeCredential(), "https://storage.azure.com/.default")
    trust = trusted_authorities({"SSL_CERT_FILE": storage.ca_file})

    @contextmanager
    def opener() -> Iterator[BlobLock]:
        with open_lock(where, "project/owner", tokens, trust=trust, clock=clock, note=lambda _: None) as lock:
            yield lock

    return opener


@pytest.fixture
def lock(opened: Opened) -> Iterator[BlobLock]:
    with opened() as lock:
        yield lock


@pytest.mark.parametrize("story", STORIES, ids=lambda it: it.__name__)
def test_it_holds_that(story: Callable[[Opened], None], opened: Opened) -> None:
    story(opened)


def test_a_token_of_storage_is_sent(lock: BlobLock, storage: Storage) -> None:
    lock.look()

    assert storage.tokens == ["Bearer secret-1"]


def test_a_killed_holder_loses_it_within_a_minute(lock: BlobLock, storage: Storage) -> None:
    taken(lock)
    assert lock.take(BOB) is None

    storage.advance(DURATION_S)

    assert taken(lock, BOB).release() == ""
    assert DURATION_S <= 60


def test_what_outlived_its_lease_asleep_goes_on_where_nobody_took_it(lock: BlobLock, clock: FakeClock) -> None:
    lease = taken(lock)
    clock.sleep(3600)

    lease.require()

    assert lease.lost == ""


def test_what_another_run_took_in_between_is_lost_for_good(lock: BlobLock, clock: FakeClock) -> None:
    lease = taken(lock)
    clock.sleep(3600)
    taken(lock, BOB).release()

    for _ in range(2):
        failure = failure_of(lease.require)

        assert failure.code == "lock-lost"
    assert "had ended" in lease.lost


@pytest.mark.parametrize("trouble", [{"status": 503, "code": "ServerBusy"}, {}, {"status": 403, "code": "Any"}])
def test_silence_is_borne_while_the_lease_surely_lasts_and_no_longer(
    lock: BlobLock, storage: Storage, clock: FakeClock, trouble: dict[str, Any]
) -> None:
    lease = taken(lock)
    storage.spoil("renew", times=9, **trouble)
    lease.require()
    clock.sleep(SAFE_S - 1)
    lease.require()
    clock.sleep(1)

    assert failure_of(lease.require).code == "lock-lost"
    assert "could not be renewed for 45 s" in lease.lost
    assert SAFE_S + RENEW_S <= DURATION_S  # what was sent at the last moment has time to arrive


def test_a_blob_that_is_deleted_takes_the_lock_along(lock: BlobLock, storage: Storage) -> None:
    lease = taken(lock)
    storage.blobs.clear()

    assert failure_of(lease.require).message.endswith("its blob was deleted.")
    assert lease.release() == ""


def test_writes_that_ask_at_once_share_an_answer(lock: BlobLock, storage: Storage) -> None:
    lease = taken(lock)
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        lease.require()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 <= storage.seen.count("renew") <= 8
    assert lease.lost == ""


def test_it_is_renewed_aside_and_its_loss_is_told_once(lock: BlobLock, storage: Storage) -> None:
    lease, told, heard = taken(lock), [], threading.Event()

    def tell(why: str) -> None:
        told.append(why)
        heard.set()

    with lease.renewing(tell, every_s=0.005):
        while storage.seen.count("renew") < 3:
            heard.wait(0.005)
        assert not told
        storage.break_lease()

        assert heard.wait(10)
    assert told == ["somebody broke it, as `provisioner lock release` does"]


@pytest.mark.parametrize("after", [False, True], ids=["unasked", "done"])
@pytest.mark.parametrize("operation", ["acquire", "put", "release"])
def test_a_connection_that_breaks_takes_or_gives_nothing_twice(
    lock: BlobLock, storage: Storage, operation: str, *, after: bool
) -> None:
    storage.spoil(operation, after=after)
    lease = taken(lock)
    assert storage.state == "leased"
    assert lock.look().holder == ALICE

    assert lease.release() == ""
    assert storage.state == "available"


def test_what_cannot_be_given_back_is_told_and_ends_by_itself(lock: BlobLock, storage: Storage) -> None:
    lease = taken(lock)
    storage.spoil("release", times=3, status=503, code="ServerBusy")

    assert "ServerBusy" in lease.release()
    storage.advance(DURATION_S)
    assert storage.state == "expired"


def test_a_busy_storage_is_asked_again(lock: BlobLock, storage: Storage) -> None:
    storage.spoil("acquire", times=2, status=503, code="ServerBusy")
    storage.spoil("get", status=429, code="ServerBusy")

    taken(lock)

    assert lock.look().state is State.HELD


def test_an_answer_for_another_lease_is_not_believed(lock: BlobLock, storage: Storage) -> None:
    taken(lock).release()
    storage.spoil("acquire", after=True, status=201, headers={"x-ms-lease-id": "11111111-2222-3333-4444-555555555555"})

    assert failure_of(lambda: lock.take(ALICE)).code == "odd-answer"
    assert storage.state == "available"  # it was given back, as it may have been taken


@pytest.mark.parametrize("body", [b"", b"nothing", b"[1]", b'{"who": 7, "host": "\\u202e"}', b"{" * 9000])
def test_whatever_a_holder_wrote_is_read(lock: BlobLock, storage: Storage, body: bytes) -> None:
    taken(lock)
    storage.blob.content = body

    assert lock.look().state is State.HELD


def test_a_holder_that_cannot_say_who_it_is_gives_it_back(lock: BlobLock, storage: Storage) -> None:
    storage.blobs.clear()
    storage.spoil("put", after=True, status=201, body=b"")
    storage.spoil("put", status=403, code="AuthorizationPermissionMismatch")

    assert failure_of(lambda: lock.take(ALICE)).code == "lock-not-allowed"
    assert storage.state == "available"


def refusal_of(lock: BlobLock, storage: Storage, **how: Any) -> Failure:
    storage.spoil("acquire", **how)
    return failure_of(lambda: lock.take(ALICE))


def test_a_container_that_is_missing_is_told_with_the_line_that_makes_it(lock: BlobLock, storage: Storage) -> None:
    storage.containers.clear()

    failure = failure_of(lambda: lock.take(ALICE))

    assert failure.code == "lock-container-missing"
    assert f"\naz storage container create --name {CONTAINER} --account-name devstoreaccount1" in failure.advice
    assert failure_of(lock.look).code == "lock-container-missing"
    assert storage.seen == ["acquire", "get"]


@pytest.mark.parametrize("code", ["AuthorizationPermissionMismatch", "AuthorizationFailure"])
def test_a_refusal_is_told_with_the_role_that_is_missing(lock: BlobLock, storage: Storage, code: str) -> None:
    failure = refusal_of(lock, storage, status=403, code=code)

    assert failure.code == "lock-not-allowed"
    assert '--role "Storage Blob Data Contributor" --assignee OBJECT_ID --scope "$(az storage account' in failure.advice
    assert f'/blobServices/default/containers/{CONTAINER}"' in failure.advice
    assert "network" in failure.advice
    assert failure.request_id == "of-storage"


def test_a_token_that_is_not_taken_is_told(lock: BlobLock, storage: Storage) -> None:
    failure = refusal_of(lock, storage, status=401, code="InvalidAuthenticationInfo")

    assert failure.code == "lock-not-signed-in"
    assert "az login" in failure.advice


@pytest.mark.parametrize(("minutes", "said"), [(12, "12 minutes behind"), (-8, "8 minutes ahead of")])
def test_a_clock_that_is_wrong_is_told(lock: BlobLock, storage: Storage, minutes: int, said: str) -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=minutes), usegmt=True)

    failure = refusal_of(lock, storage, status=403, code="AuthenticationFailed", headers={"Date": date})

    assert failure.code == "lock-clock"
    assert said in failure.advice


@pytest.mark.parametrize("status", [200, 302, 400, 404])
def test_what_is_no_storage_is_told(lock: BlobLock, storage: Storage, status: int) -> None:
    failure = refusal_of(lock, storage, status=status, body=b"<html>Sign in</html>", headers={"Location": "https://x/"})

    assert failure.message.startswith("The lock cannot be used: 127.0.0.1:")
    assert failure.status == status
    assert failure.advice


def test_no_storage_at_all_is_told(storage: Storage, clock: FakeClock) -> None:
    where = LockSettings(account_url="https://127.0.0.1:1/devstoreaccount1", container=CONTAINER)
    tokens = Tokens(FakeCredential(), "https://storage.azure.com/.default")
    trust = trusted_authorities({"SSL_CERT_FILE": storage.ca_file})
    notes: list[str] = []

    with open_lock(where, "x", tokens, trust=trust, clock=clock, note=notes.append) as lock:
        failure = failure_of(lock.look)

    assert failure.message.startswith("The lock cannot be used: ")
    assert len(notes) == 5


def test_an_untrusted_certificate_is_told_at_once(storage: Storage, clock: FakeClock) -> None:
    where = LockSettings(account_url=storage.url, container=CONTAINER)
    tokens = Tokens(FakeCredential(), "https://storage.azure.com/.default")

    with open_lock(where, "x", tokens, trust=trusted_authorities({}), clock=clock, note=lambda _: None) as lock:
        assert failure_of(lock.look).code == "untrusted-certificate"
    assert clock.slept == []


def test_nobody_signed_in_is_told_as_on_the_planes(storage: Storage, clock: FakeClock) -> None:
    class SignedOut(FakeCredential):
        def get_token(self, *scopes: str, **_: Any) -> Any:
            raise ValueError(f"no {scopes[0]}")

    where = LockSettings(account_url=storage.url, container=CONTAINER)
    tokens = Tokens(SignedOut(), "https://storage.azure.com/.default")
    trust = trusted_authorities({"SSL_CERT_FILE": storage.ca_file})

    with open_lock(where, "x", tokens, trust=trust, clock=clock, note=lambda _: None) as lock:
        assert failure_of(lambda: lock.take(Holder())).code == "not-signed-in"


def test_an_interrupt_in_the_middle_leaves_nothing_taken(storage: Storage) -> None:
    class Interrupting(FakeClock):
        def sleep(self, seconds: float) -> None:  # noqa: ARG002
            raise KeyboardInterrupt

    where = LockSettings(account_url=storage.url, container=CONTAINER)
    tokens = Tokens(FakeCredential(), "https://storage.azure.com/.default")
    trust = trusted_authorities({"SSL_CERT_FILE": storage.ca_file})
    with open_lock(where, "x", tokens, trust=trust, clock=Interrupting(), note=lambda _: None) as lock:
        lock.end()
        storage.spoil("acquire", status=404, code="BlobNotFound")
        storage.spoil("acquire", after=True)

        with pytest.raises(KeyboardInterrupt):
            lock.take(ALICE)

        assert storage.state == "available"
