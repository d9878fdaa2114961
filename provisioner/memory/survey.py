"""What the stores hold that a plan deletes, replaces or migrates, as far as their scopes are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

from provisioner.apply.workers import side_by_side
from provisioner.memory.copying import discreet
from provisioner.memory.plane import Memories
from provisioner.memory.scopes import known_scopes, longest_delay_s
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.memory import KINDS, Holding
from provisioner.model.migration import RATE, Part
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Live
from provisioner.model.words import plural
from provisioner.reconcile.guard import with_holdings

MOST_COUNTED: Final = 1_000  # of a scope, where it need not be exact
_OF_ALL: Final = frozenset({0, 401, 403, 404, 429})  # what would be answered for every other scope, too
_FAULT_OF_SERVICE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What the command says of memories: scopes beside those that the manifest and live agents name, by their origin;
    whether every memory is counted; whether the names of scopes are shown; requests a minute of a migration.
    """

    given: Mapping[str, Collection[str]] = field(default_factory=dict)
    exact: bool = False
    shown: bool = False
    rate: int = RATE

    @property
    def limit(self) -> int | None:
        return None if self.exact else MOST_COUNTED


def survey(
    plan: Plan,
    desired: Mapping[Address, Desired],
    live: Mapping[Address, Live],
    memories: Memories,
    counting: Counting,
    *,
    at_once: int = 10,
) -> Plan:
    """The plan with what would be lost or moved counted, all scopes side by side, and with what its refusals say then.

    A migration is refused of which no scope is known, or not all could be counted; where what is known is lost anyway,
    that is a note.
    """
    surveys = {it.address: _Survey(it, desired, live, counting) for it in plan.changes if is_about_memories(it)}
    if not surveys:
        return plan
    counts = _counts({pair for each in surveys.values() for pair in each.pairs}, memories, counting, at_once=at_once)
    changes = [surveys[it.address].filled(counts) if it.address in surveys else it for it in plan.changes]
    plan = with_holdings(plan, changes, desired)
    told = [problem for each in surveys.values() for problem in each.problems(counts, plan)]
    return replace(
        plan,
        refusals=(*plan.refusals, *(it for it in told if it.is_error)),
        notes=(*plan.notes, *(it for it in told if not it.is_error)),
    )


def is_about_memories(change: Change) -> bool:
    """Whether it loses or moves any; what a shadow has is elsewhere, too."""
    return change.loses_data or (change.migration is not None and change.migration.part is not Part.DISCARD)


_Pair: TypeAlias = tuple[str, str]  # a store and a scope
_Counts: TypeAlias = Mapping[_Pair, "Counter[str] | Failure"]


class _Survey:
    """Of one change: which store has all that it is about, if it is live, and which of its scopes are known."""

    def __init__(
        self, change: Change, desired: Mapping[Address, Desired], live: Mapping[Address, Live], counting: Counting
    ) -> None:
        self._change = change
        self._limit = counting.limit
        self._rate = counting.rate
        way = change.migration
        names = (change.address,) if way is None else (way.source, way.target)
        used = {it.name for it in names}
        whole = way.target if way is not None and way.part is Part.RESTORE else names[0]
        self._stores = [whole.name] if whole in live else []
        self._wanted = change.wanted or next((desired[it] for it in (change.address, *names) if it in desired), None)
        self._delay_s = longest_delay_s(used, live.values())
        self._scopes = known_scopes(
            used,
            declared=self._wanted.scopes if self._wanted is not None else (),
            live=live.values(),
            given=counting.given,
            shown=counting.shown,
        )

    @property
    def pairs(self) -> Iterator[_Pair]:
        return ((store, scope) for store in self._stores for scope in self._scopes.names)

    def filled(self, counts: _Counts) -> Change:
        """The change with what it is about."""
        holding = self._holding(counts)
        way = self._change.migration
        if way is not None:
            way = replace(way, holding=holding, settle_s=self._delay_s, rate=self._rate)
        return replace(self._change, holding=holding, migration=way)

    def _holding(self, counts: _Counts) -> Holding:
        found = [counts[pair] for pair in self.pairs]
        counted = [it for it in found if isinstance(it, Counter)]
        return Holding(
            scopes=self._scopes,
            kinds={kind: number for kind in KINDS if (number := sum(it[kind] for it in counted))},
            is_least=self._limit is not None and any(it.total() >= self._limit for it in counted),
            limit=self._limit,
            uncounted=len(found) - len(counted),
        )

    def problems(self, counts: _Counts, plan: Plan) -> Iterator[Diagnostic]:
        way = self._change.migration
        moves = way is not None and way.part in (Part.MOVE, Part.RESTORE)
        if moves and not self._scopes and not self._named & plan.allow.data_loss:
            yield self._unknown()
        failures = [it for pair in self.pairs if isinstance(it := counts[pair], Failure)]
        if failures:
            yield self._not_counted(failures, Severity.ERROR if moves else Severity.NOTE)

    @property
    def _named(self) -> set[Address]:
        """What --allow-data-loss may call it."""
        change = self._change
        key = Address(change.address.kind, change.key or change.address.name)
        return {change.address, key, *([change.migration.source] if change.migration is not None else ())}

    def _unknown(self) -> Diagnostic:
        name = Address(self._change.address.kind, self._change.key or self._change.address.name)
        return Diagnostic(
            code="scopes-unknown",
            message=f"{name} is to keep its memories in a new store, and none of its scopes is known: the service "
            "lists none, so every memory in it would be lost.",
            hint="Name them, `scopes: [team_blue]` or `scopes: {file: scopes.txt}`, or pass them, --scopes-from FILE. "
            f"If nothing in it is wanted: --allow-data-loss {name}",
            where=self._wanted.where if self._wanted is not None else None,
        )

    def _not_counted(self, failures: Sequence[Failure], severity: Severity) -> Diagnostic:
        number = plural(len(failures), "known scope")
        return Diagnostic(
            code="not-counted",
            message=f"{number} of {self._change.address} could not be read: {failures[0].message}",
            hint=failures[0].advice,
            severity=severity,
            where=self._wanted.where if self._wanted is not None else None,
        )


def _counts(pairs: Collection[_Pair], memories: Memories, counting: Counting, *, at_once: int) -> _Counts:
    """How many of each kind, or why that is not known. A store that answers nobody is not asked for every scope."""
    silent: dict[str, Failure] = {}

    def count(store: str, scope: str) -> Counter[str] | Failure:
        if store in silent:
            return silent[store]
        try:
            return Counter(item.kind for item in islice(memories.items(store, scope), counting.limit))
        except PlaneError as error:
            failure = discreet(error, scope).failure
            if failure.status in _OF_ALL or failure.status >= _FAULT_OF_SERVICE:
                silent[store] = failure
            return failure

    ordered = sorted(pairs)
    ended = side_by_side([partial(count, *pair) for pair in ordered], name="count", at_once=at_once)
    return {pair: it.result for pair, it in zip(ordered, ended, strict=True)}
