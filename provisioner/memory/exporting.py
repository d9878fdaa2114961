"""Memories as lines of JSON that a program can trust: the first says of what, then one memory a line, and the last how
many there are and a hash over all bytes before it. A file without that last line was cut off.

    {"format": "provisioner-memories", "version": "1.0", "exported_at": "2026-11-29T08:15:39Z", "project": "https://…",
     "store": {"name": "prefs", "definition": {…}}, "scopes": 2, "known_from": {"manifest": 2}}
    {"scope": "dana", "kind": "user_profile", "content": "Likes tea.", "updated_at": 1796025339, "id": "…", "hash": "…"}
    {"memories": 1, "kinds": {"user_profile": 1}, "scopes": {"dana": 1, "eli": 0}, "sha256": "…"}
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from provisioner.model.memory import Item
from provisioner.model.memory_outcomes import Contents
from provisioner.model.pipelines import inert_json

FORMAT: Final = "provisioner-memories"
VERSION: Final = "1.0"
_encode: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def line(document: Mapping[str, Any]) -> bytes:
    """In ASCII, and with nothing that a pipeline would take for a command."""
    return f"{inert_json(_encode(document))}\n".encode("ascii")


def sealed(digest: str) -> bytes:
    """How the last line ends; all before it is what the hash is over."""
    return f',"sha256":"{digest}"}}\n'.encode("ascii")


class Exporter:
    """Writes an export; without `close` it is none. `scopes` are all that were asked for."""

    def __init__(self, write: Callable[[bytes], object], head: Mapping[str, Any], scopes: Sequence[str]) -> None:
        self._write = write
        self._hash = hashlib.sha256()
        self._kinds: Counter[str] = Counter()
        self._scopes = Counter(dict.fromkeys(scopes, 0))
        self._put(line({"format": FORMAT, "version": VERSION, **head}))

    def add(self, items: Iterable[Item]) -> None:
        lines = []
        for item in items:
            self._kinds[item.kind] += 1
            self._scopes[item.scope] += 1
            lines.append(_line_of(item))
        self._put(b"".join(lines))

    def close(self) -> Contents:
        contents = Contents(kinds=dict(self._kinds), scopes=dict(self._scopes))
        tail = line({"memories": contents.total, "kinds": contents.kinds, "scopes": contents.scopes})
        self._put(tail[: -len(b"}\n")])
        self._write(sealed(self._hash.hexdigest()))
        return contents

    def _put(self, content: bytes) -> None:
        self._hash.update(content)
        self._write(content)


def _line_of(item: Item) -> bytes:
    """As `line` writes it, in half the time: there may be a million."""
    text = (
        f'{{"scope":{_encode(item.scope)},"kind":{_encode(item.kind)},"content":{_encode(item.content)}'
        f',"updated_at":{item.updated_at},"id":{_encode(item.id)},"hash":"{item.hash}"}}\n'
    )
    return inert_json(text).encode("ascii")
