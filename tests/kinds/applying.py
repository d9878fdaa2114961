"""Plans carried out kind by kind, without the rooms above: the planner's changes, on any two planes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.protocol import ManagementPlane, ProjectPlane
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Lifecycle, Live
from provisioner.model.write_only import sealed
from provisioner.reconcile.planner import make_plan
from tests.strategies import EVERYTHING_ALLOWED, OWNER


@dataclass(frozen=True)
class Call:
    """One write: method, path (below the account), body and opt-ins."""

    method: str
    path: str
    body: Any = None
    features: tuple[str, ...] = ()


def want(section: str, name: str, entry: Document, **lifecycle: Any) -> dict[Address, Desired]:
    """A manifest of one entry, read as the manifest room reads it."""
    kind, address = KINDS[section], Address(section, name)
    fields = sealed(kind.desired(entry), kind.traits)
    needs = frozenset(reference.target for reference in kind.references(fields))
    return {address: Desired(address=address, fields=fields, needs=needs, lifecycle=Lifecycle(**lifecycle))}


class Applying:
    """What a test does with both planes. Where calls are kept, `apply` forgets those before it."""

    project: ProjectPlane
    management: ManagementPlane | None

    def live(self, desired: Mapping[Address, Desired] | None = None) -> dict[Address, Live]:
        found = {it.address: it for kind in KINDS.values() for it in kind.list(self)}
        for address, wanted in (desired or {}).items():
            kind = KINDS[address.kind]
            if kind.is_unclear(wanted, found.get(address)):
                closer = kind.inspect(self, wanted, found.get(address))
                if closer is not None:
                    found[address] = closer
        return found

    def plan(self, desired: Mapping[Address, Desired], *, owner: str = OWNER) -> Plan:
        return make_plan(desired, self.live(desired), owner=owner, traits=TRAITS, allow=EVERYTHING_ALLOWED)

    def apply(self, desired: Mapping[Address, Desired], *, owner: str = OWNER) -> list[str]:
        """Run the plan and tell what was done; afterwards there must be nothing left to do."""
        self.forget()
        plan = self.plan(desired, owner=owner)
        for change in plan.changes:
            self._carry_out(change)
        left = self.plan(desired, owner=owner)
        assert left.is_empty, left.changes
        return [f"{change.action.value} {change.address.name}" for change in plan.changes]

    def _carry_out(self, change: Change) -> None:
        kind = KINDS[change.address.kind]
        if change.action in (Action.DELETE, Action.REPLACE):
            kind.delete(self, change)
        if change.action in (Action.CREATE, Action.REPLACE):
            kind.create(self, change)
        elif change.action is not Action.DELETE:
            kind.update(self, change)

    def forget(self) -> None:
        raise NotImplementedError
