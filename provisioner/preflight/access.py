"""What role grants allow, and what the built-in roles that matter here give.

Source: azure-rest-api-specs, Microsoft.Authorization 2022-04-01 (shapes); Microsoft Learn, role definitions: allowed is
what one grant has among its actions and not among its notActions; `*` goes across slashes, and case is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from provisioner.kinds.rights import Right

_PROVIDER: Final = "Microsoft.CognitiveServices"
_ABOVE_SUBSCRIPTIONS: Final = "/providers/microsoft.management/managementgroups/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One role that somebody has, as it applies at a scope. None for what the answer leaves out or cannot be read:
    it may allow anything.
    """

    actions: tuple[str, ...] | None = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] | None = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, right: Right) -> bool | None:
        """None where that cannot be known."""
        wanted = self.data_actions if right.is_data else self.actions
        unwanted = self.not_data_actions if right.is_data else self.not_actions
        if wanted is None:
            return None
        action = right.action.casefold()
        return any(_meets(it, action) for it in wanted) and not any(_holds_all(it, action) for it in unwanted)


def allowed(grants: Iterable[Grant], right: Right) -> bool | None:
    """By one of them; None where that cannot be known."""
    verdicts = {grant.allows(right) for grant in grants}
    return True if True in verdicts else None if None in verdicts else False


def _meets(pattern: str, action: str) -> bool:
    """Whether the pattern holds the action, or where that is only a beginning, any that begins so."""
    pattern = pattern.casefold()
    if not action.endswith("*"):
        return _matches(pattern, action)
    begins, (head, *more) = action[:-1], pattern.split("*")
    return head.startswith(begins) or (bool(more) and begins.startswith(head))


def _holds_all(pattern: str, action: str) -> bool:
    """Whether the pattern holds the action, or where that is only a beginning, all that begin so."""
    pattern = pattern.casefold()
    if not action.endswith("*"):
        return _matches(pattern, action)
    return pattern.endswith("*") and _matches(pattern, action[:-1])


def _matches(pattern: str, text: str) -> bool:
    """In time that grows with their lengths alone, which no regular expression with many stars would promise."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(head):
        return False
    *middle, tail = rest
    at = len(head)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(tail) and text.endswith(tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`role` is the id of its definition, a GUID; it counts at `scope` and below."""

    role: str
    scope: str


def gives(assignments: Iterable[Assignment], right: Right, scope: str) -> bool | None:
    """Whether one of them gives the right at a scope once it is in force; None where a role is not known here."""
    there = [ROLES.get(it.role.casefold()) for it in assignments if _is_at_or_above(it.scope, scope)]
    if any(role is not None and role.grant.allows(right) for role in there):
        return True
    return None if None in there else False


def _is_at_or_above(scope: str, other: str) -> bool:
    above = scope.rstrip("/").casefold()
    if not above or f"{above}/".startswith(_ABOVE_SUBSCRIPTIONS):
        return True  # only those that the scope lies in are listed with it
    return f"{other.casefold()}/".startswith(f"{above}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    id: str
    name: str
    grant: Grant


def _role(id_: str, name: str, *actions: str, data: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Role:
    return Role(id=id_, name=name, grant=Grant(actions=actions, data_actions=data, not_actions=without))


_ALL_READS: Final = (f"{_PROVIDER}/*/read",)
_ALL_DATA: Final = (f"{_PROVIDER}/*",)
FOUNDRY_USER: Final = _role("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Foundry User", *_ALL_READS, data=_ALL_DATA)
# Narrower than Foundry Account Owner: it assigns no roles.
CONTRIBUTOR: Final = _role("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor", f"{_PROVIDER}/*")
# Names of roles change, ids do not. Source: Microsoft Learn, built-in roles for AI + machine learning, general, and
# role-based access control in Foundry.
ROLES: Final[Mapping[str, Role]] = {
    role.id: role
    for role in (
        FOUNDRY_USER,
        CONTRIBUTOR,
        _role(
            "eadc314b-1a2d-4efa-be10-5d325db5065e",
            "Foundry Project Manager",
            f"{_PROVIDER}/accounts/*/read",
            f"{_PROVIDER}/accounts/projects/*",
            data=_ALL_DATA,
        ),
        _role("e47c6f54-e4a2-4754-9501-8e0985b135e1", "Foundry Account Owner", f"{_PROVIDER}/*"),
        _role("c883944f-8b7b-4483-af10-35834be79c4a", "Foundry Owner", f"{_PROVIDER}/*", data=_ALL_DATA),
        _role(
            "eed3b665-ab3a-47b6-8f48-c9382fb1dad6",
            "Foundry Agent Consumer",
            data=(f"{_PROVIDER}/accounts/AIServices/endpoints/interact/action",),
        ),
        _role("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User", *_ALL_READS, data=_ALL_DATA),
        _role(
            "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
            "Cognitive Services OpenAI User",
            *_ALL_READS,
            data=(
                f"{_PROVIDER}/accounts/OpenAI/deployments/chat/completions/action",
                f"{_PROVIDER}/accounts/OpenAI/deployments/embeddings/action",
            ),
        ),
        _role(
            "a001fd3d-188f-4b5d-821b-7da978bf7442",
            "Cognitive Services OpenAI Contributor",
            *_ALL_READS,
            *(
                f"{_PROVIDER}/accounts/{what}/{verb}"
                for what in ("deployments", "raiPolicies")
                for verb in ("write", "delete")
            ),
            data=(f"{_PROVIDER}/accounts/OpenAI/*",),
        ),
        _role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "*/read"),
        _role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "*"),
        _role(
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            "*",
            without=("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"),
        ),
        _role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "*/read"),
        _role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", "*/read"),
    )
}
