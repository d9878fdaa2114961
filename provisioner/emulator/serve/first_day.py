"""How a world begins, and how it comes back to its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.control.directory import create_default_world
from provisioner.emulator.handles.fault_reader import documents_in, faults_of
from provisioner.emulator.handles.world_changes import check_usages
from provisioner.emulator.serve.starters import deploy
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world import switches
from provisioner.emulator.world.catalogue import Catalogue
from provisioner.emulator.world.catalogue_reader import add_from_file
from provisioner.emulator.world.model_worker import Thinker
from provisioner.emulator.world.options import OptionError
from provisioner.emulator.world.request_log import RequestLog
from provisioner.emulator.world.tokens import Tokens
from provisioner.emulator.world.world import World

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.options import Options
    from provisioner.emulator.world.state import State


def make_world(options: Options, state: State, clock: Clock) -> World:
    first_faults = documents_in(options.faults) if options.faults else []
    catalogue = _catalogue(options, first_faults)
    with state.transaction(writes=True):
        create_default_world(state, clock)
    secret, header = state.setting("token_secret"), state.setting("identity_header")
    world = World(
        options=options,
        state=state,
        clock=clock,
        tokens=Tokens(secret or "", header or ""),
        catalogue=catalogue,
        switches=switches.initial(options),
        thinker=Thinker(options),
        log=RequestLog(options.log),
        first_faults=first_faults,
    )
    with state.transaction(writes=True):
        deploy(world, options.deploy)
    world.faults.add(faults_of(first_faults, clock.now()))
    return world


def reset(world: World) -> None:
    """As on the first day, except for the secrets. Inside a write transaction."""
    world.clock.reset()
    world.state.clear()
    create_default_world(world.state, world.clock)
    deploy(world, world.options.deploy)
    world.faults.clear()
    world.scripts.clear()
    world.faults.add(faults_of(world.first_faults, world.clock.now()))
    world.catalogue.restore()
    world.forget()
    world.requests.clear()
    world.switches = switches.initial(world.options)


def answer_reset(call: Call) -> Reply:
    reset(call.world)
    return Reply(status=204)


def _catalogue(options: Options, first_faults: list[dict[str, Any]]) -> Catalogue:
    """Of the first day. Raises OptionError."""
    catalogue = Catalogue()
    if options.catalogue:
        add_from_file(catalogue, options.catalogue)
        catalogue.keep()
    try:
        check_usages(catalogue, faults_of(first_faults, 0))
    except ValueError as error:
        raise OptionError(f"{options.faults}: {error}") from error
    return catalogue


ROUTES: Final = (Route(method="POST", path="/_emulator/reset", handler=answer_reset, token=False),)
