"""Memories one by one: written, read, changed, listed and deleted by hand."""

from __future__ import annotations

from typing import Any

import pytest


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def listed(memory: Any, **query: Any) -> Any:
    return memory.project("POST", "/memory_stores/memory/items:list", {"scope": memory.scope}, **query)


def test_a_memory_is_written_read_changed_and_deleted(memory: Any, project: Any, admin: Any) -> None:
    made = memory.write("Prefers short answers")
    path = f"/memory_stores/memory/items/{made['memory_id']}"
    admin.advance(30)

    changed = project("POST", path, {"content": "Prefers long answers"}).json()

    assert made == {**made, "scope": "ann", "content": "Prefers short answers", "kind": "user_profile"}
    assert changed == {**made, "content": "Prefers long answers", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] >= made["updated_at"] + 30
    assert project("GET", path).json() == changed
    assert project("DELETE", path).json() == {
        "object": "memory_store.item.deleted",
        "memory_id": made["memory_id"],
        "deleted": True,
    }
    for method in ("GET", "DELETE"):
        assert error(project(method, path)) == (404, "not_found")
    assert error(project("POST", path, {"content": "x"})) == (404, "not_found")


@pytest.mark.parametrize("kind", ["user_profile", "chat_summary", "procedural"])
def test_every_kind_may_be_written(memory: Any, kind: str) -> None:
    assert memory.write("Something", kind)["kind"] == kind


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        pytest.param({"content": ""}, "content", "invalid_request_error", id="empty"),
        pytest.param({"content": "  "}, "content", "invalid_request_error", id="blank"),
        pytest.param({"content": 5}, "content", "invalid_request_error", id="number"),
        pytest.param({"content": "x" * 8193}, "content", "content_size_exceeded", id="long"),
        pytest.param({"kind": "rumour"}, "kind", "invalid_request_error", id="unknown-kind"),
        pytest.param({"kind": None}, "kind", "invalid_request_error", id="no-kind"),
        pytest.param({"kind": []}, "kind", "invalid_request_error", id="list-as-kind"),
    ],
)
def test_a_wrong_memory_is_refused(memory: Any, body: Any, param: str, code: str) -> None:
    answer = memory.post("/items", **{"content": "x", "kind": "user_profile", **body})

    assert error(answer) == (400, code)
    assert answer.json()["error"]["param"] == param


@pytest.mark.rule(23)
def test_a_list_is_of_one_scope_and_newest_first(memory: Any) -> None:
    made = [memory.write(f"Fact {place}") for place in range(3)]
    memory.of("bob").write("Another's")

    body = listed(memory).json()

    assert body == {
        "object": "list",
        "data": made[::-1],
        "first_id": made[2]["memory_id"],
        "last_id": made[0]["memory_id"],
        "has_more": False,
    }
    assert listed(memory, order="asc").json()["data"] == made
    assert listed(memory.of("nobody")).json()["data"] == []


def test_a_list_may_be_of_one_kind(memory: Any) -> None:
    memory.write("A fact")
    summary = memory.write("A summary", "chat_summary")

    assert listed(memory, kind="chat_summary").json()["data"] == [summary]
    assert listed(memory, kind="procedural").json()["data"] == []
    assert error(listed(memory, kind="rumour")) == (400, "invalid_request_error")


@pytest.mark.rule(23)
def test_a_list_may_be_asked_for_by_get(memory: Any, project: Any) -> None:
    made = memory.write("A fact")
    path = "/memory_stores/memory/items:list"

    assert project("GET", path, scope="ann").json()["data"] == [made]
    assert project("GET", path, scope="bob").json()["data"] == []
    assert error(project("GET", path)) == (400, "invalid_request_error")
    assert error(project("POST", path, {})) == (400, "invalid_request_error")


@pytest.mark.rule(24)
def test_a_list_is_paged_both_ways_and_ends(memory: Any) -> None:
    made = [memory.write(f"Fact {place}")["memory_id"] for place in range(5)]

    def page(**query: Any) -> tuple[list[str], bool]:
        body = listed(memory, order="asc", limit=2, **query).json()
        return [item["memory_id"] for item in body["data"]], body["has_more"]

    assert page() == (made[:2], True)
    assert page(after=made[1]) == (made[2:4], True)
    assert page(after=made[3]) == (made[4:], False)
    assert page(before=made[2]) == (made[:2], False)
    last = listed(memory, order="asc", after=made[4]).json()
    assert (last["data"], last["first_id"], last["last_id"], last["has_more"]) == ([], None, None, False)


def test_a_page_may_follow_a_memory_deleted_since(memory: Any, project: Any) -> None:
    made = [memory.write(f"Fact {place}")["memory_id"] for place in range(3)]
    project("DELETE", f"/memory_stores/memory/items/{made[1]}").raise_for_status()

    assert [item["memory_id"] for item in listed(memory, after=made[1]).json()["data"]] == made[:1]


@pytest.mark.rule(24)
@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"order": "up"}, {"after": "mem_unknown"}]
)
def test_a_wrong_page_is_refused(memory: Any, query: Any) -> None:
    assert error(listed(memory, **query)) == (400, "invalid_request_error")


def test_a_deleted_scope_is_empty_and_others_stay(memory: Any) -> None:
    memory.write("A fact")
    memory.of("bob").write("Another's")

    answer = memory.post(":delete_scope")

    assert answer.json() == {"object": "memory_store.scope.deleted", "name": "memory", "scope": "ann", "deleted": True}
    assert memory.held() == []
    assert memory.of("bob").held() == ["Another's"]
    assert memory.post(":delete_scope").status_code == 200


def test_a_memory_is_found_in_its_store_only(memory: Any, project: Any, make_store: Any) -> None:
    make_store("other")
    made = memory.write("A fact")

    assert error(project("GET", f"/memory_stores/other/items/{made['memory_id']}")) == (404, "not_found")


@pytest.mark.rule(18)
def test_a_store_takes_its_memories_with_it(memory: Any, project: Any, make_store: Any) -> None:
    memory.write("A fact")
    update = memory.submit("I live in Lisbon.", delay=300)
    search = memory.search("Where?").json()["search_id"]
    project("DELETE", "/memory_stores/memory").raise_for_status()
    make_store()

    assert memory.held() == []
    assert project("GET", f"/memory_stores/memory/updates/{update}").status_code == 404
    assert memory.search("Where?", previous_search_id=search).status_code == 400
    memory.admin.advance(400)
    assert memory.held() == []


def test_strict_refuses_unknown_fields(memory: Any, admin: Any) -> None:
    made = memory.write("A fact", colour="red")
    admin.switch(strict=True)

    assert memory.post("/items", content="x", kind="user_profile", colour="red").status_code == 400
    path = f"/memory_stores/memory/items/{made['memory_id']}"
    assert memory.project("POST", path, {"content": "x", "kind": "procedural"}).status_code == 400
    assert memory.post(":delete_scope", colour="red").status_code == 400
    assert memory.post("/items:list", colour="red").status_code == 400
