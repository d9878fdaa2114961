"""Whether what lies at a path is ours: a checkout, or another user of the machine, may have put something there.

Links are never followed: what they lead to would be read, changed or made for whoever made the link. On Windows nobody
can tell whose a file is and who may read it; only its kind is looked at there.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.options import StateError

if TYPE_CHECKING:
    from pathlib import Path

TELLS_OWNERS: Final = hasattr(os, "geteuid")
SEALED: Final = 0o400  # no checkout makes such a file, whatever the umask: its owner may always write
# A file of SQLite's that undoes an interrupted write, when it ends so, names a further file, which SQLite then deletes.
JOURNAL_NAMES_A_FILE: Final = bytes.fromhex("d9d505f920a163d7")
_LINKS: Final = (getattr(stat, "IO_REPARSE_TAG_SYMLINK", -1), getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1))


def fault_of(path: Path, *, folder: bool = False) -> str:
    """What keeps it from being a file (or folder) of ours, as the end of a sentence; empty also where nothing is."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINKS:
        return "is a link"
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(found.st_mode):
        return "is no folder" if folder else "is no file"
    return "" if is_owned(found) else "belongs to another user"


def is_owned(found: os.stat_result) -> bool:
    """Where nobody can tell, everything is."""
    return not TELLS_OWNERS or found.st_uid == os.geteuid()


def is_sealed(path: Path) -> bool:
    """Whether it is a file of ours that was in no checkout."""
    try:
        return fault_of(path) == "" and stat.S_IMODE(path.lstat().st_mode) == SEALED
    except OSError:
        return False


def require_own(path: Path, *, folder: bool = False) -> None:
    """Raises StateError for what is there and is not ours."""
    if fault := fault_of(path, folder=folder):
        raise StateError(f"'{path}' {fault}, so it is not used. It was left as it is; remove it.")


def require_own_database(path: Path) -> None:
    """The file, and those that SQLite has beside it. Raises StateError."""
    require_own(path)
    for suffix in ("-wal", "-shm", "-journal"):
        require_own(path.with_name(f"{path.name}{suffix}"))
    journal = path.with_name(f"{path.name}-journal")
    if _names_a_file(journal):
        raise StateError(f"'{journal}' would have another file deleted, so it is not used. Remove it.")


def _names_a_file(journal: Path) -> bool:
    try:
        with journal.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - len(JOURNAL_NAMES_A_FILE)))
            return stream.read() == JOURNAL_NAMES_A_FILE
    except FileNotFoundError:  # as it should be; another process's may be gone meanwhile
        return False
    except OSError as error:
        raise StateError(f"'{journal}' cannot be read: {error.strerror}. Remove it.") from error


def keeps_modes(path: Path) -> bool:
    """Whether a file that was made for its owner alone is: some systems, and some disks, let everybody read it."""
    return TELLS_OWNERS and not stat.S_IMODE(path.lstat().st_mode) & 0o077
