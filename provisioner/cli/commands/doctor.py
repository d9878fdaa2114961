"""`provisioner doctor`."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from provisioner.cli.formats import DOCTOR, format_option
from provisioner.cli.options import Checks, manifest_options, pin_option, preflight_options, service_options
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, remark, say


@click.command(
    name="doctor",
    epilog="Examples:\n\n  provisioner doctor\n\n  provisioner doctor --local\n\n"
    "  provisioner doctor --format json > doctor.json",
)
@manifest_options
@pin_option
@service_options
@preflight_options
@format_option(DOCTOR, "How it is told.")
@click.pass_context
def command(ctx: click.Context, /, *, style: str, checks: Checks, **shared: Any) -> int:
    """Say what would keep an apply from working.

    Looks at the manifest, this machine, the way to both planes, who is signed in, and what the plan would be refused
    for. Nothing is changed; what cannot be looked at is unknown, and hides nothing else. Without a manifest the rest is
    checked all the same. Nothing secret is shown: it is made to be pasted into a bug report.

    Exits with 1 when something would stop an apply.
    """
    from provisioner.cli.examination import examined  # noqa: PLC0415 - the SDKs are paid for by those who talk to Azure
    from provisioner.doctor.verdict import is_healthy  # noqa: PLC0415

    terminal: Terminal = ctx.obj
    if terminal.is_live:
        remark("Looking at this machine, the way to Azure and the plan …")
    is_named = ctx.get_parameter_source("files") is not ParameterSource.DEFAULT
    verdicts = examined(Request(**shared), checks, is_named=is_named)
    say(DOCTOR[style](verdicts, terminal.out, terminal.width))
    return 0 if is_healthy(verdicts) else 1
