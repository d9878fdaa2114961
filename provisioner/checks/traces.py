"""What a try leaves in stores, and how it is taken away again, however the try ends."""

from __future__ import annotations

from typing import Final

from provisioner.memory.plane import Memories
from provisioner.model.errors import PlaneError
from provisioner.model.memory_outcomes import Update
from provisioner.planes.clock import Clock

SETTLE_S: Final = 60.0  # how long an extraction is waited for that may still write
_LOOK_S: Final = 0.5
_GONE: Final = 404


class Traces:
    """Scopes that are made up, with the updates that may still write there. For one thread."""

    def __init__(self, memories: Memories, clock: Clock) -> None:
        self._memories = memories
        self._clock = clock
        self._scopes: dict[tuple[str, str], str] = {}
        self._queued: set[tuple[str, str]] = set()

    def will_write(self, store: str, scope: str) -> None:
        """To be said before anything is sent: whether it arrived may never be known."""
        self._scopes.setdefault((store, scope), "")

    def updates(self, store: str, scope: str, update_id: str) -> None:
        """An update whose end has not been seen; empty for none."""
        self._scopes[store, scope] = update_id

    def agent_updates(self, store: str, scope: str) -> None:
        """One whose id only the service knows, and which may still wait for quiet."""
        self.will_write(store, scope)
        self._queued.add((store, scope))

    def wipe(self) -> str:
        """Delete all of it. A sentence about what may be left, with what to do; empty where nothing is."""
        return "\n".join(filter(None, (self._wiped(store, scope) for store, scope in self._scopes)))

    def _wiped(self, store: str, scope: str) -> str:
        has_ended = self._has_ended(store, scope)
        try:
            self._memories.delete_scope(store, scope)
            is_empty = next(self._memories.items(store, scope), None) is None
        except PlaneError as error:
            if error.failure.status == _GONE:  # the store, and all that was in it
                return ""
            return f"The scope {scope} of the store {store} could not be deleted: {error}\n{_forget(store, scope)}"
        if not has_ended:
            what = "An update, whose end was not seen, may still write to"
        elif not is_empty:
            what = "Something has written again, after it was deleted, to"
        else:
            return ""
        return f"{what} the scope {scope} of the store {store}.\n{_forget(store, scope)}"

    def _has_ended(self, store: str, scope: str) -> bool:
        """Whether it was seen that nothing that was asked for writes there any more; waits for that a while."""
        try:
            update_id = self._scopes[store, scope]
            if (store, scope) in self._queued:
                update_id = self._hurried(store, scope)
            until = self._clock.now() + SETTLE_S
            while update_id:
                update = self._memories.update(store, update_id)
                if update.has_ended and not update.superseded_by:
                    return True
                update_id = update.superseded_by or update_id
                if self._clock.now() >= until:
                    return False
                self._clock.sleep(_LOOK_S)
        except PlaneError:
            return False
        return True

    def _hurried(self, store: str, scope: str) -> str:
        """The id of an update that takes the place of one that waits for quiet, with all that it covers, so that its
        end can be seen (azure-ai-projects, sample_memory_advanced.py). Empty where the service wants none.
        """
        try:
            update: Update = self._memories.remember(store, scope, (), delay_s=0)
        except PlaneError as error:
            if error.failure.status == 400:
                return ""
            raise
        return update.id


def _forget(store: str, scope: str) -> str:
    return f"Delete it later: provisioner memory forget --store {store} --scope {scope}"
