"""Where output goes and how it may look, decided once at the start."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import click

from provisioner.render.styles import COLOURFUL, PLAIN, Styles


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """`out` and `err` are the styles of stdout and stderr; `is_live` whether stderr can show moving progress."""

    out: Styles
    err: Styles
    width: int
    is_live: bool

    @classmethod
    def here(cls, *, no_color: bool, environ: Mapping[str, str]) -> Terminal:
        """NO_COLOR (any value but the empty one) and TERM=dumb switch colours off, FORCE_COLOR on."""
        for stream in (sys.stdout, sys.stderr):
            _speak_utf8(stream)
        plain = no_color or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        forced = bool(environ.get("FORCE_COLOR")) and not plain

        def styles(stream: TextIO) -> Styles:
            return COLOURFUL if forced or (stream.isatty() and not plain) else PLAIN

        return cls(
            out=styles(sys.stdout),
            err=styles(sys.stderr),
            width=max(60, min(shutil.get_terminal_size((100, 24)).columns, 140)),
            is_live=sys.stderr.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI"),
        )

    @staticmethod
    def can_ask() -> bool:
        return sys.stdin is not None and sys.stdin.isatty()


def say(text: str) -> None:
    """A result, on stdout."""
    click.echo(text.rstrip("\n"))


def remark(text: str) -> None:
    """Progress or a warning, on stderr."""
    click.echo(text.rstrip("\n"), err=True)


def complain(message: str, hint: str = "") -> None:
    """Why the command did not do what was asked, on stderr."""
    remark(f"Error: {message}")
    if hint:
        remark(f"  {hint}")


def _speak_utf8(stream: TextIO) -> None:
    """A pipe on Windows speaks a code page that cannot say everything; nothing may fail for that."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and not stream.isatty():
        reconfigure(encoding="utf-8", errors="backslashreplace")
