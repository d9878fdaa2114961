"""Asking Azure what it would refuse, for the commands that plan: as little as the plan needs, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.apply.workers import side_by_side
from provisioner.cli.access import access_facts, access_tasks
from provisioner.cli.terminal import note
from provisioner.kinds import KINDS
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.planes.clouds import is_loopback
from provisioner.preflight import reading, rights
from provisioner.preflight.cache import Cache, Place, user_folder
from provisioner.preflight.checks import checked
from provisioner.preflight.deployments import asked_anew
from provisioner.preflight.facts import NOT_ASKED, Catalogue, Facts, Project, Unknown
from provisioner.preflight.settings import Settings
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.planes.management import ArmManagement
    from provisioner.planes.service import Planes

_OF_QUOTA: Final = ("quota", "replace")
_OF_MODELS: Final = ("quota", "catalogue", "lifecycle", "replace", "references")
_OF_PROJECT: Final = ("references", "rights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is read beside the lists: where the account is, and its project."""

    region: str | Unknown = NOT_ASKED
    project: Project | Unknown = NOT_ASKED

    @property
    def project_region(self) -> str | Unknown:
        return self.project if isinstance(self.project, Unknown) else self.project.region

    @property
    def principals(self) -> tuple[str, ...] | Unknown:
        return self.project if isinstance(self.project, Unknown) else self.project.principals


def _today() -> date:
    return datetime.now(tz=timezone.utc).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is checked of a plan. Without a `cache` the catalogue is read each time."""

    settings: Settings = field(default_factory=Settings)
    cache: Cache | None = None
    today: Callable[[], date] = _today

    def ground(self, planes: Planes, desired: Mapping[Address, Desired]) -> Ground:
        """What a check will want to know before the plan is there, side by side."""
        management = planes.management
        if management is None:
            return Ground()
        tasks: dict[str, Callable[[], Any]] = {}
        if self._wants_models(desired):
            tasks["region"] = lambda: reading.region(management)
        if self.settings.wants(_OF_PROJECT) and any(_has_memory(it) for it in desired.values()):
            tasks["project"] = lambda: reading.project(management)
        return Ground(**_all(tasks))

    def check(
        self,
        plan: Plan,
        desired: Mapping[Address, Desired],
        live: Mapping[Address, Live],
        planes: Planes,
        ground: Ground,
    ) -> Plan:
        """The plan with what Azure would refuse, and what could not be known."""
        facts = self.facts(plan, desired, live, planes, ground)
        return checked(plan, desired, facts, skip=self.settings.skip)

    def facts(
        self,
        plan: Plan,
        desired: Mapping[Address, Desired],
        live: Mapping[Address, Live],
        planes: Planes,
        ground: Ground,
    ) -> Facts:
        """What the checks go by, asked for now."""
        asked = self._asked(plan, desired, planes, ground)
        if not rights.with_memory(plan.changes):
            ground = replace(ground, project=NOT_ASKED)  # it was read in case of need
        return Facts(
            today=self.today(),
            live=live,
            account=planes.management.account if planes.management is not None else "",
            is_local=planes.target.local,
            region=ground.region,
            project_region=ground.project_region,
            principals=ground.principals,
            fail_within=self.settings.fail_within,
            **asked,
        )

    def _asked(self, plan: Plan, desired: Mapping[Address, Desired], planes: Planes, ground: Ground) -> dict[str, Any]:
        """Facts by their names, read in one round trip."""
        management = planes.management
        if management is None:
            return {}
        tasks: dict[str, Callable[[], Any]] = {}
        if self._wants_models(desired):
            tasks["catalogue"] = lambda: self._catalogue(planes, management, ground.region)
        if self.settings.wants(_OF_QUOTA) and any(asked_anew(plan)):
            tasks["usages"] = lambda: reading.usages(management, ground.region)
        of_rights = access_tasks(plan, management, ground.principals) if self.settings.wants(("rights",)) else {}
        found = _all({**tasks, **of_rights})
        told = {name: found.pop(name) for name in of_rights}
        return {**found, **(access_facts(told, planes) if told else {})}

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
        tenant=management.caller.tenant,
        subscription=target.subscription,
        region=region,
        account=management.account,
    )


def _all(tasks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """What each tells, by its name, asked side by side."""
    ended = side_by_side(tasks.values(), name="ask", at_once=max(1, len(tasks)))
    return {name: each.result for name, each in zip(tasks, ended, strict=True)}


def _has_memory(wanted: Desired) -> bool:
    return not wanted.external and KINDS[wanted.address.kind].uses_models(wanted.fields)


def user_cache(planes: Planes) -> Cache | None:
    """None for a Foundry on this machine, which is near, and another one each time it starts."""
    if is_loopback(planes.target.management):
        return None
    return Cache(user_folder(os.environ, Path.home()), lambda told: note(f"Note: {one_line(told)}"))
