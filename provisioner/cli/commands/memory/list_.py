"""`provisioner memory list`."""

from __future__ import annotations

import click

from provisioner.cli.memory_options import memory_format, memory_options, one_scope_option
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, say
from provisioner.model.memory import KINDS
from provisioner.model.words import quoted
from provisioner.render.memories import items_json, items_text, memories_of


@click.command(name="list", epilog="Example:\n\n  provisioner memory list prefs --scope user_dana --kind user_profile")
@click.argument("store")
@one_scope_option
@click.option("--kind", type=click.Choice(list(KINDS)), help="Of this kind alone.")
@click.option("--newest-first", is_flag=True, help="Begin with the newest.")
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    store: str,
    scope_name: str,
    kind: str | None,
    newest_first: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Show all memories of a scope, oldest first."""
    with opened_memories(request) as session:
        name = session.store(store).address.name
        found = [*session.memories.items(name, scope_name, kind=kind or "", newest_first=newest_first)]
    if as_json:
        say(items_json(found, store=name, scope=scope_name))
    else:
        what = f"{memories_of(len(found))} of {quoted(scope_name)} in {quoted(name)}."
        say(items_text(found, what=what, styles=terminal.out, width=terminal.width))
    return 0
