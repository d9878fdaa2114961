"""One migration under way: what it reads and writes, and that no other run does so at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, cast

from provisioner.apply.perform import perform
from provisioner.apply.verify import verified
from provisioner.kinds import Kind, Service, changed_since, unreadable
from provisioner.memory.copying import Manner, Side, Surplus, stopped
from provisioner.memory.filling import Filled, Filling, ScopeNames, Tally
from provisioner.memory.journal import Journal
from provisioner.memory.plane import Memories, MemoryPlane
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.migration import Migration
from provisioner.model.plan import Change
from provisioner.model.resource import Live, Marker
from provisioner.planes.clock import Clock

_LOOK_EVERY_S: Final = 5.0
_LOOK_AT_MOST_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`run` tells this run from others. `whole` says where all memories are, in a sentence, as it stands."""

    change: Change
    migration: Migration
    kind: Kind
    service: Service
    run: str
    clock: Clock
    manner: Manner
    names: ScopeNames
    tally: Tally
    journal: Journal

    @property
    def memories(self) -> Memories:
        return Memories(cast("MemoryPlane", self.service.project))  # every project plane is one of memories, too

    def look(self, address: Address) -> Live | None:
        found = self.kind.read(self.service, address)
        if found is not None and found.odd:
            raise unreadable(address, found.odd)
        return found

    def go_on(self) -> None:
        if self.manner.stopping():
            raise stopped()

    def make(self, address: Address, fields: Document, marker: Marker, *, declared: Document | None = None) -> None:
        self.go_on()
        new = Change(
            action=Action.CREATE,
            address=address,
            after=fields,
            declared=fields if declared is None else declared,
            marker=marker,
        )
        perform(new, self.kind, self.service)

    def drop(self, live: Live) -> None:
        """What it is now must be what was read: it is looked at once more."""
        self.go_on()
        perform(Change(action=Action.DELETE, address=live.address, before=live), self.kind, self.service)

    def mark(self, live: Live, marker: Marker, **fields: object) -> Live:
        """Write the marker, and mutable fields, on what is live."""
        after = {**live.fields, **fields}
        change = Change(action=Action.UPDATE, address=live.address, before=live, after=after, marker=marker)
        found, _ = verified(change, self.kind, self.service, self.kind.update(self.service, change))
        return found or replace(live, marker=marker, fields=after)

    def take_over(self, live: Live) -> Live:
        """From whatever run filled it before, which stops where it sees that."""
        if live.marker is None:
            raise changed_since(live.address)
        return live if live.marker.run == self.run else self.mark(live, replace(live.marker, run=self.run))

    def fence(self, address: Address) -> Live:
        """What is filled, if this run still is the one that fills it. Reads may lag, so another run's mark is looked at
        for a minute before it is believed.
        """
        self.manner.pace.wait()
        found = self.look(address)
        if self._is_ours(found):
            return cast("Live", found)
        last = [found]

        def probe() -> Live | None:
            last[0] = self.look(address)
            return last[0] if self._is_ours(last[0]) else None

        try:
            what = f"{address} to show that this run fills it"
            return self.service.project.wait(probe, what=what, every_s=_LOOK_EVERY_S, at_most_s=_LOOK_AT_MOST_S)
        except PlaneError as error:
            if error.failure.code != "timeout" or error.failure.status:
                raise
        raise _taken_over(self.change.address, address, last[0])

    def _is_ours(self, found: Live | None) -> bool:
        """Or nobody's: another step of this run has ended, which was about the same store."""
        return found is not None and found.marker is not None and found.marker.run in ("", self.run)

    def fill(
        self,
        source: Live,
        target: Live,
        *,
        surplus: Surplus,
        fenced: Address,
        since: int = 0,
        settle: Callable[[], None] = lambda: None,
    ) -> Filled:
        """Until the target shows all; `fenced` is which of them carries this run's mark, and the other one must stay
        what it is: one that is made anew meanwhile is empty, which must not be copied.
        """
        holding = self.migration.holding
        memories = self.memories
        other = source if target.address == fenced else target

        def fence() -> None:
            self.fence(fenced)
            self.require_same(other)

        filling = Filling(
            source=Side(memories=memories, store=source.address.name),
            target=Side(memories=memories, store=target.address.name),
            names=self.names,
            manner=replace(self.manner, fence=fence, since=since),
            surplus=surplus,
            tally=self.tally,
            waits=self.service.project,
            journal=self.journal,
            pair=f"{source.address} {target.address} {source.identity} {target.identity} {since}",
            total=holding.total if holding is not None and not holding.is_least and not since else None,
        )
        return filling.fill(settle)

    def require_same(self, live: Live) -> Live:
        """As it is now. Raises PlaneError where another one has its name."""
        self.manner.pace.wait()
        found = self.look(live.address)
        if found is None or found.identity != live.identity:
            raise changed_since(live.address)
        return found

    def settle(self) -> None:
        """Updates that are queued may still write into the old store."""
        seconds = self.migration.settle_s
        if seconds <= 0:
            return
        until = self.clock.now() + seconds

        def probe() -> bool | None:
            self.go_on()
            return True if self.clock.now() >= until else None

        what, every_s = "updates that may still be queued", min(_LOOK_EVERY_S, seconds)
        self.service.project.wait(probe, what=what, every_s=every_s, at_most_s=seconds + _LOOK_AT_MOST_S)


def _taken_over(of: Address, marked: Address, found: Live | None) -> PlaneError:
    told = f"{marked} is gone" if found is None else f"another run has taken {marked} over"
    return PlaneError(
        Failure(
            message=f"{told[0].upper()}{told[1:]}; this run stopped migrating {of}.",
            code="migration-taken-over",
            advice="Let the other run end; then run plan to see how it stands.",
        )
    )
