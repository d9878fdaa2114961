"""What to do about what the services are known to refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_DATA_ROLE: Final = (
    "Your identity is known but lacks the data role. Have somebody grant it `Foundry User` on the project; Owner and "
    "Contributor do not include it. A fresh grant takes a few minutes to work."
)
_SIGN_IN_AGAIN: Final = (
    "The token was missing, expired, or for another audience. Sign in again (`az login`), and check that the endpoint "
    "is a project endpoint: https://<account>.services.ai.azure.com/api/projects/<project>"
)
_ARM_ROLE: Final = (
    "Your identity may not manage the account. Have somebody grant it `Cognitive Services Contributor` on the account "
    "or its group; Foundry Account Owner and Contributor include it. A fresh grant takes a few minutes to work."
)
_OUTDATED: Final = "The service does not know this API version there. Update the provisioner, or check the endpoint."
_REFUSED_ENTRY: Final = "The service refuses what the manifest says; correct what the message names."
_TOO_LARGE: Final = "Make it smaller; Microsoft Learn lists the limits under `Agents: limits, quotas and regions`."
_RETIRED: Final = "Choose a newer version or model; `provisioner models` shows what your region offers."

ADVICE: Final[Mapping[str, str]] = {
    # who is asking
    "PermissionDenied": _DATA_ROLE,
    "AuthorizationFailed": _ARM_ROLE,
    "InvalidAuthenticationToken": "The token was not accepted. Sign in again (`az login`).",
    "InvalidAuthenticationTokenAudience": "The token is for another plane. Sign in again (`az login`), and check "
    "`management_endpoint`.",
    "InvalidAuthenticationTokenTenant": "You are signed in to another tenant: `az login --tenant <tenant>`.",
    "ExpiredAuthenticationToken": "The token has expired. Sign in again (`az login`).",
    "AuthenticationFailed": "No usable token was sent. Sign in (`az login`), or set the AZURE_… variables of your "
    "pipeline's identity.",
    "RequestDisallowedByPolicy": "An Azure Policy of your organisation forbids it; the message names the policy.",
    # how it is asked
    "MissingApiVersionParameter": _OUTDATED,
    "InvalidResourceType": _OUTDATED,
    "NoRegisteredProviderFound": _OUTDATED,
    "MissingSubscriptionRegistration": "Register it once: `az provider register -n Microsoft.CognitiveServices`.",
    "invalid_request_error": _REFUSED_ENTRY,
    "invalid_payload": _REFUSED_ENTRY,
    "invalid_parameters": _REFUSED_ENTRY,
    "ValidationError": _REFUSED_ENTRY,
    "UserError": "Correct what the message names. An agent has at most 1,000 versions; deleting some frees room.",
    "tool_limit_exceeded": "An agent has at most 128 tools; remove some.",
    "file_size_exceeded": _TOO_LARGE,
    "token_limit_exceeded": _TOO_LARGE,
    "message_limit_exceeded": _TOO_LARGE,
    "content_size_exceeded": _TOO_LARGE,
    "preview_feature_required": "The service wants an opt-in this version does not send for that. Update the "
    "provisioner, or report the message.",
    # deployments
    "InsufficientQuota": "Lower `sku.capacity`, free capacity in another deployment of that model and region, or ask "
    "for quota in the portal. Usage figures may lag by a quarter of an hour.",
    "DeploymentModelNotSupported": "Check the spelling of `model.format`, `name` and `version`. " + _RETIRED,
    "ServiceModelDeprecating": "The model takes no new deployments. " + _RETIRED,
    "ServiceModelDeprecated": "The model has been retired. " + _RETIRED,
    "InvalidResourceProperties": "Correct what the message names; usually `sku.name` or `sku.capacity`.",
    "InvalidCapacity": "Set `sku.capacity` within the bounds that the message names.",
    "CannotChangeDeploymentModel": "Another model needs another deployment: give the entry a new name.",
    "spilloverDeploymentNameInvalidSku": "Only provisioned deployments spill over; remove `spillover_deployment_name`.",
    "ResourceGroupBeingDeleted": "The resource group is being deleted. Check `project.resource_group`.",
    "InvalidModelProviderData": "Add `model_provider_data` (industry, organization_name, country_code).",
    "715-123420": "Anthropic models need an entitlement and quota on the subscription; ask Azure support.",
    "SpecialFeatureOrQuotaIdRequired": "This type of subscription cannot use the model.",
    "DeploymentNotFound": "A deployment made a moment ago may take five minutes to be seen. Then check its name.",
    "CannotDeleteResource": "Something inside it must be deleted first; the message names it.",
    # what is there, and who else is at work
    "RequestConflict": "Something else is being changed on the account. Wait for it to end, then apply again.",
    "AccountProvisioningStateInvalid": "The account is being changed. Wait for it to end, then apply again.",
    "ScopeLocked": "An Azure lock forbids it: `az lock list`.",
    "ParentResourceNotFound": "The account does not exist there. Check `project.subscription_id`, `resource_group` and "
    "the account in the endpoint.",
    "ResourceGroupNotFound": "Check `project.resource_group` and `project.subscription_id`.",
    "SubscriptionNotFound": "Check `project.subscription_id`, and that you are signed in to its tenant.",
    "ResourceNotFound": "Check `project.subscription_id`, `resource_group` and the account in the endpoint.",
    "FlagMustBeSetForRestore": "A soft-deleted account holds the name: purge or restore it first.",
    "ResourceError": "The project's managed identity may lack `Foundry User` on the account, or a model that is named "
    "is not deployed.",
    "not_found": "Check the project in the endpoint. A new project takes some minutes to be found.",
    "server_error": "A fault of the service. Apply again; if it stays, report the request id to Azure support.",
    "rate_limit_exceeded": "Wait a little, or lower --parallelism.",
    "redirected": "Check the endpoint: a sign-in page or a proxy may answer in its place.",
    "conflict": "Somebody changed it at the same time. Apply again.",
}

# Of an account's network rules, which refuse with 403 whoever asks, and no code that tells (Azure-Samples/
# azure-sql-db-chatbot#3, microsoft-foundry/new-foundry-portal#140).
_CLOSED: Final = ("public access is disabled", "virtual network/firewall rules")
NETWORK_CLOSED: Final = (
    "The account's network lets nobody in from here, whatever their role. Run it from inside that network, or have "
    "this machine's address let in under Networking of the account."
)
NO_SERVICE: Final = (
    "That is no answer of Azure's: a proxy or a sign-in page may answer in its place. Check the endpoint and the proxy "
    "settings (HTTPS_PROXY, NO_PROXY)."
)


def is_network_closed(status: int, message: str) -> bool:
    return status == 403 and any(words in message.casefold() for words in _CLOSED)


# Where the code says nothing, the status does. A 401 without a code may have any of three causes.
PROJECT: Final[Mapping[int, str]] = {
    401: _SIGN_IN_AGAIN,
    403: _DATA_ROLE,
    429: ADVICE["rate_limit_exceeded"],
}
MANAGEMENT: Final[Mapping[int, str]] = {
    401: ADVICE["InvalidAuthenticationToken"],
    403: _ARM_ROLE,
    429: ADVICE["rate_limit_exceeded"],
}
