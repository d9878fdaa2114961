"""`provisioner memory add`."""

from __future__ import annotations

import click

from provisioner.cli.memory_options import memory_format, memory_options, one_scope_option
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, say
from provisioner.memory.remembering import add
from provisioner.model.memory import KINDS, Item
from provisioner.model.words import quoted
from provisioner.render.memories import items_json, items_text


@click.command(name="add", epilog='Example:\n\n  provisioner memory add prefs --scope user_dana "Likes green tea."')
@click.argument("store")
@click.argument("text")
@one_scope_option
@click.option("--kind", type=click.Choice(list(KINDS)), default=KINDS[0], show_default=True, help="Of this kind.")
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal, /, *, store: str, text: str, scope_name: str, kind: str, request: Request, as_json: bool
) -> int:
    """Write one memory as it is.

    No model looks at it; the store's embedding deployment must answer. `remember` has memories drawn out of a
    conversation.
    """
    with opened_memories(request) as session:
        name = session.store(store, whole=False).address.name
        made = add(session.memories, name, Item(scope=scope_name, kind=kind, content=text))
    if as_json:
        say(items_json([made], store=name, scope=scope_name))
    else:
        what = f"Added to {quoted(scope_name)} in {quoted(name)}:"
        say(items_text([made], what=what, styles=terminal.out, width=terminal.width))
    return 0
