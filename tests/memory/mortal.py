"""A run that dies at a request, as one that is killed, or whose machine vanishes: nothing that it would have sent or
cleaned up afterwards happens.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.memory.migrating import Mover, new_run
from provisioner.model.action import Action
from provisioner.model.memory import Holding, Scopes
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event
from provisioner.planes.project import HttpProject
from provisioner.planes.service import Planes, connect
from tests.memory.hoard import PEOPLE
from tests.planes.world import Foundry


class Killed(BaseException):
    """Nobody catches it."""


@dataclass
class Death(httpx.Auth):
    """At the `nth` request: before it is sent, or when its answer has come. Nothing is sent after it."""

    inner: httpx.Auth
    nth: int
    is_after: bool
    sent: int = 0
    is_dead: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with self._lock:
            self.sent += 1
            is_it = self.sent == self.nth
            if self.is_dead or (is_it and not self.is_after):
                self.is_dead = True
                raise Killed
        yield from self.inner.auth_flow(request)
        if is_it or self.is_dead:
            self.is_dead = True
            raise Killed


@contextmanager
def mortal(foundry: Foundry, nth: int = 0, *, is_after: bool = False) -> Iterator[tuple[Planes, Death]]:
    """Planes of which the project's dies; never where `nth` is 0."""
    with connect(foundry.where, clock=foundry.clock) as planes:
        client = planes.project._client
        assert client.auth is not None
        death = Death(client.auth, nth, is_after)
        client.auth = death
        yield replace(planes, project=HttpProject(client, clock=foundry.clock, note=lambda _: None)), death


def known(plan: Plan, scopes: tuple[str, ...] = PEOPLE) -> Plan:
    """With the scopes that a survey would have found."""
    holding = Holding(scopes=Scopes(names=scopes, origins={"manifest": len(scopes)}))
    changes = tuple(
        replace(it, migration=replace(it.migration, holding=holding)) if it.migration else it for it in plan.changes
    )
    return replace(plan, changes=changes)


def carry_out(plan: Plan, planes: Planes, foundry: Foundry, **more: Any) -> ApplyFinished:
    told: list[Event] = more.pop("told", [])
    mover = Mover(run=more.pop("run", new_run()), at_once=more.pop("at_once", 1), clock=foundry.clock, **more)
    stopping = more.get("stopping", lambda: False)
    return execute(
        plan,
        KINDS,
        planes,
        emit=told.append,
        now=foundry.clock.now,
        parallelism=10,
        step_of=mover.step_of,
        stopping=stopping,
    )


def migrations(plan: Plan) -> list[str]:
    return [f"{it.action.value} {it.address}" for it in plan.changes if it.migration or it.action is Action.MIGRATE]
