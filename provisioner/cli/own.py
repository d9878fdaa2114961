"""Files that we keep for ourselves in somebody's folder: a checkout may have brought others in their place.

Links are never followed there, and what belongs to another user is not believed. On Windows nobody can tell whose a
file is and who may read it; only its kind is looked at there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason

ROOM: Final = ".provisioner"
SEALED: Final = 0o400  # the mode of a local Foundry's certificates, which no checkout gives to a file
_TELLS_OWNERS: Final = hasattr(os, "geteuid")
_NO_FOLLOWING: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_MOST_BYTES: Final = 1 << 16
_LINKS: Final = (getattr(stat, "IO_REPARSE_TAG_SYMLINK", -1), getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1))


def make_room(file: Path) -> None:
    """The folder for the file; our own one keeps itself out of git. Raises ProvisionerError where something else is."""
    folder = file.parent
    require_own_room(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.name == ROOM:
            _write_once(folder / ".gitignore", "*\n")
    except OSError as error:
        raise ProvisionerError(f'The folder "{folder}" cannot be made: {reason(error)}.') from error


def require_own_room(file: Path) -> None:
    """Raises ProvisionerError where the file would be in a `.provisioner` that is a link, no folder or another's.
    Other folders are whoever's they are: somebody named them.
    """
    folder = file.parent
    if folder.name != ROOM:
        return
    try:
        fault = _fault(folder.lstat(), stat.S_ISDIR, "folder")
    except FileNotFoundError:
        return
    except OSError as error:
        fault = f"cannot be looked at: {reason(error)}"
    if fault:
        raise ProvisionerError(f'"{folder}" {fault}, so it is not used.', "Remove it: it is made anew.")


def is_sealed(path: Path) -> bool:
    """Whether it is a file of our own that no checkout can have brought, in a folder that only we may change."""
    try:
        found, folder = path.lstat(), path.parent.lstat()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return False
    if _fault(found, stat.S_ISREG, "file") or _fault(folder, stat.S_ISDIR, "folder"):
        return False
    return not _TELLS_OWNERS or (stat.S_IMODE(found.st_mode) == SEALED and not folder.st_mode & 0o077)


def read_private(path: Path) -> str:
    """A text that we wrote for ourselves alone. Raises ProvisionerError for what is not that, FileNotFoundError,
    UnicodeDecodeError.
    """
    try:
        if fault := _fault(path.lstat(), stat.S_ISREG, "file"):
            raise ProvisionerError(f'"{path}" {fault}, so it is not believed.', "Remove it.")
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOWING), "rb") as stream:
            if fault := _fault(found := os.fstat(stream.fileno()), stat.S_ISREG, "file") or _openness(found):
                raise ProvisionerError(f'"{path}" {fault}, so it is not believed.', "Remove it.")
            return stream.read(_MOST_BYTES).decode()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ProvisionerError(f'"{path}" cannot be read: {reason(error)}.', "Remove it.") from error


def _fault(found: os.stat_result, is_kind: Callable[[int], bool], kind: str) -> str:
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINKS:
        return "is a link"
    if not is_kind(found.st_mode):
        return f"is no {kind}"
    return "belongs to another user" if _TELLS_OWNERS and found.st_uid != os.geteuid() else ""


def _openness(found: os.stat_result) -> str:
    return "may be read or written by others" if _TELLS_OWNERS and found.st_mode & 0o077 else ""


def _write_once(path: Path, text: str) -> None:
    """What is there already stays, and where a link leads to nothing is made."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return
