"""The lines of a change as a diff that GitHub colours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from provisioner.render.change_lines import Line
from provisioner.render.markdown import fenced
from provisioner.render.safe import one_line

_SIGNS: Final = {"~": "!", "…": " "}  # a diff block colours +, - and !


def as_diff(lines: Iterable[Line]) -> str:
    return fenced([diff_line(line) for line in lines], "diff")


def diff_line(line: Line) -> str:
    fold = "… " if line.sign == "…" else ""
    return f"{_SIGNS.get(line.sign, line.sign)} {'    ' * line.depth}{fold}{one_line(line.text)}".rstrip()
