"""What a planner must know of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from provisioner.model.document import Document, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`immutable` fields change only by replacing; `replace_resets` are the subtrees whose unmanaged fields do not
    survive a replace (another model's version means nothing). `replace_loses` is a sentence about what else goes with
    the old one. `defaults` are what the service fills in where nothing is declared. `capacity` is the field that takes
    from a quota, `pool` tells which: resources for which it says the same share one. `case_blind` kinds have names that
    ignore case. `marker_size` is how many characters one value of the live object's metadata or tags can hold.
    """

    immutable: tuple[Path, ...] = ()
    replace_resets: tuple[Path, ...] = ()
    replace_loses: str = ""
    holds_data: bool = False
    case_blind: bool = False
    defaults: Document = field(default_factory=dict)
    capacity: Path = ()
    pool: Callable[[Document], tuple[str, ...]] = lambda _: ()
    marker_size: int = 512
