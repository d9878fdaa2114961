"""What memory stores hold: memories by scope, the updates that extract them, the searches that find them.

For the rest of the emulator:

- `recall`, a generator for handlers: `found = yield from recall(call, "store", "scope", items, 5)`;
- `submit_update`, inside a write transaction: the update's document, still queued;
- `settle`, which the application awaits before every request: no handler needs to;
- `scopes_of` and `memories_in`, cheap reads for the page and the state.

Nothing runs in the background: an update is a row with a start and a due time, and becomes memories with the
first request after that, as of its due time. So whoever polls, and whoever does not, sees the same.
"""

from __future__ import annotations

from provisioner.emulator.project.memory.extraction import settle
from provisioner.emulator.project.memory.overview import Scope, memories_in, scopes_of
from provisioner.emulator.project.memory.routes import FAMILY
from provisioner.emulator.project.memory.search import recall
from provisioner.emulator.project.memory.updates import submit_update

__all__ = ["FAMILY", "Scope", "memories_in", "recall", "scopes_of", "settle", "submit_update"]
