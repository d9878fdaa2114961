"""The manifest's files as they stand on the disk, and how what becomes of them is written."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from provisioner.model.accepted import Accepted, Left, Written
from provisioner.model.address import Address
from provisioner.model.diagnostic import Location
from provisioner.model.document import Path as DocumentPath
from provisioner.model.document import dotted
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

    def section(self, name: str) -> Mapping[str, object]:
        """Its entries by their names."""
        found = self.root.get(name) if isinstance(self.root, dict) else None
        return found if isinstance(found, dict) else {}

    def beside(self, name: str) -> Path:
        return folder_of(self.path) / name

    def edited(self) -> Edited:
        return edited(self.text, self.edits)

    def edited_at(self, path: str) -> tuple[str, str] | None:
        """Section and name of the edited resource in which the dotted path is."""
        for edit in self.edits:
            section, name, *_ = edit.path
            if f"{path}.".startswith(f"{dotted((section, name))}."):
                return section, name
        return None


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
        """The files that more than one value stands in, as links lead to them."""
        counts = Counter(file.beside(name).resolve() for file in self for name in _named(file.root))
        return frozenset(path for path, count in counts.items() if count > 1)

    def save(self, beside: Mapping[Path, str]) -> Accepted:
        """Make the edits, and write these files beside the manifest's own; tells of the edits. Resources with which
        there would be no valid manifest are left as they are. Raises ProvisionerError where a file cannot be written,
        or nobody tells what keeps the manifest from being valid: then every file is as it was.
        """
        left: list[Left] = []
        while True:
            accepted, texts = self._made(beside)
            try:
                if texts:
                    self._write(texts)
            except ManifestInvalid as problem:
                left += self._without_invalid(problem)
            else:
                return replace(accepted, left=(*accepted.left, *left))

    def _made(self, beside: Mapping[Path, str]) -> tuple[Accepted, dict[Path, str]]:
        written: list[Written] = []
        left: list[Left] = []
        texts = dict(beside)
        for file in self:
            result = file.edited()
            for path, why in result.refused.items():
                left.append(Left(address=Address(path[0], path[1]), path=path[2:], why=why))
            made = [edit.path for edit in file.edits if edit.path not in result.refused]
            written += _places(file.name, result.text, made)
            texts |= {file.path: result.text} if result.text != file.text else {}
        return Accepted(written=tuple(written), left=tuple(left)), texts

    def _write(self, texts: Mapping[Path, str]) -> None:
        """Raises ManifestInvalid, every file being as it was, where they would be no valid manifest together."""
        former = [NewFile(path=path, content=path.read_bytes()) for path in texts]
        self._require_unchanged({it.path: it.content for it in former})
        write_together([NewFile(path=it.path, content=like(it.content, texts[it.path])) for it in former])
        try:
            read_manifest(self._request)
        except ManifestInvalid:
            write_together(former)
            raise

    def _without_invalid(self, problem: ManifestInvalid) -> list[Left]:
        """Take back the edits of the resources of which the errors speak; raises ProvisionerError where none does."""
        left: dict[Address, Left] = {}
        for item in problem.diagnostics:
            file = self.of(item.where) if item.is_error else None
            at = file.edited_at(item.where.path) if file is not None and item.where is not None else None
            if file is not None and at is not None:
                file.edits = [edit for edit in file.edits if edit.path[:2] != at]
                address = Address(*at)
                left[address] = Left(address=address, why=f"would make no valid manifest: {item.message.rstrip('.')}")
        if left:
            return list(left.values())
        warn(problem.diagnostics)
        raise ProvisionerError(
            "What is live makes no valid manifest, so every file is as it was.",
            "Name the resources that can be written, one by one.",
        ) from problem

    def _require_unchanged(self, contents: Mapping[Path, bytes]) -> None:
        """As they were read: an editor may have been at work."""
        for file in self:
            content = contents.get(file.path)
            if content is not None and content.removeprefix(codecs.BOM_UTF8) != file.text.encode():
                raise ProvisionerError(f'"{file.name}" was changed in the meantime: nothing was written.', "Try again.")


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


def like(former: bytes, text: str) -> bytes:
    """The text with the byte order mark and the line ends that the file had."""
    mark = codecs.BOM_UTF8 if former.startswith(codecs.BOM_UTF8) else b""
    if b"\r\n" in former and "\r\n" not in text:
        text = text.replace("\n", "\r\n")
    return mark + text.encode("utf-8", "surrogatepass")


def _places(file: str, text: str, paths: Iterable[DocumentPath]) -> Iterator[Written]:
    """Where these stand in the text of the file."""
    source, _ = read(text, file=file)
    for path in paths:
        line = source.key_at(path).line if source is not None else 1
        yield Written(address=Address(path[0], path[1]), path=path[2:], file=file, line=line)
