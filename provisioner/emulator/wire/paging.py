"""Lists of the project plane: limit, order, after, before over rows that are found by an index.

Source: azure-rest-api-specs, ai-foundry (limit 1-100, default 20). The page after the last one must be
empty with a null last_id: the Python SDK pages until last_id is null and ignores has_more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provisioner.emulator.model.interface import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Which rows, by row number: `low` and `high` are exclusive; one more than `limit` tells of more."""

    limit: int
    descending: bool
    low: int
    high: int

    @property
    def sql(self) -> str:
        return f"id > ? AND id < ? ORDER BY id {'DESC' if self.descending else 'ASC'} LIMIT ?"

    @property
    def values(self) -> tuple[int, int, int]:
        return self.low, self.high, self.limit + 1


def page_of(query: Mapping[str, str], place: Callable[[str], int | None]) -> Page:
    """`place` finds the row number of a cursor: an object's id or its name, also of one deleted since."""
    order = query.get("order", "desc")  # assumed default: newest first, as OpenAI lists
    if order not in {"asc", "desc"}:
        raise bad_request(f"Invalid value for 'order': '{order}'; expected asc or desc.", param="order")
    bounds = {"after": 0, "before": 0}
    for name in bounds:
        cursor = query.get(name)
        if cursor:
            bounds[name] = _row_of(cursor, name, place)
    low, high = (bounds["after"], bounds["before"]) if order == "asc" else (bounds["before"], bounds["after"])
    return Page(limit=_limit(query), descending=order == "desc", low=low, high=high or 2**62)


def envelope(items: list[Json], page: Page, key: str = "id") -> Json:
    shown = items[: page.limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0][key] if shown else None,
        "last_id": shown[-1][key] if shown else None,
        "has_more": len(items) > page.limit,
    }


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "20")
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise bad_request(f"Invalid value for 'limit': '{text}'; expected an integer from 1 to 100.", param="limit")
    return int(text)


def _row_of(cursor: str, name: str, place: Callable[[str], int | None]) -> int:
    row = place(cursor)
    if row is None:  # assumed: an unknown cursor is refused rather than taken for the end
        raise bad_request(f"Invalid value for '{name}': no object '{cursor}' found.", param=name)
    return row
