"""The question whether a plan is to be carried out."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

import click

from provisioner.cli.terminal import Terminal, is_terminal, remark
from provisioner.model.errors import Interrupted, ProvisionerError
from provisioner.model.pipelines import inert
from provisioner.model.plan import Plan
from provisioner.render.plan_text import plan_text
from provisioner.render.safe import wrapped
from provisioner.render.target import target_phrase


def require_consent(plan: Plan, terminal: Terminal, stream: TextIO | None) -> None:
    """Ask on the stream, behind the plan. Raises ProvisionerError unless the answer is yes."""
    if not terminal.can_ask():
        raise ProvisionerError(
            "Nobody can be asked here, so nothing was changed.", "Add --yes to apply without asking."
        )
    if stream is not sys.stdout:  # where the plan is not, or not seen
        remark(plan_text(plan, styles=terminal.err, width=terminal.width))
    answer = _answer(_question(plan, terminal), stream)
    if not answer:
        _leave_the_line(stream)
        raise Interrupted("Interrupted; nothing was changed.")
    if answer.strip().lower() not in ("y", "yes"):
        raise ProvisionerError("Not confirmed; nothing was changed.")


def _question(plan: Plan, terminal: Terminal) -> str:
    these = "this change" if len(plan.changes) == 1 else f"these {len(plan.changes)} changes"
    these += " of a partial run" if plan.scope.is_partial else ""
    where = f" to {target_phrase(plan.target)}" if plan.target else ""
    return inert("\n".join(wrapped(f"Apply {these}{where}? [y/N]", width=terminal.width)))


def _answer(question: str, stream: TextIO | None) -> str:
    """Empty where none came."""
    try:
        click.echo(f"\n{question} ", file=stream, nl=False)
        answer = sys.stdin.readline()
        if answer and not is_terminal(stream):
            click.echo(file=stream)  # a terminal shows the newline that was typed
    except KeyboardInterrupt:
        return ""
    return answer


def _leave_the_line(stream: TextIO | None) -> None:
    """Without an answer the question's line is open still: in its stream, and where a terminal shows two streams."""
    with suppress(OSError, ValueError):
        click.echo(file=stream)
    if stream is not sys.stderr and not is_terminal(stream) and is_terminal(sys.stderr):
        remark("")
