"""Blocklists and content filter policies on the wire."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
WORDS = f"{ACCOUNT}/raiBlocklists/words"
STRICT = f"{ACCOUNT}/raiPolicies/strict"
HATE = {"name": "Hate", "source": "Prompt", "enabled": True, "blocking": True, "severityThreshold": "Low"}


def items(*names: str, pattern: object = "x") -> list[dict[str, Any]]:
    return [{"name": name, "properties": {"pattern": pattern, "isRegex": False}} for name in names]


def policy(**more: Any) -> dict[str, Any]:
    properties = {"basePolicyName": "Microsoft.Default", "contentFilters": [HATE]}
    return {"properties": {**properties, **more}, "tags": {"a": "b"}}


@pytest.mark.rule(46)
def test_a_blocklist_is_made_with_201_replaced_with_200_and_deleted_with_its_items(arm: Any) -> None:
    made = arm("PUT", WORDS, {"properties": {"description": "d"}, "tags": {"a": "b"}})
    again = arm("PUT", WORDS.replace("words", "WORDS"), {})

    assert (made.status_code, again.status_code) == (201, 200)
    assert (again.json()["name"], again.json()["properties"], again.json()["tags"]) == ("words", {}, {})
    assert made.json()["etag"] != again.json()["etag"]
    arm("POST", f"{WORDS}/addRaiBlocklistItems", items("a"))
    assert arm("DELETE", WORDS).status_code == 202
    assert arm("GET", WORDS).status_code == 404
    assert arm("DELETE", WORDS).status_code == 204
    arm("PUT", WORDS, {})
    assert arm("GET", f"{WORDS}/raiBlocklistItems").json() == {"value": []}


@pytest.mark.rule(47)
def test_items_come_and_go_in_batches_that_are_taken_whole(arm: Any) -> None:
    arm("PUT", WORDS, {})
    added = arm("POST", f"{WORDS}/addRaiBlocklistItems", items("a", "b"))
    assert (added.status_code, added.json()["name"]) == (200, "words")

    batches: list[Any] = [items("c", "-d"), items("c", pattern=1), items("c", pattern="x" * 1001), [{}], {"name": "c"}]
    for wrong in batches:
        assert arm("POST", f"{WORDS}/addRaiBlocklistItems", wrong).status_code == 400
    arm("POST", f"{WORDS}/addRaiBlocklistItems", items("A", pattern="y"))
    assert arm("POST", f"{WORDS}/deleteRaiBlocklistItems", ["b", "none"]).status_code == 204
    assert arm("POST", f"{WORDS}/deleteRaiBlocklistItems", [1]).status_code == 400

    (left,) = arm("GET", f"{WORDS}/raiBlocklistItems").json()["value"]
    assert (left["name"], left["properties"]) == ("a", {"pattern": "y", "isRegex": False})
    assert arm("PUT", f"{WORDS}/raiBlocklistItems/c", items("c")[0]).status_code == 201
    assert arm("DELETE", f"{WORDS}/raiBlocklistItems/c").status_code == 202


@pytest.mark.rule(47)
def test_a_blocklist_has_an_end(arm: Any) -> None:
    arm("PUT", WORDS, {})
    for start in range(0, 10_000, 500):
        names = [f"i{number}" for number in range(start, start + 500)]
        assert arm("POST", f"{WORDS}/addRaiBlocklistItems", items(*names)).status_code == 200

    assert arm("POST", f"{WORDS}/addRaiBlocklistItems", items("one-more")).status_code == 400
    assert arm("POST", f"{WORDS}/addRaiBlocklistItems", items("I7", pattern="y")).status_code == 200


@pytest.mark.rule(48)
def test_a_policy_is_put_whole_and_its_filters_must_be_known_ones(arm: Any) -> None:
    made = arm("PUT", STRICT, policy())
    assert (made.status_code, arm("PUT", STRICT, policy()).status_code) == (201, 200)
    assert made.json()["properties"] == {**policy()["properties"], "mode": "Default", "type": "UserManaged"}

    for filters in (
        [{**HATE, "name": "x"}],
        [{**HATE, "source": "x"}],
        [{**HATE, "severityThreshold": None}],
        [HATE] * 2,
    ):
        refused = arm("PUT", STRICT, policy(contentFilters=filters))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Resource has invalid content filter")
    more: list[dict[str, Any]] = [{"mode": "x"}, {"basePolicyName": 1}, {"contentFilters": {}}]
    for wrong in more:
        assert arm("PUT", STRICT, policy(**wrong)).status_code == 400


@pytest.mark.rule(48)
def test_what_a_policy_does_not_name_is_left_out_unless_the_switch_says_otherwise(arm: Any, admin: Any) -> None:
    admin.switch(filled_in_filters=True)

    filters = arm("PUT", STRICT, policy()).json()["properties"]["contentFilters"]

    assert filters[0] == HATE
    assert len({(it["name"], it["source"]) for it in filters}) == len(filters) == 11


@pytest.mark.rule(49)
def test_policies_of_the_service_are_there_and_stay_as_they_are(arm: Any) -> None:
    listed = arm("GET", f"{ACCOUNT}/raiPolicies").json()["value"]
    assert {it["name"]: it["properties"]["type"] for it in listed} == {
        "Microsoft.Default": "SystemManaged",
        "Microsoft.DefaultV2": "SystemManaged",
    }
    system = f"{ACCOUNT}/raiPolicies/microsoft.default"
    assert arm("GET", system).json()["name"] == "Microsoft.Default"
    assert arm("PUT", system, policy()).status_code == 400
    assert arm("DELETE", system).status_code == 400


@pytest.mark.rule(49)
def test_a_policy_goes_in_202_and_not_while_a_deployment_uses_it(arm: Any, documents: Any) -> None:
    arm("PUT", STRICT, policy())
    arm("PUT", f"{ACCOUNT}/deployments/chat", documents.deployment(raiPolicyName="STRICT"))
    assert arm("DELETE", STRICT).json()["error"]["code"] == "RaiPolicyInUse"

    arm("DELETE", f"{ACCOUNT}/deployments/chat")
    gone = arm("DELETE", STRICT)
    assert gone.status_code == 202
    assert "Location" in gone.headers
    assert arm("DELETE", STRICT).status_code == 204
