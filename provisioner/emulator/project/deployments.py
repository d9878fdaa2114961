"""The project's read-only view of its account's deployments. camelCase and nextLink, unlike its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from provisioner.emulator.control.family import Family
from provisioner.emulator.control.resource_rows import DEPLOYMENT, Resource, account_of, children, find
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call

PAGE_SIZE: Final = 200  # assumed


def list_deployments(call: Call) -> Reply:
    """Source: azure-ai-projects 2.10, `deployments.list`: the three filters and the wire names."""
    token = call.query.get("skip", "0")
    if not token.isdecimal():
        raise bad_request("'skip' is not valid.", param="skip")
    found = children(call.state, DEPLOYMENT, _account(call), after=int(token), limit=PAGE_SIZE + 1)
    shown = [_shown(call, deployment) for deployment in found[:PAGE_SIZE]]
    body: Json = {"value": [entry for entry in shown if _is_wanted(call, entry)]}
    if len(found) > PAGE_SIZE:
        query = urlencode({**call.query, "skip": found[PAGE_SIZE - 1].row})
        body["nextLink"] = f"{call.base}{call.path}?{query}"
    return Reply(body=body)


def read_deployment(call: Call) -> Reply:
    found = find(call.state, DEPLOYMENT, _account(call), call.params["name"])
    if found is None:
        raise not_found(f"Deployment '{call.params['name']}' not found.")
    return Reply(body=_shown(call, found))


def _account(call: Call) -> int:
    return account_of(call.state, call.project)


def _is_wanted(call: Call, entry: Json) -> bool:
    asked = {key: call.query.get(key) for key in ("modelPublisher", "modelName")}
    sort = call.query.get("deploymentType")
    return (sort in {None, entry["type"]}) and all(value in {None, entry[key]} for key, value in asked.items())


def _shown(call: Call, deployment: Resource) -> Json:
    model = deployment.properties["model"]
    return {
        "type": "ModelDeployment",
        "name": deployment.name,
        "modelName": model["name"],
        "modelVersion": model["version"],
        "modelPublisher": call.world.catalogue.publisher(model["format"], model["name"]),
        "capabilities": {
            key: value
            for key, value in {
                "chat_completion": deployment.properties["capabilities"].get("chatCompletion"),
                "embeddings": deployment.properties["capabilities"].get("embeddings"),
            }.items()
            if value is not None
        },
        "sku": {
            "capacity": deployment.body["sku"]["capacity"],
            "family": "",
            "name": deployment.body["sku"]["name"],
            "size": "",
            "tier": "",
        },
    }


FAMILY: Final = Family(
    project_routes=(
        Route(method="GET", path="/deployments", handler=list_deployments),
        Route(method="GET", path="/deployments/{name}", handler=read_deployment),
    )
)
