"""Which scopes have been copied whole, so that a run that goes on need not look at them before the end.

In the end everything is read back anyway: without a journal, or with a wrong one, a run is slower and no worse. It
holds hashes, and neither scopes nor memories.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from typing import Final

_CHARS: Final = 32


class Journal:
    """`save` is given all entries whenever there is another one; `end` is called when nothing is left to go on with."""

    def __init__(
        self,
        entries: Collection[str] = (),
        *,
        save: Callable[[Collection[str]], None] = lambda _: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._entries = set(entries)
        self._save = save
        self._lock = threading.Lock()
        self.end = end

    def knows(self, pair: str, scope: str) -> bool:
        """`pair` tells the two stores from others of their names."""
        return _entry(pair, scope) in self._entries

    def add(self, pair: str, scope: str) -> None:
        with self._lock:
            self._entries.add(_entry(pair, scope))
            self._save(sorted(self._entries))


def _entry(pair: str, scope: str) -> str:
    return hashlib.sha256(f"{pair} {scope}".encode()).hexdigest()[:_CHARS]
