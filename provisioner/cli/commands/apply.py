"""`provisioner apply`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.formats import RUNS
from provisioner.cli.options import (
    Checks,
    guard_options,
    manifest_options,
    pin_option,
    preflight_options,
    service_options,
)
from provisioner.cli.planning import planned
from provisioner.cli.running import carry_out, running_options, told_by
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal
from provisioner.model.allowances import Allowances


@click.command(
    name="apply",
    epilog="Examples:\n\n  provisioner apply --local\n\n  provisioner apply --yes --format json\n\n"
    "  provisioner apply --allow-data-loss stores/dev-prefs-memory",
)
@manifest_options
@pin_option
@service_options
@guard_options
@preflight_options
@running_options
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    style: str,
    yes: bool,
    on_error: str,
    allow: Allowances,
    checks: Checks,
    **shared: Any,
) -> int:
    """Make the project what the manifest says.

    Shows the plan and asks, unless --yes. One failure does not hide the rest: what needs the failed resource is
    skipped, everything else goes on (unless --on-error stop), and running again continues from there.
    """
    request = Request(**shared)
    reporter = RUNS[style](terminal)
    with told_by(reporter), opened(request) as (manifest, planes):
        plan = planned(manifest, planes, allow, checks.preflight(manifest, planes), parallelism=request.parallelism)
        return carry_out(plan, planes, reporter, terminal, yes=yes, parallelism=request.parallelism, on_error=on_error)
