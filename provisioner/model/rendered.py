"""A manifest of one environment with everything put in, and where each value of it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from provisioner.model.diagnostic import Location
from provisioner.model.document import Document, Path, leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """`document` is a whole manifest, as it would be written: references to variables stand in it. `origin` gives the
    place that a value came from, by its path.
    """

    document: Document
    origin: Callable[[Path], Location] = field(compare=False, repr=False)
    environment: str | None = None

    def values(self) -> Iterator[tuple[Path, object]]:
        """Single values, lists and empty mappings, in their order."""
        yield from leaves(self.document)
