"""The picture of a plan: layers from left to right, nothing on top of anything, and few boxes for many alike."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change, Plan
from provisioner.render.plan_graph import HEIGHT, WIDTH, Box, Picture, picture, short
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries


def drawn(*changes: Change) -> Picture:
    found = picture(Plan(owner="o", changes=changes))
    assert found is not None
    return found


def box(found: Picture, name: str) -> Box:
    (one,) = [each for each in found.boxes if each.title == name]
    return one


def agents(count: int, *, action: Action = Action.CREATE, of: int = 1) -> list[Change]:
    """Each needs one of `of` deployments, and a store of its own where there are several."""
    changes = []
    for number in range(count):
        needs = {Address("deployments", f"d{number % of}")} | ({Address("stores", f"s{number}")} if of > 1 else set())
        changes.append(sample.change(action, Address("agents", f"a{number}"), needs=frozenset(needs)))
    return changes


def assert_readable(found: Picture) -> None:
    for one, other in combinations(found.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for each in found.boxes:
        assert 0 <= each.x <= found.width - WIDTH
        assert 0 <= each.y <= found.height - HEIGHT


def test_what_is_needed_stands_left_of_what_needs_it() -> None:
    found = drawn(*sample.sample_plan().changes)
    deployment, store, agent = (box(found, name) for name in ("gpt-4.1-mini", "dev-prefs-memory", "dev-buddy"))

    assert deployment.x < store.x < agent.x
    assert [words for _, words in found.headings] == ["deployments", "stores", "agents"]
    assert box(found, "old-memory").x == store.x  # a store stands with the stores
    assert_readable(found)


def test_what_refers_to_what_goes_is_drawn_though_nothing_is_done_to_it() -> None:
    found = drawn(sample.change(Action.DELETE, sample.STORE, live={}, loses_data=True, referrers=(sample.AGENT,)))
    agent = box(found, "dev-buddy")

    assert (agent.action, agent.number) == (None, None)
    assert [(found.boxes[it.start].kind, found.boxes[it.end].kind) for it in found.arrows] == [("stores", "agents")]


def test_an_empty_plan_has_no_picture() -> None:
    assert picture(Plan(owner="o", unchanged=(sample.AGENT,))) is None


def test_two_hundred_that_differ_are_all_drawn_and_readable() -> None:
    found = drawn(*agents(90, of=20))

    assert len(found.boxes) == 200
    assert {each.count for each in found.boxes} == {1}
    assert len(found.arrows) == 180
    assert found.height < 1_600
    assert all(found.boxes[it.start].x < found.boxes[it.end].x for it in found.arrows)
    assert_readable(found)


def test_five_hundred_that_are_alike_are_one_box() -> None:
    found = drawn(*agents(500))

    many = next(each for each in found.boxes if each.count > 1)
    assert (many.count, many.label, many.number) == (500, "500 agents", 0)
    assert many.title.endswith("and 470 more")


def test_what_is_too_much_to_draw_is_drawn_by_kind_and_action() -> None:
    found = drawn(*agents(900, of=40))

    assert sorted((each.kind, each.count) for each in found.boxes) == [
        ("agents", 900),
        ("deployments", 40),
        ("stores", 900),
    ]
    assert len(found.arrows) == 2


@pytest.mark.parametrize("name", ["gpt-4.1-mini", "a" * 63, "会話" * 20, "returns-agent-for-region-017"])
def test_a_name_is_shortened_in_its_middle(name: str) -> None:
    shown = short(name)

    assert shown == name or (
        "…" in shown and name.startswith(shown.split("…")[0]) and name.endswith(shown.split("…")[1])
    )
    assert len(shown) <= 20


@settings(max_examples=tries(40))
@given(our.plans)
def test_any_plan_can_be_drawn(plan: Plan) -> None:
    if found := picture(plan):
        assert_readable(found)
        assert sum(each.count for each in found.boxes) >= len({change.address for change in plan.changes})


def test_an_arrow_that_skips_a_layer_leads_around_its_boxes() -> None:
    found = drawn(*sample.sample_plan().changes)
    start, end = (found.boxes.index(box(found, name)) for name in ("gpt-4.1-mini", "helper"))
    (path,) = [arrow.path for arrow in found.arrows if (arrow.start, arrow.end) == (start, end)]
    across = int(path.partition("H")[0].rpartition(" ")[2])
    stores = [each for each in found.boxes if each.kind == "stores"]

    assert all(not store.y <= across <= store.y + HEIGHT for store in stores)
