"""The table of checks, and how they are run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired
from provisioner.preflight import catalogue, lifecycle, limits, quota, references, rights
from provisioner.preflight import replace as replacement
from provisioner.preflight.facts import Facts


class Check(Protocol):
    """What is wrong with a plan: an error is a refusal of it, a note tells what could not be known."""

    def __call__(self, plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]: ...


CHECKS: Final[Mapping[str, Check]] = {
    "quota": quota.check,
    "catalogue": catalogue.check,
    "lifecycle": lifecycle.check,
    "replace": replacement.check,
    "references": references.check,
    "rights": rights.check,
    "limits": limits.check,
}


def checked(plan: Plan, desired: Mapping[Address, Desired], facts: Facts, *, skip: Collection[str] = ()) -> Plan:
    """The plan with what the checks refuse, warn of and could not know."""
    gaps = (Diagnostic(code="not-read", message=why, severity=Severity.NOTE) for why in dict.fromkeys(facts.gaps()))
    found = [it for problems in by_check(plan, desired, facts, skip=skip).values() for it in problems]
    told = {severity: tuple(it for it in found if it.severity is severity) for severity in Severity}
    refusals, warnings = (*plan.refusals, *told[Severity.ERROR]), (*plan.warnings, *told[Severity.WARNING])
    notes = (*plan.notes, *gaps, *told[Severity.NOTE])
    return replace(plan, refusals=refusals, warnings=warnings, notes=notes)


def by_check(
    plan: Plan, desired: Mapping[Address, Desired], facts: Facts, *, skip: Collection[str] = ()
) -> Mapping[str, Sequence[Diagnostic]]:
    """What each check finds, but for those that are left out."""
    return {name: tuple(check(plan, desired, facts)) for name, check in CHECKS.items() if name not in skip}
