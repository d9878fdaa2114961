"""`provisioner render`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from provisioner.cli.complaints import warn
from provisioner.cli.formats import RENDERED, format_option
from provisioner.cli.options import manifest_options
from provisioner.cli.terminal import say
from provisioner.manifest.draft import Options
from provisioner.manifest.rendering import render
from provisioner.model.errors import ManifestInvalid


@click.command(
    name="render",
    epilog="Examples:\n\n  provisioner render --env prod | provisioner plan -f -\n\n"
    "  provisioner render --env prod --origins\n\n"
    "  diff <(provisioner render --env dev) <(provisioner render --env prod)",
)
@manifest_options
@click.option("--origins", is_flag=True, help="Tell in comments the file and line that each value came from.")
@format_option(RENDERED, "How it is printed; json tells where each value came from, too.")
def command(
    *, files: tuple[Path, ...], allow_env: tuple[str, ...], environment: str | None, origins: bool, style: str
) -> int:
    """Print the manifest of an environment, offline.

    All files become one manifest that plans the same: with what the environment says of it, and with texts and
    documents in files of their own put in. References to variables stay as they are written.
    """
    rendering = render(files, Options(environ=os.environ, allow_env=allow_env, environment=environment))
    if rendering.rendered is None:
        raise ManifestInvalid(rendering.diagnostics)
    warn(rendering.diagnostics)
    say(RENDERED[style](rendering.rendered, origins))
    return 0
