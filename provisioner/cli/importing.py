"""Importing: what is live, added to the files of the manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from provisioner.apply.observe import observe
from provisioner.cli.formats import ACCEPTED
from provisioner.cli.live_manifest import secrets_of, tell_unread, whole_entries
from provisioner.cli.manifest_files import ManifestFiles, OpenFile
from provisioner.cli.planning import as_meant, in_migration, looking
from provisioner.cli.session import Request, opened
from provisioner.cli.terminal import Terminal, note, say
from provisioner.kinds import KINDS
from provisioner.manifest.edit import Edit
from provisioner.manifest.keys import keys_for, with_live_name
from provisioner.manifest.load import Manifest
from provisioner.manifest.write import literal
from provisioner.model.accepted import Accepted, Left
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import ProvisionerError
from provisioner.model.resource import Live
from provisioner.model.words import guess, listed
from provisioner.model.written import open_in
from provisioner.render.safe import one_line


def import_live(
    addresses: Sequence[Address], request: Request, terminal: Terminal, *, into: Path | None, style: str
) -> int:
    """Of all that is live where there are no addresses. Raises ProvisionerError where one cannot be imported."""
    files = ManifestFiles(request)
    with opened(request) as (declared, planes):
        with looking(planes) as service:
            found = observe(KINDS, service, {}, parallelism=request.parallelism, closely=True)
        sees_all = planes.management is not None
    manifest, going = as_meant(declared, found), in_migration(declared, found)
    live = {at: it for at, it in found.items() if at not in going}
    keys = _keys(manifest, live)
    entries, reasons = whole_entries(manifest.name, live, keys, sees_all=sees_all)
    if addresses:
        _require_all(addresses, manifest, live, entries, reasons)
    chosen = {at: entries[at] for at in addresses or sorted(entries) if addresses or at not in manifest.resources}
    left = [it for at in chosen for it in _secrets_in(at, chosen[at])]
    for it in left:
        chosen.pop(it.address, None)
    externals = {at: {"external": True} for at in sorted({*_needed(chosen, live)} - {*chosen, *manifest.resources})}
    written = {
        (key := keys.get(at, at)): with_live_name(entry, at, key) for at, entry in {**chosen, **externals}.items()
    }
    accepted = _written(written, files, into)
    accepted = replace(accepted, left=(*accepted.left, *left))
    for at, reason in () if addresses else reasons.items():
        note(one_line(f"{at} is not imported in full: {reason}"))
    tell_unread(chosen)
    say(ACCEPTED[style](accepted, terminal.out, terminal.width))
    if any(live[at].marker is None for at in chosen):
        note("Apply with --adopt to manage what no manifest owns yet.")
    return 1 if accepted.left else 0


def _secrets_in(address: Address, entry: Document) -> Iterator[Left]:
    """A manifest is shared: what may be a secret is no part of one."""
    for path, _ in open_in(entry):
        why = "comes from a sensitive variable: declare the resource with ${var.…} in its place"
        yield Left(address=address, path=path, why=why)
    for path in secrets_of(entry):
        yield Left(address=address, path=path, why="may be a secret: declare the resource with ${env:…} in its place")


def _keys(manifest: Manifest, live: Collection[Address]) -> dict[Address, Address]:
    """Of the entries that are called otherwise than what is live: those that there are, and those that will be."""
    declared = {at: wanted.key_address for at, wanted in manifest.resources.items()}
    new = keys_for((at for at in live if at not in declared), taken=frozenset(declared.values()))
    return {at: key for at, key in {**declared, **new}.items() if at != key}


def _require_all(
    addresses: Sequence[Address],
    manifest: Manifest,
    live: Mapping[Address, Live],
    entries: Collection[Address],
    reasons: Mapping[Address, str],
) -> None:
    for at in addresses:
        wanted, found = manifest.resources.get(at), live.get(at)
        name = one_line(str(at))
        if wanted is not None and not wanted.external:
            raise ProvisionerError(f"{name} is in the manifest already.", "See what differs: provisioner drift.")
        if found is None:
            raise ProvisionerError(f"{name} is not live.", _others(at, live))
        if found.marker is not None and found.marker.owner != manifest.name:
            raise ProvisionerError(
                f'{name} belongs to the manifest named "{one_line(found.marker.owner)}".',
                "Have it removed there with `on_remove: keep`, or declare it `external: true` here.",
            )
        if at not in entries:
            why = one_line(reasons.get(at, ""))
            raise ProvisionerError(f"{name} cannot be written in full. {why}".rstrip(), _UNSEEN if not why else "")


_UNSEEN = "Set AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP to see it whole."


def _others(at: Address, live: Collection[Address]) -> str:
    names = sorted(str(it) for it in live if it.kind == at.kind)
    return guess(str(at), names).rstrip() or (f"There are: {listed(names)}." if names else "")


def _needed(entries: Mapping[Address, Document], live: Mapping[Address, Live]) -> Iterator[Address]:
    """What they refer to and is live."""
    for at in entries:
        for reference in KINDS[at.kind].references(live[at].fields):
            if reference.target in live:
                yield reference.target


def _written(entries: Mapping[Address, Document], files: ManifestFiles, into: Path | None) -> Accepted:
    left: list[Left] = []
    for at, entry in entries.items():
        edit, declaring = Edit(path=(at.kind, at.name), value=literal(entry)), files.source_of(at)
        if declaring is None:
            _file_for(at, files, into).edits.append(edit)
        elif why := files.place(edit, declaring):
            left.append(Left(address=at, why=why))
    accepted = files.save({})
    return replace(accepted, left=(*accepted.left, *left))


def _file_for(at: Address, files: ManifestFiles, into: Path | None) -> OpenFile:
    """The one that is named, or that has the section, or the first; an environment's own only where it is named."""
    every = list(files.named)
    if into is not None:
        every = [file for file in files if file.path.resolve() == into.resolve()]
    if not every:
        what = (
            f'"{into}" is none of the manifest\'s files.' if into else "The manifest is in no file that can be written."
        )
        raise ProvisionerError(what, "Name it with -f, too." if into else "Name one with -f.")
    having = [file for file in every if file.section(at.kind)]
    return next(iter([*having, *every]))
