"""Running a manifest's checks, for `check` and `apply --check`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.interruption import stop_on_signals
from provisioner.cli.terminal import Terminal, remark
from provisioner.model.check import Check, CheckReport, CheckState
from provisioner.model.errors import Interrupted, PlaneError, ProvisionerError
from provisioner.model.words import guess, listed, plural, quoted
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

_MEANWHILE = "what checks wrote is deleted, no others are started"


def only_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--only",
        "only",
        multiple=True,
        metavar="NAME",
        help="Run this check alone, by its name in the manifest; several times for several.",
    )(function)


def chosen(manifest: Manifest, only: Sequence[str] = ()) -> tuple[Check, ...]:
    """Raises ProvisionerError where there is none, or what they need is not installed."""
    from provisioner.checks.models import require_models  # noqa: PLC0415 - only who checks pays for it
    from provisioner.checks.running import needs_models  # noqa: PLC0415

    names = [it.name for it in manifest.checks]
    if not names:
        hint = "Declare some: `checks: {remembers: {memory: STORE}}`; see docs/checks.md."
        raise ProvisionerError("The manifest declares no checks.", hint)
    for name in only:
        if name not in names:
            meant = guess(name, names) or f"There are: {listed(names)}."
            raise ProvisionerError(f"There is no check {quoted(name)} in the manifest.", meant.rstrip())
    checks = tuple(it for it in manifest.checks if not only or it.name in only)
    if needs_models(checks):
        require_models()
    return checks


def _by_live_names(checks: Sequence[Check], manifest: Manifest, planes: Planes) -> tuple[Check, ...]:
    """A store that took another one's place has a name of its own. Where that cannot be read, the checks say so."""
    from provisioner.cli.planning import as_meant  # noqa: PLC0415 - as above
    from provisioner.kinds import KINDS  # noqa: PLC0415
    from provisioner.kinds.store import SECTION as STORES  # noqa: PLC0415

    declared = manifest.resources
    if not any(it.subject.kind == STORES and not declared[it.subject].external for it in checks):
        return tuple(checks)
    try:
        live = {it.address: it for it in KINDS[STORES].list(planes)}
    except PlaneError:
        return tuple(checks)
    meant = {it.key_address: it.address for it in as_meant(manifest, live).resources.values()}
    return tuple(replace(it, subject=meant.get(declared[it.subject].key_address, it.subject)) for it in checks)


def run_checks(
    checks: Sequence[Check], manifest: Manifest, planes: Planes, terminal: Terminal, *, parallelism: int
) -> CheckReport:
    """What is told meanwhile is for who looks on."""
    from provisioner.checks.running import Runner, models_for  # noqa: PLC0415 - as above
    from provisioner.planes.clock import SystemClock  # noqa: PLC0415

    def note(text: str) -> None:
        if terminal.is_live:
            remark(f"  {one_line(text)}")

    if terminal.is_live:
        remark(f"Running {plural(len(checks), 'check')} …")
    clock, planes = SystemClock(), planes.telling(note)
    checks = _by_live_names(checks, manifest, planes)
    with models_for(checks, planes, clock, note) as models, stop_on_signals(_MEANWHILE) as stopping:
        runner = Runner(planes, models, clock=clock, stopping=stopping.is_set)
        return runner.run(checks, parallelism=parallelism)


def exit_code(report: CheckReport) -> int:
    if report.count(CheckState.SKIPPED):
        return Interrupted.exit_code
    return 0 if report.has_passed else 1
