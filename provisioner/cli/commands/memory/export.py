"""`provisioner memory export`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from provisioner.cli.export_files import STREAM, export_written, require_free
from provisioner.cli.memory_options import memory_format, memory_options, scopes_options
from provisioner.cli.memory_session import opened_memories
from provisioner.cli.session import Request
from provisioner.cli.terminal import remark, say
from provisioner.memory.exporting import Exporter
from provisioner.memory.reading import pages
from provisioner.model.memory import Scopes
from provisioner.model.memory_outcomes import Contents
from provisioner.model.resource import Live
from provisioner.model.words import plural
from provisioner.render.memories import contents_json, memories_of, now


@click.command(
    name="export",
    epilog="Examples:\n\n  provisioner memory export prefs --scopes-from scopes.txt --out memories.jsonl.gz\n\n"
    "  provisioner memory export prefs --out - | age -r RECIPIENT > memories.jsonl.age",
)
@click.argument("store")
@scopes_options
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="Write to this file, packed where it ends in .gz, for your eyes only; - is stdout, to encrypt it on its way.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@memory_options
@memory_format
def command(
    *,
    store: str,
    only: tuple[str, ...],
    from_file: tuple[str, ...],
    out: str,
    force: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Write all memories of a store to a file, one a line.

    Of all scopes that are known. The file is there when it is whole; `memory import` refuses one that was cut off or
    edited. What is written into the store meanwhile may be missing.
    """
    require_free(out, force=force)
    with opened_memories(request) as session, export_written(out) as stream:
        live = session.store(store)
        scopes = session.scopes(live, only=only, from_file=from_file)
        exporter = Exporter(stream.write, _head(live, scopes, session.planes.target.endpoint), scopes.names)
        read = pages(session.memories, live.address.name, scopes.names, at_once=request.parallelism)
        with closing(read):
            for page in read:
                exporter.add(page)
        contents = exporter.close()
    _tell(contents, out, as_json=as_json)
    return 0


def _head(live: Live, scopes: Scopes, project: str) -> dict[str, Any]:
    return {
        "exported_at": now(),
        "project": project,
        "store": {"name": live.address.name, "definition": live.fields},
        "scopes": len(scopes),
        "known_from": dict(scopes.origins),
    }


def _tell(contents: Contents, out: str, *, as_json: bool) -> None:
    """Beside the export where that is on stdout."""
    text = f"Wrote {memories_of(contents.total)} of {plural(len(contents.scopes), 'scope')}"
    if out == STREAM:
        remark(f"{text}.")
    elif as_json:
        say(contents_json(contents, out))
    else:
        say(f"{text} to {out}.")
