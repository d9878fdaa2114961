"""Azure's built-in roles, as far as they say something about Foundry: what each may do, on which plane.

Source: MicrosoftDocs/azure-docs, role-based-access-control/built-in-roles; MicrosoftDocs/azure-ai-docs,
rbac-foundry.md and role-rename-note.md; azure-rbac-catalog.org for the Foundry roles. assumed: that these have no
notDataActions, and the whole text of a condition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

CS: Final = "Microsoft.CognitiveServices"
AUTHZ: Final = "Microsoft.Authorization"
ASSIGN: Final = (f"{AUTHZ}/roleAssignments/write", f"{AUTHZ}/roleAssignments/delete")
COMMON: Final = (
    "Microsoft.Insights/logDefinitions/read",
    "Microsoft.Insights/metricdefinitions/read",
    "Microsoft.Insights/metrics/read",
    "Microsoft.ResourceHealth/availabilityStatuses/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/operationresults/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
ALERTS: Final = "Microsoft.Insights/alertRules/*"
DIAGNOSTICS: Final = "Microsoft.Insights/diagnosticSettings/*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """`only_roles`: which roles its actions may be about, where a condition says so; empty for all."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    only_roles: tuple[str, ...] = ()

    def allows(self, action: str, *, is_data: bool, about_role: str) -> bool:
        """Source: Microsoft Learn, role definitions: actions minus notActions; `*` goes across slashes, no case."""
        wanted = self.data_actions if is_data else self.actions
        unwanted = self.not_data_actions if is_data else self.not_actions
        if self.only_roles and about_role not in self.only_roles:
            return False
        return _is_one_of(action, wanted) and not _is_one_of(action, unwanted)

    @property
    def condition(self) -> str | None:
        """As the portal writes it."""
        if not self.only_roles:
            return None
        roles = ", ".join(role.replace("-", "") for role in self.only_roles)
        said = (
            f"((!(ActionMatches{{'{action}'}})) OR ({place}[{AUTHZ}/roleAssignments:RoleDefinitionId] "
            f"ForAnyOfAnyValues:GuidEquals {{{roles}}}))"
            for action, place in zip(ASSIGN, ("@Request", "@Resource"), strict=True)
        )
        return " AND ".join(said)


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    id: str
    name: str
    former_name: str = ""  # before May 2026
    permissions: tuple[Permission, ...]


def _role(
    id_: str,
    name: str,
    *actions: str,
    former: str = "",
    without: tuple[str, ...] = (),
    data: tuple[str, ...] = (),
    assigns: tuple[str, ...] = (),
) -> Role:
    """`assigns`: the roles that it may give and take, and no others."""
    permissions = [Permission(actions=actions, not_actions=without, data_actions=data)]
    if assigns:
        permissions.append(Permission(actions=ASSIGN, only_roles=assigns))
    return Role(id=id_, name=name, former_name=former, permissions=tuple(permissions))


OWNER: Final = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
FOUNDRY_USER: Final = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
ALL: Final = (
    _role(OWNER, "Owner", "*"),
    _role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "*",
        without=(f"{AUTHZ}/*/Delete", f"{AUTHZ}/*/Write", f"{AUTHZ}/elevateAccess/Action"),
    ),
    _role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "*/read"),
    _role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        *ASSIGN,
        "*/read",
        "Microsoft.Support/*",
    ),
    _role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "*/read",
        f"{AUTHZ}/*",
        "Microsoft.Support/*",
    ),
    _role(
        FOUNDRY_USER,
        "Foundry User",
        f"{CS}/*/read",
        f"{CS}/accounts/listkeys/action",
        f"{AUTHZ}/*/read",
        *COMMON,
        former="Azure AI User",
        data=(f"{CS}/*",),
    ),
    _role(
        "eadc314b-1a2d-4efa-be10-5d325db5065e",
        "Foundry Project Manager",
        f"{CS}/accounts/*/read",
        f"{CS}/accounts/projects/*",
        f"{CS}/locations/*/read",
        f"{AUTHZ}/*/read",
        ALERTS,
        *COMMON,
        former="Azure AI Project Manager",
        data=(f"{CS}/*",),
        assigns=(FOUNDRY_USER,),
    ),
    _role(
        "e47c6f54-e4a2-4754-9501-8e0985b135e1",
        "Foundry Account Owner",
        f"{CS}/*",
        f"{AUTHZ}/*/read",
        ALERTS,
        DIAGNOSTICS,
        *COMMON,
        former="Azure AI Account Owner",
        assigns=(FOUNDRY_USER,),
    ),
    _role(
        "c883944f-8b7b-4483-af10-35834be79c4a",
        "Foundry Owner",
        f"{CS}/*",
        f"{AUTHZ}/*/read",
        "Microsoft.Resources/deployments/*",
        "Microsoft.Support/*",
        former="Azure AI Owner",
        data=(f"{CS}/*",),
    ),
    _role(
        "eed3b665-ab3a-47b6-8f48-c9382fb1dad6",
        "Foundry Agent Consumer",
        data=(f"{CS}/accounts/AIServices/endpoints/interact/action",),
    ),
    _role(
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        "Cognitive Services Contributor",
        f"{CS}/*",
        f"{AUTHZ}/*/read",
        "Microsoft.Features/features/read",
        "Microsoft.Features/providers/features/read",
        "Microsoft.Features/providers/features/register/action",
        ALERTS,
        DIAGNOSTICS,
        *COMMON,
    ),
    _role("bba48692-92b0-4667-a9ad-c31c7b334ac2", "Cognitive Services Usages Reader", f"{CS}/locations/usages/read"),
    _role(
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Cognitive Services User",
        f"{CS}/*/read",
        f"{CS}/accounts/listkeys/action",
        *COMMON,
        data=(f"{CS}/*",),
    ),
    _role("b59867f0-fa02-499b-be73-45a86b5b3e1c", "Cognitive Services Data Reader", data=(f"{CS}/*/read",)),
    _role(
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Cognitive Services OpenAI User",
        f"{CS}/*/read",
        f"{AUTHZ}/roleAssignments/read",
        f"{AUTHZ}/roleDefinitions/read",
        data=(
            f"{CS}/accounts/OpenAI/*/read",
            f"{CS}/accounts/OpenAI/engines/completions/action",
            f"{CS}/accounts/OpenAI/engines/search/action",
            f"{CS}/accounts/OpenAI/engines/generate/action",
            f"{CS}/accounts/OpenAI/deployments/audio/action",
            f"{CS}/accounts/OpenAI/deployments/search/action",
            f"{CS}/accounts/OpenAI/deployments/completions/action",
            f"{CS}/accounts/OpenAI/deployments/chat/completions/action",
            f"{CS}/accounts/OpenAI/deployments/extensions/chat/completions/action",
            f"{CS}/accounts/OpenAI/deployments/embeddings/action",
            f"{CS}/accounts/OpenAI/images/generations/action",
        ),
    ),
    _role(
        "a001fd3d-188f-4b5d-821b-7da978bf7442",
        "Cognitive Services OpenAI Contributor",
        f"{CS}/*/read",
        f"{CS}/accounts/deployments/write",
        f"{CS}/accounts/deployments/delete",
        f"{CS}/accounts/raiPolicies/read",
        f"{CS}/accounts/raiPolicies/write",
        f"{CS}/accounts/raiPolicies/delete",
        f"{CS}/accounts/commitmentplans/read",
        f"{CS}/accounts/commitmentplans/write",
        f"{CS}/accounts/commitmentplans/delete",
        f"{AUTHZ}/roleAssignments/read",
        f"{AUTHZ}/roleDefinitions/read",
        data=(f"{CS}/accounts/OpenAI/*",),
    ),
    _role(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Contributor",
        "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
        "Microsoft.Storage/storageAccounts/blobServices/containers/read",
        "Microsoft.Storage/storageAccounts/blobServices/containers/write",
        "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
    ),
)
BY_ID: Final = {role.id: role for role in ALL}


def named(text: str) -> Role | None:
    """By id, name or former name, without case."""
    wanted = text.lower()
    return next((it for it in ALL if wanted in {it.id, it.name.lower(), it.former_name.lower()} - {""}), None)


def _is_one_of(action: str, patterns: tuple[str, ...]) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)
