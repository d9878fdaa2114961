"""Answers that are not so: every lie that a provisioner is tested against has its switch here."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator.wire.pointers import Nowhere, changed, removed

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT = f"{ACCOUNT}/deployments/chat"
MERGE = {"Content-Type": "application/merge-patch+json"}


def polled(admin: Any, arm: Any, answer: Any) -> Any:
    url = answer.headers["azure-asyncoperation"]
    return admin.client.get(url, headers={"Authorization": f"Bearer {arm.token}"}).json()


def problem(admin: Any) -> str:
    (fault,) = admin.get("faults")["faults"]
    return str(fault.get("problem", ""))


@pytest.mark.rule(36)
def test_a_write_without_effect_is_answered_as_if_it_were_done(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment(capacity=10))
    admin.fault({"path": "*/deployments/*"}, without_effect=True)

    answer = arm("PUT", CHAT, documents.deployment(capacity=20))

    assert (answer.status_code, answer.json()["sku"]["capacity"]) == (200, 20)
    assert arm("GET", CHAT).json()["sku"]["capacity"] == 10


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_operation_without_effect_can_be_polled_and_succeeds(
    arm: Any, admin: Any, documents: Any, method: str
) -> None:
    before = arm("PUT", CHAT, documents.deployment(capacity=10)).json()
    admin.switch(write_seconds=30)
    admin.fault({"path": "*/deployments/*"}, without_effect=True)

    answer = arm(method, CHAT, None if method == "DELETE" else documents.deployment(capacity=20))

    assert polled(admin, arm, answer)["status"] == "InProgress"
    admin.advance(30)
    assert polled(admin, arm, answer)["status"] == "Succeeded"
    assert arm("GET", CHAT).json() == before


def test_a_create_without_effect_leaves_nothing(arm: Any, project: Any, admin: Any, documents: Any) -> None:
    admin.switch(write_seconds=30)
    admin.fault({}, without_effect=True)

    made = arm("PUT", CHAT, documents.deployment())
    assert made.status_code == 201
    assert project("POST", "/agents/buddy/versions", documents.version()).json()["version"] == "1"
    assert project("POST", "/memory_stores", documents.store()).status_code == 200
    admin.advance(30)

    assert polled(admin, arm, made)["status"] == "Succeeded"
    assert arm("GET", CHAT).status_code == 404
    assert project("GET", "/agents/buddy").status_code == 404
    assert project("GET", "/memory_stores/memory").status_code == 404


@pytest.mark.rule(36)
def test_a_delete_may_delete_nothing(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version())
    admin.fault({"method": "DELETE"}, without_effect=True)

    assert project("DELETE", "/agents/buddy").json()["deleted"] is True
    assert project("GET", "/agents/buddy").status_code == 200


def test_a_delete_may_be_answered_with_a_page_of_html(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.fault({"method": "DELETE"}, status=200, body="<html>Signed out</html>", headers={"Content-Type": "text/html"})

    answer = arm("DELETE", CHAT)

    assert (answer.status_code, answer.headers["content-type"], answer.text[:6]) == (200, "text/html", "<html>")
    assert arm("GET", CHAT).status_code == 200


def test_a_refused_write_without_effect_is_refused_all_the_same(arm: Any, admin: Any, documents: Any) -> None:
    admin.fault({}, without_effect=True)

    assert arm("PUT", CHAT, documents.deployment("gpt-none")).status_code == 400


def test_reads_are_left_alone_by_what_is_about_writes(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, without_effect=True)
    admin.fault({"times": 1}, stale_answer=True)

    assert project("GET", "/agents").status_code == 200
    assert [fault["done"] for fault in admin.get("faults")["faults"]] == [0, 0]


@pytest.mark.rule(36)
def test_an_answer_shows_the_deployment_as_it_was_and_the_write_is_done(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment(capacity=10))
    admin.fault({"path": "*/deployments/*"}, stale_answer=True)

    seen = [
        arm("PUT", CHAT, documents.deployment(capacity=20)).json()["sku"]["capacity"],
        arm("GET", CHAT).json()["sku"]["capacity"],
        arm("PATCH", CHAT, {"sku": {"capacity": 30}}).json()["sku"]["capacity"],
        arm("GET", CHAT).json()["sku"]["capacity"],
    ]

    assert seen == [10, 20, 20, 30]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/agents/buddy/versions", {"definition": {"kind": "prompt", "model": "m", "instructions": "2"}}),
        ("/memory_stores/memory", {"description": "2"}),
    ],
)
def test_objects_of_the_project_are_answered_as_they_were(
    project: Any, admin: Any, documents: Any, path: str, body: Any
) -> None:
    project("POST", "/agents/buddy/versions", documents.version())
    project("POST", "/memory_stores", documents.store(description="1"))
    read = path if "memory" in path else f"{path}/1"
    before = project("GET", read).json()
    admin.fault({"method": "POST", "times": 1}, stale_answer=True)

    answer = project("POST", path, body)

    assert (answer.status_code, answer.json()) == (200, before)
    newer = project("GET", read.replace("versions/1", "versions/2")).json()
    assert (newer.get("description"), newer.get("version")) in {("2", None), (None, "2")}


def test_an_endpoint_is_answered_as_it_was(project: Any, admin: Any, documents: Any) -> None:
    project("POST", "/agents/buddy/versions", documents.version())
    before = project("GET", "/agents/buddy").json()
    admin.fault({"method": "PATCH"}, stale_answer=True)

    answer = project("PATCH", "/agents/buddy", {"agent_card": {"version": "1"}}, headers=MERGE)

    assert answer.json() == before
    assert project("GET", "/agents/buddy").json()["agent_card"] == {"version": "1"}


def test_what_was_not_there_cannot_be_shown_as_it_was(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST"}, stale_answer=True)

    assert project("POST", "/memory_stores", documents.store()).json()["name"] == "memory"
    assert problem(admin) == "There was nothing before this write."


@pytest.mark.rule(37)
@pytest.mark.parametrize(
    ("do", "status", "text"),
    [
        ({"status": 200, "body": {}}, 200, "{}"),
        ({"status": 200, "body": ""}, 200, ""),
        ({"status": 204}, 204, ""),
        ({"status": 200, "body": None}, 200, "null"),
        ({"status": 200, "body": {"error": {"code": "x"}}}, 200, '{"error":{"code":"x"}}'),
        ({"status": 200, "body": []}, 200, "[]"),
        ({"set": {"": "a text"}}, 200, '"a text"'),
        ({"set": {"": {}, "/data": None}}, 200, '{"data": null}'),
        ({"set": {"": {}, "/data": "many"}}, 200, '{"data": "many"}'),
    ],
)
def test_a_list_may_be_no_list(project: Any, admin: Any, do: Any, status: int, text: str) -> None:
    admin.fault({"method": "GET"}, **do)

    answer = project("GET", "/agents")

    assert (answer.status_code, answer.text, problem(admin)) == (status, text, "")


@pytest.mark.rule(37)
@pytest.mark.parametrize("entry", [None, 5, "text", [], {}])
def test_the_entries_of_a_list_may_be_anything(project: Any, admin: Any, documents: Any, entry: Any) -> None:
    for name in ("one", "two"):
        project("POST", f"/agents/{name}/versions", documents.version())
    admin.fault({"method": "GET"}, set={"/data/*": entry}, remove=["/has_more"])

    page = project("GET", "/agents").json()

    assert page["data"] == [entry, entry]
    assert "has_more" not in page


@pytest.mark.rule(37)
@pytest.mark.parametrize("value", [None, 5, "text", [], ["x"], {"x": 1}, True])
def test_an_item_may_hold_anything_anywhere(arm: Any, admin: Any, documents: Any, value: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    arm("PUT", f"{CHAT}-2", documents.deployment())
    whole = arm("GET", f"{ACCOUNT}/deployments").json()
    admin.fault({"method": "GET"}, set={"/value/1/properties/model/name": value, "/value/0/tags": value})

    found = arm("GET", f"{ACCOUNT}/deployments").json()

    assert found["value"][1]["properties"]["model"].pop("name") == value
    assert found["value"][0].pop("tags") == value
    del whole["value"][1]["properties"]["model"]["name"]
    assert found == whole


@pytest.mark.rule(36)
def test_an_answer_may_be_about_somebody_elses_object(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST"}, set={"/name": "other", "/id": "other:1"})

    made = project("POST", "/agents/buddy/versions", documents.version()).json()

    assert (made["name"], made["id"]) == ("other", "other:1")
    assert project("GET", "/agents/buddy").status_code == 200
    assert project("GET", "/agents/other").status_code == 404


def test_a_change_that_fits_nowhere_is_told_with_the_fault(project: Any, admin: Any) -> None:
    admin.fault({}, set={"/data/0/name": 5})

    assert project("GET", "/agents").json()["data"] == []
    assert problem(admin) == "The answer has no '/data/0/name'."


def test_an_answer_without_json_cannot_be_changed(arm: Any, admin: Any, documents: Any) -> None:
    arm("PUT", CHAT, documents.deployment())
    admin.fault({"method": "DELETE"}, set={"/name": 5})

    assert arm("DELETE", CHAT).content == b""
    assert problem(admin) == "The answer has no JSON body to change."


@pytest.mark.rule(36)
def test_a_timeout_comes_after_the_effect(project: Any, admin: Any, documents: Any) -> None:
    admin.fault({"method": "POST", "times": 1}, status=408, after_effect=True)

    assert project("POST", "/agents/buddy/versions", documents.version()).status_code == 408
    assert project("GET", "/agents/buddy").status_code == 200


def test_an_answer_is_as_large_as_asked_for_and_its_length_is_not_told(project: Any, admin: Any) -> None:
    whole = project("GET", "/agents").json()
    admin.fault({}, size_bytes=1_000_001)

    answer = project("GET", "/agents")

    assert (len(answer.content), "content-length" in answer.headers) == (1_000_001, False)
    assert answer.json() == whole


def test_an_answer_larger_than_any_memory_ends_when_the_client_goes(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, size_bytes=2**40)
    headers = {"Authorization": f"Bearer {project.token}"}
    received = 0

    with admin.client.stream("GET", "/api/projects/local/agents?api-version=v1", headers=headers) as answer:
        for chunk in answer.iter_raw():
            received += len(chunk)
            if received > 10_000_000:
                break

    assert project("GET", "/agents").status_code == 200


def test_an_answer_stops_in_its_middle_for_so_long(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, stall_s=0.3)

    started = time.monotonic()
    assert project("GET", "/agents").json()["data"] == []
    assert time.monotonic() - started >= 0.3


def test_a_client_that_waits_no_longer_may_ask_again(project: Any, admin: Any) -> None:
    admin.fault({"times": 1}, stall_s=600)
    url, headers = f"{project.prefix}/agents?api-version=v1", {"Authorization": f"Bearer {project.token}"}

    with pytest.raises(httpx.ReadTimeout):
        admin.client.get(url, headers=headers, timeout=0.2)
    assert project("GET", "/agents").status_code == 200


@pytest.mark.parametrize(
    "do",
    [
        {"without_effect": False},
        {"without_effect": True, "after_effect": True, "status": 500},
        {"without_effect": True, "status": 200},
        {"stale_answer": "yes"},
        {"stale_answer": True, "drop": "after"},
        {"set": {}},
        {"set": {"name": 5}},
        {"set": ["/name"]},
        {"set": {"/a~2": 5}},
        {"set": {"/a": 5}, "status": 200},
        {"remove": "/name"},
        {"remove": [""]},
        {"remove": [5]},
        {"size_bytes": 0},
        {"size_bytes": 2**41},
        {"stall_s": 601},
    ],
)
def test_a_lie_that_cannot_be_told_is_refused_with_a_reason(admin: Any, do: Any) -> None:
    answer = admin.post("faults", {"do": do})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


documents_of_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def places(document: Any, pointer: str = "") -> list[str]:
    """A pointer to every part."""
    entries = (
        enumerate(document) if isinstance(document, list) else document.items() if isinstance(document, dict) else ()
    )
    return [
        pointer,
        *(
            found
            for key, entry in entries
            for found in places(entry, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
        ),
    ]


@given(documents_of_json)
def test_whatever_is_at_a_place_can_be_put_there_and_taken_away(document: Any) -> None:
    for pointer in places(document):
        marked = changed(document, pointer, "🖍")
        assert changed(marked, pointer, "🖌") == changed(document, pointer, "🖌")
        assert len(places(marked)) <= len(places(document))
        if pointer:
            assert len(places(removed(document, pointer))) < len(places(document))


@given(documents_of_json)
def test_a_place_that_is_not_there_is_nowhere(document: Any) -> None:
    with pytest.raises(Nowhere):
        changed(document, "/no such place/at all", 5)
