"""`provisioner apply`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from provisioner.cli.formats import RUNS
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
from provisioner.cli.running import carry_out, running_options, told_by
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal
from provisioner.model.allowances import Allowances
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
# What a saved plan does not say itself; whatever else is given with one would be left unheeded.
_BESIDE_A_PLAN: Final = frozenset(
    {"allow_env", "pin_environment", "local", "state", "catalogue", "project_endpoint", "allow_hosts", "parallelism"}
    | {"timeout_s", "yes", "on_error", "style", "plan_file", "no_color", "environment"}
)


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise click.BadParameter("It is no digest; copy the one that plan prints: sha256: and 64 digits.")
    return text


@click.command(
    name="apply",
    epilog="Examples:\n\n  provisioner apply --local\n\n  provisioner apply --yes --format json\n\n"
    "  provisioner apply --plan plan.json\n\n  provisioner apply --allow-data-loss stores/dev-prefs-memory",
)
@manifest_options
@pin_option
@service_options
@guard_options
@preflight_options
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
    allow: Allowances,
    checks: Checks,
    plan_file: Path | None,
    expected: str | None,
    **shared: Any,
) -> int:
    """Make the project what the manifest says.

    Shows the plan and asks, unless --yes. One failure does not hide the rest: what needs the failed resource is
    skipped, everything else goes on (unless --on-error stop), and running again continues from there.
    """
    request = Request(**shared)
    reporter = RUNS[style](terminal)
    with told_by(reporter):
        if plan_file is not None:
            _require_alone(ctx)
            return _apply_saved(plan_file, request, reporter, terminal, on_error=on_error)
        with opened(request) as (manifest, planes):
            plan = planned(manifest, planes, allow, checks.preflight(manifest, planes), parallelism=request.parallelism)
            yes = _is_expected(plan, expected, reporter) or yes
            return carry_out(
                plan, planes, reporter, terminal, yes=yes, parallelism=request.parallelism, on_error=on_error
            )


def _require_alone(ctx: click.Context) -> None:
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name not in _BESIDE_A_PLAN and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = max(parameter.opts, key=len)
            raise click.UsageError(f"{flag} and --plan do not go together: the plan says what is done.", ctx)


def _apply_saved(file: Path, request: Request, reporter: Reporter, terminal: Terminal, *, on_error: str) -> int:
    from provisioner.cli.saved_plans import opened_plan, read_saved, said  # noqa: PLC0415 - most plans are made here

    _, saved = read_saved(file)
    with opened_plan(request, saved, said(file)) as (plan, planes):
        return carry_out(plan, planes, reporter, terminal, yes=True, parallelism=request.parallelism, on_error=on_error)


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
