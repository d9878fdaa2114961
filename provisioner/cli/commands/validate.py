"""`provisioner validate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from provisioner.cli import logs
from provisioner.cli.formats import FORMATS, PROBLEMS, format_option
from provisioner.cli.options import allow_host_option, endpoint_option, manifest_options, pin_option
from provisioner.cli.session import allowed_hosts
from provisioner.cli.terminal import Terminal, remark, say
from provisioner.manifest.draft import Options
from provisioner.manifest.every import validate
from provisioner.model.diagnostic import Severity
from provisioner.model.words import plural


@click.command(
    name="validate",
    epilog="Examples:\n\n  provisioner validate\n\n  provisioner validate -f env/prod --format github\n\n"
    "  provisioner validate --format sarif > provisioner.sarif",
)
@manifest_options
@pin_option
@click.option(
    "--local",
    is_flag=True,
    is_eager=True,  # --project-endpoint looks at it
    help="Check it for --local, which needs no `project:`.",
)
@endpoint_option
@allow_host_option
@format_option(PROBLEMS, "How problems are told; github annotates pull requests, sarif is for code scanning.")
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    files: tuple[Path, ...],
    allow_env: tuple[str, ...],
    environment: str | None,
    local: bool,
    pin_environment: bool,
    project_endpoint: str | None,
    allow_hosts: tuple[str, ...],
    style: str,
) -> int:
    """Check the manifest, offline.

    Every problem of all files is told at once, with its place, a stable code and what to do. Exits with 1 when there
    are errors; warnings alone do not fail. Without --env, all environments of the manifest are checked.
    """
    options = Options(
        environ=os.environ,
        allow_env=allow_env,
        unset=Severity.WARNING,
        project_needed=not local,
        endpoint=project_endpoint,
        allow_hosts=allowed_hosts(allow_hosts, project_endpoint, os.environ),
        pinned=pin_environment,
        environment=environment,
    )
    validated = validate(files, options)
    if problems := PROBLEMS[style](validated.diagnostics, terminal.out, terminal.width):
        say(problems, commands=FORMATS[style].commands)
    if not validated.is_valid:
        return 1
    for manifest in validated.manifests:
        logs.manifest_read(manifest)
    if style == "text":
        for manifest in validated.manifests:
            of = f"{manifest.environment}: " if manifest.environment is not None else ""
            remark(f"{of}{plural(len(manifest.resources), 'resource')}, no errors.")
    return 0
