"""`provisioner emulator`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from provisioner.cli import ready_file as ready_files
from provisioner.cli.emulator_options import check_options, server_options, told_plainly
from provisioner.cli.local import emulator_room
from provisioner.cli.terminal import remark, say
from provisioner.render.json_text import json_text


@click.group(
    name="emulator",
    invoke_without_command=True,
    epilog="Examples:\n\n  provisioner emulator --state foundry.db\n\n"
    "  provisioner emulator --port 8443 --write-seconds 3 --ready-file ready.json\n\n"
    "  provisioner emulator run -- python my_agent.py",
)
@server_options
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Write the endpoints to this file while it runs, instead of {ready_files.DEFAULT.as_posix()}.",
)
@click.pass_context
def command(ctx: click.Context, /, *, ready_file: Path | None, **given: Any) -> int:
    """Run a local Foundry in the foreground.

    When it is ready it prints one JSON object: the endpoints, the CA file, and under `env` every variable that an
    unmodified Azure program needs to use it. Stop it with Ctrl-C. Its page is at the address under `management`.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_lost_options(ctx)
        return 0
    check_options(given)
    room = emulator_room()
    with ExitStack() as stack, told_plainly(room, given):

        def ready(description: Mapping[str, Any]) -> None:
            stack.enter_context(ready_files.announced(description, ready_file))
            say(json_text(description))
            for note in description["notes"]:
                remark(note)
            remark("The local Foundry is ready; Ctrl-C stops it.")

        room.serve_forever(room.Options(**given), ready=ready)
    return 0


@command.command(name="env")
@click.option(
    "--format",
    "style",
    type=click.Choice(["bash", "powershell", "dotenv"]),
    default="bash",
    show_default=True,
    help="For which shell; dotenv is for a .env file.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ready_files.DEFAULT,
    show_default=True,
    metavar="FILE",
    help="What the running one wrote.",
)
def env_command(*, style: str, ready_file: Path) -> int:
    """Print the environment of the running one.

    \b
    eval "$(provisioner emulator env)"
    provisioner emulator env --format powershell | Out-String | Invoke-Expression
    provisioner emulator env --format dotenv > .env
    """
    from provisioner.cli.shell_exports import exports  # noqa: PLC0415 - only this needs it

    say(exports(ready_files.running(ready_file), style))
    return 0


@command.command(name="run", context_settings={"allow_interspersed_args": False})
@server_options
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(*, program: tuple[str, ...], **given: Any) -> int:
    """Run a program in the environment of a Foundry of its own.

    Starts it, runs PROGRAM with its arguments, stops it, and exits as the program did:

    \b
    provisioner emulator run -- python my_agent.py
    provisioner emulator run --state foundry.db --log - -- npm test
    """
    from provisioner.cli.programs import run_program  # noqa: PLC0415 - only this needs it

    check_options(given)
    room = emulator_room()
    with ExitStack() as stack:
        with told_plainly(room, given):
            emulator = stack.enter_context(room.Emulator(room.Options(**given)))
        for note in emulator.notes:
            remark(note)
        return run_program(program, {**os.environ, **emulator.env})


def _refuse_lost_options(ctx: click.Context) -> None:
    """Flags before a subcommand would be dropped silently."""
    for parameter in ctx.command.params:
        if parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            flag = parameter.opts[0]
            raise click.UsageError(f'{flag} belongs behind "{ctx.invoked_subcommand}".', ctx)
