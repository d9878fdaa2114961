"""What there may be no more of. Names, and counts and sizes within one entry, are checked with the manifest.

Source: Microsoft Learn, Agents: limits, quotas and regions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.kinds.agent import SECTION as AGENTS
from provisioner.kinds.agent_versions import makes_version
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.preflight.facts import Facts

_MOST_VERSIONS: Final = 1_000
_NEAR: Final = 50


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:  # noqa: ARG001
    for change in plan.changes:
        if change.address.kind == AGENTS and change.action in (Action.UPDATE, Action.ADOPT):
            yield from _versions(change, desired[change.address])


def _versions(change: Change, wanted: Desired) -> Iterator[Diagnostic]:
    """The newest version's number is how many were ever made; those that were deleted do not count."""
    revision = change.before.revision if change.before is not None else ""
    made = int(revision) if revision.isascii() and revision.isdecimal() else 0
    if made > _MOST_VERSIONS - _NEAR and makes_version(change):
        yield Diagnostic(
            code="too-many-versions",
            message=f"{change.address} is at version {made}; an agent has {_MOST_VERSIONS:,} versions at most, less "
            "those that were deleted.",
            hint="Delete old versions that no endpoint serves; then there is room for new ones.",
            severity=Severity.WARNING,
            where=wanted.where,
        )
