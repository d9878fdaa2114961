"""What has been written into the manifest, and what has been left: for people and for programs.

The JSON document: `{"format_version": "1.0", "written": […], "left": […]}`. Each has an `address` and a `path`, which
is empty for the whole resource; what is written has a `file` and a `line`, what is left a `reason`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provisioner.model.accepted import Accepted, Left, Written
from provisioner.model.pipelines import inert
from provisioner.model.words import plural
from provisioner.render.json_text import json_text
from provisioner.render.plan_json import address_document
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.values import path_text

FORMAT_VERSION: Final = "1.0"


def accepted_text(accepted: Accepted, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """Ends in a newline."""
    return inert("\n".join(_lines(accepted, styles, width)) + "\n")


def _lines(accepted: Accepted, styles: Styles, width: int) -> Iterator[str]:
    if not (accepted.written or accepted.left):
        yield "Nothing to write: the manifest says what is live."
    for written in accepted.written:
        yield from wrapped(f"{_place(written)}: {_what(written)}", width=width, hang="    ")
    if accepted.left:
        heading = f"Left as it is: {plural(len(accepted.left), 'value')}"
        yield from (["", styles.paint(styles.warning, heading)] if accepted.written else [heading])
    for left in accepted.left:
        yield from wrapped(f"{_what(left)} {one_line(left.why)}.", width=width, indent="  ", hang="    ")


def _place(written: Written) -> str:
    return one_line(f"{written.file}:{written.line}")


def _what(it: Written | Left) -> str:
    return f"{one_line(str(it.address))} {path_text(it.path)}".rstrip()


def accepted_json(accepted: Accepted) -> str:
    return (
        json_text(
            {
                "format_version": FORMAT_VERSION,
                "written": [
                    {
                        "address": address_document(it.address),
                        "path": list(it.path),
                        "file": it.file,
                        "line": it.line,
                    }
                    for it in accepted.written
                ],
                "left": [
                    {"address": address_document(it.address), "path": list(it.path), "reason": it.why}
                    for it in accepted.left
                ],
            },
            indent=2,
        )
        + "\n"
    )
