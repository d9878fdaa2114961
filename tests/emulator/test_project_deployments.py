"""The project's view of its account's deployments."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)


@pytest.fixture(autouse=True)
def _two(arm: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/chat", documents.deployment(capacity=7))
    mistral = documents.deployment("Mistral-Large-3", "1", format="Mistral AI", capacity=1)
    arm("PUT", f"{ACCOUNT}/deployments/mistral", mistral)


def test_a_deployment_reads_in_camel_case(project: Any) -> None:
    assert project("GET", "/deployments/chat").json() == {
        "type": "ModelDeployment",
        "name": "chat",
        "modelName": "gpt-4.1-mini",
        "modelVersion": "2025-04-14",
        "modelPublisher": "OpenAI",
        "capabilities": {"chat_completion": "true"},
        "sku": {"capacity": 7, "family": "", "name": "GlobalStandard", "size": "", "tier": ""},
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["chat", "mistral"]),
        ({"modelPublisher": "OpenAI"}, ["chat"]),
        ({"modelName": "Mistral-Large-3"}, ["mistral"]),
        ({"deploymentType": "ModelDeployment"}, ["chat", "mistral"]),
        ({"deploymentType": "Other"}, []),
    ],
)
def test_the_list_is_filtered(project: Any, query: dict[str, str], names: list[str]) -> None:
    found = project("GET", "/deployments", **query).json()

    assert [entry["name"] for entry in found["value"]] == names
    assert "nextLink" not in found


def test_the_list_pages_with_its_filters(project: Any, admin: Any) -> None:
    admin.post("seed", {"deployments": 210})
    first = project("GET", "/deployments", modelPublisher="OpenAI").json()

    rest = project.client.get(first["nextLink"], headers={"Authorization": f"Bearer {project.token}"}).json()

    assert "mistral" not in {entry["name"] for entry in first["value"] + rest["value"]}
    assert len(first["value"]) + len(rest["value"]) == 211
    assert project("GET", "/deployments", skip="x").status_code == 400


def test_a_missing_one_is_404_and_nothing_can_be_written(project: Any) -> None:
    assert project("GET", "/deployments/none").status_code == 404
    assert project("DELETE", "/deployments/chat").status_code == 405
