"""What a policy forbids, whatever the flags allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from provisioner.kinds import TRAITS
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Location
from provisioner.model.plan import Plan
from provisioner.model.policy import Policy
from provisioner.model.resource import OnRemove
from provisioner.reconcile.planner import make_destruction
from provisioner.reconcile.policies import laxer, needs_plan
from tests.reconcile.manifests import AGENT, KEPT, MODEL, STORE, codes, have, want
from tests.strategies import EVERYTHING_ALLOWED, OWNER, STRANGER, World, planned, worlds

A, B = {"model": {"name": "a"}}, {"model": {"name": "b"}}
HERE = Location(file="env/prod.yaml", line=4, column=3, path="policy")


def under(allow: Allowances = EVERYTHING_ALLOWED, **rules: Any) -> Allowances:
    return replace(allow, policy=Policy.of(rules, lambda _: HERE))


def destroyed(live: Any, allow: Allowances) -> Plan:
    return make_destruction({}, live, owner=OWNER, traits=TRAITS, allow=allow)


def test_protected_refuses_whatever_deletes_or_replaces() -> None:
    desired = {**want(MODEL, B), **want(KEPT)}
    live = {**have(MODEL, A), **have(AGENT), **have(KEPT)}

    (refusal,) = planned(desired, live, under(protected=True)).refusals

    assert refusal.code == "policy-protected"
    assert refusal.where == HERE
    assert set(refusal.resources) == {MODEL, AGENT}
    assert refusal.message == (
        "The policy says `protected: true`, but agents/buddy would be deleted and deployments/gpt would be replaced."
    )
    assert refusal.hint == (
        "To leave that as it is and do the rest, add --no-delete. If this is meant, change the policy first, in a "
        "change of its own."
    )


def test_a_store_is_not_made_anew_either_though_its_loss_is_allowed() -> None:
    old, new = {"chat_model": "a", "kind": "x"}, {"chat_model": "b", "kind": "y"}
    live, losing = have(STORE, old), Allowances(data_loss=frozenset({STORE}))
    assert codes(planned(want(STORE, new), live, losing)) == []

    assert codes(planned(want(STORE, new), live, under(losing, protected=True))) == ["policy-protected"]
    assert codes(planned(want(STORE, old), live, under(Allowances(replace=frozenset({STORE})), protected=True))) == [
        "data-loss",
        "policy-protected",
    ]


def test_what_is_left_out_or_released_is_not_protected_from() -> None:
    live = {**have(AGENT), **have(KEPT, on_remove=OnRemove.KEEP), **have(MODEL, A)}

    plan = planned(want(MODEL, A), live, under(replace(EVERYTHING_ALLOWED, no_delete=True), protected=True))

    assert codes(plan) == []
    assert plan.left_out == (AGENT,)


def test_a_destruction_is_refused_where_it_is_protected() -> None:
    (refusal,) = destroyed(have(AGENT), under(protected=True)).refusals

    assert refusal.code == "policy-protected"
    assert refusal.hint == "If this is meant, change the policy first, in a change of its own."
    assert codes(destroyed(have(AGENT, on_remove=OnRemove.KEEP), under(protected=True))) == []


@pytest.mark.parametrize("most", [0, 1])
def test_no_flag_lets_more_be_deleted_than_the_policy(most: int) -> None:
    live = {**have(MODEL, A), **have(AGENT)}

    (refusal,) = planned(want(MODEL, B), live, under(max_deletes=most)).refusals

    assert refusal.code == "policy-max-deletes"
    assert refusal.where == HERE
    assert refusal.message == (
        f"1 deletion and 1 replacement are planned; the policy says `max_deletes: {most}`, whatever --max-deletes says."
    )
    assert codes(planned(want(MODEL, B), live, under(max_deletes=2))) == []
    assert codes(destroyed(live, under(max_deletes=most))) == ["policy-max-deletes"]


def test_a_flag_may_let_less_be_deleted_than_the_policy() -> None:
    live = {**have(MODEL, A), **have(AGENT)}
    fewer = replace(EVERYTHING_ALLOWED, max_deletes=1)

    assert codes(planned(want(MODEL, B), live, under(fewer, max_deletes=2))) == ["too-many-deletes"]
    assert codes(planned(want(MODEL, B), live, under(fewer, max_deletes=1))) == ["policy-max-deletes"]


def test_nothing_is_taken_over_whatever_the_flags_say() -> None:
    desired = {**want(MODEL, A), **want(AGENT)}
    live = {**have(MODEL, A, owner=None), **have(AGENT, owner=STRANGER)}
    taking = replace(EVERYTHING_ALLOWED, take_over=frozenset({STRANGER}))
    assert codes(planned(desired, live, taking)) == []

    (refusal,) = planned(desired, live, under(taking, allow_adopt=False)).refusals

    assert refusal.code == "policy-adopt"
    assert refusal.message == (
        "agents/buddy and deployments/gpt exist already and are not this manifest's; the policy says "
        "`allow_adopt: false`."
    )
    assert codes(planned(want(MODEL, A), have(MODEL, A, owner=None), under(Allowances(), allow_adopt=False))) == [
        "policy-adopt"
    ]


@pytest.mark.parametrize("rules", [{"allow_adopt": True}, {"protected": False}, {"require_plan": True}])
def test_a_policy_allows_nothing_that_the_flags_do_not(rules: dict[str, Any]) -> None:
    live = have(MODEL, A, owner=None)

    assert codes(planned(want(MODEL, A), live, under(Allowances(), **rules))) == ["needs-adopt"]


@given(worlds())
def test_under_a_protecting_policy_a_plan_that_goes_on_destroys_nothing(world: World) -> None:
    plan = world.plan(under(protected=True, allow_adopt=False))

    assert plan.refusals or not any(it.destroys or it.is_adoption or it.is_takeover for it in plan.changes)
    assert plan.digest == world.plan().digest


def test_who_may_not_apply_without_a_plan_is_told_how_to_make_one() -> None:
    policy = Policy.of({"require_plan": True}, lambda _: HERE)

    told, of_all = needs_plan(policy), needs_plan(policy, destruction=True)

    assert (told.code, told.where) == ("policy-require-plan", HERE)
    assert told.hint.splitlines()[1:] == [
        "provisioner plan --out plan.json",
        "provisioner apply --plan plan.json",
    ]
    assert "--expect-digest" in told.hint
    assert "provisioner plan --destroy --out plan.json" in of_all.hint
    assert "--expect-digest" not in of_all.hint


def test_a_plan_that_was_made_under_a_laxer_policy_is_told_by_what_is_stricter() -> None:
    strict = Policy.of({"max_deletes": 0, "protected": True, "require_plan": True}, lambda _: HERE)

    (told,) = laxer(Policy.of({"max_deletes": 1}), strict)

    assert (told.code, told.where) == ("policy-laxer-plan", HERE)
    assert "`protected` and `max_deletes` are stricter here" in told.message
    assert list(laxer(Policy.of({"max_deletes": 0, "protected": True}), strict)) == []
    assert list(laxer(strict, Policy.of({"max_deletes": 1}))) == []
