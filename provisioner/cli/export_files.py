"""Exports of memories as files: packed or plain, and as a stream."""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast
from zlib import error as ZlibError  # noqa: N812 - it is a class

from provisioner.cli.files import is_overwritten, written_out
from provisioner.memory.importing import LONGEST
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason

STREAM: Final = "-"
_MAGIC: Final = b"\x1f\x8b"
_OWNER_ONLY: Final = 0o600
_IN_MEMORY: Final = 16 << 20
_CHUNK: Final = 1 << 20
_LEVEL: Final = 3  # of gzip: 6 takes three times as long for a sixteenth less


def require_free(out: str, *, force: bool) -> None:
    if out != STREAM and not force and is_overwritten(Path(out)):
        raise ProvisionerError(f'"{out}" exists.', "Add --force to overwrite it, or name another file.")


@contextmanager
def export_written(out: str) -> Iterator[BinaryIO]:
    """Packed where its name ends in .gz; for the owner's eyes alone. It is there when it is whole."""
    if out == STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with written_out(Path(out), mode=_OWNER_ONLY) as stream:
        if not out.endswith(".gz"):
            yield stream
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=_LEVEL, mtime=0) as packed:
            yield cast("BinaryIO", packed)


@contextmanager
def export_opened(name: str) -> Iterator[BinaryIO]:
    """Unpacked, and to be read more than once: what is packed, or comes through a pipe, is kept meanwhile in memory, or
    where it is long in a file that has no name.
    """
    where = "stdin" if name == STREAM else f'"{name}"'
    with ExitStack() as stack:
        try:
            stream = _readable(_raw(name, stack), stack)
        except (EOFError, ZlibError, gzip.BadGzipFile) as error:
            hint = "Take another copy of the file, or export again."
            raise ProvisionerError("The export was cut off or damaged: it cannot be unpacked.", hint) from error
        except OSError as error:
            raise ProvisionerError(f"{where} cannot be read: {reason(error)}.") from error
        yield stream


def _raw(name: str, stack: ExitStack) -> BinaryIO:
    return sys.stdin.buffer if name == STREAM else stack.enter_context(Path(name).open("rb"))


def _readable(stream: BinaryIO, stack: ExitStack) -> BinaryIO:
    if not stream.seekable():
        stream = _kept(stream, stack)
    is_packed = stream.read(len(_MAGIC)) == _MAGIC
    stream.seek(0)
    if not is_packed:
        return stream
    with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
        return _kept(cast("BinaryIO", packed), stack)


def _kept(stream: BinaryIO, stack: ExitStack) -> BinaryIO:
    kept = cast("BinaryIO", stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)))  # noqa: SIM115 - the stack closes it
    in_a_row = 0
    while in_a_row <= LONGEST and (chunk := stream.read(_CHUNK)):  # what unpacks to no end is not even kept
        kept.write(chunk)
        in_a_row = 0 if b"\n" in chunk else in_a_row + len(chunk)
    kept.seek(0)
    return kept
