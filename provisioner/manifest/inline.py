"""Texts kept in files of their own: `instructions: {file: prompts/dev-buddy.md}`.

Only inside the manifest's folder: a manifest in a pull request must not be able to publish the pipeline's files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.manifest.files import is_file, read_text
from provisioner.manifest.schema import entry_shape
from provisioner.manifest.unit import Unit
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Document, Path
from provisioner.model.words import quoted

MAX_TEXT_BYTES: Final = 1_000_000
_DRIVE: Final = re.compile(r"[A-Za-z]:")


def inline_files(unit: Unit, at: Path, fields: Document) -> tuple[Document, list[Diagnostic]]:
    """The fields with the files' texts in the place of their paths."""
    result: dict[str, Any] = dict(fields)
    problems: list[Diagnostic] = []
    for key in _keys_that_take_files(at[0]):
        value = fields.get(key)
        if not (isinstance(value, Mapping) and isinstance(value.get("file"), str)):
            continue
        result[key] = ""
        if unit.is_known((*at, key, "file")):
            text, problem = _text(FilePath(unit.source.folder), value["file"])
            result[key] = text or ""
            if problem is not None:
                problems.append(replace(problem, where=unit.source.value_at((*at, key, "file"))))
    return (result, problems) if result != fields else (fields, problems)


@lru_cache(maxsize=16)
def _keys_that_take_files(section: str) -> tuple[str, ...]:
    """Those whose schema offers a mapping with nothing but `file`."""
    properties = entry_shape(section).schema["properties"]
    return tuple(
        key
        for key, inner in properties.items()
        if any(list(branch.get("properties", ())) == ["file"] for branch in inner.get("oneOf", ()))
    )


def _text(folder: FilePath, name: str) -> tuple[str | None, Diagnostic | None]:
    if refusal := _refusal(folder, name):
        message = f"{quoted(name)} {refusal}."
        hint = "Name a file inside the manifest's folder, with `/` between folders: prompts/dev-buddy.md."
        return None, Diagnostic(code="bad-path", message=message, hint=hint)
    text, problem = read_text(folder / name, limit=MAX_TEXT_BYTES)
    if problem is not None and problem.where is not None and problem.code in {"not-utf8", "control-character"}:
        place = f"line {problem.where.line}, column {problem.where.column} of {quoted(name)}"
        problem = replace(problem, message=f"{problem.message[:-1]} ({place}).")
    # Git may have turned line ends into Windows's; the same commit must give the same agent everywhere.
    return (text.replace("\r\n", "\n") if text is not None else None), problem


def _refusal(folder: FilePath, name: str) -> str:
    if not name.strip() or "\0" in name:
        return "names no file"
    if "\\" in name:
        return "has a backslash, which not every system takes"
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path"
    if ".." in name.split("/"):
        return "leads out of the manifest's folder"
    return _place_refusal(folder, folder / name)


def _place_refusal(folder: FilePath, file: FilePath) -> str:
    if not _is_inside(os.path.realpath(folder), os.path.realpath(file)):
        return "is a link that leads out of the manifest's folder"
    if os.path.lexists(file) and not is_file(file):  # a pipe would be waited for
        return "is not a file"
    return ""


def _is_inside(root: str, real: str) -> bool:
    try:
        return os.path.commonpath([root, real]) == root
    except ValueError:  # another drive
        return False
