"""A Foundry on this machine: both planes, tokens and TLS, served over real HTTP on loopback.

It stands alone: nothing of the other rooms is imported here, so a wrong field name cannot be wrong on
both sides. Importing this package is cheap; the web server is loaded when `Emulator` or `serve_forever`
is used.

What is where, each floor knowing only those below it: `serve/` the listeners and the planes, `handles/` what tests
reach under `/_emulator`, `project/` the project plane, `control/` the management plane (both one file per resource
family), `wire/` the manners of the service (errors, versions, auth), `world/` what there is: its state, the only
mutable truth (SQLite), its clock, the only time; and `model/`, which extracts memories and answers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from provisioner.emulator.world.clock import Clock
from provisioner.emulator.world.options import OptionError, Options, PortError, StateError

if TYPE_CHECKING:
    from provisioner.emulator.serve.server import Emulator as Emulator
    from provisioner.emulator.serve.server import serve_forever as serve_forever

__all__ = ["Clock", "Emulator", "OptionError", "Options", "PortError", "StateError", "serve_forever"]


def __getattr__(name: str) -> object:
    if name in {"Emulator", "serve_forever"}:
        return getattr(import_module("provisioner.emulator.serve.server"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
