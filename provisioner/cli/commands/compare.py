"""`provisioner compare`."""

from __future__ import annotations

from typing import Any, Final

import click
from click.core import ParameterSource

from provisioner.cli.comparing import compared_manifests, compared_projects
from provisioner.cli.formats import COMPARED, format_option
from provisioner.cli.options import compared_manifest_options, connection_options
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal, say

OTHERWISE: Final = 2
_OF_PROJECTS: Final = ("allow_hosts", "parallelism", "timeout_s")


@click.command(
    name="compare",
    epilog="Examples:\n\n  provisioner compare --env dev --env prod\n\n"
    "  provisioner compare --live --env dev --env prod --format markdown > differences.md",
)
@compared_manifest_options
@click.option(
    "--live", is_flag=True, help="Compare what is live in the two projects instead of what the manifest says."
)
@connection_options
@format_option(COMPARED, "How it is told.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when anything differs.")
@click.pass_obj
@click.pass_context
def command(
    ctx: click.Context,
    terminal: Terminal,
    /,
    *,
    environments: tuple[str, ...],
    live: bool,
    style: str,
    detailed_exitcode: bool,
    **shared: Any,
) -> int:
    """Show what is otherwise in another environment, field by field.

    Compares the manifest as it is rendered in both environments, offline: files put in, references to variables as they
    are written. With --live it reads both projects and compares everything in them; what the service takes for the same
    is no difference. What is declared is matched by its key, everything else by its name there.
    """
    _require_two(ctx, environments)
    if not live:
        _require_heeded(ctx)
    read = compared_projects if live else compared_manifests
    comparison = read(Request(**shared), environments)
    say(COMPARED[style](comparison, terminal.out, terminal.width))
    return OTHERWISE if detailed_exitcode and not comparison.is_empty else 0


def _require_two(ctx: click.Context, environments: tuple[str, ...]) -> None:
    if len(environments) != 2:
        raise click.UsageError("Name two environments, for example --env dev --env prod.", ctx)
    if len(set(environments)) == 1:
        raise click.UsageError("An environment is like itself; name two different ones.", ctx)


def _require_heeded(ctx: click.Context) -> None:
    for parameter in ctx.command.params:
        if parameter.name in _OF_PROJECTS and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            flag = max(parameter.opts, key=len)
            raise click.UsageError(f"{flag} is about projects; add --live, or leave it away.", ctx)
