"""The model deployment that is to do the work: there, awake, and of the right sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resource_rows import DEPLOYMENT, Resource, account_of, children, find
from provisioner.emulator.control.resources import SERVING
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.wire.call import Call

# Azure OpenAI: which operation needs which capability, and what it is called in its refusal
CHAT: Final = "chatCompletion"
EMBEDDINGS: Final = "embeddings"


def check_deployment(call: Call, name: str, capability: str = CHAT) -> Resource:
    if "/" in name:  # Microsoft Learn: `<connection>/<model>` is a model behind a connection
        message = f"The model '{name}' is behind a connection: what connections lead to is not emulated."
        raise Refusal(501, "NotEmulated", message)
    found = find(call.state, DEPLOYMENT, _account(call), name)
    # assumed: one that is still being made, or could not be, answers as one that is not there
    if found is None or found.properties.get("provisioningState") not in SERVING:
        raise _missing()
    if found.properties.get("deploymentState") == "Paused":
        # Microsoft.CognitiveServices 2025-10-01: inference on a paused deployment. assumed: its code and words
        raise Refusal(423, "DeploymentPaused", f"The deployment '{name}' is paused. Resume it to use it.")
    if not _can(found.properties.get("capabilities") or {}, capability):
        model = found.properties["model"]["name"]
        raise Refusal(
            400,
            "OperationNotSupported",
            f"The {capability} operation does not work with the specified model, {model}. "
            "Please choose different model and try again.",
        )
    return found


def all_deployments(call: Call) -> list[Resource]:
    return children(call.state, DEPLOYMENT, _account(call))


def _can(capabilities: Mapping[str, str], capability: str) -> bool:
    """A model of which nothing is known is not refused."""
    known = {key: value for key, value in capabilities.items() if key in {CHAT, EMBEDDINGS, "completion", "responses"}}
    if not known:
        return True
    wanted = {CHAT, "responses"} if capability == CHAT else {capability}
    return any(known.get(key) == "true" for key in wanted)


def _missing() -> Refusal:
    """Source: azure-openai-proxy#104."""
    return Refusal(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last "
        "5 minutes, please wait a moment and try again.",
    )


def _account(call: Call) -> int:
    return account_of(call.state, call.project)
