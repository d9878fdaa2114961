"""Whether a deployment that is deleted to be made anew can be made anew: what was there is gone before anybody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.preflight.catalogue import misfits
from provisioner.preflight.deployments import asked_anew
from provisioner.preflight.facts import Facts, Unknown
from provisioner.preflight.lifecycle import refused
from provisioner.preflight.quota import shortfalls


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    if not any(change.action is Action.REPLACE for change, _ in asked_anew(plan)):
        return
    for find in (misfits, refused, shortfalls):
        for change, diagnostic in find(plan, desired, facts):
            if change.action is Action.REPLACE:
                yield _of_replacement(diagnostic)
    if isinstance(facts.catalogue, Unknown) or isinstance(facts.usages, Unknown):
        yield from _unasked(plan, desired)


def _of_replacement(diagnostic: Diagnostic) -> Diagnostic:
    if diagnostic.severity is Severity.NOTE:
        return diagnostic
    return replace(diagnostic, message=f"{diagnostic.message} It would be deleted first, to be replaced.")


def _unasked(plan: Plan, desired: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    replaced: list[Change] = [change for change, _ in asked_anew(plan) if change.action is Action.REPLACE]
    for change in replaced:
        yield Diagnostic(
            code="replacement-unknown",
            message=f"{change.address} is deleted to be replaced; whether Azure takes the new one could not be asked.",
            hint="Where it serves somebody, make the new one under another name first.",
            severity=Severity.WARNING,
            where=desired[change.address].where,
        )
