"""A rendered manifest as YAML, with where each value came from in comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from provisioner.manifest.fmt_order import in_order, manifest_order
from provisioner.manifest.write import block
from provisioner.model.diagnostic import Location
from provisioner.model.document import Document, Path
from provisioner.model.pipelines import inert
from provisioner.model.rendered import Rendered, SetBy
from provisioner.model.words import printable


def rendered_text(rendered: Rendered, *, origins: bool = False) -> str:
    """A whole manifest in its canonical form. With `origins`, every line that has a value of its own tells the file and
    line of it.
    """
    lines: list[str] = []
    for key, value in in_order(rendered.document, manifest_order()).items():
        if isinstance(value, dict) and lines and lines[-1]:
            lines.append("")
        lines += _pairs({key: value}, (), rendered if origins else None)
    return "\n".join(lines) + "\n"


def _pairs(mapping: Document, at: Path, told: Rendered | None) -> Iterator[str]:
    indent = "  " * len(at)
    for key, value in mapping.items():
        here = (*at, key)
        if isinstance(value, dict) and value:
            yield from (f"{indent}{line}" for line in block({key: {"": ""}})[:-1])
            yield from _pairs(value, here, told)
        elif isinstance(value, list) and value and told is not None:
            *opening, last = (f"{indent}{line}" for line in block({key: [""]})[:-1])
            yield from [*opening, f"{last}{_comment(told, here)}"]
            yield from _items(value, here, told)
        else:
            first, *rest = block({key: value})
            yield f"{indent}{first}{_comment(told, here)}"
            yield from (f"{indent}{line}" if line else "" for line in rest)


def _items(values: Sequence[Any], at: Path, told: Rendered) -> Iterator[str]:
    indent = "  " * len(at)
    for index, value in enumerate(values):
        here = (*at, str(index))
        if isinstance(value, dict) and value:
            first, *rest = _pairs(value, here, told)
            yield f"{indent}- {first.lstrip(' ')}"
            yield from rest
        else:
            first, *rest = block([value])
            yield f"{indent}{first}{_comment(told, here)}"
            yield from (f"{indent}{line}" if line else "" for line in rest)


def _comment(told: Rendered | None, path: Path) -> str:
    if told is None:
        return ""
    origin = told.origin(path)
    parts = [_line(origin.where), *(f"{it.variable} from {_setter(it)}" for it in origin.variables)]
    return f"  # {', '.join(parts)}"


def _setter(said: SetBy) -> str:
    return _line(said.where) if said.where is not None else said.outside


def _line(where: Location) -> str:
    return f"{inert(printable(where.file))}:{where.line}"
