"""See `tests/planes/world.py`; the server lives as long as the session, as there."""

from tests.planes.world import admin_client, foundry, running

__all__ = ["admin_client", "foundry", "running"]
