"""`provisioner plan`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

from provisioner.cli.files import write_out
from provisioner.cli.formats import DEFAULT_SIZE, PLAN_FILES, PLANS, format_option, plan_file
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
from provisioner.cli.step_summary import append_summary
from provisioner.cli.terminal import Terminal, complain, say
from provisioner.reconcile.allowances import Allowances
from provisioner.render.styles import PLAIN

CHANGES: Final = 2
SMALLEST: Final = 2_000  # of Markdown, so that what matters most is in it


@click.command(
    name="plan",
    epilog="Examples:\n\n  provisioner plan --local\n\n"
    "  provisioner plan --out plan.md --out plan.json --detailed-exitcode\n\n"
    "  provisioner plan --out plan.html --step-summary\n\n"
    "  provisioner plan --target 'stores/*' --exclude stores/old-memory",
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
    help="Write the plan to this file, too; .txt, .json, .md or .html names the format. A link is followed; a pipe or "
    "a device stays what it is.",
)
@click.option(
    "--max-size",
    type=click.IntRange(min=SMALLEST),
    default=DEFAULT_SIZE,
    show_default=True,
    metavar="CHARACTERS",
    help="How long the Markdown may be. What is left out is told in it.",
)
@click.option(
    "--step-summary",
    is_flag=True,
    help="Append the plan in Markdown to the file that $GITHUB_STEP_SUMMARY names, as GitHub Actions sets it; sized to "
    "what a step's summary holds.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    style: str,
    outs: tuple[Path, ...],
    max_size: int,
    step_summary: bool,
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
        write_out(out, PLAN_FILES[out.suffix](plan, PLAIN, 100, max_size))
    if step_summary:
        append_summary(lambda size: PLANS["markdown"](plan, PLAIN, 100, size), os.environ)
    say(PLANS[style](plan, terminal.out, terminal.width, max_size))
    if plan.refusals:
        complain("apply would refuse this plan.")
        return 1
    return CHANGES if detailed_exitcode and (plan.changes or plan.left_out) else 0
