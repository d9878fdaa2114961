"""The manifest's files as they stand on the disk, and how what becomes of them is written."""

from __future__ import annotations

import codecs
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from provisioner.cli.complaints import warn
from provisioner.cli.files import NewFile, write_together
from provisioner.cli.session import Request, read_manifest
from provisioner.kinds import KINDS
from provisioner.manifest.edit import Edit, Edited, edited
from provisioner.manifest.environments import Environments
from provisioner.manifest.files import STDIN, find, folder_of, shown_path
from provisioner.manifest.files import read_manifest as read_file
from provisioner.manifest.laying import OverlaidFile
from provisioner.manifest.limits import Budget
from provisioner.manifest.places import Source
from provisioner.manifest.reader import read
from provisioner.model.accepted import Accepted, Left, Written
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, dotted
from provisioner.model.document import Path as DocumentPath
from provisioner.model.errors import ManifestInvalid, ProvisionerError

_ENVIRONMENTS: Final = "environments"


@dataclass(slots=True)
class OpenFile:
    """`root` is what it says, as it is written. Files that it names are told from the `folder`."""

    path: Path
    text: str
    root: object
    folder: Path
    edits: list[Edit] = field(default_factory=list)

    @property
    def name(self) -> str:
        return shown_path(self.path)

    def section(self, name: str) -> Mapping[str, object]:
        """Its entries by their names."""
        found = self.root.get(name) if isinstance(self.root, dict) else None
        return found if isinstance(found, dict) else {}

    def beside(self, name: str) -> Path:
        return self.folder / name

    def edited(self) -> Edited:
        return edited(self.text, self.edits)

    def edited_at(self, path: str) -> Address | None:
        """The edited resource in which the dotted path is."""
        for edit in self.edits:
            address = _address(edit.path)
            if f"{path}.".startswith(f"{dotted((address.kind, address.name))}."):
                return address
        return None


class ManifestFiles:
    """Those that `-f` names, but for streams: these cannot be written; and those that the environment stands in."""

    def __init__(self, request: Request) -> None:
        self._request = request
        opened = [*_opened(request.files)]
        self._named = tuple(file for file, _ in opened)
        sources = [OverlaidFile(source=source, problems=()) for _, source in opened]
        overlaid = Environments(sources, Budget()).chosen(request.environment, os.environ)
        overlays = (layer.source for layer in overlaid.layers if not layer.at)
        self._files = {file.name: file for file in (*self._named, *map(_of_overlay, overlays))}
        self._sources = {at: file.source for file in overlaid.files[::-1] for at in _entries(file.source.root)}
        self._has_environment = overlaid.environment is not None

    def __iter__(self) -> Iterator[OpenFile]:
        return iter(self._files.values())

    @property
    def named(self) -> tuple[OpenFile, ...]:
        """Without those of the environment."""
        return self._named

    def source_of(self, address: Address) -> Source | None:
        """The file that declares the entry, with what the environment says."""
        return self._sources.get(address)

    def place(self, edit: Edit, source: Source) -> str:
        """Have it made in the text that says the value; or else why not."""
        home = source.home(edit.path)
        if home.covers and isinstance(edit.value, Mapping):
            return "is said in several places: beside the environment, and in it"
        file = self._files.get(home.file)
        if file is None:
            return "is declared in no file that can be written"
        if edit.value is ABSENT and home.covers:  # else the value beneath it would come forth
            edit = replace(edit, value=None)
        file.edits.append(replace(edit, path=home.path))
        return ""

    @property
    def reaches_all(self) -> bool:
        """Whether edits stand beside the chosen environment, and so count in the others, too."""
        return self._has_environment and any(
            edit.path[0] != _ENVIRONMENTS for file in self._named for edit in file.edits
        )

    def named_twice(self) -> frozenset[Path]:
        """The files that more than one value stands in, as links lead to them."""
        counts = Counter(file.beside(name).resolve() for file in self for name in _files_in(file.root))
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
                left.append(Left(address=_address(path), path=_in_entry(path), why=why))
            made = [edit.path for edit in file.edits if edit.path not in result.refused]
            written += _places(file.name, result.text, made)
            texts |= {file.path: result.text} if result.text != file.text else {}
        return Accepted(written=tuple(written), left=tuple(left)), texts

    def _write(self, texts: Mapping[Path, str]) -> None:
        """Raises ManifestInvalid, every file being as it was, where they would be no valid manifest together."""
        former = [NewFile(path=path, content=path.read_bytes()) for path in texts]
        self._require_unchanged({it.path: it.content for it in former})
        write_together([NewFile(path=it.path, content=_as(it.content, texts[it.path])) for it in former])
        try:
            read_manifest(self._request)
        except ManifestInvalid:
            write_together(former)
            raise

    def _without_invalid(self, problem: ManifestInvalid) -> list[Left]:
        """Take back the edits of the resources of which the errors speak; raises ProvisionerError where none does."""
        left: dict[Address, Left] = {}
        for item in problem.diagnostics:
            path = item.where.path if item.is_error and item.where is not None else ""
            for address in {at for file in self if (at := file.edited_at(path)) is not None}:
                for file in self:
                    file.edits = [edit for edit in file.edits if _address(edit.path) != address]
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


def _opened(paths: Sequence[Path]) -> Iterator[tuple[OpenFile, Source]]:
    budget = Budget()
    for found in find(paths)[0]:
        if found.path == STDIN or not found.path.is_file():
            continue
        text, _ = read_file(found, budget)
        folder = folder_of(found.path)
        source, _ = read(text, file=shown_path(found.path), folder=str(folder)) if text is not None else (None, [])
        if text is not None and source is not None:
            yield OpenFile(found.path, text, source.root, folder), source


def _of_overlay(source: Source) -> OpenFile:
    return OpenFile(Path(source.lines.file), source.lines.text, source.root, Path(source.folder))


def _entries(root: object) -> Iterator[Address]:
    for section in KINDS:
        named = root.get(section) if isinstance(root, dict) else None
        yield from (Address(section, name) for name in named) if isinstance(named, dict) else ()


def _address(path: DocumentPath) -> Address:
    """Of the entry that the path of an edit leads into."""
    kind, name = path[2:4] if path[0] == _ENVIRONMENTS else path[:2]
    return Address(kind, name)


def _in_entry(path: DocumentPath) -> DocumentPath:
    return path[4:] if path[0] == _ENVIRONMENTS else path[2:]


def _files_in(value: Any) -> Iterator[str]:
    """The files that stand for values: a `file` means one only where the schema says so, but is counted everywhere."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and isinstance(value["file"], str):
            yield value["file"]
        for inner in value.values():
            yield from _files_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _files_in(inner)


def _as(former: bytes, text: str) -> bytes:
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
        yield Written(address=_address(path), path=_in_entry(path), file=file, line=line)
