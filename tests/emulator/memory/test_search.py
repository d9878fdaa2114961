"""Searches: in one scope, by what is talked about, or the profile as a whole."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

if TYPE_CHECKING:
    from provisioner.emulator import Emulator

FACTS: Final = ("Prefers Python", "Lives in Lisbon", "Allergic to peanuts", "Drinks green tea", "Owns a black cat")


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def full(memory: Any) -> Any:
    for fact in FACTS:
        memory.write(fact)
    memory.write("Talked about a trip to Porto", "chat_summary")
    return memory


@pytest.mark.rule(21)
def test_a_search_finds_what_fits_best_first(full: Any) -> None:
    body = full.search("Which city do I live in?").json()

    assert set(body) == {"search_id", "memories", "usage"}
    assert set(body["memories"][0]) == {"memory_item"}
    assert body["memories"][0]["memory_item"]["content"] == "Lives in Lisbon"
    assert set(body["memories"][0]["memory_item"]) == {"memory_id", "updated_at", "scope", "content", "kind"}
    assert body["usage"]["embedding_tokens"] > 0
    assert body["usage"]["output_tokens_details"] == {"reasoning_tokens": 0}


@pytest.mark.rule(21)
def test_without_items_the_profile_is_found_the_latest_first(full: Any, admin: Any) -> None:
    admin.advance(5)
    full.write("Plays the cello")

    assert full.found() == ["Plays the cello", *reversed(FACTS)]
    assert full.found(options={"max_memories": 2}) == ["Plays the cello", "Owns a black cat"]
    assert full.found(items=[]) == full.found()


def test_a_search_needs_no_model_for_the_profile(memory: Any, undeploy: Any) -> None:
    memory.write("Prefers Python")
    for deployment in ("gpt-4.1-mini", "text-embedding-3-large"):
        undeploy(deployment)

    assert memory.found() == ["Prefers Python"]


def test_no_more_than_max_memories_are_found_five_by_default(memory: Any) -> None:
    for place in range(9):
        memory.write(f"Has Python project number {place}")

    assert len(memory.found("Tell me about my Python projects")) == 5
    assert len(memory.found("Tell me about my Python projects", options={"max_memories": 7})) == 7
    assert len(memory.found("Tell me about my Python projects", options={"max_memories": 1})) == 1


def test_scopes_never_see_each_other(full: Any) -> None:
    full.of("bob").write("Lives in Oslo")

    assert full.of("bob").found("Which city do I live in?") == ["Lives in Oslo"]
    assert "Lives in Oslo" not in full.found("Which city do I live in?", options={"max_memories": 100})
    assert full.of("nobody").found("Which city do I live in?") == []
    assert full.of("nobody").found() == []


def test_a_search_goes_on_with_what_was_not_returned_yet(full: Any) -> None:
    question = "Tell me all about me: Python, Lisbon, peanuts, tea, cat"
    first = full.search(question, options={"max_memories": 2}).json()
    second = full.search(question, previous_search_id=first["search_id"], options={"max_memories": 2}).json()
    third = full.search(previous_search_id=second["search_id"], options={"max_memories": 10}).json()

    found = [[each["memory_item"]["memory_id"] for each in body["memories"]] for body in (first, second, third)]
    everything = [memory for memories in found for memory in memories]
    assert [len(memories) for memories in found[:2]] == [2, 2]
    assert len(everything) == len(set(everything)) >= len(FACTS)


def test_a_memory_that_changed_is_found_again(full: Any) -> None:
    first = full.search("Which city do I live in?").json()
    item = first["memories"][0]["memory_item"]
    again = full.found("Which city do I live in?", previous_search_id=first["search_id"])
    full.project("POST", f"/memory_stores/memory/items/{item['memory_id']}", {"content": "Lives in the city of Porto"})

    changed = full.found("Which city do I live in?", previous_search_id=first["search_id"])

    assert item["content"] not in again
    assert changed[0] == "Lives in the city of Porto"


def test_a_profile_search_goes_on_too(memory: Any) -> None:
    memory.write("Prefers Python")
    first = memory.search().json()
    memory.write("Lives in Lisbon")

    assert memory.found(previous_search_id=first["search_id"]) == ["Lives in Lisbon"]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([{"role": "user", "content": "Where do I live?"}], id="no-type"),
        pytest.param([{"role": "user", "content": [{"type": "input_text", "text": "Where do I live?"}]}], id="parts"),
        pytest.param("Where do I live?", id="plain-string"),
        pytest.param(
            [
                {"type": "message", "role": "user", "content": "What do I drink?"},
                {"type": "message", "role": "assistant", "content": "You drink green tea."},
                {"type": "message", "role": "user", "content": "And where do I live?"},
            ],
            id="conversation",
        ),
    ],
)
def test_items_come_in_every_shape_that_clients_send(full: Any, items: Any) -> None:
    assert full.found(items=items)[0] == "Lives in Lisbon"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"scope": None}, "scope", id="no-scope"),
        pytest.param({"scope": ""}, "scope", id="empty-scope"),
        pytest.param({"scope": 5}, "scope", id="number-as-scope"),
        pytest.param({"scope": "user:ann"}, "scope", id="colon"),
        pytest.param({"scope": "{{$userId}}"}, "scope", id="template"),
        pytest.param({"scope": "ann lee"}, "scope", id="blank"),
        pytest.param({"scope": "ann\n"}, "scope", id="line-feed"),
        pytest.param({"scope": "zoë"}, "scope", id="accent"),
        pytest.param({"scope": "x" * 513}, "scope", id="long-scope"),
        pytest.param({"items": 5}, "items", id="number-as-items"),
        pytest.param({"options": []}, "options", id="list-as-options"),
        pytest.param({"options": {"max_memories": 0}}, "options.max_memories", id="no-memories"),
        pytest.param({"options": {"max_memories": 101}}, "options.max_memories", id="too-many-memories"),
        pytest.param({"options": {"max_memories": "5"}}, "options.max_memories", id="string-as-number"),
        pytest.param({"previous_search_id": "memsearch_unknown"}, "previous_search_id", id="unknown-previous"),
    ],
)
def test_a_wrong_search_is_refused(memory: Any, body: Any, param: str) -> None:
    answer = memory.search("Where do I live?", **body)

    assert error(answer) == (400, "invalid_request_error")
    assert answer.json()["error"]["param"] == param


@pytest.mark.rule(22)
@pytest.mark.parametrize("verb", [":update_memories", ":search_memories", ":delete_scope", "/items", "/items:list"])
def test_every_route_checks_the_scope(memory: Any, verb: str) -> None:
    content = {"content": "Prefers Python", "kind": "user_profile"} if verb == "/items" else {}

    assert error(memory.of("user:ann").post(verb, **content)) == (400, "invalid_request_error")
    assert memory.of("a.b-c_d%40e+f@g/9").post(verb, **content).status_code in {200, 202}


def test_a_previous_search_is_one_of_the_same_scope(full: Any) -> None:
    first = full.search("Where do I live?").json()["search_id"]

    assert full.of("bob").search("Where do I live?", previous_search_id=first).status_code == 400


@pytest.mark.rule(21)
def test_v1_ignores_a_bare_query_and_strict_refuses_it(full: Any, admin: Any) -> None:
    answer = full.search(query="Where do I live?", max_num_results=1)

    assert len(answer.json()["memories"]) == len(FACTS)
    assert set(answer.json()["memories"][0]) == {"memory_item"}
    admin.switch(strict=True)
    assert error(full.search(query="Where do I live?")) == (400, "invalid_request_error")


def test_a_missing_store_is_not_found(project: Any) -> None:
    for verb in (":update_memories", ":search_memories", ":delete_scope", "/items", "/items:list"):
        assert error(project("POST", f"/memory_stores/missing{verb}", {"scope": "ann"})) == (404, "not_found")


def test_two_hundred_searches_at_once_are_all_answered(full: Any, emulator: Emulator) -> None:
    """Each over a connection of its own: httpx's default pool, kept at 20, drops some when 200 threads share it."""
    trust = ssl.create_default_context(cafile=emulator.ca_file)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=60)
    with (
        httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60, limits=limits) as client,
        ThreadPoolExecutor(200) as pool,
    ):
        many = replace(full, project=replace(full.project, client=client))
        found = list(pool.map(lambda _: many.found("Which city do I live in?")[0], range(200)))

    assert found == ["Lives in Lisbon"] * 200
