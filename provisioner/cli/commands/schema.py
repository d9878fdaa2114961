"""`provisioner schema`."""

from __future__ import annotations

import json

import click

from provisioner.cli.terminal import say
from provisioner.manifest.schema import manifest_schema


@click.command(
    name="schema",
    epilog="Example:\n\n  provisioner schema > schemas/manifest.v1.schema.json",
)
def command() -> int:
    """Print the manifest's JSON Schema.

    Editors complete and explain manifests with it: name it in the manifest's first line,
    `# yaml-language-server: $schema=schemas/manifest.v1.schema.json`.
    """
    say(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
    return 0
