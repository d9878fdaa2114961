"""The manifest's files as they stand on the disk, and how what becomes of them is written."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.cli.complaints import warn
from provisioner.cli.files import NewFile, write_together
from provisioner.cli.session import Request, read_manifest
from provisioner.manifest.edit import Edit, Edited, edited
from provisioner.manifest.files import STDIN, find, folder_of, shown_path
from provisioner.manifest.files import read_manifest as read_file
from provisioner.manifest.limits import Budget
from provisioner.manifest.reader import read
from provisioner.model.diagnostic import Location
from provisioner.model.errors import ManifestInvalid, ProvisionerError


@dataclass(slots=True)
class OpenFile:
    """`root` is what it says, as it is written."""

    path: Path
    text: str
    root: object
    edits: list[Edit] = field(default_factory=list)

    @property
    def name(self) -> str:
        return shown_path(self.path)

    def beside(self, name: str) -> Path:
        return folder_of(self.path) / name

    def edited(self) -> Edited:
        return edited(self.text, self.edits)


class ManifestFiles:
    """Those that `-f` names, but for streams: these cannot be written."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._files = {file.name: file for file in _opened(request.files)}

    def __iter__(self) -> Iterator[OpenFile]:
        return iter(self._files.values())

    def of(self, where: Location | None) -> OpenFile | None:
        """The file of a place in the manifest."""
        return self._files.get(where.file) if where is not None else None

    def named_twice(self) -> frozenset[Path]:
        """The files that more than one value stands in."""
        counts = Counter(file.beside(name) for file in self for name in _named(file.root))
        return frozenset(path for path, count in counts.items() if count > 1)

    def write(self, texts: Mapping[Path, str]) -> None:
        """All of it or nothing. Raises ProvisionerError where a file cannot be written, or what all of them say would
        be no valid manifest: then they are as they were.
        """
        former = [NewFile(path=path, content=path.read_bytes()) for path in texts]
        write_together([NewFile(path=it.path, content=_as(it.content, texts[it.path])) for it in former])
        try:
            read_manifest(self._request)
        except ManifestInvalid as problem:
            write_together(former)
            warn(problem.diagnostics)
            raise ProvisionerError(
                "What is live makes no valid manifest, so every file is as it was.",
                "Name the resources that can be written, one by one.",
            ) from problem


def _opened(paths: Sequence[Path]) -> Iterator[OpenFile]:
    budget = Budget()
    for found in find(paths)[0]:
        if found.path == STDIN or not found.path.is_file():
            continue
        text, _ = read_file(found, budget)
        source, _ = read(text, file=shown_path(found.path)) if text is not None else (None, [])
        if text is not None and source is not None:
            yield OpenFile(found.path, text, source.root)


def _named(value: Any) -> Iterator[str]:
    """The files that stand for values: a `file` means one only where the schema says so, but is counted everywhere."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and isinstance(value["file"], str):
            yield value["file"]
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _as(former: bytes, text: str) -> bytes:
    """The text with the byte order mark and the line ends that the file had."""
    mark = codecs.BOM_UTF8 if former.startswith(codecs.BOM_UTF8) else b""
    if b"\r\n" in former and "\r\n" not in text:
        text = text.replace("\n", "\r\n")
    return mark + text.encode("utf-8", "surrogatepass")
