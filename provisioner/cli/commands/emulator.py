"""`provisioner emulator`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from provisioner.cli.files import write_atomically
from provisioner.cli.local import emulator_room
from provisioner.cli.terminal import remark, say
from provisioner.model.errors import ProvisionerError


@click.command(
    name="emulator",
    epilog="Examples:\n\n  provisioner emulator --state foundry.db\n\n"
    "  provisioner emulator --port 8443 --write-seconds 3 --ready-file ready.json",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option(
    "--state", default=":memory:", show_default=True, metavar="FILE", help="Keep the state in this file between runs."
)
@click.option("--latency", type=click.FloatRange(min=0), default=0, metavar="MS", help="Delay every answer.")
@click.option(
    "--write-seconds",
    type=click.FloatRange(min=0),
    default=0,
    metavar="S",
    help="How long writes of deployments take; 0 ends them at once.",
)
@click.option("--strict", is_flag=True, help="Refuse what the service may or may not accept.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the endpoints to this file, too.",
)
def command(
    *, port: int, state: str, latency: float, write_seconds: float, strict: bool, ready_file: Path | None
) -> int:
    """Run a local Foundry in the foreground.

    When it is ready it prints one JSON object: the endpoints, the CA file, and under `env` every variable that an
    unmodified Azure program needs to use it. Stop it with Ctrl-C.
    """
    room = emulator_room()
    options = room.Options(port=port, state=state, latency_ms=latency, write_seconds=write_seconds, strict=strict)

    def ready(description: Mapping[str, Any]) -> None:
        text = json.dumps(description)
        if ready_file is not None:
            write_atomically(ready_file, text + "\n")
        say(text)
        remark("The local Foundry is ready; Ctrl-C stops it.")

    try:
        room.serve(options, ready=ready)
    except room.StateError as error:
        raise ProvisionerError(str(error), "Name another file with --state, or move this one away.") from error
    except OSError as error:
        raise ProvisionerError(f"The local Foundry cannot listen on port {port}: {error.strerror}.") from error
    return 0
