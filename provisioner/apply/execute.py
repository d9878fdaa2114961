"""Run a plan: what is needed first, what is independent side by side, one write at a time where the service wants it.

One failure does not hide the rest: what waits for the failed change is skipped with the reason, everything else goes
on. That holds for our own mistakes too: an unexpected exception in a change, or in the listener, is raised when
everything has ended and been told. When told to stop, or after a failure where that is wanted, the running changes end
and the others are skipped: nothing is left half done. Only KeyboardInterrupt and its like leave at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from graphlib import TopologicalSorter
from typing import Protocol, TypeAlias

from provisioner.apply.perform import perform
from provisioner.apply.workers import Ended, Workers
from provisioner.kinds import Kind, Service
from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Change, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeProgressed,
    ChangeStarted,
    Event,
    Outcome,
    Progress,
    Status,
)
from provisioner.reconcile.capacity import lacks_quota, way_out
from provisioner.reconcile.order import in_lanes, predecessors

Emit = Callable[[Event], None]
Step: TypeAlias = Callable[[Change, Kind, Service, Callable[[Progress], None]], tuple[str, ...]]


class Telling(Service, Protocol):
    """Planes that can be told where to report their waits."""

    def telling(self, note: Callable[[str], None]) -> Service: ...


def performed(change: Change, kind: Kind, service: Service, tell: Callable[[Progress], None]) -> tuple[str, ...]:  # noqa: ARG001
    """How most changes are made: see `perform`."""
    return perform(change, kind, service)


def execute(
    plan: Plan,
    kinds: Mapping[str, Kind],
    service: Telling,
    *,
    emit: Emit,
    now: Callable[[], float],
    parallelism: int,
    stopping: Callable[[], bool] = lambda: False,
    halted: Callable[[], str] = lambda: "",
    stop_on_failure: bool = False,
    step_of: Callable[[Change], Step] = lambda _: performed,
) -> ApplyFinished:
    """Perform exactly the plan's changes and tell of each. `emit` is called from several threads. Once `stopping`
    says so, nothing more is started, and neither once `halted` gives a reason; with `stop_on_failure` neither after the
    first failure. `step_of` says how a change is made: a step gives remarks, and raises PlaneError where it fails.
    """
    started = now()
    mistakes = _Mistakes(emit)
    run = _Run(
        plan,
        kinds,
        service,
        mistakes,
        now=now,
        parallelism=max(1, parallelism),
        stopping=stopping,
        halted=halted,
        stop_on_failure=stop_on_failure,
        step_of=step_of,
    )
    mistakes.emit(ApplyStarted(plan=plan))
    run.drive()
    finished = ApplyFinished(outcomes=run.outcomes_in(plan), interrupted=stopping(), elapsed_s=now() - started)
    mistakes.emit(finished)
    mistakes.raise_first()
    return finished


class _Mistakes:
    """Exceptions that nobody expected: kept until nothing is under way any more."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._found: list[BaseException] = []

    def emit(self, event: Event) -> None:
        try:
            self._emit(event)
        except Exception as error:  # noqa: BLE001 - raised in the end
            self.keep(error)

    def keep(self, error: BaseException) -> None:
        self._found.append(error)

    def raise_first(self) -> None:
        if self._found:
            raise self._found[0]


class _Run:
    """The state of one execution; touched by the driving thread alone."""

    def __init__(
        self,
        plan: Plan,
        kinds: Mapping[str, Kind],
        service: Telling,
        mistakes: _Mistakes,
        *,
        now: Callable[[], float],
        parallelism: int,
        stopping: Callable[[], bool],
        halted: Callable[[], str],
        stop_on_failure: bool,
        step_of: Callable[[Change], Step],
    ) -> None:
        self._kinds = kinds
        self._service = service
        self._mistakes = mistakes
        self._now = now
        self._parallelism = parallelism
        self._stopping = stopping
        self._halted = halted
        self._stop_on_failure = stop_on_failure
        self._step_of = step_of
        self._first_failed: Address | None = None
        self._changes = {change.address: change for change in plan.changes}
        self._after = predecessors(plan.changes)
        # What is written one at a time also waits for its turn, whatever becomes of those before it.
        self._sorter = TopologicalSorter(in_lanes(plan.changes, lambda kind: kinds[kind].lane))
        self._sorter.prepare()
        self._waiting: deque[Change] = deque()
        self._workers: Workers[Change, Outcome] = Workers("change")
        self._outcomes: dict[Address, Outcome] = {}

    def outcomes_in(self, plan: Plan) -> tuple[Outcome, ...]:
        return tuple(self._outcomes[change.address] for change in plan.changes)

    def drive(self) -> None:
        while self._sorter.is_active():
            self._queue_ready()
            if reason := self._why_stop():
                self._skip_waiting(reason)
            self._start()
            if self._workers.running:
                for ended in self._workers.collect():
                    self._settle(self._outcome_of(ended))

    def _queue_ready(self) -> None:
        for address in sorted(self._sorter.get_ready()):
            change = self._changes[address]
            reason = self._held_back(address)
            if reason:
                self._skip(change, reason)
            elif self._kinds[address.kind].lane:  # these take longest, so they go first
                self._waiting.appendleft(change)
            else:
                self._waiting.append(change)

    def _held_back(self, address: Address) -> str:
        """Why it may not start: the change that failed, however far back; empty when it may."""
        before = (self._outcomes[earlier] for earlier in sorted(self._after[address]))
        undone = next((outcome for outcome in before if outcome.status is not Status.DONE), None)
        if undone is None:
            return ""
        return undone.reason if undone.status is Status.SKIPPED else f"{undone.change.address} failed"

    def _start(self) -> None:
        while self._waiting and self._workers.running < self._parallelism:
            change = self._waiting.popleft()
            self._mistakes.emit(ChangeStarted(change=change))
            self._workers.start(change, partial(self._attempt, change))

    def _why_stop(self) -> str:
        if self._stopping():
            return "stopped before it began"
        if self._stop_on_failure and self._first_failed is not None:
            return f"{self._first_failed} failed, and nothing is started after a failure"
        return self._halted()

    def _skip_waiting(self, reason: str) -> None:
        while self._waiting:
            self._skip(self._waiting.popleft(), reason)

    def _skip(self, change: Change, reason: str) -> None:
        self._settle(Outcome(change=change, status=Status.SKIPPED, reason=reason))

    def _settle(self, outcome: Outcome) -> None:
        address = outcome.change.address
        if outcome.status is Status.FAILED:
            self._first_failed = self._first_failed or address
            outcome = self._explained(outcome)
        self._outcomes[address] = outcome
        self._sorter.done(address)
        self._mistakes.emit(ChangeFinished(outcome=outcome))

    def _explained(self, outcome: Outcome) -> Outcome:
        """With what only the whole plan tells of the failure."""
        failure = outcome.failure
        if failure is None or not lacks_quota(failure):
            return outcome
        traits = {kind: self._kinds[kind].traits for kind in {address.kind for address in self._changes}}
        advice = way_out(outcome.change, self._changes.values(), traits, self._after)
        return replace(outcome, failure=replace(failure, advice=advice)) if advice else outcome

    def _outcome_of(self, ended: Ended[Change, Outcome]) -> Outcome:
        if ended.error is None:
            return ended.result
        self._mistakes.keep(ended.error)
        return _failed(ended.key, _mistake(ended.error))

    def _attempt(self, change: Change) -> Outcome:
        """The one place where a change's failure becomes a value."""
        started = self._now()
        try:
            service = self._service.telling(lambda note: self._mistakes.emit(ChangeNoted(change=change, note=note)))
            tell = partial(self._tell_progress, change)
            remarks = self._step_of(change)(change, self._kinds[change.address.kind], service, tell)
        except PlaneError as error:
            return _failed(change, error.failure, elapsed_s=self._now() - started)
        return Outcome(change=change, status=Status.DONE, elapsed_s=self._now() - started, remarks=remarks)

    def _tell_progress(self, change: Change, progress: Progress) -> None:
        self._mistakes.emit(ChangeProgressed(change=change, progress=progress))


def _failed(change: Change, failure: Failure, *, elapsed_s: float = 0.0) -> Outcome:
    return Outcome(change=change, status=Status.FAILED, reason=failure.message, failure=failure, elapsed_s=elapsed_s)


def _mistake(error: BaseException) -> Failure:
    return Failure(
        message=f"{type(error).__name__}: {error}",
        code="internal-error",
        advice="This is a mistake in the provisioner; please report it. Whether the change was made is not known.",
    )
