"""The files of a manifest as they are read, before anything is made of what they say."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from provisioner.manifest.draft import Options
from provisioner.manifest.env import Variables, gather
from provisioner.manifest.files import Found, beside, find, folder_of, read_manifest, shown_path
from provisioner.manifest.laying import OverlaidFile
from provisioner.manifest.limits import Budget
from provisioner.manifest.places import Source
from provisioner.manifest.reader import read
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.words import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """`complete` is False where one could not be."""

    files: tuple[OverlaidFile, ...]
    variables: Variables
    problems: tuple[Diagnostic, ...]
    complete: bool


def read_files(paths: Sequence[Path], options: Options, budget: Budget) -> Files:
    """Files and folders, and the variables that they may name; no more once the budget is spent."""
    found, of_paths = find(paths)
    folder = folder_of(found[0].path) if found else Path()
    variables, of_variables = gather(folder, options.environ, options.allow_env, options.unset, budget)
    problems = [*of_paths, *of_variables]
    files: list[OverlaidFile] = []
    for each in found:
        source, of_reader = _read(each, budget)
        problems += of_reader
        if source is not None:
            files.append(OverlaidFile(source=source, problems=tuple(of_reader)))
        if budget.is_spent:
            break
    complete = not any(problem.code in _UNREAD for problem in problems) and len(files) == len(found)
    return Files(files=tuple(files), variables=variables, problems=tuple(problems), complete=complete)


_UNREAD: Final = frozenset({"no-files", "file-missing", "file-unreadable", "bad-path"})


def _read(file: Found, budget: Budget) -> tuple[Source | None, list[Diagnostic]]:
    path = file.path
    text, problem = read_manifest(file, budget)
    if text is None:
        return None, [_with_others(problem, path)] if problem else []
    source, problems = read(text, file=shown_path(path), folder=str(folder_of(path)), budget=budget)
    if source is not None and source.root is None and not problems:
        hint = "Begin with `version: 1`; the README shows a whole manifest."
        message = "The file is empty."
        problems = [Diagnostic(code="file-empty", message=message, hint=hint, where=source.lines.at(0))]
    return source, problems


def _with_others(problem: Diagnostic, path: Path) -> Diagnostic:
    """A manifest that is not there, told with those that are."""
    others = beside(path) if problem.code == "file-missing" else []
    if not others:
        return problem
    if len(others) == 1:
        return replace(problem, hint=f"Name the one that is there: -f {shlex.quote(shown_path(others[0]))}")
    names = listed([other.name for other in others])
    return replace(problem, hint=f"Name a file with -f; in that folder there are: {names}.")
