"""The two deployments a store works with, looked up when they are needed and not before.

Creating a store checks nothing of this (azure-sdk-for-python#44969); what is wrong shows in updates, searches
and new items. Deployments are found by name, so one that is made again under its name heals a store.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.managed_identities import principals_of
from provisioner.emulator.control.resource_rows import DEPLOYMENT, account_of, by_row, find
from provisioner.emulator.control.resources import SERVING
from provisioner.emulator.model import ModelError
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.world import access

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import State
    from provisioner.emulator.world.world import World


CHAT: Final = "chatCompletion"
EMBEDDING: Final = "embeddings"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why a deployment does not answer, as the service tells it."""

    deployment: str
    sort: str
    status: int
    summary: str
    description: str


def trouble_with(world: World, store: Store, *abilities: str) -> Trouble | None:
    """The first that stands in the way of the store's models."""
    for ability in abilities:
        name = store.chat_model if ability == CHAT else store.embedding_model
        trouble = _trouble(world, store, name, ability)
        if trouble is not None:
            return trouble
    return None


def check_embedding(call: Call, store: Store) -> None:
    """Searching for something and writing an item run the embedding model."""
    trouble = trouble_with(call.world, store, EMBEDDING)
    if trouble is not None:
        raise refusal_of(call, trouble)


def refusal_of(call: Call, trouble: Trouble) -> Refusal:
    """Source: microsoft-foundry/discussions#442, which shows no HTTP status: assumed to be the one inside."""
    told = {
        "status_code": 400,
        "error_code": "ResourceError",
        "details": {
            "message": "Provided Azure resource encountered an error.",
            "deployment": f"{_internal_id(call.world.state)}/deployments/{trouble.deployment}",
            "details": {
                "type": trouble.sort,
                "status_code": trouble.status,
                "description": trouble.description,
            },
        },
    }
    message = f"{json.dumps(told, separators=(',', ':'))} [Request ID: {call.request_id}]"
    return Refusal(400, "ResourceError", message, kind="error")


def failure_of(trouble: Trouble) -> Json:
    """What a failed update says. Source: azure-sdk-for-python#44308, #44969; assumed: the code."""
    return {
        "code": "ResourceError",
        "message": f"Provided Azure resource encountered an error: {trouble.summary}",
    }


def model_trouble(deployment: str, error: Exception) -> Trouble:
    """A model that could not do its work, told as if the deployment could not."""
    words = error.message if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
    sort = error.code if isinstance(error, ModelError) else "model-error"
    return Trouble(deployment=deployment, sort=sort, status=502, summary=words, description=words)


def _identity_may(world: World, store: Store) -> bool:
    """The project's own identity has a role on the account: not the caller's, and not one on the project alone."""
    project = by_row(world.state, store.project)
    account = None if project is None else by_row(world.state, project.parent)
    if project is None or account is None:
        return False
    return any(
        access.may(world, principal, access.USE_OF_MODELS, account.arm_id, is_data=True)
        for principal in principals_of(project.body)
    )


def _trouble(world: World, store: Store, name: str, ability: str) -> Trouble | None:
    account = account_of(world.state, store.project)
    if world.switches.project_identity == "denied" or not _identity_may(world, store):
        return Trouble(
            deployment=name,
            sort="Authentication",
            status=401,
            summary="Authentication failed.",
            description="Authentication to the Azure OpenAI resource failed. Verify the API key or token.",
        )
    found = find(world.state, DEPLOYMENT, account, name)
    if found is None or found.properties.get("provisioningState") not in SERVING:  # assumed: as if it were not there
        return _missing(name)
    if found.properties.get("capabilities", {}).get(ability) != "true":
        return _wrong_kind(name, ability, str(found.properties["model"]["name"]))
    if found.properties.get("deploymentState") == "Paused":
        return _paused(name)
    return None


def _missing(name: str) -> Trouble:
    """assumed: the frame as with a missing role; the words are Azure OpenAI's own for DeploymentNotFound."""
    return Trouble(
        deployment=name,
        sort="NotFound",
        status=404,
        summary=f"The deployment '{name}' does not exist.",
        description="The API deployment for this resource does not exist. If you created the deployment within "
        "the last 5 minutes, please wait a moment and try again.",
    )


def _wrong_kind(name: str, ability: str, model: str) -> Trouble:
    """Source: azure-sdk-for-python#44969 for the case. assumed: the frame; the words are Azure OpenAI's own."""
    words = (
        f"The {ability} operation does not work with the specified model, {model}. "
        "Please choose different model and try again."
    )
    return Trouble(deployment=name, sort="OperationNotSupported", status=400, summary=words, description=words)


def _paused(name: str) -> Trouble:
    """Source: azure-rest-api-specs, deploymentState: Paused answers 423 at inference. assumed: the frame."""
    words = f"The deployment '{name}' is paused."
    return Trouble(deployment=name, sort="Locked", status=423, summary=words, description=words)


def _internal_id(state: State) -> str:
    """32 hexadecimal digits, stable for a state."""
    return uuid.uuid5(uuid.NAMESPACE_URL, str(state.setting("identity_header"))).hex
