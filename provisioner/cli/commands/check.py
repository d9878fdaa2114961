"""`provisioner check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.checking import chosen, exit_code, only_option, run_checks
from provisioner.cli.files import write_out
from provisioner.cli.formats import CHECK_FILES, CHECKED, check_file, format_option
from provisioner.cli.options import manifest_options, pin_option, service_options
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal, say
from provisioner.model.check import Check
from provisioner.render.styles import PLAIN


@click.command(
    name="check",
    epilog="Examples:\n\n  provisioner check --local\n\n  provisioner check --only remembers\n\n"
    "  provisioner check --out checks.xml",
)
@manifest_options
@pin_option
@service_options
@only_option
@format_option(CHECKED, "How it is told; junit is the XML that pipelines show tests from.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=check_file,
    metavar="FILE",
    help="Write it to this file, too; .xml (JUnit), .json or .txt names the format.",
)
@click.pass_obj
def command(terminal: Terminal, /, *, style: str, only: tuple[str, ...], outs: tuple[Path, ...], **shared: Any) -> int:
    """Try what the manifest's `checks` say, on what is live.

    Stores remember a made-up fact in a scope that is thrown away, agents are asked as a made-up user, deployments give
    a completion or an embedding. Whatever happens, what was written is deleted again. Models charge for it: the tokens
    are told.

    Exits with 1 when a check fails.
    """
    request = Request(**shared)
    checks: list[Check] = []
    with opened(request, admit=lambda manifest: checks.extend(chosen(manifest, only))) as (manifest, planes):
        report = run_checks(checks, manifest, planes, terminal, parallelism=request.parallelism)
    for out in outs:
        write_out(out, CHECK_FILES[out.suffix](report, PLAIN, 100))
    say(CHECKED[style](report, terminal.out, terminal.width))
    return exit_code(report)
