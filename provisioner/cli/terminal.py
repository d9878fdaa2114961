"""Where output goes and how it may look, decided once at the start."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TextIO

import click

from provisioner.model.pipelines import inert
from provisioner.render.failures import failure_text
from provisioner.render.safe import wrapped
from provisioner.render.styles import COLOURFUL, PLAIN, Styles

UNFITTED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """`out` and `err` are the styles of stdout and stderr; `is_live` whether both are a terminal that can show moving
    progress, with results above it. `width` is what plans are fitted to, `err_width` errors and warnings: in a log
    these stay whole, to be searched for.
    """

    out: Styles
    err: Styles
    width: int
    err_width: int
    is_live: bool

    @classmethod
    def here(cls, *, no_color: bool, environ: Mapping[str, str]) -> Terminal:
        """NO_COLOR (any value but the empty one) and TERM=dumb switch colours off, FORCE_COLOR on."""
        for stream in (sys.stdout, sys.stderr):
            _say_anything(stream)
        plain = no_color or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        forced = bool(environ.get("FORCE_COLOR")) and not plain

        def styles(stream: TextIO | None) -> Styles:
            return COLOURFUL if forced or (is_terminal(stream) and not plain) else PLAIN

        columns = shutil.get_terminal_size((100, 24)).columns
        return cls(
            out=styles(sys.stdout),
            err=styles(sys.stderr),
            width=_fitting(columns),
            err_width=_fitting(_columns_of(sys.stderr) or columns) if is_terminal(sys.stderr) else UNFITTED,
            is_live=all(map(is_terminal, (sys.stdout, sys.stderr)))
            and environ.get("TERM") != "dumb"
            and not environ.get("CI"),
        )

    @classmethod
    def current(cls) -> Terminal:
        """That of the running command, for those who are not handed one."""
        context = click.get_current_context(silent=True)
        return (context.find_object(cls) if context else None) or cls.here(no_color=False, environ=os.environ)

    @staticmethod
    def can_ask() -> bool:
        return is_terminal(sys.stdin)


def _fitting(columns: int) -> int:
    return max(40, min(columns, 140))


def _columns_of(stream: TextIO | None) -> int:
    """0 where the stream does not tell, or COLUMNS does: that is asked first, and then only for stdout."""
    try:
        return 0 if stream is None or os.environ.get("COLUMNS") else os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def say(text: str, *, commands: bool = False) -> None:
    """A result, on stdout. Raises OSError when it cannot be written. A pipeline takes nothing in it for a command, but
    for `commands` of our own.

    What is painted was meant to be (see Styles), so click must not decide again from the stream.
    """
    click.echo((text if commands else inert(text)).rstrip("\n"), color=True)


def remark(text: str) -> None:
    """Progress or a warning, on stderr. That it cannot be written stops nothing: neither a broken stderr, nor a signal
    that came while something was being written there.
    """
    with suppress(OSError, RuntimeError, ValueError):
        click.echo(inert(text).rstrip("\n"), err=True, color=True)


def note(text: str) -> None:
    """A sentence on stderr, wrapped where that is a terminal."""
    remark("\n".join(wrapped(text, width=Terminal.current().err_width)))


def complain(message: str, hint: str = "", *, terminal: Terminal | None = None) -> None:
    """Why the command did not do what was asked, on stderr."""
    terminal = terminal or Terminal.current()
    remark(failure_text(message, hint, styles=terminal.err, width=terminal.err_width))


def forget(stream: TextIO | None) -> None:
    """It is broken; what is still buffered must not raise again when Python ends."""
    with suppress(OSError, ValueError):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_shown(stream: TextIO | None) -> bool:
    """Whether somebody may be reading what is written there: at a terminal, or behind a pipe."""
    if is_terminal(stream):
        return True
    try:
        return stream is not None and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def is_terminal(stream: TextIO | None) -> bool:
    """A program may be started without any of its streams."""
    return stream is not None and not stream.closed and stream.isatty()


def _say_anything(stream: TextIO | None) -> None:
    """A pipe on Windows, and a console of old, speak a code page that cannot say everything; nothing may fail for
    that. What a terminal speaks is its own affair, so there the unspeakable becomes an escape.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    if is_terminal(stream):
        reconfigure(errors="backslashreplace")
    else:
        reconfigure(encoding="utf-8", errors="backslashreplace")
