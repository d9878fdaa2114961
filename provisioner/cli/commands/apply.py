"""`provisioner apply`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.options import allowances, guard_options, manifest_options, service_options
from provisioner.cli.planning import planned
from provisioner.cli.running import carry_out, running_options, told_in_json
from provisioner.cli.session import Request, connected, read_manifest
from provisioner.cli.terminal import Terminal
from provisioner.model.address import Address


@click.command(
    name="apply",
    epilog="Examples:\n\n  provisioner apply --local\n\n  provisioner apply --yes --format json\n\n"
    "  provisioner apply --allow-data-loss stores/dev-prefs-memory",
)
@manifest_options
@service_options
@guard_options
@running_options
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    style: str,
    yes: bool,
    adopt: bool,
    allow_data_loss: tuple[Address, ...],
    max_deletes: int,
    **shared: Any,
) -> int:
    """Make the project what the manifest says.

    Shows the plan and asks, unless --yes. One failure does not hide the rest: what needs the failed resource is
    skipped, everything else goes on, and running again continues from there.
    """
    request = Request(**shared)
    with told_in_json(style):
        manifest = read_manifest(request)
        with connected(request, manifest) as planes:
            allow = allowances(adopt=adopt, allow_data_loss=allow_data_loss, max_deletes=max_deletes)
            plan = planned(manifest, planes, allow, parallelism=request.parallelism)
            return carry_out(plan, planes, terminal, style=style, yes=yes, parallelism=request.parallelism)
