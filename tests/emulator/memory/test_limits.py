"""How much fits and how often: 100 scopes, 10,000 memories in each, 1,000 requests a minute."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.emulator import Clock, Options

if TYPE_CHECKING:
    from pathlib import Path


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def fill(file: Path, rows: list[tuple[str, int]], *, expires: float = 1e18) -> None:
    """Memories by the thousand, beside the emulator: (scope, how many)."""
    with closing(sqlite3.connect(file)) as database, database:
        database.executemany(
            "INSERT INTO memories (store, scope, memory_id, kind, content, updated, expires)"
            " VALUES (1, ?, 'mem_' || ? || ?, 'user_profile', 'Fact ' || ?, 0, ?)",
            [(scope, scope, place, place, expires) for scope, count in rows for place in range(count)],
        )


@pytest.mark.rule(22)
def test_a_store_has_at_most_a_hundred_scopes(tmp_path: Path, started: Any) -> None:
    with started(Options(state=str(tmp_path / "local.db"))) as memory:
        fill(tmp_path / "local.db", [(f"user_{place}", 1) for place in range(99)])
        memory.of("waiting").submit("I live in Lisbon.", delay=300)

        for answer in (
            memory.of("one-more").post("/items", content="x", kind="user_profile"),
            memory.of("one-more").post(":update_memories", items=[]),
        ):
            assert error(answer) == (400, "scope_limit_exceeded")
        assert memory.of("user_7").post("/items", content="x", kind="user_profile").status_code == 200
        assert memory.of("waiting").post("/items", content="x", kind="user_profile").status_code == 200
        assert memory.of("one-more").search("Where?").status_code == 200
        memory.of("user_7").post(":delete_scope").raise_for_status()
        assert memory.of("one-more").post("/items", content="x", kind="user_profile").status_code == 200


@pytest.mark.rule(22)
def test_a_scope_has_at_most_ten_thousand_memories(tmp_path: Path, started: Any) -> None:
    clock = Clock()
    with started(Options(state=str(tmp_path / "local.db"), update_seconds=0), clock) as memory:
        fill(tmp_path / "local.db", [("ann", 9_999)])

        memory.write("The last one that fits")
        assert error(memory.post("/items", content="x", kind="user_profile")) == (400, "memory_limit_exceeded")
        update = memory.poll(memory.submit("I live in Lisbon."))
        assert (update["status"], update["error"]["code"]) == ("failed", "memory_limit_exceeded")
        assert memory.of("bob").write("Another scope has room")
        assert memory.found("The last one that fits")[0] == "The last one that fits"


def kept(file: Path, scope: str) -> int:
    """With what has expired."""
    with closing(sqlite3.connect(file)) as database:
        return int(database.execute("SELECT count(*) FROM memories WHERE scope = ?", (scope,)).fetchone()[0])


def test_what_has_expired_takes_no_room_and_goes_for_good(tmp_path: Path, started: Any) -> None:
    file = tmp_path / "local.db"
    with started(Options(state=str(file))) as memory:
        fill(file, [("ann", 10_000), ("bob", 1)], expires=1)
        memory.of("ann").write("There is room")
        assert (kept(file, "ann"), kept(file, "bob")) == (1, 0)

        fill(file, [(f"user_{place}", 1) for place in range(100)], expires=1)
        memory.of("one-more").write("There is room")
        assert kept(file, "user_7") == 0


@pytest.mark.rule(22)
def test_a_thousand_searches_a_minute_are_answered_and_as_many_updates(memory: Any, admin: Any) -> None:
    admin.switch(memory_requests_per_minute=3)
    admin.advance(60 - admin.get("state")["now"] % 60)

    searches = [memory.search() for _ in range(4)]
    updates = [memory.post(":update_memories") for _ in range(4)]

    assert [answer.status_code for answer in searches] == [200, 200, 200, 429]
    assert [answer.status_code for answer in updates] == [202, 202, 202, 429]
    assert error(searches[3]) == (429, "rate_limit_exceeded")
    assert 0 < int(searches[3].headers["retry-after"]) <= 60
    assert memory.held() == []
    admin.advance(60)
    assert memory.search().status_code == 200


def test_the_limit_is_a_thousand_and_may_be_lifted(memory: Any, admin: Any) -> None:
    assert admin.get("state")["switches"]["memory_requests_per_minute"] == 1000
    admin.switch(memory_requests_per_minute=0)

    assert all(memory.search().status_code == 200 for _ in range(5))


def test_a_profile_is_answered_up_to_a_hundred_and_old_searches_are_forgotten(memory: Any) -> None:
    for number in range(101):
        memory.write(f"Likes {number}")

    first = memory.search()
    assert len(first.json()["memories"]) == 100
    for _ in range(100):
        memory.search()

    assert memory.search(previous_search_id=first.json()["search_id"]).status_code == 400
