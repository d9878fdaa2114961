"""What there may be no more of. Names, and counts and sizes within one entry, are checked with the manifest.

Source: Microsoft Learn, Agents: limits, quotas and regions; Azure OpenAI in Foundry Models: quotas and limits. How many
stores a project may have, no source tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provisioner.kinds.agent import SECTION as AGENTS
from provisioner.kinds.agent_versions import makes_version
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Document, lookup
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.preflight.facts import Facts

_MOST_VERSIONS: Final = 1_000
_NEAR: Final = 50
_MOST_DEPLOYMENTS: Final = 32  # of standard types, by default; a subscription may have been given more


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    yield from _deployments(plan, desired, facts)
    for change in plan.changes:
        if change.address.kind == AGENTS and change.action in (Action.UPDATE, Action.ADOPT):
            yield from _versions(change, desired[change.address])


def _deployments(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    """Those that there are, less what goes, and what comes; told once, of the first that is too many."""
    standing = {it for it, found in facts.live.items() if it.kind == DEPLOYMENTS and _is_standard(found.fields)}
    there_now = len(standing)
    for change in plan.changes:
        if change.address.kind != DEPLOYMENTS:
            continue
        if change.after is None or not _is_standard(change.after):
            standing.discard(change.address)
        elif change.action is not Action.RELEASE and change.address not in standing:
            standing.add(change.address)
            if len(standing) > _MOST_DEPLOYMENTS:
                yield Diagnostic(
                    code="many-deployments",
                    message=f"With {change.address} the account would have {len(standing)} standard deployments; by "
                    f"default it has {_MOST_DEPLOYMENTS} at most, and there are {there_now} now.",
                    hint="Use one deployment for several purposes, or another account; if the account was given more, "
                    "nothing is to be done.",
                    severity=Severity.WARNING,
                    where=desired[change.address].where,
                )
                return


def _is_standard(fields: Document) -> bool:
    sku = lookup(fields, ("sku", "name"))
    return isinstance(sku, str) and sku.casefold().endswith("standard")


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
