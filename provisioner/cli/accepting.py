"""Accepting drift: what is live, written where it is declared."""

from __future__ import annotations

from pathlib import Path

from provisioner.cli.formats import ACCEPTED
from provisioner.cli.manifest_files import ManifestFiles
from provisioner.cli.terminal import Terminal, note, say
from provisioner.kinds import KINDS
from provisioner.kinds.live_names import Names
from provisioner.manifest.accept import NewText, acceptance
from provisioner.manifest.files import shown_path
from provisioner.manifest.load import Manifest
from provisioner.manifest.places import Source
from provisioner.model.accepted import Accepted, Left, Written
from provisioner.model.address import Address
from provisioner.model.document import Path as DocumentPath
from provisioner.model.plan import Change
from provisioner.reconcile.drift import Drift, as_live


def accept_drift(drift: Drift, manifest: Manifest, files: ManifestFiles, terminal: Terminal, *, style: str) -> int:
    """`files` were read before the manifest was. Raises what `ManifestFiles.save` raises."""
    acceptor = _Acceptor(manifest, files)
    for change in drift.drifted:
        acceptor.take(change)
    accepted = acceptor.finish()
    say(ACCEPTED[style](accepted, terminal.out, terminal.width))
    if files.reaches_all:
        note("What was written beside the environment counts in all of them.")
    return 1 if accepted.left else 0


class _Acceptor:
    """Collects what is to be written, over all files, and writes it together."""

    def __init__(self, manifest: Manifest, files: ManifestFiles) -> None:
        self._manifest = manifest
        self._names = Names({at: it.key_address for at, it in manifest.resources.items() if it.key})
        self._files = files
        self._shared = files.named_twice()
        self._written: list[Written] = []
        self._left: list[Left] = []
        self._texts: dict[Path, str] = {}

    def take(self, change: Change) -> None:
        wanted = self._manifest.resources.get(change.address)
        source = self._files.source_of(wanted.key_address) if wanted is not None else None
        if wanted is None or source is None:
            self._left.append(Left(address=change.address, why="is declared in no file that can be written"))
            return
        kind = KINDS[change.address.kind]
        live = as_live(wanted.fields, change.fields)
        declared, to_be = self._names.fields(kind, wanted.fields), self._names.fields(kind, live)
        found = acceptance(wanted.key_address, source.root, declared, to_be)
        left = dict(found.left)
        for edit in found.edits:
            if why := self._files.place(edit, source):
                left[edit.path[2:]] = why
        self._left += [Left(address=wanted.key_address, path=path, why=why) for path, why in left.items()]
        for text in found.texts:
            self._take_text(source, text)

    def _take_text(self, source: Source, text: NewText) -> None:
        address, path = _parted(text.path)
        place = Path(source.folder) / text.file
        if place.resolve() in self._shared:
            self._left.append(Left(address=address, path=path, why=f"stands in {text.file}, which others use, too"))
            return
        self._texts[place] = text.text
        self._written.append(Written(address=address, path=path, file=shown_path(place)))

    def finish(self) -> Accepted:
        saved = self._files.save(self._texts)
        return Accepted(
            written=tuple(sorted((*self._written, *saved.written), key=lambda it: (it.address, it.path))),
            left=tuple(sorted((*self._left, *saved.left), key=lambda it: (it.address, it.path))),
        )


def _parted(path: DocumentPath) -> tuple[Address, DocumentPath]:
    return Address(path[0], path[1]), path[2:]
