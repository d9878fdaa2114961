"""Texts and documents kept in files of their own: `instructions: {file: prompts/dev-buddy.md}`.

A file may stand where the kind's schema says so, and nowhere else: `file` is a name like others in what is passed
through.

Only inside the manifest's folder: a manifest in a pull request must not be able to publish the pipeline's files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.kinds.fragments import TAKES_FILE
from provisioner.manifest.files import is_hidden, read_inside, shown_path
from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.reader import SUFFIXES, read_document
from provisioner.manifest.schema import entry_shape, schemas_at
from provisioner.manifest.unit import Unit
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Path, dotted
from provisioner.model.words import found, quoted

MAX_TEXT_BYTES: Final = 1_000_000
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_ADVICE: Final = "Name a file inside the manifest's folder, with `/` between folders: prompts/dev-buddy.md."


def inline_files(unit: Unit, at: Path, entry: Any) -> tuple[Any, list[Diagnostic]]:
    """The entry with what the files hold in the place of their paths. What cannot be read is no longer known."""
    if not isinstance(entry, Mapping):
        return entry, []
    inliner = _Inliner(unit, at)
    keys = _keys_that_take_files(at[0])
    filled = {key: inliner.filled(value, (key,)) if key in keys else value for key, value in entry.items()}
    return (filled if inliner.found else entry), inliner.problems


class _Inliner:
    """One entry's files. `found` says whether there are any."""

    def __init__(self, unit: Unit, at: Path) -> None:
        self.problems: list[Diagnostic] = []
        self.found = False
        self._unit = unit
        self._at = at

    def filled(self, value: Any, path: Path) -> Any:
        if isinstance(value, list):
            return [self.filled(inner, (*path, str(index))) for index, inner in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"file"} and (holds := _held_at(self._at[0], path)):
            return self._held(value["file"], path, as_text=holds == "text")
        return {key: self.filled(inner, (*path, key)) for key, inner in value.items()}

    def _held(self, name: object, path: Path, *, as_text: bool) -> Any:
        place = (*self._at, *path, "file")
        if not isinstance(name, str):
            message = f"`{dotted(path)}.file` is {found(name)}; it must be a path."
            self.problems += self._unit.error("wrong-type", place, message, "Write the path of a file.")
            return self._unknown(path, as_text=as_text)
        self.found = True
        if not self._unit.is_known(place):
            return self._unknown(path, as_text=as_text)
        if self._unit.budget.is_spent or (self._unit.is_as_written and place in self._unit.written):
            return self._unknown(path, as_text=as_text)
        text, problem = self._text(name, place)
        if problem is not None:
            self.problems.append(replace(problem, where=self._unit.source.value_at(place)))
        if text is None or as_text:
            return text if text is not None else self._unknown(path, as_text=as_text)
        return self._document(name, text, path)

    def _text(self, name: str, place: Path) -> tuple[str | None, Diagnostic | None]:
        unit = self._unit
        if name not in unit.texts:
            unit.texts[name] = _text(FilePath(unit.source.folder), name, unit.written.get(place, name), unit.budget)
        text, problem = unit.texts[name]
        if text is not None and not unit.budget.take(Resource.CHARACTERS, len(text)):
            return None, unit.budget.exceeded(Resource.CHARACTERS)
        return text, problem

    def _document(self, name: str, text: str, path: Path) -> Any:
        file = FilePath(self._unit.source.folder) / name
        suffix = file.suffix.lower()
        if suffix not in SUFFIXES:
            said = self._unit.written.get((*self._at, *path, "file"), name)
            message = f"{quoted(said)} is neither a .json nor a .yaml file, and a document is wanted here."
            place = (*self._at, *path, "file")
            self.problems += self._unit.error("bad-path", place, message, "Name a JSON or YAML file.")
            return self._unknown(path, as_text=False)
        document, problems = read_document(text, file=shown_path(file), suffix=suffix, budget=self._unit.budget)
        place = (*self._at, *path, "file")
        if place in self._unit.written:  # which file it is, a variable says
            problems = [replace(each, where=self._unit.source.value_at(place)) for each in problems]
        self.problems += problems
        return document if document is not None else self._unknown(path, as_text=False)

    def _unknown(self, path: Path, *, as_text: bool) -> Any:
        self.found = True
        self._unit.forget((*self._at, *path))
        return "" if as_text else {}


@lru_cache(maxsize=16)
def _keys_that_take_files(section: str) -> frozenset[str]:
    properties = entry_shape(section).schema["properties"]
    return frozenset(key for key, inner in properties.items() if _takes_files(inner))


def _takes_files(schema: object) -> bool:
    if isinstance(schema, Mapping):
        return TAKES_FILE in schema or any(map(_takes_files, schema.values()))
    return isinstance(schema, list) and any(map(_takes_files, schema))


def _held_at(section: str, path: Path) -> str:
    """What a file at the path would hold: `text`, `document`, or nothing, as there can be no file."""
    takes = {each.get(TAKES_FILE, "") for each in schemas_at(entry_shape(section).schema, path)}
    return "text" if "text" in takes else "document" if "document" in takes else ""


def _text(folder: FilePath, name: str, said: str, budget: Budget) -> tuple[str | None, Diagnostic | None]:
    """`said` is the path as messages tell it."""
    if refusal := _refusal(name):
        return None, Diagnostic(code="bad-path", message=f"{quoted(said)} {refusal}.", hint=_ADVICE)
    text, problem = read_inside(folder, folder / name, budget, limit=MAX_TEXT_BYTES, hidden=False, said=said)
    if problem is not None and problem.code == "bad-path":
        problem = replace(problem, hint=_ADVICE)
    if problem is not None and problem.where is not None and problem.code in {"not-utf8", "control-character"}:
        place = f"line {problem.where.line}, column {problem.where.column} of {quoted(said)}"
        problem = replace(problem, message=f"{problem.message[:-1]} ({place}).")
    # Git may have turned line ends into Windows's; the same commit must give the same agent everywhere.
    return (text.replace("\r\n", "\n") if text is not None else None), problem


def _refusal(name: str) -> str:
    faults = (
        (not name.strip() or "\0" in name, "names no file"),
        # a file system may leave such a character out, and so make a dot the first
        (not name.isprintable(), "holds a character that cannot be seen"),
        ("\\" in name, "has a backslash, which not every system takes"),
        (name.startswith("/") or bool(_DRIVE.match(name)), "is an absolute path"),
        (".." in name.split("/"), "leads out of the manifest's folder"),
        (is_hidden(name), "leads to what is hidden: a part of it begins with a dot"),
    )
    return next((words for is_so, words in faults if is_so), "")
