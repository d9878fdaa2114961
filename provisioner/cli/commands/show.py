"""`provisioner show`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.formats import PLANS, format_option
from provisioner.cli.saved_plans import read_saved
from provisioner.cli.terminal import Terminal, say


@click.command(
    name="show",
    epilog="Examples:\n\n  provisioner show plan.json\n\n  provisioner show --format markdown plan.json",
)
@click.argument("file", type=click.Path(path_type=Path), metavar="PLAN")
@format_option(PLANS, "How the plan is printed.")
@click.pass_obj
def command(terminal: Terminal, /, *, file: Path, style: str) -> int:
    """Print a saved plan, offline.

    PLAN is what `plan --out plan.json` wrote; - reads it from stdin. A plan that was changed since is refused.
    """
    text, saved = read_saved(file)
    say(text if style == "json" else PLANS[style](saved.plan, terminal.out, terminal.width))
    return 0
