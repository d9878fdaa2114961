"""Until a store has all that another one has, and that has been read back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from provisioner.memory.copying import (
    Copied,
    Manner,
    Refused,
    Seen,
    Side,
    Surplus,
    compare,
    copy,
    discreet,
    newest,
)
from provisioner.memory.journal import Journal
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.memory import Item
from provisioner.model.progress import Progress
from provisioner.planes.clock import Clock

_ROUNDS: Final = 5  # whoever writes faster than that is read is not waited for
_LOOK_EVERY_S: Final = 5.0
_LOOK_AT_MOST_S: Final = 60.0
_SAMPLES: Final = 5
_MOST_FOUND: Final = 20
_TELL_EVERY_S: Final = 1.0
_MOST_NAMED: Final = 5


class Waits(Protocol):
    """What waits for what is not there yet: a plane."""

    def wait(self, probe: Callable[[], bool | None], *, what: str, every_s: float, at_most_s: float) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeNames:
    """Scopes are people: what is told of one is its number, unless names are wanted."""

    names: Sequence[str]
    shown: bool = False

    def of(self, scope: str) -> str:
        return f'scope "{scope}"' if self.shown else f"scope {self.names.index(scope) + 1} of {len(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """`scopes` are those that have memories; what was written after `up_to` may be missing."""

    scopes: tuple[str, ...]
    count: int
    up_to: int


class Tally:
    """Tells how far a step is, every second at most."""

    def __init__(self, tell: Callable[[Progress], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._doing, self._done = "", 0
        self._total: int | None = None
        self._started = self._told = clock.now()

    def begin(self, doing: str, total: int | None) -> None:
        with self._lock:
            self._doing, self._total, self._done = doing, total, 0
            self._started = self._told = self._clock.now()

    def add(self, number: int) -> None:
        with self._lock:
            self._done += number
            now = self._clock.now()
            if now - self._told < _TELL_EVERY_S and self._done != self._total:
                return
            self._told = now
            progress = self._progress(now - self._started)
        self._tell(progress)

    def _progress(self, elapsed_s: float) -> Progress:
        total = max(self._total, self._done) if self._total is not None else None
        per_minute = 60 * self._done / elapsed_s if elapsed_s > 0 else None
        left_s = 60 * (total - self._done) / per_minute if total is not None and per_minute else None
        return Progress(doing=self._doing, done=self._done, total=total, per_minute=per_minute, left_s=left_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """From a source to a target. With Surplus.ALL the target ends as the source is, else it may have more."""

    source: Side
    target: Side
    names: ScopeNames
    manner: Manner
    surplus: Surplus
    tally: Tally
    waits: Waits
    total: int | None = None
    journal: Journal = field(default_factory=Journal)
    pair: str = ""

    def fill(self, settle: Callable[[], None] = lambda: None) -> Filled:
        """Raises PlaneError where the target does not show all in the end. `settle` waits for what is still queued."""
        todo = [it for it in self.names.names if not self.journal.knows(self.pair, it)]
        self._copy(todo, first=True)
        settle()
        # Where doubles stay, what an earlier run wrote may lag behind, too.
        found = self._prove(self.names.names, written=self.names.names if self.surplus is Surplus.KEEP else todo)
        self._search(found)
        return found

    def _copy(self, scopes: Collection[str], *, first: bool = False) -> Copied:
        self.tally.begin(f"copying into {self.target.store}", self.total if first else None)
        copied = copy(self.source, self.target, scopes, self._telling(), surplus=self.surplus)
        if copied.refused:
            raise self._refused(copied.refused)
        return copied

    def _prove(self, scopes: Sequence[str], *, written: Collection[str]) -> Filled:
        """Read back; then what came meanwhile, which is little, once more, until nothing does. Into the scopes that
        were `written` something was copied just now.
        """
        seen: dict[str, Seen] = {}
        pending: Sequence[str] = scopes
        up_to = max((it.updated_at for it in newest(self.source, scopes, self.manner).values() if it), default=0)
        for _ in range(_ROUNDS):
            seen.update(self._equal(pending, written))
            written = ()  # it has been seen, so what lacks from here on has come since
            last = newest(self.source, scopes, self.manner)
            pending = [scope for scope in scopes if self._is_new(last[scope], seen[scope])]
            if not pending:
                return Filled(
                    scopes=tuple(scope for scope in scopes if seen[scope].count),
                    count=sum(it.count for it in seen.values()),
                    up_to=max(up_to, 1),
                )
        raise _differs(
            f"New memories come to {self.source.store} faster than they can be read back.",
            "Migrate while few write, or side by side.",
        )

    def _is_new(self, item: Item | None, seen: Seen) -> bool:
        if item is None:
            return bool(seen.newest)
        return item.id != seen.newest and item.updated_at >= self.manner.since

    def _equal(self, scopes: Sequence[str], written: Collection[str]) -> dict[str, Seen]:
        """All of the scopes, once they are as they must be. Reads may lag behind, so what lacks where something was
        written is waited for before it is copied again; what is too many nobody has taken away yet.
        """
        fresh = frozenset(written)
        seen = self._compare(scopes)
        has_trimmed = False
        for _ in range(_ROUNDS):
            wrong = [scope for scope in scopes if self._is_wrong(seen[scope], lenient=has_trimmed)]
            if not wrong:
                return seen
            if late := [it for it in wrong if has_trimmed or (it in fresh and seen[it].difference.lacking)]:
                seen.update(self._awaited(late, lenient=has_trimmed))
            if not (wrong := [scope for scope in wrong if self._is_wrong(seen[scope], lenient=has_trimmed)]):
                return seen
            self._copy(wrong)
            has_trimmed = True
            seen.update(self._compare(wrong))
        raise self._lacks({scope: seen[scope] for scope in scopes if self._is_wrong(seen[scope], lenient=True)})

    def _is_wrong(self, seen: Seen, *, lenient: bool) -> bool:
        """More than there should be is not wrong where others write there, too, but may be doubles of ours."""
        if seen.difference.lacking:
            return True
        if self.surplus is Surplus.KEEP:
            return False
        return bool(seen.difference.surplus) and (self.surplus is Surplus.ALL or not lenient)

    def _awaited(self, scopes: Sequence[str], *, lenient: bool) -> dict[str, Seen]:
        found: dict[str, Seen] = {}

        def probe() -> bool | None:
            found.update(self._compare(scopes))
            return not any(self._is_wrong(found[scope], lenient=lenient) for scope in scopes) or None

        try:
            what = f"{self.target.store} to show all memories"
            self.waits.wait(probe, what=what, every_s=_LOOK_EVERY_S, at_most_s=_LOOK_AT_MOST_S)
        except PlaneError as error:
            if error.failure.code != "timeout" or error.failure.status:
                raise
        return found

    def _compare(self, scopes: Collection[str]) -> dict[str, Seen]:
        self.tally.begin(f"reading {self.target.store} back", None)
        return compare(self.source, self.target, scopes, self._telling())

    def _telling(self) -> Manner:
        return replace(self.manner, tell=self.tally.add, whole=partial(self.journal.add, self.pair))

    def _search(self, filled: Filled) -> None:
        """A memory's own text must find it, in some of the scopes."""
        for scope in filled.scopes[:: max(1, len(filled.scopes) // _SAMPLES)][:_SAMPLES]:
            sample = next(iter(self.target.memories.items(self.target.store, scope)), None)
            if sample is None:
                continue
            found = self._found(scope, sample.content)
            if all(it.hash != sample.hash for it in found):
                raise _differs(
                    f"A search of {self.target.store} does not find a memory of {self.names.of(scope)} by its text.",
                    "Look at the embedding deployment; then apply again.",
                )

    def _found(self, scope: str, text: str) -> list[Item]:
        search = partial(self.target.memories.search, self.target.store, scope, text, most=_MOST_FOUND)
        self.manner.pace.wait()
        try:
            return self.manner.pace.patiently(search)
        except PlaneError as error:
            raise discreet(error, scope, text) from None

    def _lacks(self, wrong: dict[str, Seen]) -> PlaneError:
        parts = [f"{self._difference(seen)} of {self.names.of(scope)}" for scope, seen in wrong.items()]
        return _differs(
            f"{self.target.store} does not show what was copied into it: {_some(parts)}.",
            "Apply again: what is there already is not copied again.",
        )

    def _difference(self, seen: Seen) -> str:
        lacking, surplus = seen.difference.lacking, seen.difference.surplus
        return f"{memories(lacking)} missing" if lacking else f"{memories(surplus)} too many"

    def _refused(self, refused: Sequence[Refused]) -> PlaneError:
        parts = [f"number {it.number} of {self.names.of(it.scope)} ({it.failure.message})" for it in refused]
        count = memories(len(refused))
        return PlaneError(
            Failure(
                message=f"{count} could not be written to {self.target.store}: {_some(parts)}.",
                code="memories-refused",
                advice="Shorten or delete them in the old store, then apply again; all others are copied already.",
            )
        )


def memories(count: int) -> str:
    return "1 memory" if count == 1 else f"{count:,} memories"


def _some(parts: Sequence[str]) -> str:
    more = len(parts) - _MOST_NAMED
    return ", ".join(parts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _differs(message: str, advice: str) -> PlaneError:
    return PlaneError(Failure(message=message, code="migration-differs", advice=advice))
