"""Places: where everything stands in a file. Manifest path -> line and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from provisioner.model.diagnostic import Location
from provisioner.model.document import Path, dotted

_BITS: Final = 32
_PIECE: Final = 1 << 14  # characters; an index of every line would be larger than most texts
_LONGEST_PATH: Final = 2_000
_LOW: Final = (1 << _BITS) - 1


class Home(NamedTuple):
    """The text that says a value, and the value's path in it. What `covers` is said over another one, which would come
    forth if it went, and with which a mapping merges.
    """

    file: str
    path: Path
    covers: bool = False


class Lines:
    """Offsets into a text as lines and columns. Lines break where editors break them: at `\\n`, `\\r\\n` and `\\r`."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._broken = ""  # the text with `\n` at the end of every line, wherever one breaks
        self._pieces: list[tuple[int, int]] = []  # at the start of each: lines before it, and where its line begins

    @property
    def text(self) -> str:
        return self._text

    def holds(self, piece: str) -> bool:
        return piece in self._text

    def at(self, offset: int, path: str = "") -> Location:
        if not self._pieces:
            self._index()
        piece = min(offset // _PIECE, len(self._pieces) - 1)
        before, start = self._pieces[piece]
        line = before + self._broken.count("\n", piece * _PIECE, offset)
        start = max(start, self._broken.rfind("\n", piece * _PIECE, offset) + 1)
        path = path if len(path) <= _LONGEST_PATH else f"{path[: _LONGEST_PATH - 1]}…"
        return Location(file=self.file, line=line + 1, column=offset - start + 1, path=path)

    def _index(self) -> None:
        text = self._text
        self._broken = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
        before = start = 0
        for at in range(0, len(text) + 1, _PIECE):
            self._pieces.append((before, start))
            before += self._broken.count("\n", at, at + _PIECE)
            start = max(start, self._broken.rfind("\n", at, at + _PIECE) + 1)


class Marks:
    """Offsets of keys and values, kept beside the plain containers by their identity.

    One small integer per node keeps 30,000 resources cheap. A container that is shared through an alias has one
    place: where it was written. Valid as long as the containers live.
    """

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[int, dict[str, int] | list[int]] = {}

    def keep(self, holder: object, marks: dict[str, int] | list[int]) -> None:
        self._of[id(holder)] = marks

    def of(self, holder: object) -> dict[str, int] | list[int]:
        return self._of.get(id(holder), {})

    @staticmethod
    def pair(key_at: int, value_at: int) -> int:
        return key_at << _BITS | value_at

    @staticmethod
    def key_of(pair: int) -> int:
        return pair >> _BITS

    def find(self, root: object, root_at: int, path: Sequence[str]) -> tuple[int, int]:
        """Offsets of the key and the value at the path, or of the deepest parent there is."""
        here, found = root, (root_at, root_at)
        for step in path:
            inner = self._step(here, step)
            if inner is None:
                return found
            found, here = inner
        return found

    def _step(self, holder: Any, step: str) -> tuple[tuple[int, int], object] | None:
        marks = self.of(holder)
        if isinstance(marks, dict):
            if step not in marks or step not in holder:
                return None
            return (self.key_of(marks[step]), marks[step] & _LOW), holder[step]
        index = int(step) if step.isdecimal() else len(marks)
        return ((marks[index], marks[index]), holder[index]) if index < len(marks) else None


class Source:
    """One file as plain values, and where they stand."""

    __slots__ = ("_root_at", "folder", "lines", "marks", "root")

    def __init__(self, root: object, *, root_at: int, marks: Marks, lines: Lines, folder: str) -> None:
        self.root = root
        self.lines = lines
        self.folder = folder
        self.marks = marks
        self._root_at = root_at

    def value_at(self, path: Path) -> Location:
        return self.lines.at(self.marks.find(self.root, self._root_at, path)[1], dotted(path))

    def key_at(self, path: Path) -> Location:
        """Where the key stands; for an item of a list, the item."""
        return self.lines.at(self.marks.find(self.root, self._root_at, path)[0], dotted(path))

    def home(self, path: Path) -> Home:
        """Where the value is said, or would be."""
        return Home(self.lines.file, path)


class PlacelessSource(Source):
    """A document that no text holds: its places are told by their paths, and stay apart in the order of asking."""

    __slots__ = ("_numbers",)

    def __init__(self, root: object, *, file: str) -> None:
        super().__init__(root, root_at=0, marks=Marks(), lines=Lines(file, ""), folder="")
        self._numbers: dict[Path, int] = {}

    def value_at(self, path: Path) -> Location:
        number = self._numbers.setdefault(path, len(self._numbers) + 1)
        return Location(file=self.lines.file, column=number, path=dotted(path))

    def key_at(self, path: Path) -> Location:
        return self.value_at(path)
