"""A lease on one blob of Azure Blob Storage: the lock that a run holds while it reads and writes.

A lease ends by itself when it is not renewed, so a run that was killed keeps others out for DURATION_S at most. Who
holds it is written into the blob, for people. azure-storage-blob speaks to the service; repeating, trust and timeouts
are as on the planes.
"""

from __future__ import annotations

import json
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import RequestsTransport

from provisioner.model.errors import Failure, PlaneError, ProvisionerError
from provisioner.model.lock import Holder, LockSettings
from provisioner.planes.arm_pipeline import measuring_session, past_proxies
from provisioner.planes.clock import Clock
from provisioner.planes.credentials import Tokens
from provisioner.planes.lease_failures import diagnosed, is_lost, lost_because
from provisioner.planes.retry import NOT_TAKEN, Again, asked_wait, is_unclear, persistently

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient
    from typing_extensions import Self

DURATION_S: Final = 60  # the longest that a lease can last which ends at all
RENEW_S: Final = 15.0
SAFE_S: Final = 45.0  # without a renewal: then it counts as lost, before the service gives it to anybody else
BREAK_S: Final = 20  # a living holder has asked for a renewal, and been refused, before anybody else can have it
_AGAIN_S: Final = 2.0
_TIMES: Final = 3
_CONNECT_S: Final = 5.0
_ANSWER_S: Final = 10.0
_MOST_BYTES: Final = 8_192  # of what a holder says of itself
_NOBODY: Final = b"{}"
_ADVICE: Final = "`provisioner lock show` says who holds it now. Apply again when they are done: it goes on from here."
T = TypeVar("T")


class State(Enum):
    FREE = "free"
    HELD = "held"
    ENDING = "ending"  # somebody broke it, and it is not over yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`holder` says nothing where nobody does; of a free lock it is none."""

    state: State
    holder: Holder


class BlobLock:
    """The lock of one owner and project. Its container must be there; the blob is made when it is not."""

    def __init__(self, blob: BlobClient, where: LockSettings, *, clock: Clock, note: Callable[[str], None]) -> None:
        self._blob = blob
        self._where = where
        self._clock = clock
        self._note = note

    def look(self) -> Found:
        def read() -> Found:
            answer = self._blob.download_blob(offset=0, length=_MOST_BYTES, max_concurrency=1)
            state = _STATES.get(str(answer.properties.lease.state), State.FREE)
            return Found(state=state, holder=_holder(answer.readall()) if state is not State.FREE else Holder())

        try:
            return self._persistently(read)
        except PlaneError as error:
            if error.failure.code == "BlobNotFound":
                return Found(state=State.FREE, holder=Holder())
            raise

    def take(self, holder: Holder) -> Lease | None:
        """A lease, to be kept and released by the caller; None while somebody else has it."""
        lease = Lease(self._blob, str(uuid.uuid4()), self._where, clock=self._clock)
        try:
            if not self._persistently(lambda: self._acquire(lease)):
                return None
            self._persistently(lambda: lease.tell(holder))
        except BaseException:  # an interrupt, too
            lease.release()
            raise
        return lease

    def end(self) -> int:
        """Have the lease of whoever holds it end; in how many seconds it has."""
        from azure.storage.blob import BlobLeaseClient  # noqa: PLC0415 - an extra

        def break_() -> int:
            try:
                return int(BlobLeaseClient(self._blob).break_lease(lease_break_period=BREAK_S))
            except HttpResponseError as error:
                if _code(error) in ("LeaseNotPresentWithLeaseOperation", "BlobNotFound"):
                    return 0
                raise

        return self._persistently(break_)

    def _acquire(self, lease: Lease) -> bool:
        try:
            lease.acquire()
        except HttpResponseError as error:
            if error.status_code == 409 and _code(error).startswith("Lease"):
                return False
            if _code(error) != "BlobNotFound":
                raise
            self._make()
            return self._acquire(lease)
        return True

    def _make(self) -> None:
        """412: another run was faster, and holds it already."""
        try:
            self._blob.upload_blob(_NOBODY, overwrite=False)
        except HttpResponseError as error:
            if error.status_code not in (409, 412) or _code(error) not in ("BlobAlreadyExists", "LeaseIdMissing"):
                raise

    def _persistently(self, call: Callable[[], T]) -> T:
        return persistently(lambda: _attempted(call, self._where), clock=self._clock, note=self._note)


class Lease:
    """One that was taken. `renewing` keeps it; `require` is asked before every write."""

    def __init__(self, blob: BlobClient, name: str, where: LockSettings, *, clock: Clock) -> None:
        from azure.storage.blob import BlobLeaseClient  # noqa: PLC0415 - an extra

        self._blob = blob
        self._name = name
        self._client = BlobLeaseClient(blob, lease_id=name)
        self._where = where
        self._clock = clock
        self._renewed_at = clock.now()
        self._turn = threading.Lock()
        self._tries = 0
        self._lost = ""
        self._is_asked_for = False  # and so may be ours
        self._ended = threading.Event()

    @property
    def lost(self) -> str:
        """Why it is ours no more, as the end of a sentence; empty while it is."""
        return self._lost

    def acquire(self) -> None:
        """Doing it twice is fine, as it is asked for by its name: so the answer may get lost."""
        started = self._clock.now()
        self._is_asked_for = True
        try:
            self._client.acquire(lease_duration=DURATION_S)
        except HttpResponseError as error:
            self._is_asked_for = not 400 <= (error.status_code or 0) < 500
            raise
        if self._client.id != self._name:
            self._client.id = self._name  # to be given back, where it is ours all the same
            raise PlaneError(
                Failure(
                    message="The answer to a request for the lock is of another lease than the one asked for.",
                    code="odd-answer",
                    advice="Check `lock.azure_blob.account_url`, and whether a proxy answers in its place.",
                )
            )
        self._renewed_at = started

    def tell(self, holder: Holder) -> None:
        self._write(json.dumps(holder.document()).encode("ascii"))

    @contextmanager
    def renewing(self, told: Callable[[str], None], *, every_s: float = RENEW_S) -> Iterator[Self]:
        """Renew it for as long as this is open. `told` hears, once and from another thread, that it is lost."""

        def keep() -> None:
            pause = every_s
            while not self._ended.wait(pause):
                with self._turn:
                    pause = every_s if self._renew() else min(every_s, _AGAIN_S)
                if self._lost:
                    told(self._lost)
                    return

        keeper = threading.Thread(target=keep, name="lock", daemon=True)
        keeper.start()
        try:
            yield self
        finally:
            self._ended.set()
            keeper.join(_CONNECT_S + _ANSWER_S)

    def require(self) -> None:
        """Ask the service, or take the answer to somebody who asked later. Raises PlaneError where it is lost."""
        seen = self._tries
        with self._turn:
            if not self._lost and self._tries == seen:
                self._renew()
        if self._lost:
            failure = Failure(
                message=f"The lock was lost, so this was not written: {self._lost}.", code="lock-lost", advice=_ADVICE
            )
            raise PlaneError(failure)

    def release(self) -> str:
        """Why it may not be free now, as the end of a sentence: it ends by itself then. Empty where it is."""
        self._ended.set()
        if not self._is_asked_for:
            return ""
        with suppress(PlaneError, Again):
            _attempted(lambda: self._write(_NOBODY), self._where)
        said = ""
        for _ in range(_TIMES):  # at once, as somebody may wait for the command to end
            said, passes = self._released()
            if not passes:
                break
        return said

    def _released(self) -> tuple[str, bool]:
        """What is said of it, and whether it may be tried again."""
        try:
            _attempted(self._client.release, self._where)
        except Again as error:
            return error.cause.message, True
        except PlaneError as error:
            return "" if is_lost(error.failure) else error.message, False
        return "", False

    def _write(self, content: bytes) -> None:
        self._blob.upload_blob(content, overwrite=True, lease=self._client)

    def _renew(self) -> bool:
        """Whether it is certain to be ours. Silence is borne while the service surely keeps it for us."""
        started = self._clock.now()
        self._tries += 1
        try:
            _attempted(self._client.renew, self._where)
        except (PlaneError, Again) as error:
            failure = (error.cause if isinstance(error, Again) else error).failure
            silent_s = self._clock.now() - self._renewed_at
            if is_lost(failure):
                self._lost = lost_because(failure)
            elif silent_s >= SAFE_S:
                self._lost = f"it could not be renewed for {silent_s:.0f} s ({failure.message.rstrip('.')})"
            return False
        self._renewed_at = started
        return True


@contextmanager
def open_lock(
    where: LockSettings,
    name: str,
    tokens: Tokens,
    *,
    trust: ssl.SSLContext,
    clock: Clock,
    note: Callable[[str], None],
) -> Iterator[BlobLock]:
    """`name` is that of the blob. Raises ProvisionerError where azure-storage-blob is not installed. That a token may
    be sent to the account is for the caller to see to.
    """
    try:
        from azure.storage.blob import BlobClient  # noqa: PLC0415 - an extra that need not be installed
    except ModuleNotFoundError as error:
        raise ProvisionerError(
            f"The manifest declares a lock, and what it is taken with is not installed ({error.name} is missing).",
            'Install it: pip install "foundry-provisioner[lock]"',
        ) from error
    session = measuring_session(trust, clock, _ANSWER_S * 3)
    transport = RequestsTransport(session=session, connection_timeout=_CONNECT_S, read_timeout=_ANSWER_S)
    with BlobClient(
        where.account_url,
        where.container,
        name,
        credential=tokens,
        transport=transport,
        proxies=past_proxies(where.account_url),
        retry_total=0,
        permit_redirects=False,
    ) as blob:
        yield BlobLock(blob, where, clock=clock, note=note)


_STATES: Final = {"leased": State.HELD, "breaking": State.ENDING}


def _holder(content: bytes) -> Holder:
    try:
        return Holder.read(json.loads(content))
    except (ValueError, RecursionError):
        return Holder()


def _headers(error: HttpResponseError) -> Any:
    response: Any = error.response
    return response.headers if response is not None else {}


def _code(error: HttpResponseError) -> str:
    return str(_headers(error).get("x-ms-error-code") or "")


def _attempted(call: Callable[[], T], where: LockSettings) -> T:
    """Raises Again for what passes, PlaneError for every other failure."""
    try:
        return call()
    except HttpResponseError as error:
        status = error.status_code or 0
        cause = PlaneError(diagnosed(error, _code(error), where), wait_s=asked_wait(_headers(error)))
        if status in NOT_TAKEN or is_unclear(status):
            raise Again(cause, reason=f"the lock's storage answered {status} {cause.failure.code}".rstrip()) from error
        raise cause from error
    except (AzureError, OSError, ValueError, LookupError) as error:
        cause = PlaneError(diagnosed(error, "", where), ambiguous=True)
        if cause.failure.code == "untrusted-certificate" or not isinstance(error, AzureError):
            raise cause from error
        raise Again(cause, reason="the lock's storage did not answer") from error
