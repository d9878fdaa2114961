"""See `tests/planes/world.py`."""

from tests.planes.world import admin_client, clock, foundry, planes, running, scripted

__all__ = ["admin_client", "clock", "foundry", "planes", "running", "scripted"]
