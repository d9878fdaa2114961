"""Showing a plan, asking, running it and telling what became of it: the second half of apply and destroy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from provisioner.apply.execute import Step, execute, performed
from provisioner.cli import logs
from provisioner.cli.asking import require_consent
from provisioner.cli.formats import RUNS, format_option
from provisioner.cli.interruption import Relay, stop_on_signals
from provisioner.cli.locking import LOST, WAIT_S, RunLock
from provisioner.cli.options import patience
from provisioner.cli.reporters.interface import Reporter
from provisioner.cli.terminal import Terminal, complain
from provisioner.kinds import KINDS
from provisioner.model.errors import Forbidden, Interrupted, ProvisionerError, Refused
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import ApplyFinished, Event, Status
from provisioner.reconcile.policies import needs_plan
from provisioner.render.abandoned import abandoned
from provisioner.render.outcomes import was_interrupted

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes


def running_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--lock-timeout",
        "lock_timeout_s",
        type=patience,
        default=f"{WAIT_S:.0f}",
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for the manifest's lock while another run holds it.",
    )(function)
    function = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)
    function = click.option(
        "--on-error",
        type=click.Choice(["continue", "stop"]),
        default="continue",
        show_default=True,
        help="After a failure go on with what does not need the failed one, or start nothing more.",
    )(function)
    return format_option(RUNS, "json writes an event a line to stdout.")(function)


@contextmanager
def told_by(reporter: Reporter) -> Iterator[None]:
    """However it ends, the report has an end, and the terminal is given back."""
    try:
        yield
    except ProvisionerError as error:
        reporter.refused(error)
        raise
    except KeyboardInterrupt:
        reporter.refused(Interrupted("Interrupted."))
        raise
    except OSError:
        raise  # a stream of ours is broken, so there is nowhere to say it
    except Exception as error:
        ours = f"A mistake in the program ended it ({type(error).__name__})."
        reporter.refused(ProvisionerError(ours, "Please report it."))
        raise
    finally:
        reporter.close()


def require_no_plan_needed(manifest: Manifest, *, destruction: bool = False) -> None:
    """Raises Forbidden where the policy lets nothing be done but what a plan says that was made before."""
    if manifest.policy.require_plan:
        environment = manifest.environment or ""
        raise Forbidden((needs_plan(manifest.policy, environment=environment, destruction=destruction),))


def carry_out(
    plan: Plan,
    planes: Planes,
    reporter: Reporter,
    terminal: Terminal,
    *,
    lock: RunLock,
    yes: bool,
    parallelism: int,
    on_error: str,
) -> int:
    """Show, ask, run, report. Raises Refused when a guard forbids it, PlaneError when the lock was lost before anything
    was written; returns the exit code.
    """
    logs.plan_made(plan)
    asks = not (yes or plan.is_empty or plan.refusals)
    reporter.plan(plan, asks=asks)
    if plan.refusals:
        raise Refused(plan.refusals)
    if plan.is_empty:
        return 0
    if asks:
        require_consent(plan, terminal, reporter.question_stream())
        lock.require()
    finished: ApplyFinished | None = None
    relay = Relay(logs.logged(reporter.event))
    with suppress(KeyboardInterrupt):
        finished = _execute(plan, planes, relay, lock=lock, parallelism=parallelism, on_error=on_error)
    told = relay.stop()
    if finished is None:
        lock.leave()
        reporter.abandoned(abandoned(plan, told))
        complain("Interrupted.", terminal=terminal)
        return Interrupted.exit_code
    reporter.finished(finished)
    if lock.lost and not _is_done(finished):
        complain(f"The lock was lost: {lock.lost}. What is not told as done was not written.", LOST, terminal=terminal)
        return 1
    return _exit_code(finished)


def _steps(plan: Plan, stopping: Callable[[], bool], *, at_once: int) -> Callable[[Change], Step]:
    if all(change.migration is None for change in plan.changes):
        return lambda _: performed
    from provisioner.cli.journals import journals  # noqa: PLC0415 - few plans move memories
    from provisioner.memory.migrating import Mover, new_run  # noqa: PLC0415
    from provisioner.planes.clock import SystemClock  # noqa: PLC0415

    journal_of = journals(plan.target)
    return Mover(run=new_run(), at_once=at_once, clock=SystemClock(), stopping=stopping, journal_of=journal_of).step_of


def _execute(
    plan: Plan, planes: Planes, emit: Callable[[Event], None], *, lock: RunLock, parallelism: int, on_error: str
) -> ApplyFinished:
    """Raises KeyboardInterrupt when told a second time to stop."""
    with stop_on_signals() as stopping:
        return execute(
            plan,
            KINDS,
            planes,
            emit=emit,
            now=time.monotonic,
            parallelism=parallelism,
            stopping=stopping.is_set,
            halted=lambda: f"the lock was lost: {lock.lost}" if lock.lost else "",
            stop_on_failure=on_error == "stop",
            step_of=_steps(plan, stopping.is_set, at_once=parallelism),
        )


def _exit_code(finished: ApplyFinished) -> int:
    if was_interrupted(finished):
        return Interrupted.exit_code
    return 0 if _is_done(finished) else 1


def _is_done(finished: ApplyFinished) -> bool:
    return all(outcome.status is Status.DONE for outcome in finished.outcomes)
