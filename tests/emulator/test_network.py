"""Accounts with closed networks: their projects refuse who is outside, in words of their own."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CLOSED = "Access denied due to Virtual Network/Firewall rules."


def rules(*let_in: str, action: str = "Deny") -> dict[str, Any]:
    return {"networkAcls": {"defaultAction": action, "ipRules": [{"value": value} for value in let_in]}}


@pytest.mark.rule(58)
@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"publicNetworkAccess": "Disabled"}, "Public access is disabled. Please configure private endpoint."),
        (rules(), CLOSED),
        (rules("10.0.0.0/8", "nonsense"), CLOSED),
        ({"networkAcls": {"defaultAction": "Deny", "ipRules": 5}}, CLOSED),
    ],
)
def test_a_closed_network_closes_the_project_and_not_its_management(
    arm: Any, project: Any, admin: Any, properties: dict[str, Any], message: str
) -> None:
    assert arm("PATCH", ACCOUNT, {"properties": properties}).status_code == 200

    answer = project("GET", "/agents")

    assert (answer.status_code, answer.json()) == (403, {"error": {"code": "403", "message": message}})
    assert arm("GET", ACCOUNT).status_code == 200
    admin.switch(network_gate=False)
    assert project("GET", "/agents").status_code == 200


@pytest.mark.rule(58)
@pytest.mark.parametrize("properties", [rules("127.0.0.1"), rules("127.0.0.0/24"), rules(action="Allow")])
def test_who_is_let_in_gets_in(arm: Any, project: Any, properties: dict[str, Any]) -> None:
    arm("PATCH", ACCOUNT, {"properties": properties}).raise_for_status()

    assert project("GET", "/agents").status_code == 200
