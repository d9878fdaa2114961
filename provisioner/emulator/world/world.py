"""Everything one running emulator consists of."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.emulator.world.earlier_states import Past
from provisioner.emulator.world.faults import Faults
from provisioner.emulator.world.scripts import Scripts

if TYPE_CHECKING:
    from provisioner.emulator.world.catalogue import Catalogue
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.model_worker import Thinker
    from provisioner.emulator.world.options import Options
    from provisioner.emulator.world.request_log import RequestLog
    from provisioner.emulator.world.state import State
    from provisioner.emulator.world.switches import Switches
    from provisioner.emulator.world.tokens import Tokens


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

    def forget(self) -> None:
        """What is remembered of objects that may be gone."""
        self.past.clear()
        self.memory_requests.clear()
