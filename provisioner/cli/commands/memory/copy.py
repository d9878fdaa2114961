"""`provisioner memory copy`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from provisioner.cli.memory_options import (
    memory_format,
    memory_options,
    rate_option,
    scopes_options,
    show_scopes_option,
)
from provisioner.cli.memory_session import MemorySession, opened_memories
from provisioner.cli.options import endpoint
from provisioner.cli.session import Request
from provisioner.cli.terminal import Terminal
from provisioner.cli.transferring import told, transfer
from provisioner.memory.copying import Side
from provisioner.memory.pacing import usual_rate
from provisioner.model.errors import ProvisionerError


@click.command(
    name="copy",
    epilog="Examples:\n\n  provisioner memory copy prefs prefs-next --scopes-from scopes.txt\n\n"
    "  provisioner memory copy prefs prefs --env dev --to-env prod --scope user_dana",
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@scopes_options
@click.option("--to-env", metavar="NAME", help="DST is in the project of this environment of the manifest.")
@click.option("--to-project-endpoint", type=endpoint, metavar="URL", help="DST is in this project.")
@click.option("--dry-run", is_flag=True, help="Say how many would be added, and add none.")
@rate_option
@show_scopes_option
@memory_options
@memory_format
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    source: str,
    target: str,
    only: tuple[str, ...],
    from_file: tuple[str, ...],
    to_env: str | None,
    to_project_endpoint: str | None,
    dry_run: bool,
    rate: int | None,
    show_scopes: bool,
    request: Request,
    as_json: bool,
) -> int:
    """Add to a store what it lacks of another one's memories.

    In the same project or in another one. What is there already is known by its content, so a second run adds nothing.
    Ids and times are new; the source stays as it is.
    """
    there = _elsewhere(ctx, request, to_env, to_project_endpoint)
    with opened_memories(request) as session, _target(session, there) as other:
        live, goal = session.store(source), other.store(target, whole=False)
        if live.identity == goal.identity and live.address == goal.address:
            raise ProvisionerError("SRC and DST are the same store.", "Name another one, or another project.")
        scopes = session.scopes(live, only=only, from_file=from_file)
        done = transfer(
            Side(memories=session.memories, store=live.address.name),
            Side(memories=other.memories, store=goal.address.name),
            scopes.names,
            rate=usual_rate(session.planes.target.endpoint, other.planes.target.endpoint) if rate is None else rate,
            at_once=request.parallelism,
            dry_run=dry_run,
        )
    return told(done, ctx.find_object(Terminal) or Terminal.current(), as_json=as_json, named=show_scopes)


def _elsewhere(ctx: click.Context, request: Request, env: str | None, url: str | None) -> Request | None:
    """How the other project is asked for; None where it is the same one."""
    if env is None and url is None:
        return None
    if request.local:
        raise click.UsageError("--local is one project; export and import lead from it to another.", ctx)
    if env is not None and url is not None:
        raise click.UsageError("--to-env and --to-project-endpoint name two projects; leave one away.", ctx)
    if env is not None:
        if not request.files:
            raise click.UsageError("--to-env is about a manifest, and none is read; name one with -f.", ctx)
        return replace(request, environment=env, project_endpoint=None)
    return replace(request, project_endpoint=url)


@contextmanager
def _target(session: MemorySession, there: Request | None) -> Iterator[MemorySession]:
    if there is None:
        yield session
        return
    with opened_memories(there) as other:
        yield other
