"""A store's way to another definition, with all that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import TYPE_CHECKING, Final

from provisioner.model.address import Address

if TYPE_CHECKING:
    from provisioner.model.memory import Holding  # which hashes, and a manifest is validated without

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About what it takes, as far as memories were counted. `away_requests` are those while which the name holds none
    of them, or not all yet, and `away_s` their time. Updates that are waited for come on top.
    """

    requests: int
    duration_s: float
    away_requests: int = 0
    away_s: float = 0


def estimate(migration: Migration) -> Estimate | None:
    """None where nothing was counted. Paced by the rate: an item is written by a request, and read with a page of
    others; every scope is read in full before a copy, after it, and again right before the old store goes.
    """
    holding = migration.holding
    if holding is None or not holding.scopes:
        return None
    pages = ceil(holding.total / PAGE) + len(holding.scopes)
    writes, reads, away = _effort(migration, holding.total, pages)
    return Estimate(
        requests=writes + reads,
        duration_s=_seconds(writes + reads, migration),
        away_requests=away,
        away_s=_seconds(away, migration),
    )


def _effort(migration: Migration, items: int, pages: int) -> tuple[int, int, int]:
    """Items to be written, pages to be read, and how many of these requests fall into the time without the name."""
    is_in_place = migration.way is Way.IN_PLACE
    back = items + 3 * pages  # what is there already, what is to be copied, and what came
    match migration.part:
        case Part.MOVE:
            return (2 * items, 8 * pages, back) if is_in_place else (items, 3 * pages, 0)
        case Part.RESTORE:
            return items, 3 * pages, back
        case Part.RETIRE:
            return 0, 3 * pages, 0
        case Part.DISCARD:
            return 0, 0, 0


def _seconds(requests: int, migration: Migration) -> float:
    """None of it is known where there is no rate."""
    return 60 * requests / migration.rate if migration.rate else 0.0
