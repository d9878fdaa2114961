"""All memories of some scopes from one store into another, so often that nothing is lost or doubled.

What is there already is known by its hash, so a copy that was cut off is only made again. Of a scope no more is kept in
memory than the hashes of one side, and of contents no more than a page for each worker.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import islice
from typing import Final

from provisioner.memory.crew import Crew
from provisioner.memory.pacing import Pace
from provisioner.memory.plane import Memories
from provisioner.model.errors import STOPPED, Failure, PlaneError
from provisioner.model.memory import Item
from provisioner.model.migration import PAGE

_OF_THE_ITEM: Final = frozenset({400, 409, 413, 422})  # what a refusal of one memory says, and not of the store
_NOT_SENT: Final = "not-json"  # half of a character pair, say
_MOST_REFUSED: Final = 20
_TELLING: Final = 6  # characters of a content, in a row, that give it away


class Surplus(Enum):
    """Which memories of the target go that the source does not have: none, those that say the same as another one, or
    all.
    """

    KEEP = "keep"
    DOUBLES = "doubles"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A store that is copied from or to."""

    memories: Memories
    store: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A memory that the service would not take: the `number`th of the scope, and why, without what it says."""

    scope: str
    number: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a scope of the target has too little or too much of."""

    lacking: int = 0
    surplus: int = 0

    def __bool__(self) -> bool:
        return bool(self.lacking or self.surplus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A scope of the source, as it was read last. `newest` is the id of the memory that was written last, `updated_at`
    the latest time that any of them tells.
    """

    difference: Difference
    count: int = 0
    newest: str = ""
    updated_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    there: int = 0
    added: int = 0
    removed: int = 0
    refused: tuple[Refused, ...] = ()

    @property
    def changed(self) -> int:
        return self.added + self.removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to copy. `stopping` says whether to end early, which raises PlaneError with the code `stopped`; `fence` is
    asked before each page that is written, and raises PlaneError where nothing more may be; `tell` is told of so many
    more memories that are in the target, or were read; `whole` of each scope that the target has all of; memories that
    were updated before `since` are left out.
    """

    pace: Pace
    at_once: int
    stopping: Callable[[], bool] = lambda: False
    fence: Callable[[], object] = lambda: None
    tell: Callable[[int], None] = lambda _: None
    whole: Callable[[str], None] = lambda _: None
    since: int = 0


def copy(
    source: Side, target: Side, scopes: Collection[str], manner: Manner, *, surplus: Surplus = Surplus.KEEP
) -> Copied:
    """Add to the target what it lacks, until it has at least as many of each memory as the source."""
    run = _Copying(source, target, manner, surplus)
    run.crew.do(partial(run.scope, scope) for scope in scopes)
    return run.copied()


def compare(source: Side, target: Side, scopes: Collection[str], manner: Manner) -> dict[str, Seen]:
    """Read both sides back; every scope is in the result."""
    found: dict[str, Seen] = {}
    crew = Crew(manner.at_once)

    def look(scope: str) -> None:
        found[scope] = _seen(source, target, scope, manner)

    crew.do(partial(look, scope) for scope in scopes)
    return {scope: found[scope] for scope in scopes}


def newest(side: Side, scopes: Collection[str], manner: Manner) -> dict[str, Item | None]:
    """The memory of each scope that was written last; None where there is none."""
    found: dict[str, Item | None] = {}
    crew = Crew(manner.at_once)

    def look(scope: str) -> None:
        if manner.stopping():
            raise stopped()
        manner.pace.wait()
        try:
            found[scope] = manner.pace.patiently(partial(side.memories.newest, side.store, scope))
        except PlaneError as error:
            raise discreet(error, scope) from None

    crew.do(partial(look, scope) for scope in scopes)
    return found


def discreet(error: PlaneError, scope: str, content: str = "") -> PlaneError:
    """The same, where the service quotes neither the scope nor the memory; else without its words."""
    said = error.failure.message
    if not (scope and scope in said) and not _quotes(said, content):
        return error
    message = f"The service refused it ({error.failure.status or 'no answer'} {error.failure.code}".rstrip() + ")."
    failure = replace(error.failure, message=message)
    return PlaneError(failure, ambiguous=error.ambiguous, wait_s=error.wait_s)


def _quotes(said: str, content: str) -> bool:
    """Whether any few characters of it stand there in a row."""
    if len(content) < _TELLING:
        return bool(content) and content in said
    return any(content[at : at + _TELLING] in said for at in range(len(content) - _TELLING + 1))


def stopped() -> PlaneError:
    advice = "Run the same command again: it goes on from where it was."
    return PlaneError(Failure(message="Stopped.", code=STOPPED, advice=advice))


def _read(side: Side, scope: str, manner: Manner, *, since: int = 0) -> Iterator[Item]:
    """Every page waits for its turn. Where the service throttles for long, the list goes on after what was read."""
    found, last = side.memories.items(side.store, scope), ""

    def page() -> list[Item]:
        nonlocal found
        try:
            return list(islice(found, PAGE))
        except PlaneError:  # nothing more comes of that one
            found = side.memories.items(side.store, scope, after=last)
            raise

    while True:
        if manner.stopping():
            raise stopped()
        manner.pace.wait()
        try:
            items = manner.pace.patiently(page)
        except PlaneError as error:
            raise discreet(error, scope) from None
        yield from (item for item in items if item.updated_at >= since)
        if len(items) < PAGE:
            return
        last = items[-1].id


def _seen(source: Side, target: Side, scope: str, manner: Manner) -> Seen:
    wanted: Counter[str] = Counter()
    last, updated_at = "", 0
    for item in _read(source, scope, manner, since=manner.since):
        wanted[item.hash] += 1
        last, updated_at = item.id, max(updated_at, item.updated_at)
        manner.tell(1)
    there = Counter(item.hash for item in _read(target, scope, manner))
    difference = Difference(lacking=(wanted - there).total(), surplus=(there - wanted).total())
    return Seen(difference=difference, count=wanted.total(), newest=last, updated_at=updated_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lacking:
    """`number` in its scope; it is settled where the target has `nth` memories that say the same."""

    item: Item
    number: int
    nth: int


@dataclass(slots=True)
class _Sums:
    there: int = 0
    added: int = 0
    removed: int = 0
    refused: list[Refused] = field(default_factory=list)


class _Copying:
    """One pass. Called from many threads."""

    def __init__(self, source: Side, target: Side, manner: Manner, surplus: Surplus) -> None:
        self.crew = Crew(manner.at_once)
        self._source = source
        self._target = target
        self._manner = manner
        self._surplus = surplus
        self._lock = threading.Lock()
        self._sums = _Sums()
        self._open: Counter[str] = Counter()  # what is under way of each scope

    def copied(self) -> Copied:
        sums = self._sums
        refused = sorted(sums.refused, key=lambda each: (each.scope, each.number))
        return Copied(there=sums.there, added=sums.added, removed=sums.removed, refused=tuple(refused))

    def scope(self, scope: str) -> None:
        with self._lock:
            self._open[scope] += 1
        self._read_scope(scope)
        self._close(scope)

    def _read_scope(self, scope: str) -> None:
        there: defaultdict[str, list[str]] = defaultdict(list)
        for item in _read(self._target, scope, self._manner):
            there[item.hash].append(item.id)
        wanted: Counter[str] = Counter()
        page: list[_Lacking] = []
        for number, item in enumerate(_read(self._source, scope, self._manner, since=self._manner.since), 1):
            wanted[item.hash] += 1
            if wanted[item.hash] <= len(there.get(item.hash, ())):
                self._count(there=1)
                continue
            page.append(_Lacking(item=item, number=number, nth=wanted[item.hash]))
            if len(page) == PAGE:
                self._offer(scope, partial(self._add_all, page))
                page = []
        if page:
            self._offer(scope, partial(self._add_all, page))
        surplus = [
            memory_id for found, ids in there.items() if self._goes(wanted[found]) for memory_id in ids[wanted[found] :]
        ]
        for at in range(0, len(surplus), PAGE):
            self._offer(scope, partial(self._remove_all, scope, surplus[at : at + PAGE]))

    def _offer(self, scope: str, task: Callable[[], None]) -> None:
        def do() -> None:
            task()
            self._close(scope)

        with self._lock:
            self._open[scope] += 1
        self.crew.offer(do)

    def _close(self, scope: str) -> None:
        with self._lock:
            self._open[scope] -= 1
            is_whole = not self._open[scope] and all(it.scope != scope for it in self._sums.refused)
        if is_whole:
            self._manner.whole(scope)

    def _goes(self, wanted: int) -> bool:
        return self._surplus is Surplus.ALL or (self._surplus is Surplus.DOUBLES and wanted > 0)

    def _add_all(self, lacking: Sequence[_Lacking]) -> None:
        self._manner.fence()
        for each in lacking:
            self._go_on()
            try:
                self._manner.pace.patiently(partial(self._add, each.item, each.nth))
            except PlaneError as error:
                self._refuse(each, discreet(error, each.item.scope, each.item.content))
            else:
                self._count(added=1)

    def _add(self, item: Item, nth: int) -> None:
        target = self._target

        def settled() -> Item | None:
            every = target.memories.items(target.store, item.scope, newest_first=True)
            found = [each for each in every if each.hash == item.hash]
            return found[0] if len(found) >= nth else None

        self._manner.pace.wait()
        target.memories.add(target.store, item, settled=settled)

    def _remove_all(self, scope: str, ids: Sequence[str]) -> None:
        self._manner.fence()
        for memory_id in ids:
            self._go_on()
            self._manner.pace.wait()
            try:
                self._manner.pace.patiently(partial(self._target.memories.delete_item, self._target.store, memory_id))
            except PlaneError as error:
                raise discreet(error, scope) from None
            self._count(removed=1)

    def _refuse(self, lacking: _Lacking, error: PlaneError) -> None:
        """One that the service does not take hinders no other; that it takes none any more is no matter of one."""
        if error.ambiguous or not (error.failure.status in _OF_THE_ITEM or error.failure.code == _NOT_SENT):
            raise error from None
        refused = Refused(scope=lacking.item.scope, number=lacking.number, failure=error.failure)
        with self._lock:
            self._sums.refused.append(refused)
            many = len(self._sums.refused) >= _MOST_REFUSED
        if many:
            raise error from None

    def _go_on(self) -> None:
        if self._manner.stopping() or self.crew.has_failed:
            raise stopped()

    def _count(self, *, there: int = 0, added: int = 0, removed: int = 0) -> None:
        with self._lock:
            self._sums.there += there
            self._sums.added += added
            self._sums.removed += removed
        if there or added:
            self._manner.tell(there + added)
