"""`provisioner export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.files import is_overwritten, write_out
from provisioner.cli.live_manifest import read_live, schema_seen_from, tell
from provisioner.cli.options import owner as owner_name
from provisioner.cli.options import service_options
from provisioner.cli.session import Request
from provisioner.cli.terminal import remark, say
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import plural


@click.command(
    name="export",
    epilog="Examples:\n\n  provisioner export --local\n\n  provisioner export --adopt --out stores.yaml",
)
@service_options
@click.option(
    "--owner",
    type=owner_name,
    metavar="NAME",
    help="Export what this owner has; by default the one who has most.",
)
@click.option("--adopt", is_flag=True, help="Write what no manifest owns in full, to be taken over by apply --adopt.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file. A link is followed; a pipe or a device stays what it is.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def command(*, owner: str | None, adopt: bool, out: Path | None, force: bool, **shared: Any) -> int:
    """Write a manifest of what is live.

    Planning the result shows no changes: the owner's resources are written in full, everything else as
    `external: true`, so that it can be referred to. What a manifest cannot say, such as an agent whose model was
    deleted, is written as external, too, and told on stderr.
    """
    if out is not None and not force and is_overwritten(out):
        raise ProvisionerError(f'"{out}" exists.', "Add --force to overwrite it, or name another file.")
    found = read_live(Request(**shared), owner=owner, adopt=adopt)
    text = found.text(schema=schema_seen_from(Path() if out is None else out.parent))
    if out is None:
        say(text)
    else:
        write_out(out, text)
        remark(f"Wrote {plural(found.size, 'resource')} to {out}.")
    tell(found, adopt=adopt)
    return 0
