"""`provisioner import`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.formats import ACCEPTED, format_option
from provisioner.cli.importing import import_live
from provisioner.cli.options import address, manifest_options, pin_option, service_options
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal
from provisioner.model.address import Address


@click.command(
    name="import",
    epilog="Examples:\n\n  provisioner import agents/helper\n\n  provisioner import --all --into more.yaml",
)
@click.argument("addresses", nargs=-1, type=address, metavar="[KIND/NAME]...")
@manifest_options
@pin_option
@service_options
@format_option(ACCEPTED, "How it is told what was written.")
@click.option("--all", "everything", is_flag=True, help="Import all that no other manifest owns.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this one of the manifest's files; by default to the first that has the section, or else the first.",
)
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    addresses: tuple[Address, ...],
    style: str,
    everything: bool,
    into: Path | None,
    **shared: Any,
) -> int:
    """Add what is live to the manifest.

    Each resource is written in full at the end of its section, or in the place of an entry that says `external: true`;
    what it refers to and nobody declares is added as external. Nothing live is changed: where no manifest owns it,
    the next apply takes it over when it is given --adopt.
    """
    if everything == bool(addresses):
        raise click.UsageError("Name what to import, or add --all.")
    return import_live(addresses, Request(**shared), terminal, into=into, style=style)
