"""From what a plane answers to a Failure: the service's code, message and request id, and what to do about it.

The data plane answers in three shapes: an `error` envelope, a bare `statusCode`/`message` for anything wrong with the
token (azure-sdk-for-python#44412), or something else altogether. None of them may break us.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from provisioner.model.errors import Failure

_RAW_LIMIT: Final = 600

_DATA_ROLE: Final = (
    "Your identity is known but lacks the data role. Have somebody grant it `Foundry User` on the project; Owner and "
    "Contributor do not include it. A fresh grant takes a few minutes to work."
)
_SIGN_IN_AGAIN: Final = (
    "The token was missing, expired, or for another audience. Sign in again (`az login`), and check that the endpoint "
    "is a project endpoint: https://<account>.services.ai.azure.com/api/projects/<project>"
)
_ARM_ROLE: Final = (
    "Your identity may not manage this account. Have somebody grant it `Foundry Account Owner` (or Contributor) on the "
    "account or its resource group. A fresh grant takes a few minutes to work."
)
_RETIRED: Final = "Choose a newer version or model; `az cognitiveservices model list` shows what your region offers."

ADVICE: Final[Mapping[str, str]] = {
    "PermissionDenied": _DATA_ROLE,
    "AuthorizationFailed": _ARM_ROLE,
    "InvalidAuthenticationTokenAudience": "The token is for another plane. Sign in again (`az login`), and check "
    "`management_endpoint`.",
    "InvalidAuthenticationTokenTenant": "You are signed in to another tenant: `az login --tenant <tenant>`.",
    "ExpiredAuthenticationToken": "The token has expired. Sign in again (`az login`).",
    "AuthenticationFailed": "No usable token was sent. Sign in (`az login`), or set the AZURE_… variables of your "
    "pipeline's identity.",
    "preview_feature_required": "The service wants an opt-in this version does not send for that. Update the "
    "provisioner, or report the message.",
    "InsufficientQuota": "Lower `sku.capacity`, free capacity in another deployment of that model and region, or ask "
    "for quota in the portal. Usage figures may lag by a quarter of an hour.",
    "DeploymentModelNotSupported": "Check the spelling of `model.format`, `name` and `version`; " + _RETIRED,
    "ServiceModelDeprecating": "The model takes no new deployments. " + _RETIRED,
    "ServiceModelDeprecated": "The model has been retired. " + _RETIRED,
    "InvalidResourceProperties": "Usually a `sku.name` that this model or region does not offer; "
    "`az cognitiveservices model list` shows which it has.",
    "InvalidModelProviderData": "Add `model_provider_data` (industry, organization_name, country_code).",
    "SpecialFeatureOrQuotaIdRequired": "This type of subscription cannot use the model.",
    "RequestConflict": "Something else is being changed on the account. Wait for it to end, then apply again.",
    "AccountProvisioningStateInvalid": "The account is being changed. Wait for it to end, then apply again.",
    "ScopeLocked": "An Azure lock forbids it: `az lock list`.",
    "ParentResourceNotFound": "The account does not exist there. Check `project.subscription_id`, `resource_group` and "
    "the account in the endpoint.",
    "ResourceGroupNotFound": "Check `project.resource_group` and `project.subscription_id`.",
    "SubscriptionNotFound": "Check `project.subscription_id`, and that you are signed in to its tenant.",
    "ResourceNotFound": "Check `project.subscription_id`, `resource_group` and the account in the endpoint.",
    "FlagMustBeSetForRestore": "A soft-deleted account holds the name: purge or restore it first.",
    "rate_limit_exceeded": "Wait a little, or lower --parallelism.",
    "conflict": "Somebody changed it at the same time. Apply again.",
}
_BY_STATUS: Final[Mapping[int, str]] = {
    401: _SIGN_IN_AGAIN,
    403: _DATA_ROLE,
    429: ADVICE["rate_limit_exceeded"],
}


def failure_from(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """Read an error answer, whatever its shape. The service's message is kept whole, in its own words."""
    document = _parsed(body)
    error = document.get("error")
    error = error if isinstance(error, Mapping) else {}
    code = str(error.get("code") or "")
    message = error.get("message") or document.get("message") or _raw(body) or f"HTTP {status} without a body"
    return Failure(
        message=_with_details(str(message), error),
        code=code,
        status=status,
        request_id=_request_id(error, headers),
        advice=ADVICE.get(code) or _BY_STATUS.get(status, ""),
    )


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}


def _raw(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    return text if len(text) <= _RAW_LIMIT else f"{text[:_RAW_LIMIT]}…"


def _with_details(message: str, error: Mapping[str, Any]) -> str:
    """ARM wraps the real reason in `details`."""
    details = error.get("details")
    told = [
        f"{detail.get('code') or 'detail'}: {detail['message']}"
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, Mapping) and detail.get("message")
    ]
    return "\n".join([message, *told])


def _request_id(error: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    extra = error.get("additionalInfo")
    inside = extra.get("request_id") if isinstance(extra, Mapping) else None
    return str(headers.get("x-request-id") or headers.get("x-ms-request-id") or inside or "")
