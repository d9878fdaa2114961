"""The lock of a run: taken before anything live is read, asked for before every write, given back in the end."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from provisioner.cli.logs import LOG
from provisioner.cli.session import Request, allowed_hosts
from provisioner.cli.terminal import note
from provisioner.manifest.load import Manifest
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.lock import Holder, LockSettings, blob_name, holder_of
from provisioner.model.words import quoted
from provisioner.planes.clock import Clock, WakefulClock
from provisioner.planes.clouds import BLOB_SCOPE, require_trusted_storage
from provisioner.render.locks import holder_phrase

if TYPE_CHECKING:
    from provisioner.planes.credentials import SignIn
    from provisioner.planes.lease import BlobLock, Lease

# Longer than the lease of a run that was killed, and than most runs.
WAIT_S: Final = 120.0
LOST: Final = "`provisioner lock show` says who holds it now. Apply again when they are done: it goes on from here."
_POLL_S: Final = 3.0
_TELL_S: Final = 30.0
_AT_ONCE: Final = 3  # times that a lock is asked for again at once, because it has just become free


class RunLock:
    """Of one run. Without a lock in the manifest, and with --local, it allows everything."""

    def __init__(self, command: str, *, timeout_s: float = WAIT_S, clock: Clock | None = None) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._clock = clock or WakefulClock()
        self._lease: Lease | None = None
        self._is_left = False

    @property
    def lost(self) -> str:
        """Why it is ours no more, as the end of a sentence; empty while it is, or where there is none."""
        return self._lease.lost if self._lease is not None else ""

    def require(self) -> None:
        """Before every write. Raises PlaneError where the lock is lost."""
        if self._lease is not None:
            self._lease.require()

    def leave(self) -> None:
        """Do not give it back: what this run has sent may still be on its way. It ends by itself."""
        self._is_left = True

    @contextmanager
    def taken(self, request: Request, manifest: Manifest, sign_in: SignIn) -> Iterator[None]:
        """Hold it for as long as this is open, where the manifest declares one. Raises PlaneError where somebody else
        holds it for longer than is waited, or it cannot be taken.
        """
        where = manifest.lock
        if where is None or request.local:
            if where is not None:
                note("The manifest's lock is not taken: the local Foundry is this machine's alone.")
            yield
            return
        with opened_lock(request, manifest, where, sign_in, clock=self._clock) as lock:
            self._lease = self._take(lock, manifest.name)
            LOG.info("The lock is taken.")
            try:
                with self._lease.renewing(_tell_loss):
                    yield
            finally:
                self._give_back(self._lease)

    def _take(self, lock: BlobLock, owner: str) -> Lease:
        holder = _ourselves(self._command)
        until, told_at, told, at_once = self._clock.now() + self._timeout_s, None, Holder(), 0
        while (lease := lock.take(holder)) is None:
            found, now = lock.look(), self._clock.now()
            if found.state.value == "free" and at_once < _AT_ONCE:
                at_once += 1
                continue
            if now >= until:
                raise _held(owner, found.holder, self._timeout_s)
            if told_at is None or found.holder != told or now - told_at >= _TELL_S:
                told_at, told = now, found.holder
                LOG.info("The lock is held, and waited for.")
                note(
                    f"Waiting for the lock of {quoted(owner)}, up to {until - now:.0f} s: it is held by "
                    f"{holder_phrase(told)}."
                )
            self._clock.sleep(min(_POLL_S, until - now))
        return lease

    def _give_back(self, lease: Lease) -> None:
        from provisioner.planes.lease import DURATION_S  # noqa: PLC0415 - as below

        if self._is_left:
            LOG.info("The lock is left, and ends by itself.")
            note(f"The lock ends by itself within {DURATION_S} s, as what was sent may still be on its way.")
        elif why := lease.release():
            LOG.info("The lock could not be given back, and ends by itself.")
            note(f"Warning: the lock could not be given back, and ends by itself within {DURATION_S} s: {why}")
        else:
            LOG.info("The lock was lost." if lease.lost else "The lock is given back.")


@contextmanager
def opened_lock(
    request: Request,
    manifest: Manifest,
    where: LockSettings,
    sign_in: SignIn,
    *,
    clock: Clock,
    tell: Callable[[str], None] = note,
) -> Iterator[BlobLock]:
    """Raises PlaneError where no token may be sent there, ProvisionerError where the extra is not installed."""
    from provisioner.planes.lease import open_lock  # noqa: PLC0415 - azure-core costs a sixth of a second
    from provisioner.planes.trust import trusted_authorities  # noqa: PLC0415

    allowed = allowed_hosts(request.allow_hosts, request.project_endpoint, os.environ)
    require_trusted_storage(where.account_url, allowed, manifest.project.only_hosts)
    tokens, name = sign_in.tokens(BLOB_SCOPE), blob_name(manifest.name, manifest.project.endpoint or "")
    with open_lock(where, name, tokens, trust=trusted_authorities(), clock=clock, note=tell) as lock:
        yield lock


def _ourselves(command: str) -> Holder:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return holder_of(command, os.environ, user=_user(), host=socket.gethostname(), since=now)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        return ""


def _tell_loss(why: str) -> None:
    note(f"The lock was lost: {why}. Nothing more is written.")


def _held(owner: str, holder: Holder, waited_s: float) -> PlaneError:
    waited = f" {waited_s:.0f} s were waited for it." if waited_s else ""
    failure = Failure(
        message=f"The lock of {quoted(owner)} is held by {holder_phrase(holder)}.{waited} Nothing was read or changed.",
        code="lock-held",
        advice="Apply again when that run is over, or wait longer with --lock-timeout SECONDS. A run that was killed "
        "loses it within a minute; `provisioner lock release` stops one that lives.",
    )
    return PlaneError(failure)
