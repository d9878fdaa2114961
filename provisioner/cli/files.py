"""Writing files so that nobody ever sees half of one, and so that what is no file stays what it is."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from provisioner.manifest.files import leads_away
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason


def is_overwritten(path: Path) -> bool:
    """Whether writing there would end the life of what is in it: not so for a pipe or a device."""
    try:
        return not _is_stream(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unwritable(path, error) from error


def write_out(path: Path, text: str, *, mode: int | None = None) -> None:
    """A regular file is replaced in one step, with `mode` or else the one it had; a symbolic link stays and what it
    leads to is written; a pipe or a character device is written to. Anything else is refused, a link that leads out of
    the current folder, too. Raises ProvisionerError, leaving the old file as it was.
    """
    require_inside(path)
    try:
        found = _mode_of(path)
        if found is not None and _is_stream(found):
            _write_through(path, text)
        elif found is not None and not stat.S_ISREG(found):
            raise ProvisionerError(f'"{path}" cannot be written: it is {_sort(found)}.', "Name a file.")
        else:
            _replace(Path(os.path.realpath(path)), text, _mode(found) if mode is None else mode)
    except FileNotFoundError as error:
        raise ProvisionerError(f'"{path}" cannot be written: there is no folder "{path.parent}".') from error
    except OSError as error:
        raise _unwritable(path, error) from error


def require_inside(path: Path) -> None:
    """Raises ProvisionerError where a link in the current folder would lead out of it, or to what is hidden in it: it
    may have come with a checkout. What lies elsewhere is written where it is named.
    """
    if leads_away(path):
        raise ProvisionerError(
            f'"{path}" cannot be written: through a link it leads out of this folder, or to what is hidden in it.',
            "Remove the link, or name the file itself that it leads to.",
        )


def replace_own(path: Path, text: str, mode: int) -> None:
    """In one step, whatever is there: a link is replaced, and what it leads to stays. Raises ProvisionerError."""
    try:
        _replace(path, text, mode)
    except OSError as error:
        raise _unwritable(path, error) from error


def _is_stream(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _sort(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a disk" if stat.S_ISBLK(mode) else "a socket" if stat.S_ISSOCK(mode) else "no file"


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _write_through(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def _replace(path: Path, text: str, mode: int) -> None:
    """Written beside it, in the same folder: only within one file system is a rename one step."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        raise


def _mode(found: int | None) -> int:
    """The mode of the file that is replaced, or what a new file would get."""
    if found is not None:
        return found & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> ProvisionerError:
    return ProvisionerError(f'"{path}" cannot be written: {reason(error)}.')
