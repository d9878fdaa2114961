"""A Foundry on this machine: both planes, tokens and TLS, served over real HTTP on loopback.

It stands alone: nothing of the other rooms is imported here, so a wrong field name cannot be wrong on
both sides. Importing this package is cheap; the web server is loaded when `Emulator` or `serve` is used.

What is where: `wire/` holds the manners of the service (errors, versions, paging, auth), `control/` the
management plane and `project/` the project plane, one file per resource family; `state.py` is the only
mutable truth (SQLite), `clock.py` the only time, `admin.py` the handles for tests under `/_emulator`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .clock import Clock
from .options import OptionError, Options, PortError, StateError

if TYPE_CHECKING:
    from .server import Emulator as Emulator
    from .server import serve as serve

__all__ = ["Clock", "Emulator", "OptionError", "Options", "PortError", "StateError", "serve"]


def __getattr__(name: str) -> object:
    if name in {"Emulator", "serve"}:
        return getattr(import_module(".server", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
