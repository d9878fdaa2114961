"""A memory, and what a store holds of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("user_profile", "chat_summary", "procedural")
MOST_OF_A_SCOPE: Final = 10_000  # Microsoft Learn, what-is-memory
MOST_SCOPES: Final = 100  # of a store; the same page


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
        text = json.dumps([self.kind, self.content], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The scopes of a store that are known, as the service lists none. `origins` says how many each place named:
    `manifest`, `agents`, `file`, `export`; one that several named counts in each.
    """

    names: tuple[str, ...] = ()
    origins: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the known scopes of a store hold: how many memories of each kind. `is_least` where counting ended at
    `limit` memories of a scope.
    """

    scopes: Scopes = field(default_factory=Scopes)
    kinds: Mapping[str, int] = field(default_factory=dict)
    is_least: bool = False
    limit: int | None = None

    @property
    def total(self) -> int:
        return sum(self.kinds.values())
