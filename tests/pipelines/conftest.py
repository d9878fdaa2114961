"""See `tests.command` and `tests.pipelines.steps`."""

from __future__ import annotations

from tests.command import _running, foundry, project, provisioner
from tests.pipelines.steps import runner

__all__ = ["_running", "foundry", "project", "provisioner", "runner"]
