"""Which content filter policy a deployment or an agent names."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.kinds import KINDS

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"


def deployment(name: str) -> dict[str, Any]:
    return {"model": {"format": "OpenAI", "name": "gpt"}, "rai_policy_name": name}


def agent(name: str) -> dict[str, Any]:
    return {"rai_config": {"rai_policy_name": name}}


@pytest.mark.parametrize(
    ("section", "fields", "path"),
    [
        ("deployments", deployment("strict.v1"), "rai_policy_name"),
        ("agents", agent(f"{ACCOUNT}/raiPolicies/strict.v1"), "rai_config.rai_policy_name"),
        ("agents", agent(f"{ACCOUNT}/raipolicies/strict.v1/"), "rai_config.rai_policy_name"),
        ("agents", agent("strict.v1"), "rai_config.rai_policy_name"),
    ],
)
def test_a_policy_is_named_by_its_name_or_its_id(section: str, fields: dict[str, Any], path: str) -> None:
    (found,) = (it for it in KINDS[section].references(fields) if it.target.kind == "rai_policies")

    assert (".".join(found.path), found.target.name) == (path, "strict.v1")
    assert found.optional
    assert found.case_blind


@pytest.mark.parametrize(
    "name", ["Microsoft.DefaultV2", "microsoft.default", f"{ACCOUNT}/raiPolicies/Microsoft.Default", "", "{{which}}"]
)
def test_the_service_s_own_and_what_is_no_name_are_no_reference(name: str) -> None:
    for section, fields in (("deployments", deployment(name)), ("agents", agent(name))):
        assert [it for it in KINDS[section].references(fields) if it.target.kind == "rai_policies"] == []


def test_what_is_no_text_is_no_reference() -> None:
    assert [*KINDS["agents"].references({"rai_config": 1})] == []
