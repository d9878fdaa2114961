"""`provisioner memory remember`."""

from __future__ import annotations

import click

from provisioner.cli.conversations import read_conversation
from provisioner.cli.memory_options import memory_format, memory_options, one_scope_option
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.options import seconds
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, complain, say
from provisioner.memory.remembering import remember
from provisioner.render.memory_updates import ending, update_json, update_text


@click.command(
    name="remember",
    epilog="Examples:\n\n  provisioner memory remember prefs --scope user_dana --file conversation.json\n\n"
    "  provisioner memory remember prefs --scope user_dana --file - < conversation.json",
)
@click.argument("store")
@one_scope_option
@click.option(
    "--file",
    "conversation",
    required=True,
    metavar="FILE",
    help='A JSON list of messages, each with "role" and "content"; - reads stdin.',
)
@click.option(
    "--wait", "wait_s", type=seconds, default="600", show_default=True, metavar="SECONDS", help="For how long at most."
)
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    store: str,
    scope_name: str,
    conversation: str,
    wait_s: float,
    request: Request,
    as_json: bool,
) -> int:
    """Have memories drawn out of a conversation, and wait for it.

    The store's chat deployment decides what is worth it, which costs tokens. Where a later update takes the place of
    this one, that is waited for, too: it is about both.
    """
    messages = read_conversation(conversation)
    with opened_memories(request) as session:
        name = session.store(store, whole=False).address.name
        updates = remember(session.planes.project, name, scope_name, messages, at_most_s=wait_s)
    if as_json:
        say(update_json(updates, store=name, scope=scope_name))
    else:
        say(update_text(updates, store=name, scope=scope_name, styles=terminal.out, width=terminal.width))
    if wrong := ending(updates):
        complain(*wrong, terminal=terminal)
    return 1 if wrong else 0
