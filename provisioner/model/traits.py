"""What a planner must know of a kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioner.model.document import Document, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`immutable` fields change only by replacing; `replace_resets` are the subtrees whose unmanaged fields do not
    survive a replace (another model's version means nothing). `defaults` are what the service fills into immutable
    fields. `case_blind` kinds have names that ignore case. `marker_size` is how many characters one value of the live
    object's metadata or tags can hold.
    """

    immutable: tuple[Path, ...] = ()
    replace_resets: tuple[Path, ...] = ()
    holds_data: bool = False
    case_blind: bool = False
    defaults: Document = field(default_factory=dict)
    marker_size: int = 512
