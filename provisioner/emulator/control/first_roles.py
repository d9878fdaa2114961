"""Who has which role on the first day: the signed-in identity all of them, the project's the one that it needs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control import resource_rows
from provisioner.emulator.control.managed_identities import principals_of
from provisioner.emulator.control.resource_rows import PROJECT
from provisioner.emulator.control.resources import DEFAULT_ACCOUNT, DEFAULT_PROJECT, SUBSCRIPTION_ID
from provisioner.emulator.control.role_bodies import assignment
from provisioner.emulator.world import role_rows
from provisioner.emulator.world.facts.roles import FOUNDRY_USER, OWNER
from provisioner.emulator.world.tokens import OBJECT_ID

if TYPE_CHECKING:
    from provisioner.emulator.world.clock import Clock
    from provisioner.emulator.world.state import State

BEGUN: Final = "roles_begun"  # the setting that says that they were given: who takes one away takes it for good


def begin(state: State, clock: Clock) -> None:
    """Inside a write transaction. In a state of an earlier version, too."""
    if state.setting(BEGUN) is not None:
        return
    state.set(BEGUN, "yes")
    subscription = f"/subscriptions/{SUBSCRIPTION_ID}"
    first = [(subscription, OBJECT_ID, OWNER), (subscription, OBJECT_ID, FOUNDRY_USER)]
    project = resource_rows.named(state, PROJECT, DEFAULT_PROJECT, DEFAULT_ACCOUNT)
    if project is not None:
        account = project.arm_id.rpartition("/projects/")[0]
        first += [(account, principal, FOUNDRY_USER) for principal in principals_of(project.body)]
    for scope, principal, role in first:
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}:{principal}:{role}".lower()))
        made = assignment(name, scope, principal, role, when=clock.now(), in_force=0)
        role_rows.put(state, made)
