"""`provisioner memory import`."""

from __future__ import annotations

import click

from provisioner.cli.export_files import export_opened
from provisioner.cli.memory_options import memory_format, memory_options, rate_option, scope, show_scopes_option
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal
from provisioner.cli.transferring import told, transfer
from provisioner.memory.copying import Side
from provisioner.memory.importing import ExportedMemories, read_export
from provisioner.memory.pacing import usual_rate
from provisioner.model.errors import ProvisionerError


def _renaming(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals:
        raise click.BadParameter("Write OLD=NEW.")  # which may be people's names, so they are not repeated
    return scope(old), scope(new)


@click.command(
    name="import",
    epilog="Examples:\n\n  provisioner memory import prefs memories.jsonl.gz --dry-run\n\n"
    "  age -d -i KEY memories.jsonl.age | provisioner memory import prefs -",
)
@click.argument("store")
@click.argument("file")
@click.option(
    "--scope-map",
    "scope_map",
    type=_renaming,
    multiple=True,
    metavar="OLD=NEW",
    help="Put the memories of a scope into another one.",
)
@click.option("--dry-run", is_flag=True, help="Say how many would be added, and add none.")
@rate_option
@show_scopes_option
@memory_options
@memory_format
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    store: str,
    file: str,
    scope_map: tuple[tuple[str, str], ...],
    dry_run: bool,
    rate: int | None,
    show_scopes: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Add the memories of an export that a store lacks.

    What is there already is known by its content, so a second run adds nothing, and one that was broken off is only
    run again. An export that was cut off or edited is refused before anything is added. Ids and times are new.
    """
    with export_opened(file) as stream:
        export = read_export(stream)
        renamed = dict(scope_map)
        for old in sorted(renamed.keys() - export.contents.scopes.keys()):
            raise ProvisionerError(f"--scope-map names a scope that is not in the export: {old}")
        source = ExportedMemories(stream, export, renamed)
        with opened_memories(request) as session:
            target = Side(memories=session.memories, store=session.store(store, whole=False).address.name)
            done = transfer(
                Side(memories=source, store=""),
                target,
                source.scopes,
                rate=usual_rate(session.planes.target.endpoint) if rate is None else rate,
                at_once=request.parallelism,
                total=export.contents.total,
                dry_run=dry_run,
            )
    return told(done, terminal, as_json=as_json, named=show_scopes)
