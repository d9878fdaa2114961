"""Rules about what is written and never read back: whence its secrets come, and the version beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import MARKED
from provisioner.manifest.draft import Draft, Entry
from provisioner.manifest.schema import schemas_at
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import ABSENT, UNKNOWN, Path, dotted, lookup
from provisioner.reconcile.write_only import version_of

# Variables and nothing else, but for a word that says how the secret is meant: `Bearer ${env:NAME}`. A default beside
# the name would be a secret in the file all the same.
_VARIABLES: Final = re.compile(r"(?:[A-Za-z]{1,30} )?(?:(?<!\$)\$\{env:[A-Za-z_][A-Za-z0-9_]*(?::-)?\})+")


def secrets_in_the_file(draft: Draft) -> Iterator[Diagnostic]:
    for entry, path in _declared(draft):
        for at in _secrets(entry, lookup(entry.value, path), path):
            written = lookup(entry.file.source.root, (*entry.path, *at))  # type: ignore[arg-type]  # the way is there
            if not isinstance(written, str) or not _VARIABLES.fullmatch(written):
                message = f"{entry.address}: the secret `{dotted(at)}` is written in the manifest itself."
                hint = "Take it from a variable: ${env:NAME}, without a default. Change the secret, if it was real."
                yield from entry.error("secret-in-manifest", at, message, hint)


def versions_of_values(draft: Draft) -> Iterator[Diagnostic]:
    for entry, path in _declared(draft):
        version = version_of(path)
        if lookup(entry.value, path) != {} and lookup(entry.value, version) is ABSENT:
            message = (
                f"{entry.address}: `{dotted(path)}` has no `{dotted(version)}` beside it. What is live cannot be read "
                "back, so only a changed version tells that it is to be written again."
            )
            hint = f"Add one of your own choice, and change it with the values: `{version[-1]}: 1`."
            yield from entry.error("write-only-version", path, message, hint, at_key=True)
    for entry in draft.entries:
        for path in KINDS[entry.address.kind].traits.write_only:
            version = version_of(path)
            if lookup(entry.value, version) is not ABSENT and lookup(entry.value, path) is ABSENT:
                message = f"{entry.address} has a `{dotted(version)}` and no `{dotted(path)}`: a change writes nothing."
                hint = f"Declare `{path[-1]}` to have it written; what is live stays as it is."
                yield from entry.error("write-only-version", version, message, hint, severity=Severity.WARNING)


def _declared(draft: Draft) -> Iterator[tuple[Entry, Path]]:
    for entry in draft.entries:
        for path in KINDS[entry.address.kind].traits.write_only:
            if not entry.external and lookup(entry.value, path) not in (ABSENT, UNKNOWN):
                yield entry, path


def _secrets(entry: Entry, value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(entry, inner, (*path, str(key)))
    elif any(each.get(MARKED) for each in schemas_at(KINDS[entry.address.kind].schema(), path)):
        yield path
