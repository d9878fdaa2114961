"""What was true a while ago, for reads that lag behind: a copy of the state from before each write."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State

COPIES_MAX: Final = 32  # more writes than that within the lag: the reads lag a little less


class Past:
    def __init__(self) -> None:
        self._before: deque[tuple[float, State]] = deque()  # when a write was made, and the state before it

    @contextmanager
    def of_a_write(self, state: State, clock: Clock, *, for_s: float) -> Iterator[None]:
        """Remembers what was before, if anything changes."""
        before, changes = state.copy(), state.changes
        try:
            yield
        finally:
            if state.changes == changes:
                before.close()
            else:
                self._remember(clock.now(), before, for_s)

    def at(self, moment: float) -> State | None:
        """As it was then; None when nothing was written since, as far as is remembered."""
        return next((state for written, state in self._before if written > moment), None)

    def clear(self) -> None:
        while self._before:
            self._before.pop()[1].close()

    def _remember(self, moment: float, before: State, for_s: float) -> None:
        self._before.append((moment, before))
        while len(self._before) > COPIES_MAX or self._before[0][0] <= moment - for_s:
            self._before.popleft()[1].close()
