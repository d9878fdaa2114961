"""The handles under /_emulator: faults, drift, clock, switches; and who may touch them."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from provisioner.emulator.handles import families
from provisioner.kinds import KINDS

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT = f"{ACCOUNT}/deployments/chat"


@pytest.mark.rule(5, 35)
def test_a_fault_answers_in_the_shape_of_its_plane_with_its_headers(project: Any, arm: Any, admin: Any) -> None:
    admin.fault({}, status=429, headers={"Retry-After": "7"})

    throttled = project("GET", "/agents")

    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "7")
    assert throttled.json()["error"]["code"] == "rate_limit_exceeded"
    assert throttled.json()["error"]["additionalInfo"]["request_id"]
    assert arm("GET", CHAT).json()["error"].keys() == {"code", "message"}


def test_a_fault_answers_with_its_own_body(project: Any, admin: Any) -> None:
    admin.fault({"path": "*/agents"}, status=500, body={"error": {"code": "server_error"}})
    admin.fault({"path": "*/agents/*"}, status=502, body="<html>bad gateway</html>")

    assert project("GET", "/agents").json() == {"error": {"code": "server_error"}}
    assert project("GET", "/agents/x").text == "<html>bad gateway</html>"


@pytest.mark.parametrize(
    ("match", "statuses"),
    [
        pytest.param({"method": "get", "path": "*/agents"}, [500, 500, 500, 500], id="always"),
        pytest.param({"path": "*/agents", "nth": 2}, [200, 500, 200, 200], id="the-second"),
        pytest.param({"path": "*/agents", "times": 2}, [500, 500, 200, 200], id="the-first-two"),
        pytest.param({"path": "*/agents", "nth": 2, "times": 2}, [200, 500, 500, 200], id="two-from-the-second"),
        pytest.param({"path_regex": "agents$"}, [500, 500, 500, 500], id="regex"),
        pytest.param({"method": "POST"}, [200, 200, 200, 200], id="another-method"),
        pytest.param({"path": "*/memory_stores"}, [200, 200, 200, 200], id="another-path"),
    ],
)
def test_a_fault_strikes_the_requests_it_names(project: Any, admin: Any, match: Any, statuses: list[int]) -> None:
    admin.fault(match, status=500)

    assert [project("GET", "/agents").status_code for _ in statuses] == statuses


def test_faults_wait_their_turn(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, status=500)
    admin.fault({"times": 1}, status=503)

    assert [project("GET", "/agents").status_code for _ in range(3)] == [500, 503, 200]


def test_a_dropped_connection_before_the_effect_leaves_nothing(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST", "times": 1}, drop="before")

    with pytest.raises(httpx.TransportError):
        project("POST", "/memory_stores", documents.store())

    assert project("GET", "/memory_stores/memory").status_code == 404


@pytest.mark.rule(35)
def test_a_dropped_connection_after_the_effect_leaves_the_effect(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST", "times": 1}, drop="after")

    with pytest.raises(httpx.TransportError):
        project("POST", "/memory_stores", documents.store())

    assert project("GET", "/memory_stores/memory").status_code == 200
    assert [entry["status"] for entry in admin.get("requests")["requests"]] == [None, 200]


def test_an_answer_may_be_replaced_after_the_effect(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST"}, status=504, after_effect=True)

    assert project("POST", "/memory_stores", documents.store()).status_code == 504
    assert project("GET", "/memory_stores/memory").status_code == 200


def test_a_delay_delays(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, delay_s=0.05)

    answer = project("GET", "/agents")

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


def test_latency_is_added_to_every_answer(project: Any, admin: Any) -> None:
    admin.switch(latency_ms=50)

    assert project("GET", "/agents").elapsed.total_seconds() >= 0.05


def test_faults_are_listed_and_forgotten(project: Any, admin: Any) -> None:
    admin.fault({"path": "*/agents"}, status=500)
    project("GET", "/agents")

    assert [(fault["seen"], fault["done"]) for fault in admin.get("faults")["faults"]] == [(1, 1)]
    admin.client.delete("/_emulator/faults")
    assert project("GET", "/agents").status_code == 200


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {}),
        ("faults", ["no fault"]),
        ("faults", 5),
        ("faults", {"match": {}}),
        ("faults", {"match": {"colour": "red"}, "do": {"status": 500}}),
        ("faults", {"match": {}, "do": {"explode": True}}),
        ("faults", {"match": {}, "do": {"drop": "sometimes"}}),
        ("faults", {"match": {"path_regex": "("}, "do": {"status": 500}}),
        ("faults", {"match": {}, "do": {"status": "500"}}),
        ("switches", {"colour": "red"}),
        ("switches", {"strict": "yes"}),
        ("switches", {"data_role": "some"}),
        ("switches", {"write_seconds": -1}),
        ("clock", {}),
        ("clock", {"advance_s": "soon"}),
        ("drift", {}),
        ("drift", {"kind": "planet", "name": "x", "changes": {}}),
    ],
)
def test_a_wrong_wish_is_refused_with_a_reason(admin: Any, name: str, body: Any) -> None:
    answer = admin.post(name, body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"]


def test_several_faults_are_declared_at_once_or_not_at_all(project: Any, admin: Any) -> None:
    good: Any = {"match": {}, "do": {"status": 500}}
    bad: Any = {"match": {}, "do": {}}

    assert admin.post("faults", {"faults": [good, bad]}).status_code == 400
    assert project("GET", "/agents").status_code == 200
    assert len(admin.post("faults", {"faults": [good, good]}).json()["faults"]) == 2
    assert len(admin.post("faults", [good]).json()["faults"]) == 3


@pytest.mark.rule(14)
def test_a_deployment_drifts_and_the_ledger_with_it(arm: Any, admin: Any, documents: Any) -> None:
    before = arm("PUT", CHAT, documents.deployment()).json()

    admin.drift("deployment", "chat", {"sku": {"capacity": 99}, "properties": {"raiPolicyName": "Theirs"}})

    after = arm("GET", CHAT).json()
    assert (after["sku"]["capacity"], after["properties"]["currentCapacity"]) == (99, 99)
    assert after["properties"]["raiPolicyName"] == "Theirs"
    assert after["etag"] != before["etag"]
    usages = arm("GET", f"{ACCOUNT}/usages").json()["value"]
    assert next(u for u in usages if u["name"]["value"] == "OpenAI.GlobalStandard.gpt4.1-mini")["currentValue"] == 99


@pytest.mark.rule(14)
def test_a_store_drifts(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store(metadata={"mine": "yes"}))

    admin.drift("store", "memory", {"description": "theirs", "metadata": {}})

    found = project("GET", "/memory_stores/memory").json()
    assert (found["description"], found["metadata"]) == ("theirs", {})


@pytest.mark.rule(14)
def test_an_agent_drifts_to_a_version_without_metadata(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version(metadata={"mine": "yes"}, description="kept"))

    admin.drift("agent", "buddy", {"instructions": "Be loud."})

    latest = project("GET", "/agents/buddy").json()["versions"]["latest"]
    assert (latest["version"], latest["metadata"], latest["description"]) == ("2", {}, "kept")
    assert latest["definition"] == {"kind": "prompt", "model": "gpt-4.1-mini", "instructions": "Be loud."}
    assert project("GET", "/agents/buddy/versions/1").json()["metadata"] == {"mine": "yes"}


@pytest.mark.parametrize("name", sorted(families.seeded()))
def test_every_family_of_a_manifest_is_seeded_counted_listed_and_edited_by_its_name(admin: Any, name: str) -> None:
    family = families.seeded()[name]
    counts = admin.post("seed", {name: 3}).raise_for_status().json()["counts"]
    shown = admin.get("state")["objects"][name]

    assert (counts[name], len(shown)) == (3, 3)
    listed = admin.client.get(f"/?show={name}")
    assert listed.status_code == 200
    assert all(it["name"] in listed.text for it in shown)
    for kind, it in zip((name, family.kind), shown, strict=False):
        admin.drift(kind, it["name"], None)
    assert admin.get("state")["counts"][name] == 1


def test_what_a_manifest_declares_is_what_the_emulator_seeds() -> None:
    assert set(families.seeded()) == set(KINDS)
    assert set(families.seeded()) <= set(families.edited()) & set(families.on_the_page())


@pytest.mark.parametrize("kind", ["planet", "groups", "", None, ["stores"], {"a": "b"}])
def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(admin: Any, kind: Any) -> None:
    refused = admin.post("drift", {"kind": kind, "name": "mars", "changes": {}})
    message = refused.json()["error"]["message"].partition("there are:")[2]

    assert refused.status_code == 400
    assert "rai_policies" in message
    assert "groups" not in message


@pytest.mark.parametrize("kind", ["deployment", "store", "agent", "connections", "memories"])
def test_what_does_not_exist_cannot_drift(admin: Any, kind: str) -> None:
    assert admin.post("drift", {"kind": kind, "name": "none", "changes": {}}).status_code == 404


def test_requests_are_remembered_without_their_tokens(project: Any, arm: Any, admin: Any) -> None:
    project("GET", "/agents", limit=5)
    arm("GET", CHAT)

    first, second = admin.get("requests")["requests"]

    assert (first["method"], first["path"], first["status"]) == ("GET", "/api/projects/local/agents", 200)
    assert first["query"]["limit"] == "5"
    assert (first["audience"], second["audience"]) == ("https://ai.azure.com", "https://management.azure.com")
    assert first["duration_ms"] > 0
    assert project.token not in str(first)
    admin.client.delete("/_emulator/requests")
    assert admin.get("requests") == {"requests": []}


def test_the_state_shows_counts_and_objects(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store())

    state = admin.get("state")

    assert {name: count for name, count in state["counts"].items() if count} == {
        "groups": 1,
        "accounts": 1,
        "projects": 1,
        "stores": 1,
    }
    assert {name: len(found) for name, found in state["objects"].items()} == state["counts"]
    assert state["objects"]["stores"][0]["name"] == "memory"
    assert "objects" not in admin.get("state?objects=false")


def test_a_reset_forgets_everything_but_the_secrets(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/memory_stores", documents.store())
    admin.switch(strict=True)
    admin.fault({}, status=500)

    admin.post("reset").raise_for_status()

    assert project("GET", "/memory_stores").json()["data"] == []
    assert admin.get("state")["switches"]["strict"] is False


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:443", ""])
@pytest.mark.parametrize("path", ["/_emulator/state", "/api/projects/local/agents", "/subscriptions"])
def test_a_host_name_that_is_not_loopback_is_turned_away(client: httpx.Client, host: str, path: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8443", "[::1]:8443", "[::1]", "local-foundry.localhost"])
def test_loopback_names_are_welcome(client: httpx.Client, host: str) -> None:
    assert client.get("/_emulator/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="fetch-site"),
        pytest.param({"Origin": "null"}, id="opaque-origin"),
    ],
)
def test_a_browser_cannot_write_from_another_site(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/_emulator/reset", headers=headers).status_code == 403


def test_the_emulators_own_page_may_write(client: httpx.Client, emulator: Any) -> None:
    assert client.post("/_emulator/reset", headers={"Origin": emulator.management}).status_code == 204


def test_the_date_of_answers_can_be_ahead_and_is_there_once(project: Any, admin: Any) -> None:
    admin.switch(skew_seconds=3600)

    answer = project("GET", "/agents")

    (date,) = answer.headers.get_list("date")
    assert 3500 < parsedate_to_datetime(date).timestamp() - time.time() <= 3600


def test_a_fault_may_tell_a_date_of_its_own(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, status=503, headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"})

    assert project("GET", "/agents").headers.get_list("date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]
