"""`${NAME}`, as azd and shells write it: here it is text like any other, and rarely meant to be.

Texts of several lines and what stands in schemas, specifications and other documents are left alone: there it may be a
template of the author's own, or code. So is what `{{…}}` or another `$` holds apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import TAKES_FILE
from provisioner.manifest.draft import Draft, ManifestFile
from provisioner.manifest.schema import EXTENSION, Schema, entry_shape, schemas_at
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Path
from provisioner.model.words import shown

_TEMPLATE: Final = re.compile(r"\{\{(?:[^{}]|\{(?!\{)|\}(?!\}))*\}\}")  # no pair of braces inside: linear
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=?+][^{}]*)?\}")


def placeholders(draft: Draft) -> Iterator[Diagnostic]:
    for file in draft.files:
        if not file.source.lines.holds("${"):
            continue
        root = file.source.root  # as it is written: what a variable brings along is not the author's
        for path, text in _suspects(root, ()) if isinstance(root, dict) else ():
            if not (path[0].startswith(EXTENSION) or _is_in_document(path)):
                yield from _told(file, text, path)


def _suspects(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "${" in value and "\n" not in value:
            yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _suspects(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _suspects(inner, (*path, str(index)))


def _is_in_document(path: Path) -> bool:
    section, _, *inside = path if len(path) > 1 else (*path, "")
    schemas: list[Schema] = [entry_shape(section).schema] if section in KINDS else []
    for step in inside:
        schemas = [inner for each in schemas for inner in schemas_at(each, (step,))]
        if any(each.get(TAKES_FILE) == "document" for each in schemas):
            return True
    return False


def _told(file: ManifestFile, text: str, path: Path) -> Iterator[Diagnostic]:
    for match in _PLACEHOLDER.finditer(_TEMPLATE.sub("", text)):
        name = shown(match[1])
        message = f"`${{{name}}}` is a placeholder of other tools; here it is text, and sent as it is."
        permission = "" if file.variables.allows(match[1]) else f", and pass --allow-env {name}"
        hint = f"If a variable is meant, write `${{env:{name}}}`{permission}."
        yield from file.error("placeholder", path, message, hint, severity=Severity.WARNING)
