"""`provisioner plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from provisioner.cli.files import write_out
from provisioner.cli.options import guard_options, manifest_options, pin_option, service_options
from provisioner.cli.planning import planned
from provisioner.cli.session import Request, connected, read_manifest
from provisioner.cli.terminal import Terminal, complain, say
from provisioner.model.plan import Plan
from provisioner.reconcile.guard import Allowances
from provisioner.render.plan_text import plan_text
from provisioner.render.styles import PLAIN, Styles

FORMATS: Final = {".txt": "text", ".json": "json", ".md": "markdown"}
CHANGES: Final = 2


def plan_file(text: str) -> Path:
    """A file whose ending names a format."""
    path = Path(text)
    if path.suffix not in FORMATS:
        raise click.BadParameter(f'"{text}" must end in one of {", ".join(FORMATS)}, which names its format')
    return path


@click.command(
    name="plan",
    epilog="Examples:\n\n  provisioner plan --local\n\n"
    "  provisioner plan --out plan.md --out plan.json --detailed-exitcode",
)
@manifest_options
@pin_option
@service_options
@guard_options
@click.option(
    "--format",
    "style",
    type=click.Choice(list(FORMATS.values())),
    default="text",
    show_default=True,
    help="How the plan is printed.",
)
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
    **shared: Any,
) -> int:
    """Show what apply would do, without doing it.

    The plan tells edits (the manifest moved) from drift (somebody changed the live object), what would be lost, and
    what apply would refuse; a plan that would be refused exits with 1.
    """
    request = Request(**shared)
    manifest = read_manifest(request)
    with connected(request, manifest) as planes:
        plan = planned(manifest, planes, allow, parallelism=request.parallelism)
    for out in outs:
        write_out(out, rendered(plan, FORMATS[out.suffix], PLAIN, 100))
    say(rendered(plan, style, terminal.out, terminal.width))
    if plan.refusals:
        complain("apply would refuse this plan.")
        return 1
    return CHANGES if detailed_exitcode and (plan.changes or plan.left_out) else 0


def rendered(plan: Plan, style: str, styles: Styles, width: int) -> str:
    if style == "json":
        from provisioner.render.json_text import json_text  # noqa: PLC0415 - only the format that is asked for
        from provisioner.render.plan_json import plan_document  # noqa: PLC0415

        return json_text(plan_document(plan), indent=2) + "\n"
    if style == "markdown":
        from provisioner.render.plan_markdown import plan_markdown  # noqa: PLC0415

        return plan_markdown(plan)
    return plan_text(plan, styles=styles, width=width)
