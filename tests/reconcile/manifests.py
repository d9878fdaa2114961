"""Small manifests and live states, written in one line each."""

from __future__ import annotations

from typing import Any

from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Location
from provisioner.model.document import Document
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Lifecycle, Live
from tests.strategies import OWNER, marker_of, planned

MODEL = Address("deployments", "gpt")
SPILL = Address("deployments", "spill")
STORE = Address("stores", "prefs")
AGENT = Address("agents", "buddy")
KEPT = Address("agents", "kept")
NOTHING = Allowances()
HERE = Location(file="stores.yaml", line=3)


def want(address: Address, fields: Document | None = None, *needs: Address, **lifecycle: Any) -> dict[Address, Desired]:
    rules = Lifecycle(**lifecycle)
    return {address: Desired(address=address, fields=fields or {}, needs=frozenset(needs), lifecycle=rules, where=HERE)}


def have(
    address: Address,
    fields: Document | None = None,
    *needs: Address,
    applied: Document | None = None,
    owner: str | None = OWNER,
    **lifecycle: Any,
) -> dict[Address, Live]:
    fields = fields or {}
    marker = marker_of(fields if applied is None else applied, Lifecycle(**lifecycle), owner=owner) if owner else None
    return {address: Live(address=address, fields=fields, needs=frozenset(needs), marker=marker, revision="1")}


def only_change(desired: dict[Address, Desired], live: dict[Address, Live]) -> Change:
    (change,) = planned(desired, live).changes
    return change


def removed(live: dict[Address, Live], allow: Allowances = NOTHING) -> Plan:
    """A plan in which these have no entry any more, and something else has."""
    return planned(want(KEPT), {**have(KEPT), **live}, allow)


def codes(plan: Plan) -> list[str]:
    return [refusal.code for refusal in plan.refusals]
