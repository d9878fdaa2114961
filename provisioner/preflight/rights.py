"""Whether whoever asks may do what the plan does, and the project's own identity what memory needs.

What Azure tells of the caller's grants is believed only where it holds what was just read: an answer without that is
not whole. Creating a store is not refused for the project's identity, but memory fails without it, later and opaquely
(azure-sdk-for-python#44308, #44969), so that warns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from shlex import quote
from typing import Final

from provisioner.kinds import KINDS
from provisioner.kinds.rights import OF_ACCOUNT, Right, Where
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.model.words import joined
from provisioner.preflight.access import FOUNDRY_USER, allowed, gives
from provisioner.preflight.diagnosis import Door, Trouble, assignment_command, of_right
from provisioner.preflight.facts import Facts, Unknown

_NAMED: Final = 12  # of hundreds that lack the same
# assumed: which of the data actions the service looks at
_USE_OF_MODELS: Final = Right(f"{OF_ACCOUNT}/OpenAI/deployments/chat/completions/action", Where.ACCOUNT, is_data=True)
_CODES: Final = {Trouble.ROLE_MISSING: "right-missing", Trouble.ROLE_NOT_IN_FORCE: "right-not-in-force"}


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    unsure: dict[tuple[Where, bool], Right] = {}
    for right, changes in needed(plan.changes).items():
        grants = facts.grants.get(right.where, Unknown())
        if isinstance(grants, Unknown):
            continue
        verdict = allowed(grants, right)
        if verdict is None or (verdict is False and allowed(grants, _to_read(right)) is not True):
            unsure.setdefault((right.where, right.is_data), right)
        elif verdict is False:
            yield _missing(right, changes, desired, facts.door)
    yield from (_unsure(right) for right in unsure.values())
    yield from _identity(plan, desired, facts)


def needed(changes: Iterable[Change]) -> Mapping[Right, list[Change]]:
    """What the caller must be allowed, and what for, in the order of the plan."""
    found: dict[Right, list[Change]] = {}
    for change in changes:
        for right in KINDS[change.address.kind].rights(change):
            found.setdefault(right, []).append(change)
    return found


def with_memory(changes: Iterable[Change]) -> list[Change]:
    """Those that leave something for which the project's identity uses models."""
    return [
        it
        for it in changes
        if it.after is not None and it.action is not Action.RELEASE and KINDS[it.address.kind].uses_models(it.after)
    ]


def _to_read(right: Right) -> Right:
    """What was read of the same a moment ago."""
    if right.action.endswith("*"):
        return right
    return Right(f"{right.action.rpartition('/')[0]}/read", right.where, is_data=right.is_data)


def _missing(right: Right, changes: list[Change], desired: Mapping[Address, Desired], door: Door) -> Diagnostic:
    found = of_right(right, door)
    return Diagnostic(
        code=_CODES[found.trouble],
        message=f"{_first(changes)} would be refused. {found.says}{_all_told(changes)}",
        hint=f"If another identity applies it, add --skip-check rights. {found.remedy}",
        where=_place(changes, desired),
        resources=tuple(it.address for it in changes),
    )


def _unsure(right: Right) -> Diagnostic:
    plane = "the project plane" if right.is_data else "Azure Resource Manager"
    return Diagnostic(
        code="rights-unknown",
        message=f"Whether the signed-in identity may make these changes through {plane} is not known: what Azure says "
        f"of its rights on the {right.where.value} does not even hold what it has just read.",
        severity=Severity.NOTE,
    )


def _identity(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    changes, principals, roles = with_memory(plan.changes), facts.principals, facts.identity_roles
    if not changes or isinstance(principals, Unknown) or isinstance(roles, Unknown):
        return
    verdict = gives(roles, _USE_OF_MODELS, facts.door.scope(Where.ACCOUNT))
    if verdict:
        return
    if verdict is None:
        yield _tell_identity(
            f"Whether memory will work is not known: the project's own identity ({principals[0]}) has a role on the "
            "account that is not known here.",
            f"If memory updates fail with 401, grant it {FOUNDRY_USER.name}:\n{_command(facts, principals[0])}",
            Severity.NOTE,
        )
        return
    if not principals:
        said = "the project has no identity of its own, as which the service uses the account's models"
        command = (
            f"az resource update --ids {quote(facts.door.scope(Where.PROJECT))} --set identity.type=SystemAssigned"
        )
        hint = f"Give it one, and then that the role {FOUNDRY_USER.name} on the account:\n{command}"
    else:
        said = f"the project's own identity ({principals[0]}) has no role that lets it use the account's models"
        hint = f"Grant it {FOUNDRY_USER.name} on the account:\n{_command(facts, principals[0])}"
    message = f"{_first(changes)} will not remember: {said}. Updates and searches fail with 401."
    yield _tell_identity(message, hint, Severity.WARNING, _place(changes, desired), tuple(it.address for it in changes))


def _tell_identity(
    message: str, hint: str, severity: Severity, where: Location | None = None, resources: tuple[Address, ...] = ()
) -> Diagnostic:
    code = "rights-unknown" if severity is Severity.NOTE else "project-right-missing"
    return Diagnostic(code=code, message=message, hint=hint, severity=severity, where=where, resources=resources)


def _command(facts: Facts, principal: str) -> str:
    return assignment_command(principal, "ServicePrincipal", FOUNDRY_USER, facts.door.scope(Where.ACCOUNT))


def _first(changes: list[Change]) -> str:
    named = [it.address for it in islice(changes, _NAMED)]
    rest = len(changes) - len(named)
    return joined([*named, *([f"{rest} more"] if rest else [])])


def _all_told(changes: list[Change]) -> str:
    return " --format json names them all." if len(changes) > _NAMED else ""


def _place(changes: list[Change], desired: Mapping[Address, Desired]) -> Location | None:
    """Of the first that is declared: what goes has no place."""
    return next((desired[it.address].where for it in changes if it.address in desired), None)
