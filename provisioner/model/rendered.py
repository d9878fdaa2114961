"""A manifest of one environment with everything put in, and where each value of it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from provisioner.model.diagnostic import Location
from provisioner.model.document import Document, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBy:
    """What sets a variable: a place in a file, or what `outside` names: `--var`, `PROVISIONER_VAR_x`."""

    variable: str
    where: Location | None = None
    outside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """`where` a value is said; and of the variables that are put in there, what sets them."""

    where: Location
    variables: tuple[SetBy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """`document` is a whole manifest, as it would be written: references to variables stand in it. `origin` tells
    what a value came from, by its path.
    """

    document: Document
    origin: Callable[[Path], From] = field(compare=False, repr=False)
    environment: str | None = None

    def values(self) -> Iterator[tuple[Path, object]]:
        """Single values, lists with all that is in them, and empty mappings, in their order."""
        for key, value in self.document.items():
            yield from _values(value, (key,))


def _values(value: object, at: Path) -> Iterator[tuple[Path, object]]:
    if not (isinstance(value, dict) and value):
        yield at, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(inner, (*at, str(index)))
