"""The management plane: Microsoft's SDK, made to repeat and wait as we do, against the running Foundry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from provisioner.planes import attempts
from provisioner.planes.arm_pipeline import what_of
from provisioner.planes.management import ArmManagement
from provisioner.planes.retry import ATTEMPTS
from provisioner.planes.service import Planes
from tests.planes.world import Foundry, deployments_path, failure_of

ONE = "*/deployments/chat"
ALL = "*/deployments"
EVIL = "https://evil.example/operations/1"


def body(capacity: int = 10, **properties: Any) -> dict[str, Any]:
    model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    return {"sku": {"name": "GlobalStandard", "capacity": capacity}, "properties": {"model": model, **properties}}


@pytest.fixture
def arm(planes: Planes) -> ArmManagement:
    assert planes.management is not None
    return planes.management


def test_a_write_that_is_done_at_once_takes_one_request(foundry: Foundry, arm: ArmManagement) -> None:
    arm.put(deployments_path(arm, "chat"), body())
    assert len(foundry.admin.requests(path="/deployments")) == 1
    assert [one["name"] for one in arm.items(deployments_path(arm))] == ["chat"]
    assert foundry.clock.slept == []


@pytest.mark.parametrize("style", ["async", "bare"])
def test_a_write_that_takes_long_is_followed_to_its_end(foundry: Foundry, arm: ArmManagement, style: str) -> None:
    foundry.admin.switch(write_seconds=42, write_style=style)
    arm.put(deployments_path(arm, "chat"), body())
    assert next(iter(arm.items(deployments_path(arm))))["properties"]["provisioningState"] == "Succeeded"
    assert sum(foundry.clock.slept) >= 42
    assert any(note.startswith("waiting for the operation (") for note in foundry.notes)
    arm.patch(deployments_path(arm, "chat"), {"sku": {"name": "GlobalStandard", "capacity": 20}, "tags": {"a": "b"}})
    arm.delete(deployments_path(arm, "chat"))
    assert list(arm.items(deployments_path(arm))) == []


@pytest.mark.parametrize("style", ["sync", "async", "bare"])
def test_a_write_gives_what_its_last_answer_shows(foundry: Foundry, arm: ArmManagement, style: str) -> None:
    if style != "sync":
        foundry.admin.switch(write_seconds=42, write_style=style)
    sku = {"sku": {"name": "GlobalStandard", "capacity": 20}, "tags": {"a": "b"}}
    writes: tuple[Callable[[], object], ...] = (
        lambda: arm.put(deployments_path(arm, "chat"), body()),
        lambda: arm.patch(deployments_path(arm, "Chat"), sku),
    )
    for write in writes:
        assert write() in ({}, arm.get(deployments_path(arm, "chat")))
    assert arm.put(deployments_path(arm, "chat"), body(30))["sku"]["capacity"] == 30


def test_an_answer_that_shows_no_deployment_gives_none(foundry: Foundry, arm: ArmManagement) -> None:
    operation = {"id": "/operations/1", "name": "1", "status": "Succeeded"}
    for answer in ("", {}, operation):
        foundry.admin.fault("PUT", ONE, status=200, body=answer)
        assert arm.put(deployments_path(arm, "chat"), body()) == {}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_answer_that_breaks_off_is_asked_for_again(foundry: Foundry, arm: ArmManagement, method: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "PUT": lambda: arm.put(deployments_path(arm, "chat"), body(20)),
        "PATCH": lambda: arm.patch(deployments_path(arm, "chat"), {"sku": {"name": "GlobalStandard", "capacity": 20}}),
        "DELETE": lambda: arm.delete(deployments_path(arm, "chat")),
    }
    arm.put(deployments_path(arm, "chat"), body())
    foundry.admin.fault(method, ONE, status=200, body={"some": "answer"}, after_effect=True, truncate=True)
    calls[method]()
    assert len(foundry.clock.slept) == 1
    assert "did not answer" in foundry.notes[0]


def test_one_deployment_is_read_by_its_name(foundry: Foundry, arm: ArmManagement) -> None:
    assert arm.get(deployments_path(arm, "chat")) is None
    arm.put(deployments_path(arm, "chat"), body())
    assert [arm.get(deployments_path(arm, "chat"))] == list(arm.items(deployments_path(arm)))
    foundry.admin.fault("GET", ONE, status=404, body={"error": {"code": "ParentResourceNotFound", "message": "m"}})
    assert failure_of(lambda: arm.get(deployments_path(arm, "chat"))).code == "ParentResourceNotFound"


@pytest.mark.parametrize("name", [".", ".."])
def test_a_path_that_leads_elsewhere_is_never_sent(foundry: Foundry, arm: ArmManagement, name: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: arm.delete(deployments_path(arm, name)),
        lambda: arm.get(deployments_path(arm, name)),
        lambda: arm.post(deployments_path(arm, name, "pause")),
    )
    assert [failure_of(call).code for call in calls] == ["invalid-url"] * 3
    assert foundry.admin.requests() == []


def test_the_log_has_paths_and_statuses_but_no_queries_and_no_token(
    foundry: Foundry, arm: ArmManagement, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger=attempts.LOG.name)
    foundry.admin.fault("GET", "*/deployments*", status=503)
    list(arm.items(deployments_path(arm)))
    own = [record.getMessage() for record in caplog.records if record.name == attempts.LOG.name]
    assert [(line.split()[0], line.split()[2]) for line in own] == [("GET", "503"), ("GET", "200")]
    assert all("/deployments " in line and re.search(r" \d+ ms\b", line) for line in own)
    assert not any("api-version" in line or "Bearer" in line for line in own)


def test_somebody_elses_operation_is_waited_out_and_told(foundry: Foundry, arm: ArmManagement) -> None:
    conflict = {"error": {"code": "RequestConflict", "message": "Another operation is being performed"}}
    foundry.admin.fault("PUT", ONE, status=409, body=conflict, times=3)
    arm.put(deployments_path(arm, "chat"), body())
    assert len(foundry.clock.slept) == 3
    assert all("another operation is running on the account" in note for note in foundry.notes)


def test_an_account_that_stays_busy_is_told_in_the_end(foundry: Foundry, arm: ArmManagement) -> None:
    conflict = {"error": {"code": "RequestConflict", "message": "Another operation is being performed"}}
    foundry.admin.fault("PUT", ONE, status=409, body=conflict, times=None, headers={"Retry-After": "20"})
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    assert (failure.code, failure.status) == ("RequestConflict", 409)
    assert foundry.clock.slept == [20.0] * 29


def test_another_conflict_is_not_waited_for(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.fault("DELETE", ONE, status=409, body={"error": {"code": "ScopeLocked", "message": "m"}})
    assert failure_of(lambda: arm.delete(deployments_path(arm, "chat"))).code == "ScopeLocked"
    assert foundry.clock.slept == []


@pytest.mark.parametrize(
    "do",
    [
        {"status": 429, "headers": {"Retry-After": "3"}},
        {"status": 408},
        {"status": 500, "after_effect": True},
        {"status": 503},
        {"drop": "before"},
        {"drop": "after"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_every_request_is_repeated_by_the_table(
    foundry: Foundry, arm: ArmManagement, method: str, do: dict[str, Any]
) -> None:
    arm.put(deployments_path(arm, "chat"), body())
    calls: dict[str, Callable[[], object]] = {
        "GET": lambda: list(arm.items(deployments_path(arm))),
        "PUT": lambda: arm.put(deployments_path(arm, "chat"), body(20)),
        "PATCH": lambda: arm.patch(deployments_path(arm, "chat"), {"sku": {"name": "GlobalStandard", "capacity": 20}}),
        "DELETE": lambda: arm.delete(deployments_path(arm, "chat")),
        "POST": lambda: arm.post(deployments_path(arm, "chat", "pause")),
    }
    foundry.admin.fault(method, "*/deployments*", **do)
    calls[method]()
    assert len(foundry.clock.slept) == len(foundry.notes) == 1
    if "headers" in do:
        assert foundry.clock.slept == [3.0]
    assert len(list(arm.items(deployments_path(arm)))) == (0 if method == "DELETE" else 1)


def test_it_gives_up_and_keeps_the_services_words(foundry: Foundry, arm: ArmManagement) -> None:
    told = {"error": {"code": "ServerBusy", "message": "try later"}}
    foundry.admin.fault("PUT", ONE, status=503, body=told, times=None, headers={"x-ms-request-id": "7f"})
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    assert (failure.code, failure.message, failure.status) == ("ServerBusy", "try later", 503)
    assert failure.request_id
    assert len(foundry.clock.slept) == ATTEMPTS - 1


def test_polling_survives_an_unwell_service(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.switch(write_seconds=20, write_style="async")
    foundry.admin.fault("GET", "*/operationResults/*", status=503, times=3)
    arm.put(deployments_path(arm, "chat"), body())
    assert next(iter(arm.items(deployments_path(arm))))["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    ("status", "error", "code_and_message"),
    [
        ("Failed", {"code": "InsufficientQuota", "message": "none left"}, ("InsufficientQuota", "none left")),
        ("Failed", None, ("operation-failed", "does not say why")),
        ("Canceled", {"code": "OperationPreempted", "message": "by another"}, ("OperationPreempted", "by another")),
    ],
)
def test_an_operation_that_fails_keeps_its_code_and_message(
    foundry: Foundry, arm: ArmManagement, status: str, error: Any, code_and_message: tuple[str, str]
) -> None:
    foundry.admin.switch(write_seconds=20, write_style="async")
    told = {"status": status, **({"error": error} if error else {})}
    foundry.admin.fault("GET", "*/operationResults/*", status=200, body=told)
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    code, message = code_and_message
    assert (failure.code, failure.status) == (code, 0)
    assert message in failure.message
    assert failure.request_id


def test_a_write_that_failed_when_answered_is_a_failure(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.fault("PUT", ONE, status=201, body={"name": "chat", "properties": {"provisioningState": "Failed"}})
    assert failure_of(lambda: arm.put(deployments_path(arm, "chat"), body())).code == "operation-failed"


def test_an_operation_that_never_ends_is_not_waited_for_for_ever(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.switch(write_seconds=10_000_000, write_style="async")
    foundry.admin.fault(
        "GET",
        "*/operationResults/*",
        status=200,
        body={"status": "InProgress"},
        headers={"Retry-After": "9999"},
        times=None,
    )
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    assert failure.code == "timeout"
    assert max(foundry.clock.slept) == 300


def test_deleting_what_is_not_there_is_fine(foundry: Foundry, arm: ArmManagement) -> None:
    arm.delete(deployments_path(arm, "chat"))
    foundry.admin.fault("DELETE", ONE, status=404, body={"error": {"code": "ResourceNotFound", "message": "m"}})
    arm.delete(deployments_path(arm, "chat"))


def test_what_nobody_knows_survives_a_round_trip(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.fault("PUT", ONE, status=200, body={})
    unknown = {**body(routing={"mode": "cost"}, brandNew={"a": [1, None]}), "zones": ["1"]}
    arm.put(deployments_path(arm, "chat"), unknown)
    shown = {"value": [{"name": "chat", **unknown}]}
    foundry.admin.fault("GET", ALL, status=200, body=shown)
    assert list(arm.items(deployments_path(arm))) == shown["value"]


def test_a_patch_leaves_everything_but_sku_and_tags_alone(foundry: Foundry, arm: ArmManagement) -> None:
    arm.put(deployments_path(arm, "chat"), body(versionUpgradeOption="NoAutoUpgrade"))
    foundry.admin.switch(strict=True)
    arm.patch(deployments_path(arm, "chat"), {"sku": {"name": "GlobalStandard", "capacity": 33}, "tags": {"a": "b"}})
    found = next(iter(arm.items(deployments_path(arm))))
    assert (found["sku"]["capacity"], found["tags"]) == (33, {"a": "b"})
    assert found["properties"]["versionUpgradeOption"] == "NoAutoUpgrade"


def test_a_deployment_is_paused_and_resumed(arm: ArmManagement) -> None:
    arm.put(deployments_path(arm, "chat"), body())
    for verb, state in (("pause", "Paused"), ("pause", "Paused"), ("resume", "Running")):
        arm.post(deployments_path(arm, "chat", verb))
        assert next(iter(arm.items(deployments_path(arm))))["properties"]["deploymentState"] == state


def test_lists_are_followed_by_their_links(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.post("seed", {"deployments": 450})
    foundry.admin.forget_requests()
    assert len({one["name"] for one in arm.items(deployments_path(arm))}) == 450
    assert len(foundry.admin.requests("GET", "/deployments")) == 3


def test_a_list_in_a_circle_ends(foundry: Foundry, arm: ArmManagement) -> None:
    link = f"{foundry.emulator.management}/subscriptions/x/deployments"
    foundry.admin.fault("GET", ALL, status=200, body={"value": [], "nextLink": link}, times=None)
    assert failure_of(lambda: list(arm.items(deployments_path(arm)))).code == "broken-list"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "http://management.azure.com/x",
        "https://management.azure.com.evil.example/x",
        "https://evil.example\\@management.azure.com/x",
        "https://me:secret@management.azure.com/x",
    ],
)
def test_a_link_to_an_untrusted_host_is_refused_before_a_token_leaves(
    foundry: Foundry, arm: ArmManagement, link: str
) -> None:
    foundry.admin.fault("GET", ALL, status=200, body={"value": [], "nextLink": link})
    assert failure_of(lambda: list(arm.items(deployments_path(arm)))).code == "untrusted-host"


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_operation_elsewhere_is_refused_before_a_token_leaves(
    foundry: Foundry, arm: ArmManagement, method: str, header: str
) -> None:
    calls = {
        "PUT": lambda: arm.put(deployments_path(arm, "chat"), body()),
        "PATCH": lambda: arm.patch(deployments_path(arm, "chat"), {"tags": {}}),
        "DELETE": lambda: arm.delete(deployments_path(arm, "chat")),
    }
    status = 201 if method == "PUT" else 202
    pending = {"properties": {"provisioningState": "Creating"}}
    foundry.admin.fault(method, ONE, status=status, body=pending, headers={header: EVIL})
    assert failure_of(calls[method]).code == "untrusted-host"
    assert not any("evil" in str(request) for request in foundry.admin.requests())


def test_a_redirect_is_not_followed(foundry: Foundry, arm: ArmManagement) -> None:
    foundry.admin.fault("GET", ALL, status=307, body="", headers={"Location": EVIL})
    assert failure_of(lambda: list(arm.items(deployments_path(arm)))).status == 307


@pytest.mark.parametrize("text", ["<html>sign in</html>", "[1", "\ufeff"])
def test_an_answer_that_is_not_json_is_a_failure(foundry: Foundry, arm: ArmManagement, text: str) -> None:
    foundry.admin.fault("GET", ALL, status=200, body=text)
    assert failure_of(lambda: list(arm.items(deployments_path(arm)))).code == "not-json"
    foundry.admin.fault("PUT", ONE, status=201, body=text)
    assert failure_of(lambda: arm.put(deployments_path(arm, "chat"), body())).code == "not-json"


@pytest.mark.parametrize(
    ("switches", "code", "advice"),
    [({"management_role": "denied"}, "AuthorizationFailed", "Account Owner")],
)
def test_who_may_not_is_told_what_is_missing(
    foundry: Foundry, arm: ArmManagement, switches: dict[str, Any], code: str, advice: str
) -> None:
    foundry.admin.switch(**switches)
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    assert (failure.code, failure.status) == (code, 403)
    assert failure.request_id
    assert advice in failure.advice


def test_what_json_cannot_hold_is_never_sent(foundry: Foundry, arm: ArmManagement) -> None:
    assert failure_of(lambda: arm.put(deployments_path(arm, "chat"), {"x": float("nan")})).code == "not-json"
    assert foundry.admin.requests("PUT") == []


@pytest.mark.parametrize("said", ["<html>Gone.</html>", "[]", '{"error": {"message": "m"}}'])
@pytest.mark.parametrize("is_gone", [True, False])
def test_an_odd_answer_to_a_deletion_is_looked_behind_once(
    foundry: Foundry, arm: ArmManagement, said: str, is_gone: bool
) -> None:
    arm.put(deployments_path(arm, "chat"), body())
    foundry.admin.fault("DELETE", ONE, status=200, body=said, after_effect=is_gone, times=None)
    foundry.admin.forget_requests()
    if is_gone:
        arm.delete(deployments_path(arm, "chat"))
    else:
        message = failure_of(lambda: arm.delete(deployments_path(arm, "chat"))).message
        assert message.startswith("The answer to the deletion of deployments/chat ")
        assert message.endswith(". What was to be deleted is still there.")
    assert [it["method"] for it in foundry.admin.requests()] == ["DELETE", "GET"]
    assert foundry.clock.slept == []


@pytest.mark.parametrize(
    ("path", "method", "what"),
    [
        ("deployments", "GET", "The list of deployments"),
        ("deployments/a", "PUT", "The answer for deployments/a"),
        ("deployments/a/pause", "POST", "The answer for deployments/a"),
        ("projects/p/connections", "GET", "The list of connections"),
        ("projects/p/connections/a", "DELETE", "The answer to the deletion of connections/a"),
        ("raiBlocklists/a/raiBlocklistItems", "GET", "The list of raiBlocklistItems"),
        ("raiBlocklists/a/addRaiBlocklistItems", "POST", "The answer for raiBlocklists/a"),
        ("ones/a/others/b/yetOthers/c%20d/", "GET", "The answer for yetOthers/c d"),
        ("", "GET", "The state of the operation"),
    ],
)
def test_whatever_stands_below_an_account_is_called_by_its_collection_and_name(
    path: str, method: str, what: str
) -> None:
    account = "https://arm/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
    assert what_of(f"{account}/{path}?api-version=x", method) == what


def test_a_provider_that_is_not_registered_is_told_with_what_to_do(foundry: Foundry, arm: ArmManagement) -> None:
    error = {"error": {"code": "MissingSubscriptionRegistration", "message": "The subscription is not registered."}}
    foundry.admin.fault("PUT", ONE, status=409, body=json.dumps(error), times=None)
    failure = failure_of(lambda: arm.put(deployments_path(arm, "chat"), body()))
    assert failure.code == "MissingSubscriptionRegistration"
    assert "az provider register" in failure.advice
