"""Deployments by azure-mgmt-cognitiveservices: made, changed, listed, deleted, refused. Prints one JSON object."""

# ruff: noqa: T201  a program speaks by printing
from __future__ import annotations

import json
import os
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

WHERE = (os.environ["AZURE_RESOURCE_GROUP"], os.environ["FOUNDRY_ACCOUNT"])


def wanted(capacity: int, model: str = "gpt-4o") -> Any:
    named = {"format": "OpenAI", "name": model, "version": "2024-11-20"}
    return {"sku": {"name": "GlobalStandard", "capacity": capacity}, "properties": {"model": named}}


def main() -> None:
    with (
        DefaultAzureCredential() as credential,
        CognitiveServicesManagementClient(
            credential, os.environ["AZURE_SUBSCRIPTION_ID"], base_url=os.environ["PROVISIONER_MANAGEMENT_ENDPOINT"]
        ) as client,
    ):
        deployments = client.deployments
        before = [found.name for found in deployments.list(*WHERE)]
        made: Any = deployments.begin_create_or_update(*WHERE, "writer", wanted(10)).result()
        changed: Any = deployments.begin_create_or_update(*WHERE, "writer", wanted(20)).result()
        after = [found.name for found in deployments.list(*WHERE)]
        try:
            deployments.begin_create_or_update(*WHERE, "nobody", wanted(1, model="no-such-model")).result()
            refusal = "none"
        except HttpResponseError as error:
            refusal = f"{error.status_code} {error.error.code if error.error else ''}"
        deployments.begin_delete(*WHERE, "writer").result()
        left = [found.name for found in deployments.list(*WHERE)]
        project = next(iter(client.projects.list(*WHERE))).name
        quotas = len(list(client.usages.list(os.environ["AZURE_LOCATION"])))
    capacities = [made.sku.capacity, changed.sku.capacity]
    state = changed.properties.provisioning_state
    print(
        json.dumps(
            {
                "before": before,
                "after": after,
                "left": left,
                "capacities": capacities,
                "state": state,
                "refusal": refusal,
                "project": project,
                "quotas": quotas,
            }
        )
    )


if __name__ == "__main__":
    main()
