"""A policy only narrows, in whatever order its parts come together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.diagnostic import Location
from provisioner.model.policy import RULES, Policy
from provisioner.planes.clouds import is_among

HOSTS = ("a.example", "b.example", "a.example:1", "a.example:2", "[::1]", "[::1]:1")
places = st.builds(Location, file=st.sampled_from("ab"), line=st.integers(1, 2))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules: dict[str, Any] = {
        "max_deletes": draw(st.none() | st.integers(0, 3)),
        "allow_adopt": draw(st.booleans()),
        "require_plan": draw(st.booleans()),
        "protected": draw(st.booleans()),
        "allowed_hosts": draw(st.none() | st.lists(st.sampled_from(HOSTS), max_size=4)),
    }
    at = draw(st.none() | st.fixed_dictionaries(dict.fromkeys(RULES, places)))
    return Policy.of(rules, at.__getitem__ if at else None)


def lets(policy: Policy) -> set[object]:
    """Everything that it allows, of a small world."""
    urls = {f"https://{host}/x" for host in HOSTS}
    return {
        *(("deletes", number) for number in range(5) if policy.max_deletes is None or number <= policy.max_deletes),
        *(("host", url) for url in urls if policy.allowed_hosts is None or is_among(url, policy.allowed_hosts)),
        *(["adopt"] if policy.allow_adopt else []),
        *([] if policy.require_plan else ["yes"]),
        *([] if policy.protected else ["destroy"]),
    }


@given(policies(), policies())
def test_both_together_allow_what_each_of_them_allows(one: Policy, other: Policy) -> None:
    assert lets(one.narrowed(other)) == lets(one) & lets(other)


@given(policies(), policies())
def test_it_does_not_matter_which_one_comes_first(one: Policy, other: Policy) -> None:
    assert one.narrowed(other) == other.narrowed(one)


@given(policies(), policies(), policies())
def test_nor_which_two_come_together_first(one: Policy, two: Policy, three: Policy) -> None:
    assert one.narrowed(two).narrowed(three) == one.narrowed(two.narrowed(three))


@given(policies())
def test_twice_the_same_is_the_same_and_nothing_adds_nothing(policy: Policy) -> None:
    assert policy.narrowed(policy) == policy
    assert policy.narrowed(Policy()) == policy


@given(policies(), policies())
def test_one_is_laxer_where_the_other_takes_something_away(one: Policy, other: Policy) -> None:
    assert bool(one.laxer_than(other)) == (one.narrowed(other).rules != one.rules)
    assert one.narrowed(other).laxer_than(other) == ()


@given(policies(), policies())
def test_each_rule_is_said_where_the_strictest_says_it(one: Policy, other: Policy) -> None:
    both = one.narrowed(other)

    assert {rule for rule, _ in both.said} <= set(both.restricting)
    assert both.said <= one.said | other.said
    for rule in both.restricting:
        told = {side.where(rule) for side in (one, other) if getattr(side, rule) == getattr(both, rule)}
        assert both.where(rule) in told | {side.where(rule) for side in (one, other)}


def test_a_host_stands_for_each_of_its_ports() -> None:
    one = Policy.of({"allowed_hosts": ["A.example", "b.example:2"]})
    other = Policy.of({"allowed_hosts": ["a.example:1", "b.example"]})

    assert (one.narrowed(other).allowed_hosts or set()) == {"a.example:1", "b.example:2"}
