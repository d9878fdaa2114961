"""Whether anybody is there, on this machine: a local Foundry that was stopped leaves its addresses in environments."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from provisioner.model.errors import PlaneError
from provisioner.planes.clouds import is_loopback
from provisioner.planes.failures import nothing_listens

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_S: Final = 1.0


def is_deserted(url: str) -> bool:
    """Whether the URL stays on this machine and its port refuses connections."""
    if not is_loopback(url):
        return False
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS[parts.scheme]
        socket.create_connection((parts.hostname or "", port), timeout=_LONGEST_S).close()
    except ConnectionRefusedError:
        return True
    except (OSError, ValueError, OverflowError):  # whatever else is wrong is told by who really connects
        return False
    return False


def require_somebody(url: str) -> None:
    """Raises PlaneError where nothing listens. What else the environment says is as stale: it would be told first."""
    if is_deserted(url):
        raise PlaneError(nothing_listens(url))
