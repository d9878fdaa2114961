"""Environments: which there are, which one is chosen, and what a manifest says otherwise for it.

An overlay may stand in a file of its own, read as safely as any other. `{file: …}` in it begins at the manifest's
folder, as all that it says is read as if it stood in the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Final, NamedTuple

from provisioner.manifest.files import path_fault, read_inside, shown_path
from provisioner.manifest.laying import Overlaid, OverlaidFile, lay
from provisioner.manifest.limits import Budget
from provisioner.manifest.misfits import fits_name, name_fault
from provisioner.manifest.overlay import Layer
from provisioner.manifest.places import Source
from provisioner.manifest.reader import read
from provisioner.manifest.schema import EXTENSION, OWNER_NAME
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import Json, Path, dotted, lookup
from provisioner.model.words import found, guess, listed, quoted

VARIABLE: Final = "PROVISIONER_ENV"
_NAMES: Final = {"pattern": OWNER_NAME, "maxLength": 63}
_NAME_ADVICE: Final = "Use letters, digits, `.`, `_` and `-`, at most 63 characters, a letter or digit at both ends."
_PATH_ADVICE: Final = "Name a file inside the manifest's folder, with `/` between folders: env/prod.yaml."


class _Declared(NamedTuple):
    """One environment in one file."""

    file: int
    name: str

    @property
    def path(self) -> Path:
        return ("environments", self.name)


class Environments:
    """Those of all files together. Their own files are read when one is asked for, and once."""

    def __init__(self, files: Sequence[OverlaidFile], budget: Budget) -> None:
        self.problems: list[Diagnostic] = []
        self._files = files
        self._budget = budget
        self._declared: dict[str, list[_Declared]] = {}
        self._layers: dict[_Declared, tuple[Layer | None, list[Diagnostic]]] = {}
        self._default: tuple[str, int] | None = None
        for index, file in enumerate(files):
            if isinstance(file.source.root, dict):
                self._take(index, file.source.root.get("environments"))
                self._take_default(index, file.source.root)
        if self._default is not None and self._default[0] not in self._declared:
            name, index = self._default
            self._report(index, *self._unknown("`default_environment`", name))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._declared)

    def _take(self, index: int, said: object) -> None:
        if isinstance(said, dict):
            for name in said:
                self._take_name(_Declared(index, name))
        elif said is not None:
            message = f"`environments` is {found(said)}; it must be a mapping."
            self._report(index, "wrong-type", ("environments",), message, "Write each by its name: `prod: {…}`.")

    def _take_default(self, index: int, root: Json) -> None:
        path = ("default_environment",)
        default = root.get(*path, "")
        if not isinstance(default, str):
            message = f"`default_environment` is {found(default)}; it must be text."
            self._report(index, "wrong-type", path, message, "Write the name of an environment.")
        elif default and self._default is None:
            self._default = (default, index)
        elif default and self._default is not None and self._default[0] != default:
            where = self._files[self._default[1]].source.value_at(path)
            other = f"{where.file}:{where.line}:{where.column}"
            message = f"`default_environment` is {quoted(default)} here and another in {other}."
            self._report(index, "conflict", path, message, "All files together are one manifest: say it once.")

    def _take_name(self, declared: _Declared) -> None:
        if fits_name(declared.name, _NAMES):
            self._declared.setdefault(declared.name, []).append(declared)
            return
        message = f"The environment's name {quoted(declared.name)} {name_fault(declared.name, _NAMES)}."
        self._report(declared.file, "bad-name", declared.path, message, _NAME_ADVICE, at_key=True)

    def _report(self, index: int, code: str, path: Path, message: str, hint: str, *, at_key: bool = False) -> None:
        source = self._files[index].source
        where = source.key_at(path) if at_key else source.value_at(path)
        self.problems.append(Diagnostic(code=code, message=message, hint=hint, where=where))

    def chosen(self, flag: str | None, environ: Mapping[str, str]) -> Overlaid:
        """With the one that the command's flag names, or the variable, or the manifest as its default. A variable is
        set for many manifests, so one without environments pays no heed to it.
        """
        default = self._default[0] if self._default is not None else ""
        name = flag or (environ.get(VARIABLE) if self._declared else "") or default
        if name in self._declared:
            return self.overlaid(name)
        problems = self.problems
        if not problems and self._declared and not name:
            problems = [self._unchosen()]
        elif not problems and name:
            code, _, message, hint = self._unknown("--env" if flag else VARIABLE, name)
            problems = [Diagnostic(code=code, message=message, hint=hint, where=self.place)]
        return replace(self._plain(), problems=tuple(problems), is_usable=not problems)

    def _unchosen(self) -> Diagnostic:
        hint = f"Choose one with --env, {VARIABLE}, or `default_environment:` in the manifest. {self._there}"
        message = "The manifest has environments, and it is not said which one to use."
        return Diagnostic(code="no-environment", message=message, hint=hint, where=self.place)

    def _unknown(self, who: str, name: str) -> tuple[str, Path, str, str]:
        message = f"{who} names the environment {quoted(name)}, which the manifest does not have."
        hint = f"{guess(name, self._declared)}{self._there}" or "Leave it away, or declare it in `environments:`."
        return "unknown-environment", ("default_environment",), message, hint

    @property
    def _there(self) -> str:
        return f"There are: {listed(list(self._declared))}." if self._declared else ""

    @property
    def place(self) -> Location | None:
        """Of the first `environments:`, or where there is none, of the manifest."""
        first = next((each[0].file for each in self._declared.values()), 0)
        return self._files[first].source.key_at(("environments",)) if self._files else None

    def _plain(self) -> Overlaid:
        """No environment at all."""
        return replace(lay("", self._files, {}), problems=tuple(self.problems))

    def overlaid(self, name: str) -> Overlaid:
        """With one that there is."""
        files, layers, told = list(self._files), {}, list(self.problems)
        for declared in self._declared[name]:
            layer, problems = self._layer(declared)
            told += problems
            if layer is not None:
                layers[declared.file] = layer
                file = files[declared.file]
                files[declared.file] = replace(file, problems=(*file.problems, *problems))
        if len(layers) < len(self._declared[name]):  # what is in the others may be all that is missing
            return replace(self._plain(), problems=tuple(told), environment=name, is_usable=False)
        overlaid = lay(name, files, layers)
        return replace(overlaid, problems=(*told, *overlaid.problems))

    def _layer(self, declared: _Declared) -> tuple[Layer | None, list[Diagnostic]]:
        if declared not in self._layers:
            self._layers[declared] = self._read(declared)
        return self._layers[declared]

    def _read(self, declared: _Declared) -> tuple[Layer | None, list[Diagnostic]]:
        source = self._files[declared.file].source
        said = lookup(source.root, declared.path)  # type: ignore[arg-type]  # it is declared in it
        if isinstance(said, dict) and "file" in said:
            return self._read_file(source, said, declared.path)
        return _layer(Layer(source=source, at=declared.path, root={}), said, declared.name)

    def _read_file(self, source: Source, said: Json, path: Path) -> tuple[Layer | None, list[Diagnostic]]:
        name, place = said["file"], source.value_at((*path, "file"))

        def refused(code: str, message: str, hint: str) -> tuple[None, list[Diagnostic]]:
            return None, [Diagnostic(code=code, message=message, hint=hint, where=place)]

        if not isinstance(name, str):
            message = f"`{dotted(path)}.file` is {found(name)}; it must be a path."
            return refused("wrong-type", message, _PATH_ADVICE)
        if len(said) > 1:
            message = f"The environment {quoted(path[-1])} names its file, and says more beside it."
            return refused("bad-value", message, "Write all of it here, or all of it in the file.")
        if fault := path_fault(name):
            return refused("bad-path", f"{quoted(name)} {fault}.", _PATH_ADVICE)
        file = FilePath(source.folder) / name
        text, problem = read_inside(FilePath(source.folder), file, self._budget, hidden=False, said=name)
        if text is None:
            told = replace(problem, where=place) if problem else None
            return None, [replace(told, hint=_PATH_ADVICE) if told.code == "bad-path" else told] if told else []
        inner, problems = read(text, file=shown_path(file), folder=source.folder, budget=self._budget)
        if inner is None:
            return None, problems
        layer, of_shape = _layer(Layer(source=inner, at=(), root={}), inner.root, path[-1])
        return layer, [*problems, *of_shape]


def _layer(place: Layer, said: object, name: str) -> tuple[Layer | None, list[Diagnostic]]:
    """`said` as a layer that is at the place."""
    if said is None:  # an environment that the files alone are
        return place, []
    if isinstance(said, dict):
        return replace(place, root={key: it for key, it in said.items() if not key.startswith(EXTENSION)}), []
    message = f"The environment {quoted(name)} is {found(said)}; it must be a mapping."
    hint = "Write in it what differs, as it stands in the manifest, or `{file: env/prod.yaml}`."
    return None, [Diagnostic(code="wrong-type", message=message, hint=hint, where=place.value_at(()))]
