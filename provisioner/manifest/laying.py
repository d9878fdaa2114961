"""One environment laid over all files of a manifest.

An overlay's part goes to every file that says the part already, and what none says to the file that declares the
environment. So a manifest with its environment is one without environments, and nobody after this knows of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from provisioner.kinds import KINDS
from provisioner.manifest.draft import Entry
from provisioner.manifest.overlay import Layer, Merged, OverlaidSource, merge, merges
from provisioner.manifest.places import Source
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import ABSENT, Json, Path, dotted, lookup, place
from provisioner.model.words import found, guess, listed, quoted, shown

_KEYS: Final = ("environments", "default_environment")
_VARIABLES: Final = "variables"


class Value(NamedTuple):
    """What an environment says of a variable, and where."""

    value: Any
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaidFile:
    """`problems` are what reading found, in the file itself and in those that its overlays stand in."""

    source: Source
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """The files with one environment laid over them, and what that found. `variables` are what it says of them, `new`
    the entries that no file declares. What is not usable lacks its environment, so that nothing can be said of it.
    """

    files: tuple[OverlaidFile, ...]
    layers: tuple[Layer, ...] = ()
    environment: str | None = None
    variables: Mapping[str, Value]
    problems: tuple[Diagnostic, ...] = ()
    new: frozenset[Path]
    is_usable: bool = True


def lay(name: str, files: Sequence[OverlaidFile], layers: Mapping[int, Layer]) -> Overlaid:
    """`layers` are what each file says of the environment, by the file's place in the row."""
    laying = _Laying(name, [file.source for file in files], layers)
    sources = laying.sources()
    return Overlaid(
        files=tuple(
            OverlaidFile(source=source, problems=file.problems) for source, file in zip(sources, files, strict=True)
        ),
        layers=tuple(layers.values()),
        environment=name or None,
        variables=laying.variables,
        problems=tuple(laying.problems),
        new=frozenset(laying.new),
    )


class _Laying:
    """Keeps what comes to light."""

    def __init__(self, name: str, sources: Sequence[Source], layers: Mapping[int, Layer]) -> None:
        self.problems: list[Diagnostic] = []
        self.variables: dict[str, Value] = {}
        self.new: set[Path] = set()
        self._name = name
        self._sources = sources
        self._layers = layers
        self._roots = [_without_keys(source.root) for source in sources]

    def sources(self) -> list[Source]:
        united = self._united()
        saying = _by_part(self._roots)
        over: list[Json] = [{} for _ in self._roots]
        receivers: dict[Path, tuple[int, ...]] = {}
        for part, value in _parts(united):
            receivers[part] = tuple(saying.get(part, ())) or self._declaring(part)
            if part not in saying and part[0] in KINDS and len(part) > 1 and isinstance(value, dict):
                self.new.add(part)
            for index in receivers[part]:
                place(over[index], part, value)
        merged = [merge(root, over[index]) for index, root in enumerate(self._roots)]
        self._tell_idle(merged, receivers)
        layers = tuple(self._layers.values())
        return [
            OverlaidSource(source, it, layers) if _is_other(source.root, it.root) else source
            for source, it in zip(self._sources, merged, strict=True)
        ]

    def _united(self) -> Json:
        united: Json = {}
        for layer in self._layers.values():
            own = dict(layer.root)
            self._take_variables(own.pop(_VARIABLES, None), layer)
            for key in _KEYS:
                if key in own:
                    del own[key]
                    message = f"The environment {quoted(self._name)} cannot hold `{key}` itself."
                    self._report("unknown-key", layer.key_at((key,)), message, "Write it beside `environments:`.")
            united = self._with(united, own, layer, ()) if united else own
        return united

    def _with(self, united: Json, over: Json, layer: Layer, at: Path) -> Json:
        result = dict(united)
        for key, value in over.items():
            here, there = (*at, key), result.get(key, ABSENT)
            if there is ABSENT:
                result[key] = value
            elif merges(there, value, here):
                result[key] = self._with(there, value, layer, here)
            elif there != value:
                self._conflict(here, layer)
        return result

    def _conflict(self, path: Path, layer: Layer) -> None:
        first = next(it for it in self._layers.values() if lookup(it.root, path) is not ABSENT)
        where = first.value_at(path)
        message = (
            f"The environment {quoted(self._name)} says otherwise of `{shown(dotted(path))}` here than in "
            f"{where.file}:{where.line}:{where.column}."
        )
        self._report("conflict", layer.value_at(path), message, "All files together are one manifest: say it once.")

    def _take_variables(self, said: object, layer: Layer) -> None:
        if not isinstance(said, dict):
            if said is not None:
                message = f"The `{_VARIABLES}` of an environment are {found(said)}; they must be a mapping."
                self._report("wrong-type", layer.value_at((_VARIABLES,)), message, "Write lines of `NAME: value`.")
            return
        for name, value in said.items():
            first = self.variables.setdefault(name, Value(value, layer.value_at((_VARIABLES, name))))
            if first.value != value:
                self._conflict((_VARIABLES, name), layer)

    def _declaring(self, part: Path) -> tuple[int, ...]:
        return (next(index for index, layer in self._layers.items() if lookup(layer.root, part) is not ABSENT),)

    def _tell_idle(self, merged: Sequence[Merged], receivers: Mapping[Path, tuple[int, ...]]) -> None:
        times = Counter(path for it in merged for path in it.idle)
        for path, number in times.items():
            files = receivers.get(path[:2]) or receivers[path[:1]]
            if number < len(files) or path[:2] in self.new:
                continue
            there = dict.fromkeys(key for index in files for key in _keys(self._roots[index], path[:-1]))
            layer = next(it for it in self._layers.values() if lookup(it.root, path) is not ABSENT)
            message = (
                f"The environment {quoted(self._name)} takes out `{shown(dotted(path))}`, which the manifest does not "
                "have."
            )
            hint = guess(path[-1], there).rstrip() or "Remove the line."
            self._report("removes-nothing", layer.key_at(path), message, hint)

    def _report(self, code: str, where: Location, message: str, hint: str) -> None:
        self.problems.append(Diagnostic(code=code, message=message, hint=hint, where=where))


def _without_keys(root: object) -> Json:
    return {key: value for key, value in root.items() if key not in _KEYS} if isinstance(root, dict) else {}


def _is_other(root: object, merged: Json) -> bool:
    return isinstance(root, dict) and (
        root.keys() != merged.keys() or any(merged[key] is not value for key, value in root.items())
    )


def _parts(root: Json) -> Iterator[tuple[Path, Any]]:
    """What a file says or leaves to others: entries, and the keys of its head."""
    for key, value in root.items():
        if isinstance(value, dict) and value:
            for name, inner in value.items():
                yield (key, name), inner
        else:
            yield (key,), value


def _by_part(roots: Sequence[Json]) -> dict[Path, list[int]]:
    """The files that say each part, or anything of a whole section."""
    saying: dict[Path, list[int]] = {}
    for index, root in enumerate(roots):
        for key, value in root.items():
            saying.setdefault((key,), []).append(index)
            for name in value if isinstance(value, dict) else ():
                saying.setdefault((key, name), []).append(index)
    return saying


def _keys(root: Json, path: Path) -> list[str]:
    holder = lookup(root, path)
    return list(holder) if isinstance(holder, dict) else []


def told_of_new(problems: Iterable[Diagnostic], overlaid: Overlaid, entries: Iterable[Entry]) -> Iterator[Diagnostic]:
    """Where an entry that only the environment has is not whole, another may have been meant: that is told first."""
    lacking: dict[str, list[Diagnostic]] = {dotted(path): [] for path in overlaid.new}
    for problem in problems:
        if problem.code == "missing-key" and problem.where is not None and problem.where.path in lacking:
            lacking[problem.where.path].append(problem)
        else:
            yield problem
    names: dict[str, list[str]] = {}
    for entry in entries:
        if entry.path not in overlaid.new:
            names.setdefault(entry.address.kind, []).append(entry.address.name)
    for section, name in sorted(overlaid.new):
        if told := lacking[dotted((section, name))]:
            yield _told_of_new(told, f"{section}/{name}", names.get(section, []), overlaid.environment or "")


def _told_of_new(lacks: Sequence[Diagnostic], address: str, names: Sequence[str], environment: str) -> Diagnostic:
    said = " ".join(dict.fromkeys(problem.message for problem in lacks))
    meant = guess(address.partition("/")[2], names) or (f"There are: {listed(names)}. " if names else "")
    return replace(
        lacks[0],
        code="overlays-nothing",
        message=f"{shown(address)} is in no file, and the environment {quoted(environment)} says too little: {said}",
        hint=f"{meant}To have it in this environment alone, write all of it here.",
    )


def told_where_taken_out(problems: Iterable[Diagnostic], overlaid: Overlaid) -> Iterator[Diagnostic]:
    """What the environment takes out is missing because of that, wherever the rest of it stands."""
    taken: dict[str, dict[str, Location]] = {}
    for layer in overlaid.layers:
        for path in _nulls(layer.root, ()):
            taken.setdefault(dotted(path[:-1]), {})[path[-1]] = layer.key_at(path)
    for problem in problems:
        keys = taken.get(problem.where.path, {}) if problem.code == "missing-key" and problem.where else {}
        where = next((at for key, at in keys.items() if f"`{key}`" in problem.message), None)
        if where is None:
            yield problem
        else:
            hint = f"The environment {quoted(overlaid.environment or '')} takes it out here: remove the line."
            yield replace(problem, where=where, hint=hint)


def _nulls(value: Json, at: Path) -> Iterator[Path]:
    for key, inner in value.items():
        if inner is None:
            yield (*at, key)
        elif isinstance(inner, dict):
            yield from _nulls(inner, (*at, key))
