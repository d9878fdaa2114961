"""`provisioner memory search`."""

from __future__ import annotations

import click

from provisioner.cli.memory_options import memory_format, memory_options, one_scope_option
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, say
from provisioner.model.words import quoted
from provisioner.render.memories import items_json, items_text, memories_of


@click.command(
    name="search", epilog='Example:\n\n  provisioner memory search prefs --scope user_dana "How does she like her tea?"'
)
@click.argument("store")
@click.argument("text", required=False, default="")
@one_scope_option
@click.option("--max", "most", type=click.IntRange(1, 1000), metavar="NUMBER", help="No more than so many.")
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    store: str,
    text: str,
    scope_name: str,
    most: int | None,
    request: Request,
    as_json: bool,
) -> int:
    """Show the memories of a scope that are nearest to a text, nearest first.

    As an agent would find them: the store's embedding deployment is asked. Without TEXT, the scope's profile.
    """
    with opened_memories(request) as session:
        name = session.store(store).address.name
        found = session.memories.search(name, scope_name, text, most=most)
    if as_json:
        say(items_json(found, store=name, scope=scope_name))
    else:
        what = f"{memories_of(len(found))} of {quoted(scope_name)} in {quoted(name)} found."
        say(items_text(found, what=what, styles=terminal.out, width=terminal.width))
    return 0
