"""`provisioner destroy`."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from provisioner.cli.census import Census, census_options
from provisioner.cli.formats import RUNS
from provisioner.cli.locking import RunLock
from provisioner.cli.options import address, manifest_options, pin_option, scope_options, service_options
from provisioner.cli.planning import planned_destruction
from provisioner.cli.running import carry_out, require_no_plan_needed, running_options, told_by
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.run_scope import RunScope


@click.command(
    name="destroy",
    epilog="Example:\n\n  provisioner destroy --local --allow-data-loss stores/dev-prefs-memory",
)
@manifest_options
@pin_option
@service_options
@click.option(
    "--allow-data-loss",
    multiple=True,
    type=address,
    metavar="KIND/NAME",
    help="Let this store be deleted, with all its memories.",
)
@click.option("--max-deletes", type=click.IntRange(min=0), help="Refuse to delete more than this. No limit by default.")
@scope_options
@census_options
@running_options
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    style: str,
    yes: bool,
    on_error: str,
    lock_timeout_s: float,
    allow_data_loss: tuple[Address, ...],
    max_deletes: int | None,
    scope: RunScope,
    census: Census,
    **shared: Any,
) -> int:
    """Delete everything the manifest owns.

    Only what carries the owner's marker is deleted; stores must be named one by one with --allow-data-loss, protected
    resources are refused, those with `on_remove: keep` are released instead, and suspended ones are left alone.
    """
    request = Request(**shared)
    reporter, lock = RUNS[style](terminal), RunLock("destroy", timeout_s=lock_timeout_s)
    admit = partial(require_no_plan_needed, destruction=True)
    with told_by(reporter), opened(request, lock, admit) as (manifest, planes):
        allow = Allowances(data_loss=frozenset(allow_data_loss), max_deletes=max_deletes, scope=scope)
        plan = planned_destruction(manifest, planes, allow, census, parallelism=request.parallelism)
        return carry_out(
            plan, planes, reporter, terminal, lock=lock, yes=yes, parallelism=request.parallelism, on_error=on_error
        )
