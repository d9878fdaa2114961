"""api-version on both planes, and the opt-in header of the project plane's previews."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call

# azure-sdk-for-python, azure-ai-projects 2.10 (v1); Microsoft Learn: memory-usage (preview)
V1: Final = "v1"
PREVIEW: Final = "2025-11-15-preview"

# terraform-provider-azapi, embedded types of Microsoft.CognitiveServices; the first is only seen inside
# polling URLs (azure-cli recording test_cognitiveservices_deployment)
MANAGEMENT: Final = (
    "2017-04-18",
    "2021-04-30",
    "2021-10-01",
    "2022-03-01",
    "2022-10-01",
    "2022-12-01",
    "2023-05-01",
    "2023-10-01-preview",
    "2024-04-01-preview",
    "2024-06-01-preview",
    "2024-10-01",
    "2025-04-01-preview",
    "2025-06-01",
    "2025-07-01-preview",
    "2025-09-01",
    "2025-10-01-preview",
    "2025-12-01",
    "2026-01-15-preview",
    "2026-03-01",
    "2026-03-15-preview",
    "2026-05-01",
    "2026-05-15-preview",
    "2026-07-01",
    "2026-07-15-preview",
    "2026-09-01",
    "2026-09-15-preview",
)


def check_project_version(call: Call) -> None:
    asked = call.query.get("api-version", "")
    if not asked:
        # assumed for these routes: the wording is the agent endpoints' own
        raise Refusal(400, "UserError", "Missing required query parameter: api-version", param="api-version")
    if asked not in {V1, PREVIEW}:
        raise Refusal(400, "UserError", f"API version not supported: {asked}", param="api-version")


def refuse_version(call: Call) -> None:
    """Everything under /openai/v1. Source: public third-party operations notes."""
    if "api-version" in call.query:
        message = "api-version query parameter is not allowed when using /v1 path"
        raise Refusal(400, "BadRequest", message, param="api-version")


def check_management_version(call: Call) -> None:
    asked = call.query.get("api-version", "")
    if not asked:
        raise Refusal(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    # an extension goes by the versions of its own provider, whatever it is about
    ours = call.path.lower().rpartition("/providers/")[2].startswith("microsoft.cognitiveservices/")
    if asked.lower() in MANAGEMENT or (not ours and re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", asked)):
        return
    raise Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for API version '{asked}' for type 'accounts'. "
        f"The supported api-versions are '{', '.join(MANAGEMENT)}'.",
    )


def require_feature(call: Call, token: str, subject: str) -> None:
    """403 before the body is looked at.

    Source: azure-sdk-for-python, `_patch_agents.py` and test_agent_create_version_exception.py. The preview
    api-version needs no header (Microsoft Learn: memory-usage, REST snippets).
    """
    if call.query.get("api-version") != V1 or token.lower() in _sent(call):
        return
    raise Refusal(
        403,
        "preview_feature_required",
        f"{subject} is in preview. This operation requires the following opt-in preview feature(s): {token}. "
        f"Include the 'Foundry-Features: {token}' header in your request.",
        param="Foundry-Features",
    )


def _sent(call: Call) -> set[str]:
    return {part.strip().lower() for part in call.headers.get("foundry-features", "").split(",")}
