"""Who may do what where: the roles that somebody has at a scope or above it, as far as they are in force.

While the switch `roles` is "everyone", everybody is Owner and Foundry User by a group, assigned above the subscription.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.world import role_rows
from provisioner.emulator.world.facts import roles
from provisioner.emulator.world.role_rows import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.world.facts.roles import Permission
    from provisioner.emulator.world.world import World

EVERYONE: Final = "44444444-4444-4444-8444-444444444444"  # the group
ABOVE_ALL: Final = "/providers/Microsoft.Management/managementGroups/local"
# What a project's identity does when memory is worked on. assumed: which of the data actions the service looks at
USE_OF_MODELS: Final = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
_OF_EVERYONE: Final = tuple(
    Assignment(name=name, scope=ABOVE_ALL, principal=EVERYONE, role=role, in_force=0, body={})
    for name, role in (
        ("44444444-4444-4444-8444-000000000001", roles.OWNER),
        ("44444444-4444-4444-8444-000000000002", roles.FOUNDRY_USER),
    )
)


def may(world: World, principal: str, action: str, scope: str, *, is_data: bool = False, about_role: str = "") -> bool:
    """`about_role`: the id of the role that is given or taken."""
    if not principal:
        return False
    if world.switches.roles == "everyone":
        return True
    return any(
        permission.allows(action, is_data=is_data, about_role=about_role)
        for permission in permissions(world, principal, scope)
    )


def permissions(world: World, principal: str, scope: str) -> list[Permission]:
    """A state that somebody wrote may name roles that there are not: they give nothing."""
    held = (roles.BY_ID.get(it.role) for it in assigned(world, principal, scope))
    return [permission for role in held if role is not None for permission in role.permissions]


def assigned(world: World, principal: str, scope: str) -> list[Assignment]:
    """In force at the scope or above it."""
    now = world.clock.now()
    mine = role_rows.of_principal(world.state, principal)
    return [it for it in (*of_groups(world), *mine) if it.in_force <= now and is_within(scope, it.scope)]


def of_groups(world: World) -> tuple[Assignment, ...]:
    return _OF_EVERYONE if world.switches.roles == "everyone" else ()


def is_within(scope: str, of: str) -> bool:
    """The same, or below it."""
    if of == ABOVE_ALL:
        return True
    return f"{scope.lower()}/".startswith(f"{of.lower()}/")


def everything(world: World) -> Iterator[Assignment]:
    yield from of_groups(world)
    yield from role_rows.every(world.state)
