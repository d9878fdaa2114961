"""Who moved: told field by field from the record, with no copy of what was applied."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.action import Origin
from provisioner.model.document import ABSENT, Document
from provisioner.model.plan import FieldChange
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.compare import compare
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import covers
from tests.strategies import filled
from tests.whole import tries

NAMES = [f"f{index}" for index in range(12)]
TOOL = {"type": "mcp", "server_url": "https://a", "allowed_tools": ["x"]}


def differences(
    applied: Document, desired: Document, live: Document, *, size: int = 512, traits: Traits | None = None
) -> tuple[FieldChange, ...]:
    record = AppliedRecord(AppliedRecord.of(applied, size))
    return compare(desired, live, record=record, ignore=(), traits=traits or Traits())


def labels(applied: Document, desired: Document, live: Document) -> dict[str, Origin | None]:
    return {change.name: change.origin for change in differences(applied, desired, live)}


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """Some fields at the top, some deeper, some lists of tools."""
    result: dict[str, Any] = {"deep": {"deeper": {}}}
    for index, (name, value) in enumerate(values.items()):
        if index % 4 == 0:
            result[name] = value
        elif index % 4 == 1:
            result["deep"][name] = value
        elif index % 4 == 2:
            result["deep"]["deeper"][name] = value
        else:
            result[name] = [{"type": "tool", "value": value}, {"type": "other"}]
    return result


def served(document: dict[str, Any]) -> dict[str, Any]:
    """With keys of the service's own in every tool."""
    extra = {
        key: [{**tool, "filled": True} for tool in value] for key, value in document.items() if isinstance(value, list)
    }
    return {**filled(document), **extra}


@settings(max_examples=tries(100), deadline=None)
@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.booleans())
def test_edits_drift_and_both_are_told_apart(edits: set[str], drifts: set[str], fills_in: bool) -> None:
    applied = nested(dict.fromkeys(NAMES, 0))
    desired = nested({name: 1 if name in edits else 0 for name in NAMES})
    drifted = nested({name: 2 if name in drifts else 0 for name in NAMES})
    live = served(drifted) if fills_in else drifted

    told = {name.rpartition(".")[2]: origin for name, origin in labels(applied, desired, live).items()}

    assert told == {
        name: Origin.BOTH if {name} <= edits & drifts else Origin.EDIT if name in edits else Origin.DRIFT
        for name in edits | drifts
    }


@settings(max_examples=tries(100), deadline=None)
@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_a_removed_field_is_noticed_exactly_when_it_was_applied_before(
    applied: set[str], desired: set[str], live: set[str]
) -> None:
    changes = differences(dict.fromkeys(applied, 0), dict.fromkeys(desired, 0), dict.fromkeys(live, 0))
    removed = {change.name for change in changes if change.after is ABSENT}
    assert removed == (applied & live) - desired
    assert all(change.origin is Origin.EDIT for change in changes if change.after is ABSENT)


@pytest.mark.parametrize(
    ("applied", "desired", "live", "expected"),
    [
        pytest.param({}, {"a": 1}, {}, {"a": Origin.EDIT}, id="a new field is an edit"),
        pytest.param({"a": 1}, {"a": 1}, {}, {"a": Origin.DRIFT}, id="a field that vanished is drift"),
        pytest.param({"a": 1}, {"a": 2}, {}, {"a": Origin.BOTH}, id="vanished and edited"),
        pytest.param({"a": 1}, {}, {"a": 2}, {"a": Origin.BOTH}, id="removed here and changed there"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, {}, id="changed alike on both sides"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 1}}, {"a": "x"}, {"a": Origin.DRIFT}, id="a mapping became text"),
        pytest.param(
            {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": "x"}, {"a": Origin.BOTH}, id="a mapping became text, edited"
        ),
        pytest.param({"a": "x", "z": {"y": 1}}, {"a": {"b": 1}, "z": {"y": 1}}, {"a": "x", "z": {"y": 1}},
                     {"a": Origin.EDIT}, id="text became a mapping"),
        pytest.param({"a": {"b": 1}}, {"a": "x"}, {"a": {"b": 1}}, {"a": Origin.EDIT}, id="a mapping became text here"),
        pytest.param({"a": "x", "z": {"y": 1}}, {"z": {"y": 1}}, {"a": {"b": 1}, "z": {"y": 1}},
                     {"a.b": Origin.BOTH}, id="removed here, became a mapping there"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1, "c": 2}}, {"a.b": Origin.EDIT}, id="emptied"),
        pytest.param({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1, "d": 2, "e": 3}}},
                     {"a.b.d": Origin.EDIT}, id="a nested field removed"),
        pytest.param({"t": [TOOL]}, {"t": [{"type": "mcp", "server_url": "https://a"}]}, {"t": [TOOL]},
                     {"t": Origin.EDIT}, id="a key of a tool removed"),
        pytest.param({"t": [TOOL]}, {"t": [TOOL]}, {"t": [TOOL, TOOL]}, {"t": Origin.DRIFT}, id="a tool added there"),
        pytest.param({"t": [TOOL]}, {"t": [TOOL, TOOL]}, {"t": [{**TOOL, "filled": 1}]}, {"t": Origin.EDIT},
                     id="a tool added here"),
        pytest.param({"t": [TOOL, {"type": "x"}]}, {"t": [TOOL]}, {"t": [TOOL, {"type": "x"}]}, {"t": Origin.EDIT},
                     id="a tool removed here"),
        pytest.param({"t": []}, {}, {"t": []}, {}, id="an empty list removed is nothing removed"),
        pytest.param({"t": [1]}, {"t": [1, 2]}, {"t": [1, 2]}, {}, id="a list changed alike on both sides"),
    ],
)  # fmt: skip
def test_every_difference_has_its_origin(
    applied: Document, desired: Document, live: Document, expected: dict[str, Origin]
) -> None:
    assert labels(applied, desired, live) == expected


def test_without_a_record_nobody_can_tell_who_moved() -> None:
    (change,) = compare({"a": 1}, {"a": 2}, record=None, ignore=(), traits=Traits())
    assert change == FieldChange(path=("a",), before=2, after=1, origin=None)


def test_an_immutable_field_that_is_removed_goes_back_only_where_it_is_not_the_default() -> None:
    traits = Traits(immutable=(("options",),), rules={("options", "on"): Rule(default=True)})
    applied = {"options": {"on": True, "ttl": 5}}
    (change,) = differences(applied, {}, applied, traits=traits)
    assert (change.name, change.forces_replace) == ("options.ttl", True)


def test_fields_that_are_recorded_with_their_parent_still_tell_that_something_moved() -> None:
    applied = {"a": {"b": 1, "c": 2}, "d": {"e": 3}}
    small = 23  # room for two: the parents
    edited = {"a": {"b": 9, "c": 2}, "d": {"e": 3}}
    (change,) = differences(applied, edited, applied, size=small)
    assert (change.name, change.origin) == ("a.b", Origin.EDIT)
    (change,) = differences(applied, applied, {"a": {"b": 7, "c": 2}, "d": {"e": 3}}, size=small)
    assert (change.name, change.origin) == ("a.b", Origin.DRIFT)
    assert [it.name for it in differences(applied, {"a": applied["a"]}, applied, size=small)] == ["d.e"]


@pytest.mark.parametrize(
    ("live", "declared", "covered"),
    [
        pytest.param(None, None, True, id="absent covers null"),
        pytest.param(0, None, False, id="null asks for nothing to be there"),
        pytest.param(None, {}, True, id="an empty mapping is like absent"),
        pytest.param(None, [], True, id="an empty list is like absent"),
        pytest.param(None, "", True, id="an empty text is like absent"),
        pytest.param("x", "", False, id="an empty text asks for nothing to be there"),
        pytest.param(False, {}, False, id="false is not empty"),
        pytest.param({"a": 1}, {}, True, id="an empty mapping asks for no key"),
        pytest.param({"a": 1, "b": 2}, {"a": 1}, True, id="further keys do not matter"),
        pytest.param({"b": 2}, {"a": None}, True, id="a null key may be absent"),
        pytest.param("x", {"a": 1}, False, id="text is no mapping"),
        pytest.param([{"a": 1, "b": 2}], [{"a": 1}], True, id="nor in lists"),
        pytest.param([1, 2], [1], False, id="a longer list is another"),
        pytest.param([1, 2], [2, 1], False, id="order matters in lists"),
        pytest.param((1,), [1], True, id="a tuple is a list"),
        pytest.param("x", ["x"], False, id="text is no list"),
        pytest.param(1.0, 1, True, id="1.0 is 1"),
        pytest.param(True, 1, False, id="true is not 1"),
        pytest.param(1, True, False, id="1 is not true"),
        pytest.param(0, False, False, id="0 is not false"),
        pytest.param(True, True, True, id="true is true"),
        pytest.param("1", 1, False, id="text is no number"),
    ],
)
def test_live_covers_what_is_declared(live: object, declared: object, covered: bool) -> None:
    assert covers(live, declared) is covered


CLOSED = Traits(rules={("items",): Rule(whole=True, closed=True, case_blind=True)})
ITEMS: dict[str, Any] = {"a": {"pattern": "x", "is_regex": False}, "b": {"pattern": "y", "is_regex": True}}


@pytest.mark.parametrize("size", [512, 30], ids=["field by field", "folded"])
def test_what_others_add_to_a_closed_field_is_drift_without_any_baseline(size: int) -> None:
    live = {"items": {**ITEMS, "c": {"pattern": "z", "is_regex": False}}}

    (found,) = differences({"items": ITEMS}, {"items": ITEMS}, live, size=size, traits=CLOSED)

    assert (found.path, found.before, found.after, found.origin) == (
        ("items", "c"),
        live["items"]["c"],
        ABSENT,
        Origin.DRIFT,
    )
    assert differences({}, {}, live, traits=CLOSED) == (), "undeclared, it is not ours to judge"


@pytest.mark.parametrize("size", [512, 30], ids=["field by field", "folded"])
def test_what_leaves_a_closed_field_is_an_edit_and_told_once(size: int) -> None:
    found = differences({"items": ITEMS}, {"items": {"a": ITEMS["a"]}}, {"items": ITEMS}, size=size, traits=CLOSED)

    assert {change.path[:2] for change in found} == {("items", "b")}
    assert {(change.after, change.origin) for change in found} == {(ABSENT, Origin.EDIT)}
    assert not any(change.path == ("items", "b") for change in found)


def test_members_of_a_closed_field_may_be_spelt_either_way() -> None:
    live = {"items": {"A": ITEMS["a"], "b": ITEMS["b"]}}

    assert differences({"items": ITEMS}, {"items": ITEMS}, live, traits=CLOSED) == ()


def _cost_of(fields: int) -> float:
    """Of telling who took away all but one of the fields, which are remembered as one."""
    applied = {"items": {f"i{number}": {"pattern": str(number)} for number in range(fields)}}
    started = time.process_time()
    changes = differences(applied, {"items": {"i0": {"pattern": "0"}}}, applied)
    assert len(changes) == fields - 1
    return time.process_time() - started


def test_ten_times_as_many_fields_under_one_parent_cost_about_ten_times_as_much() -> None:
    few = min(_cost_of(100) for _ in range(3))
    assert _cost_of(1000) < 40 * few
