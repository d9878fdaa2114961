"""A memory, and what a store holds of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("user_profile", "chat_summary", "procedural")
MOST_OF_A_SCOPE: Final = 10_000  # Microsoft Learn, what-is-memory
_in_json: Final = json.JSONEncoder(ensure_ascii=True).encode  # of a text alone, it makes no encoder anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One memory. `updated_at` is in unix seconds; it and the `id` are the service's, and those of a copy are new."""

    scope: str
    kind: str
    content: str
    updated_at: int = 0
    id: str = ""

    @property
    def hash(self) -> str:
        """Equal for memories that say the same, in whatever scope and store: 64 hex digits."""
        text = f"[{_in_json(self.kind)},{_in_json(self.content)}]"
        return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The scopes of a store that are known, as the service lists none. `origins` says how many each place named:
    `manifest`, `agents`, `file`, `export`; one that several named counts in each. Names are often people's, so no
    output has them but where they are `shown`. `unnamed` is how many more there were in a plan that was saved without
    their names.
    """

    names: tuple[str, ...] = ()
    origins: Mapping[str, int] = field(default_factory=dict)
    shown: bool = False
    unnamed: int = 0

    def __len__(self) -> int:
        return len(self.names) + self.unnamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the known scopes of a store hold: how many memories of each kind. `is_least` where counting ended at
    `limit` memories of a scope. Of `uncounted` scopes, nobody could tell.
    """

    scopes: Scopes = field(default_factory=Scopes)
    kinds: Mapping[str, int] = field(default_factory=dict)
    is_least: bool = False
    limit: int | None = None
    uncounted: int = 0

    @property
    def total(self) -> int:
        return sum(self.kinds.values())

    @property
    def words(self) -> str:
        """`1,000 or more memories of 3 known scopes`."""
        most = f"{self.total:,}"
        number = f"{most} or more memories" if self.is_least or self.uncounted else _plural(most, "memory", "memories")
        return f"{number} of {_plural(f'{len(self.scopes):,}', 'known scope', 'known scopes')}"


def _plural(number: str, one: str, several: str) -> str:
    return f"{number} {one if number == '1' else several}"
