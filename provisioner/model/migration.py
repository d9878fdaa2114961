"""A store's way to another definition, with all that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from provisioner.model.address import Address
from provisioner.model.memory import Holding

RATE: Final = 1000  # requests a minute; published for search and update, for items it is assumed
PAGE: Final = 100  # memories that a list gives at once, at most


class Way(str, Enum):
    """`in_place` keeps the name: through a shadow, twice. `side_by_side` fills a store of another name, and moves the
    agents there.
    """

    IN_PLACE = "in_place"
    SIDE_BY_SIDE = "side_by_side"


class Part(str, Enum):
    """What a change of a migration does: `move` all that the old store holds; `restore` from the shadow what the new
    one of the old name lacks, or all of it; `retire` the old one, once everybody uses the new one and all has been read
    back from it; or `discard` a shadow whose store is to stay as it was, and never went.
    """

    MOVE = "move"
    RESTORE = "restore"
    RETIRE = "retire"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """`source` is the live store that is given up, and `target` the one that is filled: the shadow, or the successor.
    What goes is the source where it is retired, and the target where it is discarded. `resumes` where an earlier run
    began it. `holding` is what is known of the memories, `settle_s` how long an update may still be queued when nobody
    writes any more (the longest `update_delay` of the agents that use it).
    """

    way: Way
    source: Address
    target: Address
    part: Part = Part.MOVE
    resumes: bool = False
    holding: Holding | None = None
    rate: int = RATE
    settle_s: float = 0
