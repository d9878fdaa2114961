"""Reading and planning, for the commands that do both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.apply.observe import observe
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import Manifest
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.reconcile.guard import Allowances
from provisioner.reconcile.planner import make_plan

if TYPE_CHECKING:
    from provisioner.planes.service import Planes


def planned(manifest: Manifest, planes: Planes, allow: Allowances, *, parallelism: int) -> Plan:
    live = observe(KINDS, planes, manifest.resources, parallelism=parallelism)
    return make_plan(manifest.resources, live, owner=manifest.name, traits=TRAITS, allow=allow)


def planned_destruction(manifest: Manifest, planes: Planes, allow: Allowances, *, parallelism: int) -> Plan:
    """The plan of an empty manifest, with what the real one protects still protected."""
    live = observe(KINDS, planes, manifest.resources, parallelism=parallelism)
    guarded = dict(_protected(live, manifest.resources.values()))
    return make_plan({}, {**live, **guarded}, owner=manifest.name, traits=TRAITS, allow=allow)


def _protected(live: dict[Address, Live], desired: Iterable[Desired]) -> Iterable[tuple[Address, Live]]:
    for wanted in desired:
        found = live.get(wanted.address)
        if wanted.lifecycle.prevent_destroy and found is not None and found.marker is not None:
            yield wanted.address, replace(found, marker=replace(found.marker, prevent_destroy=True))
