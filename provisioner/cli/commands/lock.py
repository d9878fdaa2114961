"""`provisioner lock`: who holds the lock of a manifest, and how to end it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from provisioner.cli.locking import opened_lock
from provisioner.cli.options import allow_host_option, endpoint_option, manifest_options, pin_option
from provisioner.cli.session import Request, read_manifest
from provisioner.cli.terminal import Terminal, say
from provisioner.model.errors import ProvisionerError
from provisioner.model.lock import LockSettings, blob_name
from provisioner.model.words import quoted
from provisioner.planes.clock import WakefulClock
from provisioner.render.locks import holder_phrase, lock_json, lock_text

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.lease import BlobLock

_STYLES: Final = {"text": lock_text, "json": lock_json}


@click.group(
    name="lock",
    epilog="Examples:\n\n  provisioner lock show\n\n  provisioner lock release --yes",
)
def command() -> None:
    """Show who holds the manifest's lock, or end it.

    A manifest with a `lock:` has apply and destroy take it, so that two runs never write at once. A run that was killed
    loses it by itself within a minute.
    """


@command.command()
@manifest_options
@pin_option
@endpoint_option
@allow_host_option
@click.option(
    "--format", "style", type=click.Choice(list(_STYLES)), default="text", show_default=True, help="How it is told."
)
def show(*, style: str, **shared: Any) -> int:
    """Say who holds the lock, since when and in which run."""
    with _opened(Request(**shared)) as (manifest, lock, place):
        found = lock.look()
        say(_STYLES[style](manifest.name, found.state.value, found.holder, place))
    return 0


@command.command()
@manifest_options
@pin_option
@endpoint_option
@allow_host_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def release(terminal: Terminal, /, *, yes: bool, **shared: Any) -> int:
    """Take the lock from the run that holds it.

    That run stops before its next write, and says what it has done and what not; only then, or after some seconds,
    another one can have it.
    """
    from provisioner.planes.lease import State  # noqa: PLC0415 - azure-core costs a sixth of a second

    with _opened(Request(**shared)) as (manifest, lock, _):
        found = lock.look()
        whose = f"The lock of {quoted(manifest.name)}"
        if found.state is State.FREE:
            say(f"{whose} is free; nothing was done.")
            return 0
        held = f"{whose} is held by {holder_phrase(found.holder)}."
        if not yes:
            _require_consent(held, terminal)
        seconds = lock.end()
        free = f"It is free in {seconds} s at the latest" if seconds else "It is free"
        say(f"{held} It was taken away: that run stops before its next write. {free}.")
    return 0


@contextmanager
def _opened(request: Request) -> Iterator[tuple[Manifest, BlobLock, str]]:
    """The manifest, its lock, and where that is."""
    from provisioner.planes.credentials import SignIn  # noqa: PLC0415

    manifest = read_manifest(request)
    where = _required(manifest)
    place = f"{where.account_url}/{where.container}/{blob_name(manifest.name, manifest.project.endpoint or '')}"
    with SignIn() as sign_in, opened_lock(request, manifest, where, sign_in, clock=WakefulClock()) as lock:
        yield manifest, lock, place


def _required(manifest: Manifest) -> LockSettings:
    if manifest.lock is None:
        raise ProvisionerError(
            "The manifest declares no lock, so none is taken.",
            "Add `lock:` with an `azure_blob:`; docs/concurrency.md says what is guaranteed with one and without.",
        )
    return manifest.lock


def _require_consent(held: str, terminal: Terminal) -> None:
    if not terminal.can_ask():
        raise ProvisionerError(f"{held} Nobody can be asked here, so it was left.", "Add --yes to end it all the same.")
    click.echo(f"{held}\nTake it away? That run stops before its next write. [y/N] ", err=True, nl=False)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ProvisionerError("Not confirmed; the lock was left.")
