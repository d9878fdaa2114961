"""Run a plan: what is needed first, what is independent side by side, one write at a time where the service wants it.

One failure does not hide the rest: what waits for the failed change is skipped with the reason, everything else goes
on. When told to stop, the running changes end and the others are skipped: nothing is left half done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import Protocol

from provisioner.kinds import Kind, Service
from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Action, Change, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Event,
    Outcome,
    Status,
)
from provisioner.reconcile.order import predecessors

Emit = Callable[[Event], None]
_LOOK_UP_S = 0.2  # how soon a request to stop is seen while changes run


class Telling(Service, Protocol):
    """Planes that can be told where to report their waits."""

    def telling(self, note: Callable[[str], None]) -> Service: ...


def execute(
    plan: Plan,
    kinds: Mapping[str, Kind],
    service: Telling,
    *,
    emit: Emit,
    now: Callable[[], float],
    parallelism: int,
    stopping: Callable[[], bool] = lambda: False,
) -> ApplyFinished:
    """Perform exactly the plan's changes and tell of each. `emit` is called from several threads. Once `stopping`
    says so, nothing more is started.
    """
    started = now()
    emit(ApplyStarted(plan=plan))
    run = _Run(plan, kinds, service, emit=emit, now=now, stopping=stopping)
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="change") as pool:
        run.drive(pool, parallelism)
    finished = ApplyFinished(outcomes=run.outcomes_in(plan), interrupted=run.interrupted, elapsed_s=now() - started)
    emit(finished)
    return finished


class _Run:
    """The state of one execution; touched by the driving thread alone."""

    def __init__(
        self,
        plan: Plan,
        kinds: Mapping[str, Kind],
        service: Telling,
        *,
        emit: Emit,
        now: Callable[[], float],
        stopping: Callable[[], bool],
    ) -> None:
        self._kinds = kinds
        self._service = service
        self._emit = emit
        self._now = now
        self._stopping = stopping
        self._changes = {change.address: change for change in plan.changes}
        self._after = predecessors(plan.changes)
        self._sorter = TopologicalSorter(self._after)
        self._sorter.prepare()
        self._lanes: dict[str, deque[Change]] = {}
        self._running: dict[Future[Outcome], Change] = {}
        self._outcomes: dict[Address, Outcome] = {}

    @property
    def interrupted(self) -> bool:
        return self._stopping()

    def outcomes_in(self, plan: Plan) -> tuple[Outcome, ...]:
        return tuple(self._outcomes[change.address] for change in plan.changes)

    def drive(self, pool: ThreadPoolExecutor, parallelism: int) -> None:
        while self._sorter.is_active():
            self._queue_ready()
            self._start(pool, parallelism)
            done, _ = wait(self._running, timeout=_LOOK_UP_S, return_when=FIRST_COMPLETED)
            for future in done:
                del self._running[future]
                self._settle(future.result())

    def _queue_ready(self) -> None:
        for address in sorted(self._sorter.get_ready()):
            change = self._changes[address]
            failed = self._failed_before(address)
            if failed is not None:
                self._skip(change, f"{failed.change.address} {failed.status.value}")
            else:
                self._lanes.setdefault(self._lane(change), deque()).append(change)

    def _lane(self, change: Change) -> str:
        """Changes of one named lane go one at a time; those of the nameless one side by side."""
        return change.address.kind if self._kinds[change.address.kind].serial else ""

    def _failed_before(self, address: Address) -> Outcome | None:
        before = (self._outcomes[earlier] for earlier in sorted(self._after[address]))
        return next((outcome for outcome in before if outcome.status is not Status.DONE), None)

    def _start(self, pool: ThreadPoolExecutor, parallelism: int) -> None:
        busy = {self._lane(change) for change in self._running.values()} - {""}
        for name, lane in self._lanes.items():
            while lane and self._stopping():
                self._skip(lane.popleft(), "stopped before it began")
            while lane and name not in busy and len(self._running) < parallelism:
                change = lane.popleft()
                self._emit(ChangeStarted(change=change))
                self._running[pool.submit(self._attempt, change)] = change
                if name:
                    busy.add(name)

    def _skip(self, change: Change, reason: str) -> None:
        self._settle(Outcome(change=change, status=Status.SKIPPED, reason=reason))

    def _settle(self, outcome: Outcome) -> None:
        address = outcome.change.address
        self._outcomes[address] = outcome
        self._sorter.done(address)
        self._emit(ChangeFinished(outcome=outcome))

    def _attempt(self, change: Change) -> Outcome:
        """The one place where a change's failure becomes a value."""
        started = self._now()
        service = self._service.telling(lambda note: self._emit(ChangeNoted(change=change, note=note)))
        try:
            _perform(change, self._kinds[change.address.kind], service)
        except PlaneError as error:
            return self._failed(change, error.failure, started)
        return Outcome(change=change, status=Status.DONE, elapsed_s=self._now() - started)

    def _failed(self, change: Change, failure: Failure, started: float) -> Outcome:
        return Outcome(
            change=change,
            status=Status.FAILED,
            reason=failure.message,
            failure=failure,
            elapsed_s=self._now() - started,
        )


def _perform(change: Change, kind: Kind, service: Service) -> None:
    if change.action is Action.CREATE:
        kind.create(service, change)
    elif change.action is Action.DELETE:
        kind.delete(service, change)
    elif change.action is Action.REPLACE:
        kind.delete(service, change)
        kind.create(service, change)
    else:
        kind.update(service, change)
