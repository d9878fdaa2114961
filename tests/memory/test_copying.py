"""Memories from one store into another."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from provisioner.memory.copying import Side, Surplus, compare, copy
from provisioner.memory.plane import Memories
from provisioner.model.errors import PlaneError
from provisioner.model.memory import Item
from provisioner.planes.service import Planes
from tests.memory.hoard import PEOPLE, another_store, build, held, hoard, manner, memory, sum_of, write
from tests.planes.world import Foundry, failure_of


@pytest.fixture
def memories(foundry: Foundry, planes: Planes) -> Memories:
    found = build(foundry, planes)
    another_store(planes)
    return found


def sides(memories: Memories) -> tuple[Side, Side]:
    return Side(memories=memories, store="memory"), Side(memories=memories, store="other")


def test_all_memories_of_all_scopes_arrive_once(foundry: Foundry, memories: Memories) -> None:
    items = hoard(memories)
    copied = copy(*sides(memories), PEOPLE, manner(foundry))
    assert (copied.added, copied.there, copied.refused) == (12, 0, ())
    assert held(memories, "other") == sum_of(items)


def test_a_second_copy_adds_nothing(foundry: Foundry, memories: Memories) -> None:
    hoard(memories)
    copy(*sides(memories), PEOPLE, manner(foundry))
    copied = copy(*sides(memories), PEOPLE, manner(foundry))
    assert (copied.added, copied.there) == (0, 12)


def test_a_scope_of_many_pages_is_copied_by_many_at_once(foundry: Foundry, memories: Memories) -> None:
    write(memories, "memory", *(memory("ann", number) for number in range(120)))
    seen: list[int] = []
    copied = copy(*sides(memories), ["ann"], manner(foundry, tell=seen.append))
    assert (copied.added, sum(seen)) == (120, 120)
    assert held(memories, "other") == held(memories, "memory")
    assert not any(it.difference for it in compare(*sides(memories), ["ann"], manner(foundry)).values())


@pytest.mark.parametrize(
    "do", [{"drop": "after"}, {"drop": "before"}, {"status": 500, "after_effect": True}, {"status": 429}], ids=str
)
@pytest.mark.parametrize("nth", [1, 5, 12])
def test_whatever_becomes_of_an_answer_nothing_is_lost_or_doubled(
    foundry: Foundry, memories: Memories, do: dict[str, Any], nth: int
) -> None:
    items = hoard(memories)
    foundry.admin.fault("POST", "*/memory_stores/other/items", nth=nth, **do)
    copy(*sides(memories), PEOPLE, manner(foundry, at_once=1))
    assert held(memories, "other") == sum_of(items)


def test_a_storm_of_429_is_waited_out_however_long_it_lasts(foundry: Foundry, memories: Memories) -> None:
    items = hoard(memories)
    for path in ("*/memory_stores/other/items", "*/memory_stores/memory/items:list"):
        foundry.admin.fault("POST", path, nth=2, times=15, status=429, headers={"Retry-After": "20"})
    copy(*sides(memories), PEOPLE, manner(foundry, at_once=1))
    assert held(memories, "other") == sum_of(items)
    assert sum(foundry.clock.slept) >= 2 * 15 * 20


def test_a_throttled_list_goes_on_where_it_was(foundry: Foundry, memories: Memories) -> None:
    write(memories, "memory", *(memory("ann", number) for number in range(120)))
    foundry.admin.fault("POST", "*/memory_stores/memory/items:list", nth=2, times=8, status=429)
    copied = copy(*sides(memories), ["ann"], manner(foundry))
    assert copied.added == 120
    assert held(memories, "other") == held(memories, "memory")


def test_requests_are_sent_at_the_rate_that_is_allowed(foundry: Foundry, memories: Memories) -> None:
    hoard(memories)
    foundry.admin.forget_requests()
    started = foundry.clock.now()
    copy(*sides(memories), PEOPLE, manner(foundry, rate=60, at_once=1))
    requests = len(foundry.admin.requests("POST"))
    assert requests == 3 + 3 + 12
    assert foundry.clock.now() - started >= requests - 2


def test_a_memory_that_is_refused_is_named_by_its_number_and_the_rest_goes_on(
    foundry: Foundry, memories: Memories
) -> None:
    hoard(memories)
    quoting = {"error": {"code": "content_filter", "message": "'ann keeps the secret number 1' is not allowed."}}
    foundry.admin.fault("POST", "*/memory_stores/other/items", nth=2, status=400, body=quoting)
    copied = copy(*sides(memories), PEOPLE, manner(foundry, at_once=1))
    (refused,) = copied.refused
    assert (refused.scope, refused.number, copied.added) == ("ann", 2, 11)
    assert refused.failure.message == "The service refused it (400 content_filter)."


def test_a_store_that_takes_nothing_is_left_soon(foundry: Foundry, memories: Memories) -> None:
    write(memories, "memory", *(memory("ann", number) for number in range(60)))
    foundry.admin.forget_requests()
    foundry.admin.switch(project_identity="denied")
    with pytest.raises(PlaneError):
        copy(*sides(memories), ["ann"], manner(foundry, at_once=1))
    assert len(foundry.admin.requests("POST", "/memory_stores/other/items")) < 25


def test_a_store_that_goes_meanwhile_ends_it(foundry: Foundry, memories: Memories, planes: Planes) -> None:
    hoard(memories)
    planes.project.delete("memory_stores/other", features=("MemoryStores=V1Preview",), is_gone=lambda: True)
    failure = failure_of(lambda: copy(*sides(memories), PEOPLE, manner(foundry)))
    assert failure.status == 404


@pytest.mark.parametrize(
    ("surplus", "left"),
    [
        pytest.param(Surplus.KEEP, 15, id="all-stay"),
        pytest.param(Surplus.DOUBLES, 14, id="what-is-there-twice-goes"),
        pytest.param(Surplus.ALL, 12, id="all-go"),
    ],
)
def test_what_the_source_does_not_have(foundry: Foundry, memories: Memories, surplus: Surplus, left: int) -> None:
    items = hoard(memories)
    write(memories, "other", memory("ann", 1, "chat_summary"), memory("ann", 1, "chat_summary"), *new_ones())
    copied = copy(*sides(memories), PEOPLE, manner(foundry), surplus=surplus)
    found = held(memories, "other")
    assert found.total() == left, (found - sum_of(items), copied)
    assert not sum_of(items) - found


def new_ones() -> tuple[Item, ...]:
    return memory("bob", 77), memory("cy", 78)


def test_an_unclear_deletion_of_surplus_is_looked_after(foundry: Foundry, memories: Memories) -> None:
    items = hoard(memories)
    write(memories, "other", *new_ones())
    for drop in ("before", "after"):
        foundry.admin.fault("DELETE", "*/memory_stores/other/items/*", drop=drop)
    copy(*sides(memories), PEOPLE, manner(foundry), surplus=Surplus.ALL)
    assert held(memories, "other") == sum_of(items)


def test_it_stops_when_told_to_and_goes_on_later(foundry: Foundry, memories: Memories) -> None:
    items = hoard(memories)
    stop = threading.Event()
    told: list[int] = []

    def tell(number: int) -> None:
        told.append(number)
        if len(told) == 5:
            stop.set()

    failure = failure_of(
        lambda: copy(*sides(memories), PEOPLE, manner(foundry, at_once=2, tell=tell, stopping=stop.is_set))
    )
    assert failure.code == "stopped"
    assert held(memories, "other").total() < 12
    copy(*sides(memories), PEOPLE, manner(foundry))
    assert held(memories, "other") == sum_of(items)


def test_comparing_says_what_each_scope_lacks_and_has_too_much(foundry: Foundry, memories: Memories) -> None:
    hoard(memories)
    copy(*sides(memories), ["ann", "bob"], manner(foundry))
    write(memories, "other", memory("ann", 99))
    found = compare(*sides(memories), PEOPLE, manner(foundry))
    told = {scope: (it.difference.lacking, it.difference.surplus, it.count) for scope, it in found.items()}
    assert told == {"ann": (0, 1, 4), "bob": (0, 0, 4), "cy": (4, 0, 4)}


def test_older_memories_are_left_out_where_only_later_ones_are_wanted(foundry: Foundry, memories: Memories) -> None:
    hoard(memories)
    foundry.admin.advance(100)
    memories.add("memory", memory("bob", 50))
    (late,) = list(memories.items("memory", "bob", newest_first=True))[:1]
    copied = copy(*sides(memories), PEOPLE, manner(foundry, since=late.updated_at))
    assert copied.added == 1
    assert held(memories, "other") == Counter({("bob", late.hash): 1})
