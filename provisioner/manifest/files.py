"""Files and folders given on the command line as texts, or as the reason why not.

What the user names as a stream is read as one. Everything else has to be a file that lies where it is named: a
repository may bring links along, and what they lead to must not be shown in what is said about them.
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

from provisioner.manifest.budget import Budget, Resource
from provisioner.manifest.inside import LEADS_OUT, NotInside, leads_away, leads_out, opened_inside
from provisioner.manifest.marks import Lines
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.invisible import CONTROLS
from provisioner.model.reasons import reason
from provisioner.model.words import quoted

STDIN: Final = Path("-")
MAX_BYTES: Final = 20_000_000
_DESCRIPTORS: Final = ("/dev/stdin", "/dev/fd", "/proc")
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# What YAML and editors do not take for text. Most would do harm when printed.
_CONTROL: Final = re.compile(f"[{CONTROLS}\ufffe\uffff]")


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
    if path == STDIN or any(map(path.is_relative_to, _DESCRIPTORS)):
        return True
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):  # reading it will say so
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


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
    files: dict[str, Found] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        if path == STDIN or not is_folder(path):
            files.setdefault(_real(path), Found(path))
            continue
        for file in _yaml_files(path, problems):
            files.setdefault(_real(file), Found(file, is_named=False))
    if not paths:
        message = "No manifest is named."
        problems.append(
            Diagnostic(code="no-files", message=message, hint="Name one with -f, for example -f stores.yaml.")
        )
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


def _yaml_files(folder: Path, problems: list[Diagnostic]) -> Iterator[Path]:
    if leads_away(folder):
        problems.append(_refused(folder, NotInside(LEADS_OUT), quoted(shown_path(folder))))
        return
    try:
        inside = _inside(folder)
    except OSError as error:
        problems.append(_unreadable(folder, error, quoted(shown_path(folder))))
        return
    if not inside:
        problems.append(
            _problem(
                "no-files",
                folder,
                f"The folder {quoted(shown_path(folder))} holds no .yaml or .yml file.",
                "Name a manifest file, or a folder that has some; folders inside it are not searched.",
            )
        )
    yield from inside


def read_manifest(found: Found, budget: Budget) -> tuple[str | None, Diagnostic | None]:
    """The text of a stream that the command names, or of a file that lies in its folder."""
    path, is_named = found
    if is_named and _is_stream(path):
        return _read(path, lambda: _stream(path), budget, MAX_BYTES)
    if leads_away(path.parent):
        return None, _refused(path, NotInside(LEADS_OUT), quoted(shown_path(path)))
    return read_inside(path.parent, path, budget)


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


def _unreadable(path: Path, error: OSError | ValueError, name: str) -> Diagnostic:
    message = f"{name} cannot be read: {reason(error)}."
    return _problem("file-unreadable", path, message, "Check the path and its permissions.")


def _refused(path: Path, refusal: NotInside, name: str) -> Diagnostic:
    """Nothing of what it holds, or leads to, is told."""
    return _problem("bad-path", path, f"{name} {refusal.why}.", "Put the file itself there.")


def _problem(code: str, path: Path, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=Location(file=shown_path(path)))
