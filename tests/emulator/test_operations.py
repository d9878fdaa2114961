"""Writes that take time: how they are answered and polled, and that an account has one at a time."""

from __future__ import annotations

from typing import Any

import pytest

GROUP = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
ACCOUNTS = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts"
ACCOUNT = f"{ACCOUNTS}/local-foundry"
CHAT = f"{ACCOUNT}/deployments/chat"


@pytest.fixture
def slow(admin: Any) -> Any:
    admin.switch(write_seconds=30)
    return admin


def follow(arm: Any, url: str) -> Any:
    return arm.client.get(url, headers={"Authorization": f"Bearer {arm.token}"})


def state_of(answer: Any) -> str:
    return str(answer.json()["properties"]["provisioningState"])


@pytest.mark.rule(7)
def test_a_slow_create_is_201_creating_with_a_url_to_poll(arm: Any, slow: Any, documents: Any) -> None:
    made = arm("PUT", CHAT, documents.deployment())
    url = made.headers["azure-asyncoperation"]

    assert (made.status_code, state_of(made)) == (201, "Creating")
    assert "location" not in made.headers
    assert follow(arm, url).json()["status"] == "InProgress"
    slow.advance(31)
    over = follow(arm, url).json()
    assert over["status"] == "Succeeded"
    assert over.keys() >= {"id", "name", "startTime", "endTime"}
    assert state_of(arm("GET", CHAT)) == "Succeeded"


def test_every_answer_that_is_not_final_says_when_to_come_back(arm: Any, slow: Any, documents: Any) -> None:
    made = arm("PUT", CHAT, documents.deployment())
    polled = [follow(arm, made.headers["azure-asyncoperation"]), arm("GET", CHAT)]

    assert [answer.headers["retry-after"] for answer in [made, *polled]] == ["5", "5", "5"]
    slow.advance(29.5)
    assert arm("GET", CHAT).headers["retry-after"] == "1"  # never 0, never a fraction
    slow.advance(1)
    assert "retry-after" not in arm("GET", CHAT).headers
    assert "retry-after" not in follow(arm, made.headers["azure-asyncoperation"]).headers


def test_a_slow_update_is_200_accepted(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.switch(write_seconds=30)

    changed = arm("PUT", CHAT, documents.deployment(capacity=20))

    assert (changed.status_code, state_of(changed)) == (200, "Accepted")
    assert "azure-asyncoperation" in changed.headers


def test_a_slow_patch_is_202_and_its_location_ends_in_the_resource(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.switch(write_seconds=30)

    patched = arm("PATCH", CHAT, {"tags": {"a": "b"}})

    assert patched.status_code == 202
    assert follow(arm, patched.headers["location"]).status_code == 202
    admin.advance(31)
    assert follow(arm, patched.headers["location"]).json()["tags"] == {"a": "b"}


@pytest.mark.rule(7)
def test_a_slow_delete_is_202_and_its_location_ends_in_nothing(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.switch(write_seconds=30)

    gone = arm("DELETE", CHAT)

    assert (gone.status_code, state_of(arm("GET", CHAT))) == (202, "Deleting")
    admin.advance(31)
    assert follow(arm, gone.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"
    assert follow(arm, gone.headers["location"]).status_code == 204
    assert arm("GET", CHAT).status_code == 404


def test_the_bare_style_has_the_resource_polled(arm: Any, slow: Any, documents: Any) -> None:
    slow.switch(write_style="bare")

    made = arm("PUT", CHAT, documents.deployment())

    assert (made.status_code, state_of(made)) == (201, "Creating")
    assert "azure-asyncoperation" not in made.headers
    slow.advance(31)
    assert state_of(arm("GET", CHAT)) == "Succeeded"


@pytest.mark.rule(7)
def test_the_sync_style_answers_when_it_is_over(arm: Any, admin: Any, documents: Any) -> None:
    admin.switch(write_style="sync", write_seconds=0.05)

    made = arm("PUT", CHAT, documents.deployment())

    assert (made.status_code, state_of(made)) == (201, "Succeeded")
    assert made.elapsed.total_seconds() >= 0.05
    assert arm("DELETE", CHAT).status_code == 200
    assert arm("GET", CHAT).status_code == 404


def test_an_instant_write_may_be_answered_as_a_slow_one(arm: Any, admin: Any, documents: Any) -> None:
    admin.switch(write_style="async")

    made = arm("PUT", CHAT, documents.deployment())

    assert state_of(made) == "Creating"
    assert int(made.headers["retry-after-ms"]) > 0
    assert follow(arm, made.headers["azure-asyncoperation"]).json()["status"] == "Succeeded"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(("PUT", f"{ACCOUNT}/deployments/other", "deployment"), id="another-deployment"),
        pytest.param(("PUT", CHAT, "deployment"), id="the-same-deployment"),
        pytest.param(("PATCH", CHAT, {}), id="a-patch"),
        pytest.param(("DELETE", CHAT, None), id="a-delete"),
        pytest.param(("PUT", f"{ACCOUNT}/projects/second", {}), id="a-project"),
        pytest.param(("DELETE", f"{ACCOUNT}/projects/local", None), id="a-project-delete"),
        pytest.param(("PUT", ACCOUNT, {}), id="the-account"),
        pytest.param(("DELETE", ACCOUNT, None), id="the-account-delete"),
    ],
)
@pytest.mark.rule(6)
def test_a_second_write_on_the_account_conflicts(
    arm: Any, slow: Any, documents: Any, request_: tuple[str, str, Any]
) -> None:
    method, path, body = request_
    arm("PUT", CHAT, documents.deployment())

    answer = arm(method, path, documents.deployment() if body == "deployment" else body)

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "RequestConflict",
        "message": f"Another operation is being performed on the parent resource '{ACCOUNT}'. Please try again later.",
    }
    slow.advance(31)
    assert arm("PUT", CHAT, documents.deployment()).status_code == 200


@pytest.mark.rule(6)
def test_reads_pass_while_a_write_is_under_way_and_the_account_reads_accepted(
    arm: Any, slow: Any, documents: Any
) -> None:
    arm("PUT", CHAT, documents.deployment())

    assert arm("GET", f"{ACCOUNT}/deployments").json()["value"][0]["name"] == "chat"
    assert state_of(arm("GET", ACCOUNT)) == "Accepted"
    slow.advance(31)
    assert state_of(arm("GET", ACCOUNT)) == "Succeeded"


@pytest.mark.usefixtures("slow")
@pytest.mark.rule(6)
def test_accounts_do_not_wait_for_each_other(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNTS}/second", {"location": "eastus2"})
    admin.advance(31)
    arm("PUT", CHAT, documents.deployment())

    assert arm("PUT", f"{ACCOUNTS}/second/deployments/chat", documents.deployment()).status_code == 201


def test_an_unknown_operation_is_404(arm: Any, slow: Any, documents: Any) -> None:
    url = arm("PUT", CHAT, documents.deployment()).headers["azure-asyncoperation"]
    path, _, query = url.partition("?")

    assert follow(arm, f"{path[:-1]}x?{query}").status_code == 404
    slow.advance(31)
