"""`${NAME}`, as azd and shells write it: here it is text like any other, and rarely meant to be.

Texts of several lines and what stands in schemas, specifications and other documents are left alone: there it may be a
template of the author's own, or code. So is what `{{…}}` or another `$` holds apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import TAKES_FILE
from provisioner.manifest.entries import Draft
from provisioner.manifest.schema import EXTENSION, entry_shape
from provisioner.manifest.unit import Unit
from provisioner.manifest.walk import Schema, schemas_at
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Path

_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=?+][^{}]*)?\}")


def placeholders(draft: Draft) -> Iterator[Diagnostic]:
    for unit in draft.units:
        root: Any = unit.source.root  # as it is written: what a variable brings along is not the author's
        for section, value in root.items() if isinstance(root, dict) else ():
            if section in KINDS and isinstance(value, dict):
                schema = entry_shape(section).schema
                for name, entry in value.items():
                    yield from _in(unit, entry, (section, name), [schema])
            elif not section.startswith(EXTENSION):
                yield from _in(unit, value, (section,), [])


def _in(unit: Unit, value: Any, path: Path, schemas: list[Schema]) -> Iterator[Diagnostic]:
    if any(each.get(TAKES_FILE) == "document" for each in schemas):
        return
    if isinstance(value, str):
        yield from _told(unit, value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _in(unit, inner, (*path, key), _below(schemas, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _in(unit, inner, (*path, str(index)), _below(schemas, str(index)))


def _below(schemas: list[Schema], step: str) -> list[Schema]:
    return [inner for each in schemas for inner in schemas_at(each, (step,))]


def _told(unit: Unit, text: str, path: Path) -> Iterator[Diagnostic]:
    if "${" not in text or "\n" in text:
        return
    for match in _PLACEHOLDER.finditer(_TEMPLATE.sub("", text)):
        name = match[1]
        message = f"`{match[0]}` is a placeholder of other tools; here it is text, and sent as it is."
        permission = "" if unit.may_read(name) else f", and pass --allow-env {name}"
        hint = f"If a variable is meant, write `${{env:{name}}}`{permission}."
        yield from unit.error("placeholder", path, message, hint, severity=Severity.WARNING)
