"""`provisioner memory stats`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.memory_options import memory_format, memory_options, scopes_options, show_scopes_option
from provisioner.cli.memory_session import opened_memories, ttl_of
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, say
from provisioner.memory.counting import count
from provisioner.render.memories import stats_json, stats_text


@click.command(
    name="stats",
    epilog="Examples:\n\n  provisioner memory stats prefs\n\n"
    "  provisioner memory stats prefs --scopes-from scopes.txt --show-scopes --format json",
)
@click.argument("store")
@scopes_options
@show_scopes_option
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    store: str,
    only: tuple[str, ...],
    from_file: tuple[str, ...],
    show_scopes: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Count what a store holds: by scope and kind, with the oldest and the newest."""
    with opened_memories(request) as session:
        live = session.store(store)
        scopes = session.scopes(live, only=only, from_file=from_file)
        name = live.address.name
        counts = count(session.memories, name, scopes.names, at_once=request.parallelism)
    told: dict[str, Any] = {"ttl_s": ttl_of(live), "origins": scopes.origins, "named": show_scopes}
    if as_json:
        say(stats_json(name, counts, **told))
    else:
        say(stats_text(name, counts, **told, styles=terminal.out, width=terminal.width))
    return 0
