"""Writing files so that nobody ever sees half of one, and so that what is no file stays what it is."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

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


@contextmanager
def written_out(path: Path, *, mode: int) -> Iterator[BinaryIO]:
    """The same for what is written bit by bit: a regular file is replaced when all of it is there, and an error leaves
    the old one as it was.
    """
    require_inside(path)
    with _telling(path):
        found = _mode_of(path)
        if found is not None and _is_stream(found):
            with path.open("wb") as stream:
                yield stream
            return
        if found is not None and not stat.S_ISREG(found):
            raise ProvisionerError(f'"{path}" cannot be written: it is {_sort(found)}.', "Name a file.")
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
            temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            _quietly(temporary.unlink)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """What is to be written where; without a `mode`, the one the file had, or what a new one would get."""

    path: Path
    content: bytes
    mode: int | None = None


def write_together(files: Sequence[NewFile]) -> None:
    """All of them, in this order, or none: what an error or an interruption stops half-way is taken back. Folders are
    made. Regular files are replaced, and what links in the current folder lead to there. Raises ProvisionerError.
    """
    for file in files:
        require_inside(file.path)
        with _telling(file.path):
            found = _mode_of(file.path)
        if found is not None and not stat.S_ISREG(found):
            raise ProvisionerError(f'"{file.path}" cannot be written: it is {_sort(found)}.', "Move it away.")
    formers: list[Path] = []
    with ExitStack() as undo:
        ready = [_prepared(file, undo) for file in files]
        for file, (temporary, target) in zip(files, ready, strict=True):
            with _telling(file.path):
                formers += _put(temporary, target, undo)
        undo.pop_all()
    for former in formers:
        _quietly(former.unlink)


def _prepared(file: NewFile, undo: ExitStack) -> tuple[Path, Path]:
    """The content beside where it will be, and where that is."""
    target = Path(os.path.realpath(file.path))
    with _telling(file.path):
        for folder in reversed([each for each in target.parents if not each.exists()]):
            folder.mkdir()
            undo.callback(_quietly, folder.rmdir)
        mode = _mode(_mode_of(target)) if file.mode is None else file.mode
        temporary = _written_beside(target, file.content, mode)
    undo.callback(_quietly, temporary.unlink)
    return temporary, target


def _put(temporary: Path, target: Path, undo: ExitStack) -> Iterator[Path]:
    """Gives the copy of what was there, if something was."""
    found = _mode_of(target)
    if found is None:
        undo.callback(_quietly, target.unlink)
    else:
        former = _written_beside(target, target.read_bytes(), found & 0o777)
        undo.callback(_quietly, partial(former.replace, target))
        yield former
    temporary.replace(target)


def _quietly(action: Callable[[], object]) -> None:
    with suppress(OSError):
        action()


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
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
    temporary = _written_beside(path, text.encode("utf-8"), mode)
    try:
        temporary.replace(path)
    except BaseException:
        _quietly(temporary.unlink)
        raise


def _written_beside(path: Path, content: bytes, mode: int) -> Path:
    """A file in the same folder: only within one file system is a rename one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(mode)
    except BaseException:
        _quietly(temporary.unlink)
        raise
    return temporary


def _mode(found: int | None) -> int:
    """The mode of the file that is replaced, or what a new file would get."""
    if found is not None:
        return found & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> ProvisionerError:
    return ProvisionerError(f'"{path}" cannot be written: {reason(error)}.')
