"""See `tests.command`."""

from __future__ import annotations

from tests.command import _running, foundry, project, provisioner

__all__ = ["_running", "foundry", "project", "provisioner"]
