"""Exports, read back: believed only whole, of a version that is known, and unchanged since they were written."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Final, NamedTuple

from provisioner.memory.exporting import FORMAT, sealed
from provisioner.memory.plane import Memories
from provisioner.model.errors import ProvisionerError
from provisioner.model.memory import KINDS, Item
from provisioner.model.memory_outcomes import Contents
from provisioner.model.scopes import scope_fault

_MAJOR: Final = "1"
LONGEST: Final = 16 << 20  # bytes of a line: half of what one answer of the service may have
_AGAIN: Final = "Export again, or take another copy of the file."


class Run(NamedTuple):
    """Lines of one scope in a row: where they begin, and how many bytes they have."""

    start: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was read whole. `runs` says where the memories of each scope stand."""

    head: Mapping[str, Any]
    contents: Contents
    runs: Mapping[str, tuple[Run, ...]] = field(repr=False)


def read_export(stream: BinaryIO) -> Export:
    """From its first byte to its last, in flat memory. Raises ProvisionerError for what cannot be trusted."""
    return _Reading(stream).export()


class _Reading:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._number = 0
        self._kinds: Counter[str] = Counter()
        self._scopes: Counter[str] = Counter()
        self._runs: defaultdict[str, list[Run]] = defaultdict(list)

    def export(self) -> Export:
        first = self._next()
        head = self._document(first)
        _check_head(head)
        self._hash.update(first)
        at = len(first)
        while True:
            content = self._next()
            document = self._document(content)
            if "sha256" in document:
                break
            item = self._item(document)
            self._note(item, at, len(content))
            self._hash.update(content)
            at += len(content)
        self._check_tail(content, document)
        if self._read():
            raise self._wrong("comes after the end of the export")
        contents = Contents(kinds=dict(self._kinds), scopes=dict(document["scopes"]))
        return Export(head=head, contents=contents, runs={scope: tuple(runs) for scope, runs in self._runs.items()})

    def _read(self) -> bytes:
        self._number += 1
        return self._stream.readline(LONGEST + 1)

    def _next(self) -> bytes:
        content = self._read()
        if not content.endswith(b"\n"):
            if len(content) > LONGEST:
                raise self._wrong(f"has more than {LONGEST >> 20} MB")
            raise ProvisionerError("The export was cut off: its last line is missing.", _AGAIN)
        return content

    def _document(self, content: bytes) -> dict[str, Any]:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._wrong("is not JSON") from error
        if not isinstance(document, dict):
            raise self._wrong("is no JSON object")
        return document

    def _item(self, document: Mapping[str, Any]) -> Item:
        scope, kind, content = (document.get(name) for name in ("scope", "kind", "content"))
        if not (isinstance(scope, str) and isinstance(content, str) and kind in KINDS) or scope_fault(scope):
            raise self._wrong("is no memory")
        item = Item(scope=scope, kind=str(kind), content=content)
        if document.get("hash") != item.hash:
            raise self._wrong("was edited: its content and its hash do not fit together")
        return item

    def _note(self, item: Item, at: int, size: int) -> None:
        self._kinds[item.kind] += 1
        self._scopes[item.scope] += 1
        runs = self._runs[item.scope]
        if runs and runs[-1].start + runs[-1].size == at:
            runs[-1] = Run(runs[-1].start, runs[-1].size + size)
        else:
            runs.append(Run(at, size))

    def _check_tail(self, content: bytes, tail: Mapping[str, Any]) -> None:
        self._hash.update(content[: -len(sealed(self._hash.hexdigest()))])
        scopes = tail.get("scopes")
        if not content.endswith(sealed(self._hash.hexdigest())) or _counts(scopes) != dict(self._scopes):
            raise ProvisionerError("The export was edited: its hash is not that of what is in it.", _AGAIN)

    def _wrong(self, what: str) -> ProvisionerError:
        return ProvisionerError(f"Line {self._number} of the export {what}; nothing was imported.", _AGAIN)


def _counts(scopes: object) -> dict[str, int] | None:
    """Of scopes that have any, where all of them are scopes and counts."""
    if not isinstance(scopes, dict) or any(type(it) is not int or scope_fault(at) for at, it in scopes.items()):
        return None
    return {scope: number for scope, number in scopes.items() if number}


def _check_head(head: Mapping[str, Any]) -> None:
    if head.get("format") != FORMAT:
        hint = "Name a file that `provisioner memory export` wrote."
        raise ProvisionerError("This is no export of memories.", hint)
    version = head.get("version")
    if not isinstance(version, str) or version.partition(".")[0] != _MAJOR:
        hint = "Install the version of the provisioner that wrote it, or a newer one."
        raise ProvisionerError("The export is of a version that is not known here.", hint)


class ExportedMemories(Memories):
    """To be read as those of a store are, and no more: the memories of an export, by the scope that each goes to;
    `scope_map` says so where it is another one. Reads `stream` again, in several threads.
    """

    def __init__(self, stream: BinaryIO, export: Export, scope_map: Mapping[str, str]) -> None:
        self._stream = stream  # and there is no plane
        self._lock = threading.Lock()
        self._runs: defaultdict[str, list[Run]] = defaultdict(list)
        for scope, runs in export.runs.items():
            self._runs[scope_map.get(scope, scope)] += runs

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(sorted(self._runs))

    def items(self, store: str, scope: str, **_: Any) -> Iterator[Item]:  # noqa: ARG002 - as a store gives them
        for run in self._runs[scope]:
            at, end = run.start, run.start + run.size
            while at < end:
                content = self._line(at)
                at += len(content)
                document = json.loads(content)
                item = Item(
                    scope=scope, kind=document["kind"], content=document["content"], id=document.get("id") or ""
                )
                yield replace(item, updated_at=_time(document.get("updated_at")))

    def _line(self, at: int) -> bytes:
        with self._lock:
            self._stream.seek(at)
            return self._stream.readline()


def _time(found: object) -> int:
    return max(found, 0) if isinstance(found, int) else 0
