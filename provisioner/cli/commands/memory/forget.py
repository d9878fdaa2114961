"""`provisioner memory forget`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from provisioner.cli.files import is_overwritten, write_out
from provisioner.cli.memory_options import memory_format, memory_options, one_scope_option, yes_option
from provisioner.cli.memory_session import AGENTS, MemorySession, opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, note, remark, say
from provisioner.kinds import KINDS
from provisioner.memory.forgetting import EXTRACTION_S, again, forget, held, rest
from provisioner.memory.scopes import DEFAULT_DELAY_S, longest_delay_s
from provisioner.model.errors import ProvisionerError
from provisioner.model.resource import Live
from provisioner.model.words import quoted
from provisioner.planes.clock import WakefulClock
from provisioner.render.receipts import Receipt, forget_preview, receipt_json, receipt_text
from provisioner.render.target import target_phrase

_OWNER_ONLY = 0o600


@click.command(
    name="forget",
    epilog="Examples:\n\n  provisioner memory forget --scope user_dana --all-stores\n\n"
    "  provisioner memory forget --scope user_dana --store prefs --yes --wait --receipt dana.json",
)
@one_scope_option
@click.option(
    "--store", "named", multiple=True, metavar="STORE", help="In this store; of several, where it is repeated."
)
@click.option("--all-stores", is_flag=True, help="In every store of the project, whoever owns it.")
@click.option(
    "--wait", "waits", is_flag=True, help="Wait for updates that agents may have queued, and forget those, too."
)
@click.option(
    "--receipt",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the receipt goes; left out, into forgotten-TIME.json here.",
)
@yes_option
@memory_options
@memory_format
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    scope_name: str,
    named: tuple[str, ...],
    all_stores: bool,
    waits: bool,
    receipt: Path | None,
    yes: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Delete all memories of one person, and prove it.

    Shows how many there are and asks; deletes the scope in each store, with the copies that a migration made; reads
    back that none is left; and writes a receipt that also says what is not covered. Exits with 1 unless all is gone.
    """
    if bool(named) == all_stores:
        raise click.UsageError("Say where: --store STORE, or --all-stores.", ctx)
    terminal = ctx.find_object(Terminal) or Terminal.current()
    begun = int(time.time())
    file = receipt or Path(f"forgotten-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(begun))}.json")
    if is_overwritten(file):
        raise ProvisionerError(f"{quoted(str(file))} exists.", "Name another file with --receipt.")
    with opened_memories(request) as session:
        stores = _stores(session, named)
        there = held(session.memories, stores, scope_name, at_once=request.parallelism)
        where = target_phrase(session.planes.target)
        preview = forget_preview(there, scope_name, where, width=terminal.width)
        remark(preview)
        if not yes:
            _require_consent(scope_name, terminal)
        project = session.planes.target.endpoint
        told = Receipt(scope=scope_name, project=project, begun=begun, stores=there)
        write_out(file, receipt_json(told), mode=_OWNER_ONLY)  # so that one that is killed has left a trace
        # Applications may queue updates, too; theirs wait as long as the service does by itself.
        delay_s = max(longest_delay_s([*stores], KINDS[AGENTS].list(session.planes)), DEFAULT_DELAY_S)
        told = _forgotten(session, told, waits=waits, delay_s=delay_s, at_once=request.parallelism)
    write_out(file, receipt_json(told), mode=_OWNER_ONLY)
    say(receipt_json(told) if as_json else receipt_text(told, str(file), width=terminal.width))
    return 0 if told.is_done else 1


def _stores(session: MemorySession, named: tuple[str, ...]) -> dict[str, str]:
    """Their live names, each with that of the store that it is a copy of; all of the project where none is named."""
    chosen = [session.store(name) for name in named] if named else [*session.stores.values()]
    found: dict[str, str] = {}
    for store in chosen:
        for each in session.family(store):
            found[each.address.name] = _copied(session, each)
    if any(found.values()):
        note("A migration is under way or was broken off. If one runs right now, forget again when it has ended.")
    if not found:
        raise ProvisionerError("The project has no stores.")
    return dict(sorted(found.items()))


def _copied(session: MemorySession, store: Live) -> str:
    marker = store.marker
    if marker is None or not (marker.is_shadow or marker.copy_of):
        return ""
    others = [each.address.name for each in session.family(store) if each.address != store.address]
    return others[0] if others else marker.key


def _forgotten(session: MemorySession, told: Receipt, *, waits: bool, delay_s: float, at_once: int) -> Receipt:
    plane = session.planes.project
    done = forget(plane, told.stores, told.scope, at_once=at_once)
    until = int(time.time() + delay_s + EXTRACTION_S)
    if waits:
        rest(plane, delay_s + EXTRACTION_S, WakefulClock())
        done, until = again(plane, done, told.scope, at_once=at_once), 0
    return replace(told, stores=done, ended=int(time.time()), until=until)


def _require_consent(scope: str, terminal: Terminal) -> None:
    if not terminal.can_ask():
        raise ProvisionerError(
            "Nobody can be asked here, so nothing was deleted.", "Add --yes to forget without asking."
        )
    click.echo(f"Delete them all? What {quoted(scope)} told is gone for good. [y/N] ", err=True, nl=False)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ProvisionerError("Not confirmed; nothing was deleted.")
