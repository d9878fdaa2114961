"""`provisioner plan`."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from provisioner.cli import logs
from provisioner.cli.census import Census, census_options
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
from provisioner.cli.planning import MOST_PLAN_BYTES, planned, planned_destruction
from provisioner.cli.session import Request, opened
from provisioner.cli.step_summary import append_summary
from provisioner.cli.terminal import Terminal, complain, note, say
from provisioner.model.allowances import Allowances
from provisioner.model.plan import Plan
from provisioner.model.words import plural
from provisioner.render.safe import one_line
from provisioner.render.styles import PLAIN

CHANGES: Final = 2
SMALLEST: Final = 2_000  # of Markdown, so that what matters most is in it
_MOST_TOLD: Final = 10


_OWNER_ONLY: Final = 0o600


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
@census_options
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
@click.option("--destroy", is_flag=True, help="Plan what `destroy` would do: delete everything the manifest owns.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.pass_obj
@click.pass_context
def command(
    ctx: click.Context,
    terminal: Terminal,
    /,
    *,
    style: str,
    outs: tuple[Path, ...],
    max_size: int,
    step_summary: bool,
    destroy: bool,
    detailed_exitcode: bool,
    allow: Allowances,
    checks: Checks,
    census: Census,
    **shared: Any,
) -> int:
    """Show what apply would do, without doing it.

    The plan tells edits (the manifest moved) from drift (somebody changed the live object), what would be lost, and
    what apply would refuse; a plan that would be refused exits with 1.
    """
    request = Request(**shared)
    if destroy:
        allow = _of_destruction(ctx, allow)
    with opened(request) as (manifest, planes):
        if destroy:
            plan = planned_destruction(manifest, planes, allow, census, parallelism=request.parallelism)
        else:
            preflight = checks.preflight(manifest, planes)
            plan = planned(manifest, planes, allow, preflight, census, parallelism=request.parallelism)
    plan = replace(plan, made_at=datetime.now(tz=timezone.utc).isoformat(timespec="seconds"))
    logs.plan_made(plan)
    for out in outs:
        _write(plan, out, max_size)
    if step_summary:
        append_summary(lambda size: PLANS["markdown"](plan, PLAIN, 100, size), os.environ)
    say(PLANS[style](plan, terminal.out, terminal.width, max_size))
    is_saved = any(out.suffix == ".json" for out in outs)
    if style == "json" or is_saved:
        _tell_obstacles(plan, is_saved=is_saved)
    if plan.refusals:
        complain("apply would refuse this plan.")
        return 1
    return CHANGES if detailed_exitcode and (plan.changes or plan.left_out) else 0


def _write(plan: Plan, out: Path, max_size: int) -> None:
    text = PLAN_FILES[out.suffix](plan, PLAIN, 100, max_size)
    write_out(out, text, mode=_OWNER_ONLY if _names_people(plan, out) else None)
    if out.suffix == ".json" and len(text) > MOST_PLAN_BYTES:
        note(f"Note: {one_line(str(out))} is larger than what apply and show read; make several manifests of it.")


def _names_people(plan: Plan, out: Path) -> bool:
    """Scopes are people's, and a file that can be applied names them."""
    found = [it.holding.scopes for it in plan.changes if it.holding is not None]
    return any(it.names and (it.shown or out.suffix == ".json") for it in found)


def _tell_obstacles(plan: Plan, *, is_saved: bool) -> None:
    """Why what was written for programs can be read, but not applied; of a refused plan that is said anyway."""
    from provisioner.render.plan_saving import obstacles  # noqa: PLC0415 - only who saves a plan pays for it

    found = [] if plan.refusals else list(obstacles(plan, names_scopes=is_saved))
    for obstacle in found[:_MOST_TOLD]:
        note(f"Note: The plan as JSON can be shown and not applied: {obstacle}")
    if more := len(found[_MOST_TOLD:]):
        note(f"Note: There {'is' if more == 1 else 'are'} {plural(more, 'more reason')} why not.")


def _of_destruction(ctx: click.Context, allow: Allowances) -> Allowances:
    """As `destroy` has them: no limit where none is given. What there is nothing to allow for is refused."""
    flags = {"adopt": "--adopt", "take_over": "--take-over", "no_delete": "--no-delete", "replaced": "--replace"}
    for name, flag in flags.items():
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{flag} and --destroy do not go together: nothing stays that is the owner's.", ctx)
    is_limited = ctx.get_parameter_source("max_deletes") is ParameterSource.COMMANDLINE
    return replace(allow, max_deletes=allow.max_deletes if is_limited else None)
