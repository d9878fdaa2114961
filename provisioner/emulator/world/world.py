"""Everything one running emulator consists of, put together once."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.emulator.control.directory import create_default_world
from provisioner.emulator.handles.effects import check_usages
from provisioner.emulator.handles.fault_reader import documents_in, faults_of
from provisioner.emulator.serve.starters import deploy
from provisioner.emulator.world import switches as switch
from provisioner.emulator.world.catalogue import Catalogue
from provisioner.emulator.world.catalogue_reader import add_from_file
from provisioner.emulator.world.earlier_states import Past
from provisioner.emulator.world.faults import Faults
from provisioner.emulator.world.model_worker import Thinker
from provisioner.emulator.world.options import OptionError
from provisioner.emulator.world.request_log import RequestLog
from provisioner.emulator.world.scripts import Scripts
from provisioner.emulator.world.tokens import Tokens

if TYPE_CHECKING:
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.options import Options
    from provisioner.emulator.world.state import State
    from provisioner.emulator.world.switches import Switches


@dataclass(kw_only=True, slots=True)
class World:
    options: Options
    state: State
    clock: Clock
    tokens: Tokens
    catalogue: Catalogue
    switches: Switches
    thinker: Thinker
    log: RequestLog
    first_faults: list[dict[str, Any]]  # those of the fault file
    faults: Faults = field(default_factory=Faults)
    scripts: Scripts = field(default_factory=Scripts)
    past: Past = field(default_factory=Past)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))
    under_way: set[str] = field(default_factory=set)  # exclusive routes being answered
    extracting: asyncio.Lock = field(default_factory=asyncio.Lock)  # one memory update at a time
    errands: set[asyncio.Task[None]] = field(default_factory=set)  # nobody waits for them
    memory_requests: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)  # counted by the minute

    def reset(self) -> None:
        """As on the first day, except for the secrets. Inside a write transaction."""
        self.clock.reset()
        self.state.clear()
        create_default_world(self.state, self.clock)
        deploy(self, self.options.deploy)
        self.faults.clear()
        self.scripts.clear()
        self.faults.add(faults_of(self.first_faults, self.clock.now()))
        self.catalogue.restore()
        self.forget()
        self.requests.clear()
        self.switches = switch.initial(self.options)

    def forget(self) -> None:
        """What is remembered of objects that may be gone."""
        self.past.clear()
        self.memory_requests.clear()


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
        switches=switch.initial(options),
        thinker=Thinker(options),
        log=RequestLog(options.log),
        first_faults=first_faults,
    )
    with state.transaction(writes=True):
        deploy(world, options.deploy)
    world.faults.add(faults_of(first_faults, clock.now()))
    return world


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
