"""Asking Azure what it would refuse, for the commands that plan: as little as the plan needs, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.apply.workers import side_by_side
from provisioner.cli.terminal import note
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.store import SECTION as STORES
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Live
from provisioner.planes.clouds import is_loopback
from provisioner.preflight import reading
from provisioner.preflight.cache import Cache, Place, user_folder
from provisioner.preflight.checks import checked
from provisioner.preflight.deployments import asked_anew
from provisioner.preflight.facts import NOT_ASKED, Catalogue, Facts, Unknown
from provisioner.preflight.settings import Settings
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.planes.management import ArmManagement
    from provisioner.planes.service import Planes

_OF_QUOTA: Final = ("quota", "replace")
_OF_MODELS: Final = ("quota", "catalogue", "lifecycle", "replace", "references")


def _today() -> date:
    return datetime.now(tz=timezone.utc).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is checked of a plan. Without a `cache` the catalogue is read each time."""

    settings: Settings = field(default_factory=Settings)
    cache: Cache | None = None
    today: Callable[[], date] = _today

    def place(self, planes: Planes, desired: Mapping[Address, Desired]) -> str | Unknown:
        """Where the account is, where a check will want to know."""
        declared = any(address.kind == DEPLOYMENTS for address in desired)
        if planes.management is None or not declared or not self.settings.wants(_OF_MODELS):
            return NOT_ASKED
        return reading.region(planes.management)

    def check(
        self,
        plan: Plan,
        desired: Mapping[Address, Desired],
        live: Mapping[Address, Live],
        planes: Planes,
        region: str | Unknown,
    ) -> Plan:
        """The plan with what Azure would refuse; notes are told."""
        facts = self.facts(plan, desired, live, planes, region)
        plan, notes = checked(plan, desired, facts, skip=self.settings.skip)
        for told in (*facts.gaps(), *(it.message for it in notes)):
            note(f"Note: {one_line(told)}")
        return plan

    def facts(
        self,
        plan: Plan,
        desired: Mapping[Address, Desired],
        live: Mapping[Address, Live],
        planes: Planes,
        region: str | Unknown,
    ) -> Facts:
        """What the checks go by, asked for now."""
        asked = self._asked(plan, desired, planes, region)
        return Facts(
            today=self.today(),
            live=live,
            account=planes.management.account if planes.management is not None else "",
            is_local=planes.target.local,
            region=region,
            fail_within=self.settings.fail_within,
            **asked,
        )

    def _asked(
        self, plan: Plan, desired: Mapping[Address, Desired], planes: Planes, region: str | Unknown
    ) -> dict[str, Any]:
        """Facts by their names, read in one round trip."""
        management = planes.management
        tasks: dict[str, Callable[[], Any]] = {}
        if management is None:
            return {}
        if self._wants_models(desired):
            tasks["catalogue"] = lambda: self._catalogue(planes, management, region)
        if self.settings.wants(_OF_QUOTA) and any(asked_anew(plan)):
            tasks["usages"] = lambda: reading.usages(management, region)
        if self.settings.wants(("references",)) and any(_makes_store(change) for change in plan.changes):
            tasks["project_region"] = lambda: reading.project_region(management)
        ended = side_by_side(tasks.values(), name="ask", at_once=max(1, len(tasks)))
        return {name: each.result for name, each in zip(tasks, ended, strict=True)}

    def _wants_models(self, desired: Mapping[Address, Desired]) -> bool:
        return self.settings.wants(_OF_MODELS) and any(address.kind == DEPLOYMENTS for address in desired)

    def _catalogue(self, planes: Planes, management: ArmManagement, region: str | Unknown) -> Catalogue | Unknown:
        place = _place(planes, management, region) if self.cache is not None else None
        kept = self.cache.get(place) if self.cache is not None and place is not None else None
        if kept is not None:
            return kept
        found = reading.catalogue(management)
        if self.cache is not None and place is not None and not isinstance(found, Unknown):
            self.cache.keep(place, found)
        return found


def _place(planes: Planes, management: ArmManagement, region: str | Unknown) -> Place | None:
    target = planes.target
    if isinstance(region, Unknown):
        return None
    return Place(
        host=management.host,
        tenant=management.tenant,
        subscription=target.subscription,
        region=region,
        account=management.account,
    )


def _makes_store(change: Change) -> bool:
    return change.address.kind == STORES and change.action is Action.CREATE


def user_cache(planes: Planes) -> Cache | None:
    """None for a Foundry on this machine, which is near, and another one each time it starts."""
    if is_loopback(planes.target.management):
        return None
    return Cache(user_folder(os.environ, Path.home()), lambda told: note(f"Note: {one_line(told)}"))
