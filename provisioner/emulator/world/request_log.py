"""The request log: one JSON line per request, without queries, bodies and tokens. Losing it loses no answer."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.world.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

KEYS: Final = ("method", "path", "status", "duration_ms", "audience")


class RequestLog:
    """Raises OptionError for a file that cannot be written. "" is nowhere, "-" is stderr."""

    def __init__(self, target: str) -> None:
        self._stream: TextIO | None = None
        if target == "-":
            self._stream = sys.stderr
        elif target:
            self._stream = _opened(target)

    def write(self, entry: Mapping[str, Any]) -> None:
        """A full disk or a closed file costs the line, not the answer."""
        if self._stream is None:
            return
        time = datetime.fromtimestamp(entry["time"], timezone.utc).isoformat(timespec="milliseconds")
        line = json.dumps(
            {"time": time, **{key: entry[key] for key in KEYS}},
        )
        line = line.replace("::", r"\u003a\u003a").replace("##", r"\u0023\u0023")  # no commands for a pipeline
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def close(self) -> None:
        if self._stream not in {None, sys.stderr}:
            with suppress(OSError, ValueError):
                self._stream.close()
        self._stream = None


def _opened(target: str) -> TextIO:
    path = Path(target).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OptionError(f"The log '{target}' cannot be written: {error.strerror}.") from error
