"""httpx without its command line: importing that, where rich is installed, costs as much as all the rest of it."""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"

if _COMMAND_LINE not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # "there is none", which httpx is prepared for
import httpx  # noqa: E402

if sys.modules.get(_COMMAND_LINE) is None:
    del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
