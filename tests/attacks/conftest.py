"""Attacks run the command as a pipeline would, on files that a stranger wrote; see docs/threat-model.md."""

from __future__ import annotations

from tests.command import _running, foundry, project, provisioner

__all__ = ["_running", "foundry", "project", "provisioner"]
