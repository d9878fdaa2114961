"""What was seen of memories, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from provisioner.model.errors import Failure
from provisioner.model.memory import Item

ENDED: Final = ("completed", "superseded", "failed")  # of an update


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeCount:
    """How many memories of each kind a scope has, and when the oldest and the newest were written: unix seconds, 0
    where there is none.
    """

    scope: str
    kinds: Mapping[str, int] = field(default_factory=dict)
    oldest: int = 0
    newest: int = 0

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an export has: how many memories of each kind and of each scope, those without any among them."""

    kinds: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.scopes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What became of a scope in a store: `kinds` it had, and how many are `left`; None where that is not known. `later`
    ones came after it was deleted, and were deleted, too. `copy_of` is the store that a migration copied.
    """

    store: str
    kinds: Mapping[str, int] = field(default_factory=dict)
    copy_of: str = ""
    is_deleted: bool = False
    left: int | None = None
    later: int = 0
    error: str = ""

    @property
    def total(self) -> int:
        return sum(self.kinds.values())

    @property
    def is_done(self) -> bool:
        return self.is_deleted and self.left == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What an extraction did to one memory: `create`, `update` or `delete`."""

    kind: str
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An extraction. `superseded_by` is a later one that took its place; `error` says why it failed."""

    id: str
    status: str
    superseded_by: str = ""
    operations: tuple[Operation, ...] = ()
    error: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaken:
    """A memory that the service would not take: the `number`th of its scope, and why."""

    scope: str
    number: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What became of memories that were to be added to a store. With `dry_run` it is only what would become of them."""

    store: str
    scopes: Sequence[str]
    added: int
    there: int
    refused: Sequence[Untaken] = ()
    dry_run: bool = False
