"""`provisioner memory`: what stores hold."""

from __future__ import annotations

import click

from provisioner.cli.commands.memory import add, copy, export, forget, import_, list_, remember, search, stats


@click.group(
    name="memory",
    epilog="Examples:\n\n  provisioner memory stats prefs --scopes-from scopes.txt\n\n"
    "  provisioner memory export prefs --out memories.jsonl.gz",
)
def command() -> None:
    """Read, back up, copy and forget what stores remember.

    Of any store of the project, whoever owns it. Definitions are never changed. The service cannot list the scopes of a
    store: those of the manifest, of agents and of --scopes-from are known.
    """


for each in (stats, list_, search, add, remember, export, import_, copy, forget):
    command.add_command(each.command)
