"""Everything one running emulator consists of, put together once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import switches as switch
from .control.catalogue import Catalogue
from .control.directory import create_default_world
from .faults import Faults
from .tokens import Tokens

if TYPE_CHECKING:
    from .clock import Clock
    from .options import Options
    from .state import State
    from .switches import Switches


@dataclass(kw_only=True, slots=True)
class World:
    options: Options
    state: State
    clock: Clock
    tokens: Tokens
    catalogue: Catalogue
    switches: Switches
    faults: Faults = field(default_factory=Faults)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))
    under_way: set[str] = field(default_factory=set)  # exclusive routes being answered

    def reset(self) -> None:
        """As on the first day, except for the secrets and the clock. Inside a write transaction."""
        self.state.clear()
        create_default_world(self.state, self.clock)
        self.faults.clear()
        self.requests.clear()
        self.switches = switch.initial(self.options)


def make_world(options: Options, state: State, clock: Clock) -> World:
    with state.transaction(writes=True):
        create_default_world(state, clock)
    secret, header = state.setting("token_secret"), state.setting("identity_header")
    return World(
        options=options,
        state=state,
        clock=clock,
        tokens=Tokens(secret or "", header or ""),
        catalogue=Catalogue.bundled(),
        switches=switch.initial(options),
    )
