"""Reading and planning, for the commands that do both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.apply.observe import observe
from provisioner.cli.terminal import note, remark
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import Manifest
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.reconcile.guard import Allowances, idle_allowances
from provisioner.reconcile.planner import make_plan
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.planes.service import Planes

_REPEAT_S: Final = 5.0


def planned(manifest: Manifest, planes: Planes, allow: Allowances, *, parallelism: int) -> Plan:
    live = _live(manifest, planes, parallelism)
    plan = make_plan(manifest.resources, live, owner=manifest.name, traits=TRAITS, allow=allow)
    return replace(_checked(plan, allow), target=planes.target)


def planned_destruction(manifest: Manifest, planes: Planes, allow: Allowances, *, parallelism: int) -> Plan:
    """The plan of an empty manifest, with what the real one protects still protected, and what it declares external
    still not ours.
    """
    live = _live(manifest, planes, parallelism)
    guarded = dict(_protected(live, manifest.resources.values())) | dict(_external(live, manifest.resources.values()))
    plan = make_plan({}, {**live, **guarded}, owner=manifest.name, traits=TRAITS, allow=allow)
    return replace(_checked(plan, allow), target=planes.target)


def _checked(plan: Plan, allow: Allowances) -> Plan:
    """The plan, after a word about what was allowed in vain: a mistyped name, or a flag that stayed in a script."""
    for address in idle_allowances(plan.changes, allow):
        remark(f"Warning: --allow-data-loss {one_line(str(address))} is not needed: no change would lose its data.")
    return plan


def _protected(live: dict[Address, Live], desired: Iterable[Desired]) -> Iterable[tuple[Address, Live]]:
    for wanted in desired:
        found = live.get(wanted.address)
        if wanted.lifecycle.prevent_destroy and found is not None and found.marker is not None:
            yield wanted.address, replace(found, marker=replace(found.marker, prevent_destroy=True))


def _external(live: dict[Address, Live], desired: Iterable[Desired]) -> Iterable[tuple[Address, Live]]:
    """As if nobody had marked them: they are left alone, yet still seen to refer to what goes."""
    for wanted in desired:
        found = live.get(wanted.address)
        if wanted.external and found is not None:
            yield wanted.address, replace(found, marker=None)


def _live(manifest: Manifest, planes: Planes, parallelism: int) -> dict[Address, Live]:
    """What is live; every wait is told, the same one once in a while."""
    return observe(KINDS, planes.telling(Waits(note)), manifest.resources, parallelism=parallelism)


class Waits:
    """Tells of waits while reading. Many requests may wait for the same reason, so the same words are not repeated
    within some seconds. Called from several threads.
    """

    def __init__(self, tell: Callable[[str], None], *, now: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now = now
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, note: str) -> None:
        with self._lock:
            now = self._now()
            if now - self._told.get(note, -_REPEAT_S) < _REPEAT_S:
                return
            self._told[note] = now
            self._tell(f"Still reading: {one_line(note)}")
