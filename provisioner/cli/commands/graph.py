"""`provisioner graph`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from provisioner.cli.formats import GRAPHS, format_option
from provisioner.cli.options import manifest_options
from provisioner.cli.terminal import say
from provisioner.manifest.load import load
from provisioner.model.diagnostic import Severity
from provisioner.model.errors import ManifestInvalid


@click.command(
    name="graph",
    epilog="Examples:\n\n  provisioner graph\n\n  provisioner graph --format dot | dot -Tsvg > graph.svg",
)
@manifest_options
@format_option(GRAPHS, "The drawing language.")
def command(*, files: tuple[Path, ...], allow_env: tuple[str, ...], environment: str | None, style: str) -> int:
    """Draw the manifest's resources and what they need, offline."""
    loaded = load(
        files,
        environ=os.environ,
        allow_env=allow_env,
        unset=Severity.WARNING,
        project_needed=False,
        environment=environment,
    )
    if loaded.manifest is None:
        raise ManifestInvalid(loaded.diagnostics)
    say(GRAPHS[style](loaded.manifest.resources))
    return 0
