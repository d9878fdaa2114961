"""`provisioner apply`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from provisioner.cli.census import Census, census_options
from provisioner.cli.checking import chosen, exit_code, run_checks
from provisioner.cli.formats import RUNS
from provisioner.cli.locking import RunLock
from provisioner.cli.options import (
    Checks,
    guard_options,
    manifest_options,
    pin_option,
    preflight_options,
    service_options,
)
from provisioner.cli.planning import planned
from provisioner.cli.reporters.interface import Reporter
from provisioner.cli.running import carry_out, require_no_plan_needed, running_options, told_by
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal
from provisioner.model.allowances import Allowances
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
# What a saved plan does not say itself; whatever else is given with one would be left unheeded.
_BESIDE_A_PLAN: Final = frozenset(
    {"allow_env", "policy_files", "environment", "pin_environment", "local", "state", "catalogue", "project_endpoint"}
    | {"allow_hosts", "parallelism", "timeout_s", "lock_timeout_s", "yes", "on_error", "style", "plan_file", "no_color"}
    | {"variables", "variable_files"}  # the sensitive ones
)


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise click.BadParameter("It is no digest; copy the one that plan prints: sha256: and 64 digits.")
    return text


@click.command(
    name="apply",
    epilog="Examples:\n\n  provisioner apply --local\n\n  provisioner apply --yes --format json\n\n"
    "  provisioner apply --plan plan.json\n\n  provisioner apply --yes --check\n\n"
    "  provisioner apply --allow-data-loss stores/dev-prefs-memory",
)
@manifest_options
@pin_option
@service_options
@guard_options
@preflight_options
@census_options
@running_options
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do exactly what this plan says, which `plan --out plan.json` wrote, without a manifest and without asking; - "
    "reads stdin. Refused when anything that it touches or names has moved since.",
)
@click.option(
    "--expect-digest",
    "expected",
    type=_digest,
    metavar="DIGEST",
    help="Go on, without asking, only when the plan has this digest.",
)
@click.option(
    "--check",
    "is_checked",
    is_flag=True,
    help="When all is applied, run the manifest's `checks`, too; exit with 1 when one fails.",
)
@click.pass_obj
@click.pass_context
def command(
    ctx: click.Context,
    terminal: Terminal,
    /,
    *,
    style: str,
    yes: bool,
    on_error: str,
    lock_timeout_s: float,
    allow: Allowances,
    checks: Checks,
    census: Census,
    plan_file: Path | None,
    expected: str | None,
    is_checked: bool,
    **shared: Any,
) -> int:
    """Make the project what the manifest says.

    Shows the plan and asks, unless --yes. One failure does not hide the rest: what needs the failed resource is
    skipped, everything else goes on (unless --on-error stop), and running again continues from there.
    """
    request = Request(**shared)
    reporter, lock = RUNS[style](terminal), RunLock("apply", timeout_s=lock_timeout_s)
    carry = partial(
        carry_out,
        reporter=reporter,
        terminal=terminal,
        lock=lock,
        parallelism=request.parallelism,
        on_error=on_error,
    )
    with told_by(reporter):
        if plan_file is not None:
            _require_alone(ctx)
            return _apply_saved(plan_file, request, lock, partial(carry, yes=True))
        admit = partial(_admit, expected=expected, is_checked=is_checked)
        with opened(request, lock, admit) as (manifest, planes):
            preflight = checks.preflight(manifest, planes)
            plan = planned(manifest, planes, allow, preflight, census, parallelism=request.parallelism)
            yes = _is_expected(plan, expected, reporter) or yes
            code = carry(plan, planes, yes=yes)
            if code or not is_checked:
                return code
            report = run_checks(chosen(manifest), manifest, planes, terminal, parallelism=request.parallelism)
            reporter.checked(report)
            return exit_code(report)


def _admit(manifest: Manifest, *, expected: str | None, is_checked: bool) -> None:
    """Raises ProvisionerError before anything is read that is live."""
    if expected is None:
        require_no_plan_needed(manifest)
    if is_checked:
        chosen(manifest)


def _require_alone(ctx: click.Context) -> None:
    if ctx.params["is_checked"]:
        raise click.UsageError(
            "--check and --plan do not go together: a plan holds no checks. Run `check` after it.", ctx
        )
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name not in _BESIDE_A_PLAN and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = max(parameter.opts, key=len)
            raise click.UsageError(f"{flag} and --plan do not go together: the plan says what is done.", ctx)


def _apply_saved(file: Path, request: Request, lock: RunLock, carry: Callable[[Plan, Planes], int]) -> int:
    from provisioner.cli.saved_plans import opened_plan, read_saved, said  # noqa: PLC0415 - most plans are made here

    _, saved = read_saved(file)
    with opened_plan(request, saved, said(file), lock) as (plan, planes):
        return carry(plan, planes)


def _is_expected(plan: Plan, expected: str | None, reporter: Reporter) -> bool:
    """Raises ProvisionerError, behind the plan, where another digest was expected."""
    if expected is None:
        return False
    if plan.digest != expected:
        if not plan.is_empty:
            reporter.plan(plan, asks=True)
        what = "there is nothing to do now, with the digest" if plan.is_empty else "its digest is"
        raise ProvisionerError(
            f"This is not the plan that was expected: {what} {plan.digest}; nothing was changed.",
            "Have this plan reviewed, and expect its digest.",
        )
    return True
