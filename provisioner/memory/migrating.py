"""The steps of a plan that keep what a store holds. The executor calls them as it calls any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from provisioner.apply.execute import Step, performed
from provisioner.kinds import Kind, Service
from provisioner.memory.copying import Manner
from provisioner.memory.course import Course
from provisioner.memory.filling import ScopeNames, Tally
from provisioner.memory.in_place import discard, migrate_in_place
from provisioner.memory.journal import Journal
from provisioner.memory.pacing import Pace
from provisioner.memory.side_by_side import fill_successor, retire
from provisioner.model.address import Address
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.migration import Migration, Part, Way
from provisioner.model.plan import Change
from provisioner.model.progress import Progress
from provisioner.planes.clock import Clock

_RUN_CHARS: Final = 12


def new_run() -> str:
    return uuid4().hex[:_RUN_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """What carries migrations out. `run` tells it from others; `stopping` says whether to end early, with everything
    where the next run finds it; `at_once` is how many requests are under way.
    """

    run: str
    at_once: int
    clock: Clock
    stopping: Callable[[], bool] = lambda: False
    journal_of: Callable[[Change], Journal] = lambda _: Journal()

    def step_of(self, change: Change) -> Step:
        return self._migrated if change.migration is not None else performed

    def _migrated(
        self, change: Change, kind: Kind, service: Service, tell: Callable[[Progress], None]
    ) -> tuple[str, ...]:
        course = self._course(change, kind, service, tell)
        try:
            remarks = _followed(course)
        except PlaneError as error:
            raise _placed(error, course) from error
        course.journal.end()
        return remarks

    def _course(self, change: Change, kind: Kind, service: Service, tell: Callable[[Progress], None]) -> Course:
        migration = change.migration
        if migration is None:
            raise ValueError(change.address)
        pace = Pace(migration.rate, self.clock)
        return Course(
            change=change,
            migration=migration,
            kind=kind,
            service=service,
            run=self.run,
            clock=self.clock,
            manner=Manner(pace=pace, at_once=self.at_once, stopping=self.stopping),
            names=_known_scopes(change, migration),
            tally=Tally(tell, self.clock),
            journal=self.journal_of(change),
        )


def _known_scopes(change: Change, migration: Migration) -> ScopeNames:
    """Raises PlaneError where nobody has looked which there are, or nobody says it: what is in them would be lost."""
    holding = migration.holding or change.holding
    if holding is not None and not holding.scopes.unnamed:
        return ScopeNames(names=holding.scopes.names, shown=holding.scopes.shown)
    if migration.part is Part.DISCARD:
        return ScopeNames(names=())
    failure = Failure(
        message=f"Which scopes {migration.source} has is not known to this run; nothing was written.",
        code="scopes-unknown",
        advice="Plan again, with the scopes in the manifest or in --scopes-from.",
    )
    raise PlaneError(failure)


def _followed(course: Course) -> tuple[str, ...]:
    if course.migration.part is Part.DISCARD:
        return discard(course)
    if course.migration.way is Way.IN_PLACE:
        return migrate_in_place(course)
    return retire(course) if course.migration.part is Part.RETIRE else fill_successor(course)


def _placed(error: PlaneError, course: Course) -> PlaneError:
    """With where the memories are now: whoever reads that something failed asks that first."""
    said = error.failure.message.rstrip()
    failure = replace(error.failure, message=f"{said} {_whereabouts(course)}".strip())
    return PlaneError(failure, ambiguous=error.ambiguous, wait_s=error.wait_s)


def _whereabouts(course: Course) -> str:
    source, target = course.migration.source, course.migration.target
    try:
        has_source, target_now = course.look(source) is not None, course.look(target)
    except PlaneError:
        return f"All memories are in {source} or in {target}."
    if course.migration.part is Part.RETIRE and has_source:
        return f"{source} stays until all of it has been read back from {target}."
    if course.migration.way is Way.SIDE_BY_SIDE:
        return f"All memories are in {source if has_source else target} still."
    if target_now is None:
        return f"All memories are in {source}." if has_source else ""
    return _of_the_shadow(
        source, target, has_source=has_source, is_filled=bool(target_now.marker and target_now.marker.filled)
    )


def _of_the_shadow(source: Address, shadow: Address, *, has_source: bool, is_filled: bool) -> str:
    if not is_filled:
        return (
            f"All memories are in {source}, as before." if has_source else f"{shadow} has what was copied until then."
        )
    gone = "" if has_source else f" and nothing is named {source.name} until it is made anew"
    return f"All memories are in {shadow}{gone}."
