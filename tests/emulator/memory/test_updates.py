"""Updates: queued, in progress, then completed, failed or superseded; never at once, and never lost."""

from __future__ import annotations

from typing import Any, Final

import pytest

USAGE: Final = {
    "embedding_tokens",
    "input_tokens",
    "input_tokens_details",
    "output_tokens",
    "output_tokens_details",
    "total_tokens",
}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def contents(update: Any) -> list[tuple[str, str]]:
    return [(each["kind"], each["memory_item"]["content"]) for each in update["result"]["memory_operations"]]


@pytest.mark.rule(20)
def test_an_update_is_accepted_and_never_completed_at_once(memory: Any) -> None:
    answer = memory.post(":update_memories", items=[], update_delay=0)

    body = answer.json()
    assert answer.status_code == 202
    assert body == {"update_id": body["update_id"], "status": "queued"}
    place = answer.headers["operation-location"]
    assert place.endswith(f"/api/projects/local/memory_stores/memory/updates/{body['update_id']}?api-version=v1")
    assert memory.poll(body["update_id"])["status"] == "in_progress"


@pytest.mark.rule(20)
def test_an_update_goes_from_queued_to_completed_on_the_clock(memory: Any, admin: Any) -> None:
    update = memory.submit("I prefer tea over coffee.", delay=60)

    assert memory.poll(update)["status"] == "queued"
    admin.advance(60)
    assert memory.poll(update)["status"] == "in_progress"
    admin.advance(10)
    assert memory.poll(update)["status"] == "completed"


def test_an_update_waits_five_minutes_unless_told_otherwise(memory: Any, admin: Any) -> None:
    update = memory.submit("I prefer tea over coffee.", delay=None)

    admin.advance(295)
    assert memory.poll(update)["status"] == "queued"
    admin.advance(20)
    assert memory.poll(update)["status"] == "completed"


@pytest.mark.rule(21)
def test_a_completed_update_tells_what_it_did(memory: Any, admin: Any) -> None:
    update = memory.learn("I prefer tea over coffee.")

    assert set(update) == {"update_id", "status", "superseded_by", "result"}
    assert update["superseded_by"] is None
    profile = [each for each in update["result"]["memory_operations"] if each["memory_item"]["kind"] == "user_profile"]
    item = profile[0]["memory_item"]
    assert profile[0]["kind"] == "create"
    assert set(item) == {"memory_id", "updated_at", "scope", "content", "kind"}
    assert "tea" in item["content"]
    assert item["memory_id"].startswith("mem_")
    assert item["scope"] == "ann"
    assert abs(item["updated_at"] - admin.get("state")["now"]) < 60
    usage = update["result"]["usage"]
    assert set(usage) == USAGE
    assert usage["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}
    assert usage["output_tokens_details"] == {"reasoning_tokens": 0}
    assert usage["total_tokens"] > 0


def test_a_contradicting_fact_updates_the_memory_there_is(memory: Any) -> None:
    memory.learn("I use Emacs as my editor.")

    update = memory.learn("I moved from Emacs to Helix.")

    assert next(kind for kind, content in contents(update) if "Helix" in content) == "update"
    assert not [content for content in memory.held("user_profile") if "Emacs" in content]


def test_a_poll_says_when_to_come_back_until_it_is_over(memory: Any, project: Any, admin: Any) -> None:
    update = memory.submit("I prefer tea over coffee.")
    path = f"/memory_stores/memory/updates/{update}"

    early = project("GET", path)
    admin.advance(9.5)
    late = project("GET", path)
    admin.advance(1)
    over = project("GET", path)

    assert early.headers["retry-after"] == late.headers["retry-after"] == "1"
    assert "retry-after-ms" not in early.headers
    assert 0 < int(late.headers["retry-after-ms"]) <= 500
    assert "retry-after" not in over.headers


@pytest.mark.rule(20)
def test_a_newer_update_supersedes_one_that_waits_and_covers_its_items(memory: Any, admin: Any) -> None:
    first = memory.submit("I prefer tea over coffee.", delay=300)
    second = memory.submit("I live in Lisbon.", previous_update_id=first)

    assert memory.poll(first) == {
        "update_id": first,
        "status": "superseded",
        "superseded_by": second,
        "result": None,
    }
    admin.advance(10)
    told = " ".join(content for _, content in contents(memory.poll(second)))
    assert "tea" in told
    assert "Lisbon" in told


def test_superseding_needs_no_previous_update_id_and_starts_the_wait_again(memory: Any, admin: Any) -> None:
    first = memory.submit("I prefer tea over coffee.", delay=60)
    admin.advance(50)
    second = memory.submit("I live in Lisbon.", delay=60)
    admin.advance(50)

    assert memory.poll(first)["superseded_by"] == second
    assert memory.poll(second)["status"] == "queued"
    assert memory.held() == []


def test_a_chain_of_updates_covers_all_of_it(memory: Any, admin: Any) -> None:
    updates = [memory.submit(f"I like {fruit}.", delay=100) for fruit in ("apples", "pears", "plums")]
    admin.advance(110)

    assert [memory.poll(update)["status"] for update in updates] == ["superseded", "superseded", "completed"]
    told = " ".join(memory.held())
    assert all(fruit in told for fruit in ("apples", "pears", "plums"))


def test_an_empty_update_brings_an_earlier_one_forward(memory: Any, admin: Any) -> None:
    first = memory.submit("I live in Lisbon.", delay=300)
    second = memory.post(":update_memories", previous_update_id=first, update_delay=0).json()["update_id"]
    admin.advance(10)

    assert "Lisbon" in str(memory.poll(second))


def test_one_that_has_started_goes_on(memory: Any, admin: Any) -> None:
    first = memory.submit("I prefer tea over coffee.")
    second = memory.submit("I live in Lisbon.")
    admin.advance(10)

    assert [memory.poll(update)["status"] for update in (first, second)] == ["completed", "completed"]


def test_other_scopes_and_stores_are_not_superseded(memory: Any, make_store: Any) -> None:
    make_store("other")
    first = memory.submit("I prefer tea over coffee.", delay=300)
    memory.of("bob").submit("I live in Lisbon.", delay=300)
    memory.project("POST", "/memory_stores/other:update_memories", {"scope": "ann", "items": []}).raise_for_status()

    assert memory.poll(first)["status"] == "queued"


def test_what_nobody_polls_is_extracted_all_the_same(memory: Any, admin: Any) -> None:
    memory.submit("I prefer tea over coffee.", delay=60)
    admin.advance(70)

    assert any("tea" in content for content in memory.found("What do I drink?"))


def test_a_result_does_not_depend_on_when_it_is_looked_at(memory: Any, admin: Any) -> None:
    due = int(admin.get("state")["now"]) + 10
    polled, unpolled = memory.of("polled"), memory.of("unpolled")
    first = polled.submit("I use Emacs as my editor.")
    unpolled.submit("I use Emacs as my editor.")
    admin.advance(10)
    polled.poll(first)
    admin.advance(500)
    polled.submit("I moved from Emacs to Helix.")
    unpolled.submit("I moved from Emacs to Helix.")
    admin.advance(3600)

    def items(scope: str) -> list[tuple[str, str, int]]:
        listed = memory.project("POST", "/memory_stores/memory/items:list", {"scope": scope}).json()["data"]
        return [(item["kind"], item["content"], round((item["updated_at"] - due) / 10)) for item in listed]

    assert items("polled") == items("unpolled")
    assert all(moment < 60 for _, _, moment in items("unpolled"))


def test_a_deployment_deleted_after_an_update_was_due_does_not_matter_to_it(
    memory: Any, undeploy: Any, admin: Any
) -> None:
    update = memory.submit("I prefer tea over coffee.")
    admin.advance(10)

    undeploy("gpt-4.1-mini")

    assert memory.poll(update)["status"] == "completed"


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([{"role": "user", "content": "I live in Lisbon."}], id="no-type"),
        pytest.param([{"type": "message", "role": "user", "content": "I live in Lisbon."}], id="string"),
        pytest.param(
            [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "I live in Lisbon."}]}],
            id="parts",
        ),
        pytest.param("I live in Lisbon.", id="plain-string"),
        pytest.param(
            [{"type": "web_search_call", "id": "x"}, {"role": "user", "content": "I live in Lisbon."}], id="others"
        ),
    ],
)
def test_items_come_in_every_shape_that_clients_send(memory: Any, admin: Any, items: Any) -> None:
    memory.post(":update_memories", items=items, update_delay=0).raise_for_status()
    admin.advance(10)

    assert any("Lisbon" in content for content in memory.held())


def test_what_the_assistant_says_is_no_fact(memory: Any, admin: Any) -> None:
    spoken = [{"type": "message", "role": "assistant", "content": "I live in Lisbon."}]
    memory.post(":update_memories", items=spoken, update_delay=0).raise_for_status()
    admin.advance(10)

    assert memory.held("user_profile") == []


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("user_profile_enabled", "user_profile"),
        ("chat_summary_enabled", "chat_summary"),
        ("procedural_memory_enabled", "procedural"),
    ],
)
def test_a_kind_that_is_off_is_never_extracted(memory: Any, make_store: Any, option: str, kind: str) -> None:
    make_store("picky", **{option: False})
    text = "I live in Lisbon. To release: first run the tests, then tag the commit, then push the tag."

    everything = {item["memory_item"]["kind"] for item in memory.learn(text)["result"]["memory_operations"]}
    picky = type(memory)(project=memory.project, admin=memory.admin, store="picky").learn(text)

    assert kind in everything
    assert {item["memory_item"]["kind"] for item in picky["result"]["memory_operations"]} == everything - {kind}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"items": {}}, id="object-as-items"),
        pytest.param({"items": ["text"]}, id="strings-in-items"),
        pytest.param({"update_delay": -1}, id="negative-delay"),
        pytest.param({"update_delay": "5"}, id="string-as-delay"),
        pytest.param({"update_delay": True}, id="true-as-delay"),
        pytest.param({"update_delay": 86_401}, id="long-delay"),
        pytest.param({"previous_update_id": "memupd_unknown"}, id="unknown-previous"),
        pytest.param({"previous_update_id": 5}, id="number-as-previous"),
        pytest.param({"scope": None}, id="no-scope"),
    ],
)
def test_a_wrong_update_is_refused(memory: Any, body: Any) -> None:
    answer = memory.post(":update_memories", **body)

    assert error(answer) == (400, "invalid_request_error")
    assert answer.json()["error"]["param"] == next(iter(body))


def test_a_previous_update_is_one_of_the_same_scope(memory: Any) -> None:
    first = memory.submit("I live in Lisbon.", delay=300)

    assert memory.of("bob").post(":update_memories", items=[], previous_update_id=first).status_code == 400


@pytest.mark.rule(20)
def test_an_update_is_found_in_its_store_only(memory: Any, project: Any, make_store: Any) -> None:
    make_store("other")
    update = memory.submit("I live in Lisbon.")

    assert error(project("GET", f"/memory_stores/other/updates/{update}")) == (404, "not_found")
    assert error(project("GET", "/memory_stores/memory/updates/memupd_unknown")) == (404, "not_found")
    assert error(project("GET", f"/memory_stores/missing/updates/{update}")) == (404, "not_found")


@pytest.mark.rule(21)
def test_unknown_fields_are_ignored_unless_strict(memory: Any, admin: Any) -> None:
    assert memory.post(":update_memories", messages=[], update_delay=0).status_code == 202
    admin.switch(strict=True)

    answer = memory.post(":update_memories", messages=[], update_delay=0)

    assert error(answer) == (400, "invalid_request_error")
    assert answer.json()["error"]["param"] == "messages"
