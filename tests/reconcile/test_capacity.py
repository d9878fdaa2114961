"""Capacity that deployments share: decreases first, and a way out where no order helps."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import Failure
from provisioner.model.plan import Change
from provisioner.model.resource import Desired, Live
from provisioner.reconcile.capacity import lacks_quota, way_out
from provisioner.reconcile.order import in_lanes, predecessors
from tests.reconcile.manifests import AGENT, have, want
from tests.strategies import names, planned
from tests.whole import tries


def at(name: str) -> Address:
    return Address("deployments", name)


def deployment(capacity: int | None, model: str = "m", sku: str = "S") -> Document:
    amount = {} if capacity is None else {"capacity": capacity}
    return {"model": {"format": "OpenAI", "name": model}, "sku": {"name": sku, **amount}}


def changes(desired: Mapping[str, Document], live: Mapping[str, Document]) -> tuple[Change, ...]:
    wanted = {address: it for name, fields in desired.items() for address, it in want(at(name), fields).items()}
    found = {address: it for name, fields in live.items() for address, it in have(at(name), fields).items()}
    return planned({**wanted, **want(AGENT)}, {**found, **have(AGENT)}).changes


def order(desired: Mapping[str, Document], live: Mapping[str, Document]) -> list[str]:
    return [change.address.name for change in changes(desired, live)]


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        pytest.param(
            {"a": deployment(9), "b": deployment(1)}, {"a": deployment(1), "b": deployment(9)}, "ba", id="move"
        ),
        pytest.param({"a": deployment(9)}, {"a": deployment(1), "b": deployment(9)}, "ba", id="a delete, an increase"),
        pytest.param({"a": deployment(9)}, {"b": deployment(9)}, "ba", id="a rename"),
        pytest.param({"a": deployment(None)}, {"b": deployment(None)}, "ba", id="no capacity is said"),
        pytest.param(
            {"a": deployment(5), "b": deployment(5, sku="T")},
            {"a": deployment(1), "b": deployment(5)},
            "ba",
            id="a move to another pool",
        ),
        pytest.param(
            {"a": deployment(5), "b": deployment(5, model="n")},
            {"a": deployment(1), "b": deployment(5)},
            "ba",
            id="a replacement by another model",
        ),
        pytest.param(
            {"a": deployment(5), "b": deployment(5, sku="T"), "c": deployment(1, sku="T")},
            {"a": deployment(1), "b": deployment(5), "c": deployment(5, sku="T")},
            "cba",
            id="a chain of pools",
        ),
        pytest.param(
            {"a": deployment(5, sku="T"), "b": deployment(5, sku="S")},
            {"a": deployment(5, sku="S"), "b": deployment(5, sku="T")},
            "ab",
            id="a circle of pools has no good order",
        ),
        pytest.param(
            {"a": deployment(9, sku="s"), "b": deployment(1)},
            {"a": deployment(1, sku="s"), "b": deployment(9)},
            "ba",
            id="pools ignore case",
        ),
        pytest.param(
            {"a": deployment(9, "m", "ProvisionedManaged"), "b": deployment(1, "n", "ProvisionedManaged")},
            {"a": deployment(1, "m", "ProvisionedManaged"), "b": deployment(9, "n", "ProvisionedManaged")},
            "ba",
            id="all models of a provisioned type share a pool",
        ),
        pytest.param(
            {"a": deployment(9), "b": deployment(1, model="n")},
            {"a": deployment(1), "b": deployment(9, model="n")},
            "ab",
            id="other models have other pools",
        ),
        pytest.param(
            {"a": {**deployment(1), "rai_policy_name": "x"}, "b": deployment(1)},
            {"a": deployment(1), "b": deployment(9)},
            "ab",
            id="what moves no capacity waits for nobody",
        ),
    ],
)
def test_what_frees_capacity_goes_before_what_takes_it(
    desired: Mapping[str, Document], live: Mapping[str, Document], expected: str
) -> None:
    assert "".join(order(desired, live)) == expected


def test_a_reference_is_stronger_than_the_wish_for_capacity() -> None:
    """The old one is let go of by an agent that waits for the new one."""
    desired = {**want(at("new"), deployment(5)), **want(AGENT, {"model": "new"}, at("new"))}
    live = {**have(at("old"), deployment(5)), **have(AGENT, {"model": "old"}, at("old"))}
    assert names(planned(desired, live).changes) == [
        "create deployments/new",
        "update agents/buddy",
        "delete deployments/old",
    ]


def test_only_what_stands_in_the_way_goes_before_its_time() -> None:
    desired = {
        **want(at("a"), deployment(5)),
        **want(at("new"), deployment(5)),
        **want(AGENT, {"model": "new"}, at("new")),
    }
    live = {**have(at("old"), deployment(5)), **have(AGENT, {"model": "old"}, at("old"))}
    assert names(planned(desired, live).changes) == [
        "create deployments/new",
        "update agents/buddy",
        "delete deployments/old",
        "create deployments/a",
    ]


capacities = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9))


def two_pools(given: Mapping[str, int]) -> dict[str, Document]:
    return {name: deployment(capacity, model="m" if name in "abcd" else "n") for name, capacity in given.items()}


@settings(max_examples=tries(200), deadline=None)
@given(capacities, capacities)
def test_what_fits_into_the_quotas_before_and_after_fits_all_the_way(
    desired: dict[str, int], live: dict[str, int]
) -> None:
    state, goal = two_pools(live), two_pools(desired)
    limits = {model: max(used(state, model), used(goal, model)) for model in "mn"}
    for change in changes(goal, dict(state)):
        if change.after is None:
            del state[change.address.name]
        else:
            state[change.address.name] = change.after
        assert all(used(state, model) <= limit for model, limit in limits.items())
    assert used(state, "m") == used(goal, "m")


def used(state: Mapping[str, Document], model: str) -> int:
    return sum(it["sku"]["capacity"] for it in state.values() if it["model"]["name"] == model)


def test_a_lane_is_written_in_the_order_of_the_plan() -> None:
    ordered = changes({"a": deployment(9), "b": deployment(1)}, {"a": deployment(1), "b": deployment(9)})
    assert in_lanes(ordered, lambda kind: "account" if kind == "deployments" else "") == {
        at("b"): frozenset(),
        at("a"): {at("b")},
    }
    assert in_lanes(ordered, lambda _: "") == predecessors(ordered)


# -- where no order helps


def advice(desired: dict[Address, Desired], live: dict[Address, Live], name: str) -> str:
    plan = planned(desired, live)
    (change,) = (it for it in plan.changes if it.address.name == name)
    return way_out(change, plan.changes, TRAITS, predecessors(plan.changes))


def renamed(*, old_model: str = "m") -> tuple[dict[Address, Desired], dict[Address, Live]]:
    desired = {**want(at("new"), deployment(5)), **want(AGENT, {"model": "new"}, at("new"))}
    live = {**have(at("old"), deployment(5, old_model)), **have(AGENT, {"model": "old"}, at("old"))}
    return desired, live


def test_a_rename_of_what_is_in_use_names_what_holds_the_capacity_and_two_steps() -> None:
    assert advice(*renamed(), name="new") == (
        "deployments/old holds that capacity and cannot let go of it before deployments/new is there, so running again "
        "fails again. Do it in two steps: first leave deployments/old in the manifest with its `sku.capacity` lowered, "
        "give deployments/new no more than that frees, and apply; then remove deployments/old, raise deployments/new, "
        "and apply."
    )


def test_several_holders_are_all_named() -> None:
    desired, live = renamed()
    other = Address("agents", "other")
    desired |= want(other, {"model": "new"}, at("new"))
    live |= {**have(at("older"), deployment(5)), **have(other, {"model": "older"}, at("older"))}
    assert advice(desired, live, "new").startswith("deployments/old and deployments/older hold that capacity")


def test_there_is_no_such_way_where_nothing_waits_or_the_quota_is_another() -> None:
    assert advice(*renamed(old_model="n"), name="new") == ""
    assert advice({**want(at("new"), deployment(5)), **want(AGENT)}, have(at("old"), deployment(5)), "new") == ""
    assert advice({**want(at("new"), deployment(5))}, {}, "new") == ""
    assert advice(*renamed(), name="old") == ""
    assert advice(*renamed(), name="buddy") == ""


@pytest.mark.parametrize(
    ("failure", "lacks"),
    [
        (Failure(message="Too much.", code="InsufficientQuota"), True),
        (Failure(message="It failed.\nInsufficientQuota: Too much.", code="DeploymentFailed"), True),
        (Failure(message="InsufficientQuotaForSomethingElse", code="Other"), False),
    ],
)
def test_a_lack_of_quota_is_known_by_its_code_also_inside(failure: Failure, lacks: bool) -> None:
    assert lacks_quota(failure) is lacks
