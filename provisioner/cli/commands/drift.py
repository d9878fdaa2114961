"""`provisioner drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from provisioner.cli.formats import ACCEPTED, DRIFTS, format_option
from provisioner.cli.options import address, manifest_options, pin_option, service_options
from provisioner.cli.planning import planned_drift
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal, say
from provisioner.model.address import Address
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import guess, listed
from provisioner.reconcile.drift import drift_in
from provisioner.reconcile.selection import live_address
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.cli.manifest_files import ManifestFiles

MOVED: Final = 2


@click.command(
    name="drift",
    epilog="Examples:\n\n  provisioner drift --detailed-exitcode\n\n"
    "  provisioner drift --accept agents/dev-buddy\n\n  provisioner drift --format markdown > drift.md",
)
@click.argument("addresses", nargs=-1, type=address, metavar="[KIND/NAME]...")
@manifest_options
@pin_option
@service_options
@format_option(DRIFTS, "How it is told.")
@click.option(
    "--accept",
    is_flag=True,
    help="Write what is live into the manifest, in the place that declares it; what cannot be written back is told.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something moved, or is not there.")
@click.pass_obj
def command(
    terminal: Terminal,
    /,
    *,
    addresses: tuple[Address, ...],
    style: str,
    accept: bool,
    detailed_exitcode: bool,
    **shared: Any,
) -> int:
    """Show what was changed outside the manifest, or accept it.

    Live values are told that equal neither what was applied last nor what the manifest says now. What is declared and
    not live is listed apart: it was deleted, or not applied yet. Nothing live is ever changed. With addresses, it is
    about these alone.

    With --accept the manifest is changed instead: every live value is written where it is declared, texts in files of
    their own there; everything else in these files stays as it is. Exits with 1 when something had to be left.
    """
    if accept and style not in ACCEPTED:
        raise click.UsageError(f"--accept is told as {listed(list(ACCEPTED), 'or')}, not as {style}.")
    request = Request(**shared)
    files = _manifest_files(request) if accept else None
    with opened(request) as (declared, planes):
        plan, manifest = planned_drift(declared, planes, parallelism=request.parallelism)
    addresses = tuple(live_address(it, (manifest.resources, {}), manifest.name) for it in addresses)
    _require_known(addresses, (*manifest.resources, *(change.address for change in plan.changes)))
    drift = drift_in(plan).only(addresses)
    if files is not None:
        from provisioner.cli.accepting import accept_drift  # noqa: PLC0415 - as below

        return accept_drift(drift, manifest, files, terminal, style=style)
    say(DRIFTS[style](drift, terminal.out, terminal.width))
    return MOVED if detailed_exitcode and not drift.is_empty else 0


def _manifest_files(request: Request) -> ManifestFiles:
    from provisioner.cli.manifest_files import ManifestFiles  # noqa: PLC0415 - the editor of YAML is paid for here

    return ManifestFiles(request)


def _require_known(named: tuple[Address, ...], known: tuple[Address, ...]) -> None:
    for each in named:
        if each not in known:
            others = sorted({str(it) for it in known if it.kind == each.kind})
            meant = guess(str(each), others).rstrip() or (f"There are: {listed(others)}." if others else "")
            raise ProvisionerError(f"{one_line(str(each))} is not in the manifest.", meant)
