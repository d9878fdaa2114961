"""Two environments, field by field: to the letter, or as the service means it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.address import Address
from provisioner.model.document import ABSENT, Document, canonical, with_value
from provisioner.reconcile.comparison import Comparison, Side, compared
from tests.strategies import any_documents, documents

AGENT, STORE, CHAT = Address("agents", "a"), Address("stores", "s"), Address("deployments", "chat")
resources = st.dictionaries(st.sampled_from([AGENT, STORE, CHAT]), documents)


def side(environment: str, found: dict[Address, Document], **head: Any) -> Side:
    return Side(name=environment, head=head, resources=found)


def of(
    first: Document, second: Document, address: Address = AGENT, *, live: bool = False
) -> list[tuple[str, Any, Any]]:
    traits = TRAITS if live else None
    comparison = compared(side("dev", {address: first}), side("prod", {address: second}), traits)
    return [(field.name, field.before, field.after) for each in comparison.differing for field in each.fields]


def turned(comparison: Comparison) -> list[Any]:
    return [(each.address, [(it.path, it.after, it.before) for it in each.fields]) for each in comparison.differing]


def straight(comparison: Comparison) -> list[Any]:
    return [(each.address, [(it.path, it.before, it.after) for it in each.fields]) for each in comparison.differing]


def pruned(value: Any) -> Any:
    """Without mappings that have nothing in them."""
    if not isinstance(value, dict):
        return value
    inner = {key: pruned(it) for key, it in value.items()}
    return {key: it for key, it in inner.items() if it != {}}


@given(resources)
@pytest.mark.parametrize("traits", [None, TRAITS], ids=["written", "live"])
def test_what_is_the_same_does_not_differ(traits: Any, found: dict[Address, Document]) -> None:
    comparison = compared(side("dev", found), side("prod", found), traits)

    assert comparison.is_empty
    assert comparison.same == len(found)


@given(resources, resources)
@pytest.mark.parametrize("traits", [None, TRAITS], ids=["written", "live"])
def test_it_is_the_same_comparison_from_either_side(
    traits: Any, one: dict[Address, Document], other: dict[Address, Document]
) -> None:
    there = compared(side("dev", one), side("prod", other), traits)
    back = compared(side("prod", other), side("dev", one), traits)

    assert straight(there) == turned(back)
    assert (there.only_first, there.only_second) == (back.only_second, back.only_first)
    assert there.is_empty == back.is_empty


@given(any_documents, any_documents)
def test_the_fields_that_differ_are_all_that_differs(first: Document, second: Document) -> None:
    result: Any = first
    (difference,) = compared(side("d", {AGENT: first}), side("p", {AGENT: second})).differing or (None,)
    for field in difference.fields if difference is not None else ():
        result = with_value(result, field.path, field.after)

    assert canonical(pruned(result)) == canonical(pruned(second))


def test_what_is_in_one_alone_is_told_by_name() -> None:
    comparison = compared(side("dev", {AGENT: {}, CHAT: {}}), side("prod", {STORE: {}, CHAT: {}}))

    assert (comparison.only_first, comparison.only_second, comparison.same) == ((AGENT,), (STORE,), 1)
    assert not comparison.is_empty


def test_heads_come_first() -> None:
    first, second = side("dev", {AGENT: {"a": 1}}, name="team"), side("prod", {AGENT: {"a": 2}}, name="team-prod")

    assert [each.address for each in compared(first, second).differing] == [None, AGENT]


def test_to_the_letter_nothing_is_no_default() -> None:
    assert of({"temperature": None, "metadata": {}}, {}) == [("metadata", {}, ABSENT), ("temperature", None, ABSENT)]
    assert of({"top_p": 1}, {"top_p": 1.0}) == []


def test_lists_of_the_same_tools_are_compared_member_by_member() -> None:
    search, other = {"type": "web_search", "size": "low"}, {"type": "web_search", "size": "high"}

    assert of({"tools": [search]}, {"tools": [other]}) == [("tools.0.size", "low", "high")]
    assert of({"tools": [search]}, {"tools": []}) == [("tools", [search], [])]


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (
            "deployments",
            {"sku": {"name": "Standard", "capacity": 10}, "tags": {}},
            {"sku": {"name": "Standard", "capacity": 10}},
        ),
        ("stores", {"kind": "default", "description": ""}, {"kind": "default"}),
        ("agents", {"kind": "prompt", "description": None}, {"kind": "prompt"}),
    ],
)
def test_live_what_means_the_same_is_no_difference(kind: str, first: Document, second: Document) -> None:
    assert of(first, second, Address(kind, "x"), live=True) == []
    assert of(second, first, Address(kind, "x"), live=True) == []


def test_every_default_that_a_kind_knows_is_no_difference_live() -> None:
    checked = 0
    for kind, traits in TRAITS.items():
        for path, rule in traits.rules.items():
            if rule.default is not ABSENT and len(path) == 1:
                checked += 1
                assert of({path[0]: rule.default}, {}, Address(kind, "x"), live=True) == [], (kind, path)
                assert of({}, {path[0]: rule.default}, Address(kind, "x"), live=True) == [], (kind, path)
    assert checked
