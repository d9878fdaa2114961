"""Files and folders given on the command line as texts, or as the reason why not. The only module that opens files."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

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


def is_file(path: Path) -> bool:
    """As Path.is_file, which raises where a folder on the way may not be entered."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def folder_of(path: Path) -> Path:
    """What the paths in a manifest begin at, and what is kept beside it: its folder, and the current one for what is in
    no folder: stdin, a pipe as a shell makes it of `<(…)`, a device.
    """
    if path == STDIN or any(map(path.is_relative_to, _DESCRIPTORS)):
        return Path()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # reading it will say so
        return path.parent
    return path.parent if stat.S_ISREG(mode) else Path()


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):  # a NUL in the name; reading it will say so
        return str(path)


def find(paths: Sequence[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """Every file once, in the order given; a folder stands for the YAML files directly in it, and `-` for stdin."""
    files: dict[str, Path] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        for file in _yaml_files(path, problems) if path != STDIN and is_folder(path) else (path,):
            files.setdefault(_real(file), file)
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
    return sorted(file for file in folder.iterdir() if file.suffix in {".yaml", ".yml"} and is_file(file))


def _yaml_files(folder: Path, problems: list[Diagnostic]) -> Iterator[Path]:
    try:
        inside = _inside(folder)
    except OSError as error:
        problems.append(_unreadable(folder, error))
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


def read_text(path: Path, *, limit: int = MAX_BYTES) -> tuple[str | None, Diagnostic | None]:
    """The text without its byte order mark, or what is wrong with the file. A pipe is read to its end."""
    try:
        with _opened(path) as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return None, _problem(
            "file-missing", path, f"There is no file {quoted(shown_path(path))}.", "Check the path and the folder."
        )
    except (OSError, ValueError) as error:
        return None, _unreadable(path, error)
    if len(data) > limit:
        message = f"{quoted(shown_path(path))} is larger than {limit / 1_000_000:g} MB."
        return None, _problem("file-too-big", path, message, "Split it.")
    return _decode(path, data)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path != STDIN:
        with path.open("rb") as stream:
            yield stream
    elif sys.stdin is None:
        raise ValueError("the program was started without it")
    else:
        yield sys.stdin.buffer


def _decode(path: Path, data: bytes) -> tuple[str | None, Diagnostic | None]:
    if data.startswith(_BOMS):
        message = f"{quoted(shown_path(path))} is not UTF-8; it begins like UTF-16 or UTF-32."
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


def _unreadable(path: Path, error: OSError | ValueError) -> Diagnostic:
    message = f"{quoted(shown_path(path))} cannot be read: {reason(error)}."
    return _problem("file-unreadable", path, message, "Check the path and its permissions.")


def _problem(code: str, path: Path, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, where=Location(file=shown_path(path)))
