"""What entries bring along from outside, in its place: the numbers that variables spell, and texts and documents kept
in files of their own, `instructions: {file: prompts/dev-buddy.md}`.

A file may stand where the kind's schema says so, and nowhere else: `file` is a name like others in what is passed
through.

Only inside the manifest's folder: a manifest in a pull request must not be able to publish the pipeline's files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import TAKES_FILE
from provisioner.manifest.check_schema import CHECK
from provisioner.manifest.check_schema import SECTION as CHECKS
from provisioner.manifest.draft import ManifestFile, Text, is_external, sections_of
from provisioner.manifest.files import PATH_ADVICE, path_fault, read_inside, shown_path
from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.reader import SUFFIXES, read_document
from provisioner.manifest.references import has_variable
from provisioner.manifest.scalars import convert
from provisioner.manifest.schema import POLICY, entry_shape, held_by_file, types_at
from provisioner.manifest.write import literal
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Document, Json, Path, dotted
from provisioner.model.words import found, quoted, shown

_CONVERTED: Final = frozenset({"integer", "number", "boolean"})
MAX_TEXT_BYTES: Final = 1_000_000


def filled(file: ManifestFile, budget: Budget, *, names_files: bool = True) -> ManifestFile:
    """The file with the numbers and booleans that its variables spell, and with what the files hold that it names;
    without `names_files` it names none.
    """
    filling = _Filling(file, budget, names_files=names_files)
    root = dict(file.root)
    for section, named in sections_of(file):
        root[section] = {name: filling.entry(value, (section, name)) for name, value in named.items()}
    if isinstance(rules := root.get("policy"), dict):
        root["policy"] = {name: filling.rule(value, ("policy", name)) for name, value in rules.items()}
    if isinstance(checks := root.get(CHECKS), dict):
        root[CHECKS] = {name: filling.check(value, (CHECKS, name)) for name, value in checks.items()}
    return replace(
        file,
        root=root,
        unknown=file.unknown | filling.unknown,
        content_problems=tuple(filling.problems),
        texts=filling.texts,
        held=frozenset(filling.held),
    )


def put_in(file: ManifestFile, budget: Budget) -> tuple[Json, Mapping[Path, str]]:
    """What the file says, as it is written, with the texts and documents that it names as if they stood in it; and the
    files that these came from, by their places. What a variable names is left to be read.
    """
    putting = _PuttingIn(replace(file.as_written(), sole={}), budget)
    root = {
        key: {name: putting.entry(value, (key, name)) for name, value in said.items()}
        if key in KINDS and isinstance(said, dict)
        else said
        for key, said in file.as_written().root.items()
    }
    return root, putting.files


class _Filling:
    """Keeps what comes to light while the entries of one file are walked through."""

    def __init__(self, file: ManifestFile, budget: Budget, *, names_files: bool = True) -> None:
        self._names_files = names_files
        self.problems: list[Diagnostic] = []
        self.unknown: set[Path] = set()
        self.texts: Final = dict(file.texts)
        self.held: Final[set[Path]] = set()
        self._file = file
        self._budget = budget
        self._sole: dict[Path, dict[Path, str]] = {}
        for path, text in file.sole.items():
            self._sole.setdefault(path[:2], {})[path] = text

    def entry(self, value: Any, at: Path) -> Any:
        """The very same where there is nothing to be filled in."""
        if at in self._sole:
            value = self._with_numbers(value, at, entry_shape(at[0]).schema)
        if not isinstance(value, Mapping) or is_external(value) or not self._names_files:
            return value
        keys = _keys_that_take_files(at[0])
        held = {
            key: new
            for key, inner in value.items()
            if key in keys and (new := self._with_files(inner, (*at, key))) is not inner
        }
        return {**value, **held} if held else value

    def rule(self, value: Any, at: Path) -> Any:
        """One of the policy."""
        schema = POLICY["properties"].get(at[-1])
        return self._with_numbers(value, at, schema) if schema and at in self._sole else value

    def check(self, value: Any, at: Path) -> Any:
        return self._with_numbers(value, at, CHECK) if at in self._sole else value

    def _with_numbers(self, entry: Any, at: Path, schema: Document) -> Any:
        numbers: dict[Path, object] = {}
        for path, text in self._sole[at].items():
            wanted = types_at(schema, path[len(at) :])
            if not self._is_known(path) or not wanted & _CONVERTED or "string" in wanted:
                continue
            value = None if self._file.is_as_written else convert(_value_at(entry, path[len(at) :]), wanted)
            if value is not None:
                numbers[path] = value
                continue
            self.unknown.add(path)
            if not self._file.is_as_written:
                self.problems.append(
                    Diagnostic(
                        code="env-bad-value",
                        message=f"The value of {shown(text)} is not {_words(wanted)}.",  # the value itself stays untold
                        hint="Correct the variable.",
                        where=self._file.source.value_at(path),
                    )
                )
        return _with(entry, at, numbers) if numbers else entry

    def _is_known(self, path: Path) -> bool:
        return self._file.is_known(path) and path not in self.unknown

    def _with_files(self, value: Any, path: Path) -> Any:
        if path in self._file.secrets:  # which files it names would tell what it holds
            return value
        if isinstance(value, list):
            items = [self._with_files(inner, (*path, str(index))) for index, inner in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if not isinstance(value, dict):
            return value
        if value.keys() == {"file"} and (holds := held_by_file(path)):
            return self._held(value["file"], path, as_text=holds == "text")
        held = {key: new for key, inner in value.items() if (new := self._with_files(inner, (*path, key))) is not inner}
        return {**value, **held} if held else value

    def _held(self, name: object, path: Path, *, as_text: bool) -> Any:
        place = (*path, "file")
        self.held.add(place)
        if not isinstance(name, str):
            message = f"`{dotted(path[2:])}.file` is {found(name)}; it must be a path."
            self._report("wrong-type", place, message, "Write the path of a file.")
            return self._unknown(path, as_text=as_text)
        is_variable = self._file.is_as_written and place in self._file.written
        if not self._is_known(place) or self._budget.is_spent or is_variable:
            return self._unknown(path, as_text=as_text)
        text, problem = self._text(name, place)
        if problem is not None:
            self.problems.append(replace(problem, where=self._file.source.value_at(place)))
        if text is None:
            return self._unknown(path, as_text=as_text)
        return text if as_text else self._document(name, text, path)

    def _text(self, name: str, place: Path) -> Text:
        if name not in self.texts:
            said = self._file.written.get(place, name)
            self.texts[name] = _text(FilePath(self._file.source.folder), name, said, self._budget)
        text, problem = self.texts[name]
        if text is not None and not self._budget.take(Resource.CHARACTERS, len(text)):
            return None, self._budget.exceeded(Resource.CHARACTERS)
        return text, problem

    def _document(self, name: str, text: str, path: Path) -> Any:
        place = (*path, "file")
        file = FilePath(self._file.source.folder) / name
        suffix = file.suffix.lower()
        if suffix not in SUFFIXES:
            said = self._file.written.get(place, name)
            message = f"{quoted(said)} is neither a .json nor a .yaml file, and a document is wanted here."
            self._report("bad-path", place, message, "Name a JSON or YAML file.")
            return self._unknown(path, as_text=False)
        document, problems = read_document(text, file=shown_path(file), suffix=suffix, budget=self._budget)
        if place in self._file.written:  # which file it is, a variable says
            problems = [replace(each, where=self._file.source.value_at(place)) for each in problems]
        self.problems += problems
        return document if document is not None else self._unknown(path, as_text=False)

    def _report(self, code: str, place: Path, message: str, hint: str) -> None:
        if self._is_known(place):
            self.problems += self._file.error(code, place, message, hint)

    def _unknown(self, path: Path, *, as_text: bool) -> Any:
        self.unknown.add(path)
        return "" if as_text else {}


class _PuttingIn(_Filling):
    def __init__(self, file: ManifestFile, budget: Budget) -> None:
        super().__init__(file, budget)
        self.files: Final[dict[Path, str]] = {}

    def _held(self, name: object, path: Path, *, as_text: bool) -> Any:
        if not isinstance(name, str) or has_variable(name):
            return {"file": name}
        self.files[path] = shown_path(FilePath(self._file.source.folder) / name)
        return literal(super()._held(name, path, as_text=as_text))


def _with(value: Any, at: Path, numbers: Mapping[Path, object]) -> Any:
    """The value, which stands there, with the numbers at their paths."""
    if isinstance(value, dict):
        return {key: _with(inner, (*at, key), numbers) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with(inner, (*at, str(index)), numbers) for index, inner in enumerate(value)]
    return numbers.get(at, value)


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _words(wanted: Collection[str]) -> str:
    if "boolean" in wanted:
        return "true or false"
    return "a number" if "number" in wanted else "a whole number"


@lru_cache(maxsize=16)
def _keys_that_take_files(section: str) -> frozenset[str]:
    properties = entry_shape(section).schema["properties"]
    return frozenset(key for key, inner in properties.items() if _takes_files(inner))


def _takes_files(schema: object) -> bool:
    if isinstance(schema, Mapping):
        return TAKES_FILE in schema or any(map(_takes_files, schema.values()))
    return isinstance(schema, list) and any(map(_takes_files, schema))


def _text(folder: FilePath, name: str, said: str, budget: Budget) -> Text:
    """`said` is the path as messages tell it."""
    if refusal := path_fault(name):
        return None, Diagnostic(code="bad-path", message=f"{quoted(said)} {refusal}.", hint=PATH_ADVICE)
    text, problem = read_inside(folder, folder / name, budget, limit=MAX_TEXT_BYTES, hidden=False, said=said)
    if problem is not None and problem.code == "bad-path":
        problem = replace(problem, hint=PATH_ADVICE)
    if problem is not None and problem.where is not None and problem.code in {"not-utf8", "control-character"}:
        place = f"line {problem.where.line}, column {problem.where.column} of {quoted(said)}"
        problem = replace(problem, message=f"{problem.message[:-1]} ({place}).")
    # Git may have turned line ends into Windows's; the same commit must give the same agent everywhere.
    return (text.replace("\r\n", "\n") if text is not None else None), problem
