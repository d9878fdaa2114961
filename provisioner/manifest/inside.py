"""Files that a repository brings along: read only where they lie in their folder, and only where they are files.

Whoever wrote the repository also chose its links, so a file is first found, then opened, and then looked at once more:
what was opened has to be what lies at that place, or nothing of it is shown. A hard link cannot be told from a file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

# Not everywhere: a link that came in between is not followed, and a pipe that did is not waited for.
_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
LEADS_OUT: Final = "is a link that leads out of its folder"


class NotInside(Exception):  # noqa: N818 - an answer, not a failure
    """It is not a file of its folder; `why` ends a sentence that begins with its name."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_hidden(path: str) -> bool:
    """Whether a part of it, between `/`, begins with a dot: what tools keep for themselves, tokens among it."""
    return any(part.startswith(".") and part != "." for part in path.split("/"))


def leads_out(folder: Path, path: Path) -> bool:
    """Whether the path's links lead out of the folder. Nothing is opened."""
    return _place(folder, os.path.realpath(path)) is None


def leads_away(path: Path) -> bool:
    """Whether links on the way from the current folder lead out of it, or to what is hidden in it: they may have come
    with a checkout. A path that does not lie in the current folder, as it is written, is the user's own word.
    """
    seen = _seen_from_here(path)
    if seen is None:
        return False
    place = _place(Path(), os.path.realpath(path))
    return place is None or (place != seen and is_hidden(place) and not is_hidden(seen))


def _seen_from_here(path: Path) -> str | None:
    """As it is written, be it from the root; None for what does not lie here."""
    here = os.path.realpath(".")
    named = Path(os.path.normpath(Path.cwd() / path))
    base = next((folder for folder in (named, *named.parents) if os.path.realpath(folder) == here), None)
    return None if base is None else named.relative_to(base).as_posix()


def _place(folder: Path, real: str) -> str | None:
    """Where the real path is, seen from the folder; None for outside."""
    root = os.path.realpath(folder)
    try:
        if os.path.commonpath([root, real]) != root:
            return None
    except ValueError:  # another drive
        return None
    return Path(os.path.relpath(real, root)).as_posix()


def _is_mounted(place: str, name: str) -> bool:
    """Whether it is the file of that name itself, or where Kubernetes puts one that it mounts: `..data/stores.yaml`."""
    *folders, last = place.split("/")
    return all(part.startswith("..") or not is_hidden(part) for part in folders) and (
        last == name or not is_hidden(last)
    )


@contextmanager
def opened_inside(folder: Path, path: Path, *, hidden: bool = True) -> Iterator[BinaryIO]:
    """The file, which has to lie in the folder, and if a link leads to it not in what begins with a dot there; where
    `hidden` is False, not without a link either. Raises NotInside, or OSError or ValueError as `open` does.
    """
    real = os.path.realpath(path)  # once: a second time, it may be another
    place = _place(folder, real)
    if place is None:
        raise NotInside(LEADS_OUT)
    if is_hidden(place) and not (hidden and _is_mounted(place, path.name)):
        raise NotInside("is a link to what is hidden: it lies in what begins with a dot")
    if not stat.S_ISREG(os.stat(real).st_mode):  # noqa: PTH116 - to open a device can be an act in itself
        raise NotInside("is not a file")
    with open(os.open(real, _FLAGS), "rb") as stream:  # noqa: PTH123 - no path, a descriptor
        _require_same(stream, real)
        yield stream


def _require_same(stream: BinaryIO, real: str) -> None:
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise NotInside("is not a file")
    if os.path.realpath(real) != real or not os.path.samestat(os.lstat(real), found):
        raise NotInside("was put in another's place while it was read")
