"""Files and folders given on the command line as texts, or as the reason why not.

What the user names as a stream is read as one. Everything else has to be a file that lies where it is named: a
repository may bring links along, and what they lead to must not be shown in what is said about them.

Whoever wrote the repository also chose its links, so a file is first found, then opened, and then looked at once more:
what was opened has to be what lies at that place, or nothing of it is shown. A hard link cannot be told from a file.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.places import Lines
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.invisible import CONTROLS, SURROGATES
from provisioner.model.reasons import reason
from provisioner.model.words import quoted

STDIN: Final = Path("-")
MAX_BYTES: Final = 20_000_000
_DESCRIPTORS: Final = ("/dev/stdin", "/dev/fd", "/proc")
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# What YAML and editors do not take for text. Most would do harm when printed.
_CONTROL: Final = re.compile(f"[{CONTROLS}\ufffe\uffff]")
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")
# Not everywhere: a link that came in between is not followed, and a pipe that did is not waited for.
_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
PATH_ADVICE: Final = "Name a file inside the manifest's folder, with `/` between folders: prompts/dev-buddy.md."
LEADS_OUT: Final = "is a link that leads out of its folder"


class NotInside(Exception):  # noqa: N818 - an answer, not a failure
    """It is not a file of its folder; `why` ends a sentence that begins with its name."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_hidden(path: str) -> bool:
    """Whether a part of it, between `/`, begins with a dot: what tools keep for themselves, tokens among it."""
    return any(part.startswith(".") and part != "." for part in path.split("/"))


def path_fault(name: str) -> str:
    """What keeps a path in a manifest from being one, as the end of a sentence; empty when nothing does."""
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


def shown_path(path: Path) -> str:
    return "<stdin>" if path == STDIN else path.as_posix()


def is_folder(path: Path) -> bool:
    """As Path.is_dir, which raises where a folder on the way may not be entered."""
    try:
        return path.is_dir()
    except OSError:
        return False


def folder_of(path: Path) -> Path:
    """What the paths in a manifest begin at, and what is kept beside it: its folder, and the current one for what is in
    no folder: stdin, a pipe as a shell makes it of `<(…)`, a device.
    """
    return Path() if _is_stream(path) else path.parent


def _is_stream(path: Path) -> bool:
    """Whether it is read to its end, whatever it is: because the user says so, and not a link that lies there."""
    if _is_descriptor(path):
        return True
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):  # reading it will say so
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


def _is_descriptor(path: Path) -> bool:
    return path == STDIN or any(map(path.is_relative_to, _DESCRIPTORS))


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):  # a NUL in the name; reading it will say so
        return str(path)


class Found(NamedTuple):
    """A manifest file, and whether the command itself names it rather than its folder."""

    path: Path
    is_named: bool = True


def find(paths: Sequence[Path]) -> tuple[list[Found], list[Diagnostic]]:
    """Every file once, in the order given; a folder stands for the YAML files directly in it, and `-` for stdin."""
    if not paths:
        hint = "Name one with -f, for example -f stores.yaml."
        return [], [Diagnostic(code="no-files", message="No manifest is named.", hint=hint)]
    files: dict[str, Found] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        if path == STDIN or not is_folder(path):
            files.setdefault(_real(path), Found(path))
            continue
        inside, problem = _yaml_files(path)
        problems += [problem] if problem else []
        for file in inside:
            files.setdefault(_real(file), Found(file, is_named=False))
    return list(files.values()), problems


def beside(path: Path) -> list[Path]:
    """The YAML files of the folder that it was looked for in, sorted; none where that cannot be read."""
    try:
        return _inside(path.parent)
    except OSError:
        return []


def _inside(folder: Path) -> list[Path]:
    """Its YAML files, and what is there in the place of one. An editor's lock is a link to nothing and left out."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in {".yaml", ".yml"} and not is_folder(file) and (file.exists() or leads_out(folder, file))
    )


def _yaml_files(folder: Path) -> tuple[list[Path], Diagnostic | None]:
    name = quoted(shown_path(folder))
    if leads_away(folder):
        return [], _refused(folder, NotInside(LEADS_OUT), name)
    try:
        inside = _inside(folder)
    except OSError as error:
        return [], _unreadable(folder, error, name)
    if inside:
        return inside, None
    message = f"The folder {name} holds no .yaml or .yml file."
    hint = "Name a manifest file, or a folder that has some; folders inside it are not searched."
    return [], _problem("no-files", folder, message, hint)


def read_manifest(
    found: Found, budget: Budget, *, limit: int = MAX_BYTES, pipes: bool = True
) -> tuple[str | None, Diagnostic | None]:
    """The text of a stream that the command names, or of a file that lies in its folder. Without `pipes`, only what
    this process has open is a stream: what waits for somebody to write to it is no file.
    """
    path, is_named = found
    if is_named and (_is_stream(path) if pipes else _is_descriptor(path)):
        return _read(path, lambda: _stream(path), budget, limit)
    if leads_away(path.parent):
        return None, _refused(path, NotInside(LEADS_OUT), quoted(shown_path(path)))
    return read_inside(path.parent, path, budget, limit=limit)


def read_inside(
    folder: Path, path: Path, budget: Budget, *, limit: int = MAX_BYTES, hidden: bool = True, said: str = ""
) -> tuple[str | None, Diagnostic | None]:
    """The text of a file that lies in the folder, and unless `hidden` in nothing that begins with a dot there. `said`
    is what messages call it.
    """
    return _read(path, lambda: opened_inside(folder, path, hidden=hidden), budget, limit, said)


def _read(
    path: Path, opened: Callable[[], AbstractContextManager[BinaryIO]], budget: Budget, limit: int, said: str = ""
) -> tuple[str | None, Diagnostic | None]:
    """The text without its byte order mark, or what is wrong with the file."""
    name, here = quoted(said or shown_path(path)), Location(file=shown_path(path))
    if not budget.take(Resource.FILES):
        return None, budget.exceeded(Resource.FILES, here)
    try:
        with opened() as stream:
            data = stream.read(min(limit, budget.left(Resource.BYTES)) + 1)
    except (NotInside, OSError, ValueError) as error:
        return None, _unread(path, error, name)
    if len(data) > limit:
        return None, _problem("file-too-big", path, f"{name} is larger than {_size(limit)}.", "Split it.")
    if not budget.take(Resource.BYTES, len(data)):
        return None, budget.exceeded(Resource.BYTES, here)
    return _decode(path, data, name)


def _unread(path: Path, error: NotInside | OSError | ValueError, name: str) -> Diagnostic:
    if isinstance(error, NotInside):
        return _refused(path, error, name)
    if isinstance(error, FileNotFoundError):
        return _problem("file-missing", path, f"There is no file {name}.", "Check the path and the folder.")
    return _unreadable(path, error, name)


def _size(limit: int) -> str:
    return f"{limit / 1_000_000:g} MB" if limit >= 1_000_000 else f"{limit / 1_000:g} KB"


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    if path != STDIN:
        with path.open("rb") as stream:
            yield stream
    elif sys.stdin is None:
        raise ValueError("the program was started without it")
    else:
        yield sys.stdin.buffer


def _decode(path: Path, data: bytes, name: str) -> tuple[str | None, Diagnostic | None]:
    if data.startswith(_BOMS):
        message = f"{name} is not UTF-8; it begins like UTF-16 or UTF-32."
        return None, _problem("not-utf8", path, message, "Save it as UTF-8.")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        where = Lines(shown_path(path), before).at(len(before))
        message = f"The byte 0x{data[error.start]:02x} here is not UTF-8."
        return None, Diagnostic(code="not-utf8", message=message, hint="Save the file as UTF-8.", where=where)
    if bad := _CONTROL.search(text):
        where = Lines(shown_path(path), text).at(bad.start())
        message = f"The character U+{ord(bad.group()):04X} cannot stand in a text file."
        hint = 'Remove it, or write it as an escape in double quotes, for example "\\u0007".'
        return None, Diagnostic(code="control-character", message=message, hint=hint, where=where)
    return text, None


def can_hold(text: str) -> bool:
    """Whether a file of a text would be read as just that: a mark at its start goes, line ends become one."""
    return not (text.startswith("\ufeff") or "\r" in text or _CONTROL.search(text) or _SURROGATE.search(text))


def _unreadable(path: Path, error: OSError | ValueError, name: str) -> Diagnostic:
    message = f"{name} cannot be read: {reason(error)}."
    return _problem("file-unreadable", path, message, "Check the path and its permissions.")


def _refused(path: Path, refusal: NotInside, name: str) -> Diagnostic:
    """Nothing of what it holds, or leads to, is told."""
    return _problem("bad-path", path, f"{name} {refusal.why}.", "Put the file itself there.")


def _problem(code: str, path: Path, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=Location(file=shown_path(path)))
