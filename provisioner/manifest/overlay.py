"""One document laid over another, and the places of what comes of it.

A mapping merges, a list or scalar replaces, `null` takes out what it stands over. What names a file of its own
(`instructions: {file: …}`) is a value there and no mapping to merge with. Neither document is changed: what an alias
has put in two places stays what it is in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisioner.manifest.places import Home, Source
from provisioner.manifest.schema import stands_in_file
from provisioner.model.diagnostic import Location
from provisioner.model.document import ABSENT, Json, Path, dotted, lookup


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """A document to be laid over others. It stands in the source, from that path on; its places are told by the paths
    of what it is laid over.
    """

    source: Source
    at: Path
    root: Json

    def value_at(self, path: Path) -> Location:
        return replace(self.source.value_at((*self.at, *path)), path=dotted(path))

    def key_at(self, path: Path) -> Location:
        return replace(self.source.key_at((*self.at, *path)), path=dotted(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`laid` are the paths below which everything comes from above; `idle` those of a `null` that takes out nothing."""

    root: Json
    laid: frozenset[Path]
    idle: frozenset[Path]


def merge(base: Json, over: Json) -> Merged:
    merging = _Merging()
    root = merging.merged(base, over, ())
    return Merged(root=root, laid=frozenset(merging.laid), idle=frozenset(merging.idle))


class _Merging:
    def __init__(self) -> None:
        self.laid: set[Path] = set()
        self.idle: set[Path] = set()

    def merged(self, base: Json, over: Json, at: Path) -> Json:
        result = dict(base)
        for key, value in over.items():
            here, under = (*at, key), base.get(key, ABSENT)
            if value is None and under is not ABSENT:
                del result[key]
            elif value is None:
                self.idle.add(here)
            elif merges(under, value, here):
                result[key] = self.merged(under, value, here)
            else:
                result[key] = self._new(value, here)
                self.laid.add(here)
        return result

    def _new(self, value: Any, at: Path) -> Any:
        """Without what takes out something, where there is nothing; the very same where there is none of it."""
        if not isinstance(value, dict):
            return value
        self.idle |= {(*at, key) for key, inner in value.items() if inner is None}
        inside = {key: self._new(inner, (*at, key)) for key, inner in value.items() if inner is not None}
        is_same = len(inside) == len(value) and all(inside[key] is inner for key, inner in value.items())
        return value if is_same else inside


def merges(under: object, over: object, at: Path) -> bool:
    """Whether they become one mapping there, rather than the one above the value."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return False
    return stands_in_file(under, at) == stands_in_file(over, at)


class OverlaidSource(Source):
    """A file with what an environment says of it: `root` is both, and each place is where its value is said."""

    __slots__ = ("_base", "_laid", "_layers")

    def __init__(self, base: Source, merged: Merged, layers: Sequence[Layer]) -> None:
        super().__init__(merged.root, root_at=0, marks=base.marks, lines=base.lines, folder=base.folder)
        self._base = base
        self._laid = merged.laid
        self._layers = layers

    def value_at(self, path: Path) -> Location:
        return self._said(path).value_at(path)

    def key_at(self, path: Path) -> Location:
        return self._said(path).key_at(path)

    def home(self, path: Path) -> Home:
        said = self._said(path)
        if isinstance(said, Layer):
            covers = path in self._laid and _holds(self._base.root, path)
            return Home(said.source.lines.file, (*said.at, *path), covers)
        above = next((layer for layer in self._layers if _holds(layer.root, path)), None)
        if above is not None:  # two mappings that have become one
            return Home(above.source.lines.file, (*above.at, *path), covers=True)
        return said.home(path)

    def _said(self, path: Path) -> Source | Layer:
        if not any(path[:end] in self._laid for end in range(1, len(path) + 1)):
            return self._base
        return max(self._layers, key=lambda layer: _depth(layer.root, path))


def _holds(root: object, path: Path) -> bool:
    return isinstance(root, dict) and lookup(root, path) is not ABSENT


def _depth(root: Any, path: Path) -> int:
    """How far the path leads into it."""
    for depth in range(len(path), 0, -1):
        if lookup(root, path[:depth]) is not ABSENT:
            return depth
    return 0
