"""Time and processes: memories that expire, updates that outlive their emulator, two emulators on one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provisioner.emulator import Clock, Options

if TYPE_CHECKING:
    from pathlib import Path


def test_a_memory_expires_after_the_store_s_time_to_live(memory: Any, make_store: Any, admin: Any) -> None:
    make_store("short", default_ttl_seconds=100)
    short = type(memory)(project=memory.project, admin=admin, store="short")
    made = short.write("Prefers Python")
    memory.write("Prefers Python")

    admin.advance(90)
    assert short.held() == short.found() == ["Prefers Python"]
    admin.advance(20)

    assert short.held() == short.found() == short.found("What do I prefer?") == []
    assert memory.project("GET", f"/memory_stores/short/items/{made['memory_id']}").status_code == 404
    assert memory.held() == ["Prefers Python"]


def test_the_time_to_live_counts_from_the_last_change(memory: Any, make_store: Any, admin: Any) -> None:
    make_store("short", default_ttl_seconds=100)
    short = type(memory)(project=memory.project, admin=admin, store="short")
    made = short.write("Prefers Python")
    admin.advance(90)
    memory.project("POST", f"/memory_stores/short/items/{made['memory_id']}", {"content": "Prefers Rust"})
    admin.advance(90)

    assert short.held() == ["Prefers Rust"]


def test_what_an_update_extracts_expires_too_also_when_nobody_looked(memory: Any, make_store: Any, admin: Any) -> None:
    make_store("short", default_ttl_seconds=100)
    short = type(memory)(project=memory.project, admin=admin, store="short")
    update = short.submit("I live in Lisbon.")
    admin.advance(200)

    assert short.poll(update)["status"] == "completed"
    assert short.held() == []


def test_an_expired_memory_is_not_known_to_an_update(memory: Any, make_store: Any, admin: Any) -> None:
    make_store("short", default_ttl_seconds=100)
    short = type(memory)(project=memory.project, admin=admin, store="short")
    short.learn("I use Emacs as my editor.")
    admin.advance(200)

    update = short.learn("I moved from Emacs to Helix.")

    assert {operation["kind"] for operation in update["result"]["memory_operations"]} == {"create"}


def test_a_waiting_update_outlives_its_emulator(tmp_path: Path, started: Any) -> None:
    clock, options = Clock(), Options(state=str(tmp_path / "local.db"))
    with started(options, clock) as memory:
        update = memory.submit("I live in Lisbon.", delay=60)
    with started(options, clock) as memory:
        assert memory.poll(update)["status"] == "queued"
    clock.advance(100)
    with started(options, clock) as memory:
        assert memory.poll(update)["status"] == "completed"
        assert any("Lisbon" in content for content in memory.held())


def test_two_emulators_on_one_file_share_memories_and_updates(tmp_path: Path, started: Any) -> None:
    clock, options = Clock(), Options(state=str(tmp_path / "local.db"))
    with started(options, clock) as one, started(options, clock) as two:
        first = one.submit("I like apples.", delay=60)
        second = two.submit("I like pears.", delay=60)
        assert one.poll(first)["superseded_by"] == second
        clock.advance(61)

        assert one.poll(second) == two.poll(second)
        assert one.poll(second)["status"] == "completed"
        two.write("Owns a boat")
        assert "Owns a boat" in one.found("Do I own a boat?")


def test_a_reset_forgets_memories_and_updates(memory: Any, admin: Any, models: None, make_store: Any) -> None:  # noqa: ARG001
    memory.write("Prefers Python")
    update = memory.submit("I live in Lisbon.", delay=5)
    admin.post("reset").raise_for_status()
    make_store()
    admin.advance(60)

    assert memory.held() == []
    assert memory.project("GET", f"/memory_stores/memory/updates/{update}").status_code == 404


def test_a_deleted_scope_takes_what_waits_with_it(memory: Any, admin: Any) -> None:
    update = memory.submit("I live in Lisbon.")

    memory.post(":delete_scope")
    admin.advance(60)

    assert (memory.poll(update)["status"], memory.held()) == ("superseded", [])
