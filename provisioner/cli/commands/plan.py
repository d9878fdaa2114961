"""`provisioner plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from provisioner.cli.files import write_out
from provisioner.cli.formats import PLAN_FILES, PLANS, format_option, plan_file
from provisioner.cli.options import (
    Checks,
    guard_options,
    manifest_options,
    pin_option,
    preflight_options,
    service_options,
)
from provisioner.cli.planning import planned
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal, complain, say
from provisioner.model.allowances import Allowances
from provisioner.render.styles import PLAIN

CHANGES: Final = 2


@click.command(
    name="plan",
    epilog="Examples:\n\n  provisioner plan --local\n\n"
    "  provisioner plan --out plan.md --out plan.json --detailed-exitcode",
)
@manifest_options
@pin_option
@service_options
@guard_options
@preflight_options
@format_option(PLANS, "How the plan is printed.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=plan_file,
    metavar="FILE",
    help="Write the plan to this file, too; .txt, .json or .md names the format. A link is followed; a pipe or a "
    "device stays what it is.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    style: str,
    outs: tuple[Path, ...],
    detailed_exitcode: bool,
    allow: Allowances,
    checks: Checks,
    **shared: Any,
) -> int:
    """Show what apply would do, without doing it.

    The plan tells edits (the manifest moved) from drift (somebody changed the live object), what would be lost, and
    what apply would refuse; a plan that would be refused exits with 1.
    """
    request = Request(**shared)
    with opened(request) as (manifest, planes):
        plan = planned(manifest, planes, allow, checks.preflight(manifest, planes), parallelism=request.parallelism)
    for out in outs:
        write_out(out, PLAN_FILES[out.suffix](plan, PLAIN, 100))
    say(PLANS[style](plan, terminal.out, terminal.width))
    if plan.refusals:
        complain("apply would refuse this plan.")
        return 1
    return CHANGES if detailed_exitcode and (plan.changes or plan.left_out) else 0
