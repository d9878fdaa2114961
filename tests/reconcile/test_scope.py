"""Runs that are about a part of everything, and what is suspended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.model.run_scope import RunScope
from provisioner.reconcile.drift import drift_in
from provisioner.reconcile.planner import make_destruction
from provisioner.reconcile.selection import live_address, select, unmatched
from tests.reconcile.manifests import AGENT, HERE, KEPT, MODEL, STORE, codes, have, want
from tests.strategies import (
    ADDRESSES,
    EVERYTHING_ALLOWED,
    OWNER,
    STRANGER,
    State,
    World,
    names,
    planned,
    predict,
    worlds,
)
from tests.whole import tries

thorough = settings(max_examples=tries(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
patterns = st.lists(
    st.sampled_from([*(str(address) for address in ADDRESSES), *(f"{kind}/*" for kind in TRAITS), "*/a"]), max_size=3
)
scopes = st.builds(RunScope, targets=patterns.map(tuple), excludes=patterns.map(tuple))
CHAIN = {**want(MODEL, {"a": 1}), **want(STORE, {"a": 1}, MODEL), **want(AGENT, {"a": 1}, STORE)}


def about(*targets: str, exclude: tuple[str, ...] = ()) -> Allowances:
    return replace(EVERYTHING_ALLOWED, scope=RunScope(targets=targets, excludes=exclude))


def within(world: World, scope: RunScope) -> Plan:
    return world.plan(replace(EVERYTHING_ALLOWED, scope=scope))


# -- what holds for every manifest and every scope


@thorough
@given(worlds(), scopes)
def test_nothing_changes_that_is_not_targeted_or_needed_by_what_is(world: World, scope: RunScope) -> None:
    plan = within(world, scope)

    reached = {at for at in (*world.desired, *world.live) if not scope.targets or _names(scope.targets, at)}
    for _ in world.desired:
        reached |= {it for at in reached if at in world.desired for it in world.desired[at].needs}
    allowed = {at for at in reached if not _names(scope.excludes, at)}
    assert {change.address for change in plan.changes} <= allowed
    assert {change.address for change in plan.suspended} <= allowed
    assert allowed.isdisjoint(plan.out_of_scope)


def _names(given: tuple[str, ...], address: Address) -> bool:
    return any(it in (str(address), f"{address.kind}/*") or (it == "*/a" and address.name == "a") for it in given)


@thorough
@given(worlds(), scopes)
def test_what_is_out_of_scope_stays_as_it_is(world: World, scope: RunScope) -> None:
    plan = within(world, scope)
    after = predict(plan, world.live)

    for address in plan.out_of_scope:
        assert after.get(address) == world.live.get(address)


@thorough
@given(worlds(), scopes)
def test_a_part_and_then_everything_is_everything(world: World, scope: RunScope) -> None:
    part = World(world.desired, predict(within(world, scope), world.live))

    assert _told(part.after.live) == _told(world.after.live)
    assert part.after.plan().is_empty


def _told(state: State) -> dict[Address, object]:
    """Without what counts the writes."""
    return {at: (it.fields, it.needs, it.marker and it.marker.owner) for at, it in state.items()}


@thorough
@given(worlds())
def test_a_scope_of_everything_plans_what_no_scope_plans(world: World) -> None:
    whole, everything = world.plan(), within(world, RunScope(targets=("*/*",)))

    assert everything.changes == whole.changes
    assert everything.refusals == whole.refusals
    assert everything.out_of_scope == ()
    assert within(world, RunScope(excludes=("*/*",))).changes == ()


@thorough
@given(worlds(), scopes)
def test_a_destruction_takes_nothing_that_was_not_named(world: World, scope: RunScope) -> None:
    allow = replace(EVERYTHING_ALLOWED, scope=scope)
    plan = make_destruction(world.desired, world.live, owner=OWNER, traits=TRAITS, allow=allow)

    for change in plan.changes:
        assert not scope.targets or _names(scope.targets, change.address)
        assert not _names(scope.excludes, change.address)


@thorough
@given(worlds(), st.sampled_from(ADDRESSES))
def test_what_is_suspended_is_shown_and_never_written(world: World, address: Address) -> None:
    wanted = world.desired.get(address)
    if wanted is None or wanted.external:
        return
    suspended = replace(wanted, lifecycle=replace(wanted.lifecycle, suspend=True))
    plan = World({**world.desired, address: suspended}, world.live).plan()
    before = {change.address: change for change in world.plan().changes}

    assert address not in {change.address for change in plan.changes}
    (held,) = plan.suspended
    assert held.address == address
    if address in before:
        assert (held.action, held.fields) == (before[address].action, before[address].fields)
    assert {it.address for it in plan.changes} == before.keys() - {address}


# -- patterns


def test_a_target_comes_with_all_that_it_needs() -> None:
    plan = planned(CHAIN | want(KEPT), {}, about("agents/buddy"))

    assert names(plan.changes) == ["create deployments/gpt", "create stores/prefs", "create agents/buddy"]
    assert plan.out_of_scope == (KEPT,)
    assert plan.scope == RunScope(targets=("agents/buddy",))


def test_what_has_left_the_manifest_is_deleted_only_where_it_is_named() -> None:
    live = have(STORE, {}) | have(AGENT, {})

    assert names(planned(want(KEPT), live, about("agents/kept")).changes) == ["create agents/kept"]
    assert names(planned(want(KEPT), live, about("stores/*")).changes) == ["delete stores/prefs"]


def test_what_somebody_else_has_is_no_target() -> None:
    state = (want(KEPT), have(STORE, {}, owner=STRANGER))

    assert [*unmatched(RunScope(targets=("stores/*", "agents/*")), state, OWNER, TRAITS)] == ["stores/*"]


def test_names_that_ignore_case_are_matched_so() -> None:
    address = Address("rai_policies", "Strict")
    selection = select(RunScope(targets=("rai_policies/str*",)), (want(address), {}), OWNER, TRAITS)

    assert selection.inside == {address}


def test_an_address_is_a_live_name_before_it_is_a_key() -> None:
    """Two that were renamed crosswise: plans and refusals name what is live."""
    one, other = Address("stores", "one"), Address("stores", "other")
    desired = {
        one: Desired(address=one, key="other", where=HERE),
        other: Desired(address=other, key="one", where=HERE),
        STORE: Desired(address=STORE, key="mine", where=HERE),
    }

    assert live_address(one, (desired, {}), OWNER) == one
    assert live_address(Address("stores", "mine"), (desired, {}), OWNER) == STORE
    assert select(RunScope(targets=("stores/one",)), (desired, {}), OWNER, TRAITS).inside == {one}
    assert select(RunScope(targets=("stores/mi*",)), (desired, {}), OWNER, TRAITS).inside == {STORE}


# -- what a scope forbids


def test_an_excluded_part_that_is_not_there_is_missed() -> None:
    plan = planned(CHAIN, {}, about(exclude=("deployments/*",)))

    assert codes(plan) == ["needs-excluded"]
    assert plan.refusals[0].message == (
        "stores/prefs needs deployments/gpt, which is not there and is out of the scope of this run."
    )
    assert plan.refusals[0].where == HERE


def test_an_excluded_external_part_that_is_not_there_is_missed_too() -> None:
    desired = {**CHAIN, MODEL: Desired(address=MODEL, external=True)}

    assert codes(planned(desired, {}, about(exclude=("deployments/*",)))) == ["needs-excluded"]
    assert codes(planned(desired, have(MODEL, owner=None), about(exclude=("deployments/*",)))) == []


def test_an_excluded_part_of_a_target_that_would_change_contradicts_it() -> None:
    live = have(MODEL, {"a": 0}) | have(STORE, {"a": 0}, MODEL)

    assert codes(planned(CHAIN, live, about("stores/prefs", exclude=("deployments/gpt",)))) == ["needs-excluded"]
    # said without a target, it is what is wanted: the others go on with what is there
    assert codes(planned(CHAIN, live, about(exclude=("deployments/gpt",)))) == []
    # and where it would not change, nothing is left out
    live = have(MODEL, {"a": 1}) | have(STORE, {"a": 0}, MODEL)
    assert codes(planned(CHAIN, live, about("stores/prefs", exclude=("deployments/gpt",)))) == []


def test_what_goes_on_being_named_out_of_scope_is_not_deleted() -> None:
    live = have(MODEL) | have(KEPT, {"model": "gpt"}, MODEL, applied={"model": "gpt"})
    plan = planned(want(KEPT, {"model": "other"}), live, about("deployments/gpt"))

    assert names(plan.changes) == ["delete deployments/gpt"]
    assert codes(plan) == ["still-referred"]
    assert "agents/kept refers to it and is out of the scope of this run" in plan.refusals[0].message
    assert codes(planned(want(KEPT, {"model": "other"}), live, EVERYTHING_ALLOWED)) == []


def test_a_part_of_what_refers_to_each_other_is_not_destroyed() -> None:
    live = have(MODEL) | have(AGENT, {}, MODEL)

    def destroyed(*targets: str) -> Plan:
        return make_destruction({}, live, owner=OWNER, traits=TRAITS, allow=about(*targets))

    assert codes(destroyed("deployments/gpt")) == ["still-referred"]
    assert codes(destroyed("agents/buddy")) == []
    assert names(destroyed("agents/buddy").changes) == ["delete agents/buddy"]


# -- suspended


def test_a_suspended_resource_is_told_with_what_differs() -> None:
    live = have(MODEL, {"a": 1}) | have(STORE, {"a": 1}, MODEL)
    desired = {**want(MODEL, {"a": 2}, suspend=True), **want(STORE, {"a": 1}, MODEL, suspend=True)}
    plan = planned(desired, live)

    assert plan.is_empty
    assert plan.unchanged == ()
    assert [(str(it.address), [field.name for field in it.fields]) for it in plan.suspended] == [
        ("deployments/gpt", ["a"]),
        ("stores/prefs", []),
    ]
    assert names(planned(want(MODEL, {"a": 2}) | want(STORE, {"a": 1}, MODEL), live).changes) == [
        "update deployments/gpt"
    ]


def test_what_needs_a_suspended_resource_goes_on_if_that_is_there() -> None:
    desired = {**CHAIN, **want(MODEL, {"a": 2}, suspend=True)}

    assert names(planned(desired, have(MODEL, {"a": 1})).changes) == ["create stores/prefs", "create agents/buddy"]
    assert codes(planned(desired, have(MODEL, {"a": 1}))) == []
    assert codes(planned(desired, {})) == ["needs-suspended"]


def test_what_a_suspended_resource_names_is_not_deleted() -> None:
    live = have(MODEL) | have(STORE, {"chat_model": "gpt"}, MODEL)
    plan = planned(want(STORE, {"chat_model": "new"}, suspend=True), live)

    assert codes(plan) == ["still-referred"]
    assert "stores/prefs refers to it and is suspended" in plan.refusals[0].message


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(have(STORE, {}, owner=STRANGER), id="somebody else's"),
        pytest.param({STORE: Live(address=STORE, fields={}, odd="it is empty")}, id="cannot be read"),
    ],
)
def test_what_cannot_be_written_is_no_refusal_while_it_is_suspended(found: State) -> None:
    plan = planned(want(STORE, {"a": 1}, suspend=True), found)

    assert codes(plan) == []
    assert [it.code for it in plan.warnings] in (["foreign-owner"], ["unreadable-object"])
    assert [(it.address, it.remarks) for it in plan.suspended] == [(STORE, (plan.warnings[0].message,))]


def test_a_destruction_leaves_what_is_suspended_and_says_so() -> None:
    desired = want(STORE, {}, suspend=True) | want(AGENT, {})
    plan = make_destruction(desired, have(STORE) | have(AGENT), owner=OWNER, traits=TRAITS, allow=EVERYTHING_ALLOWED)

    assert names(plan.changes) == ["delete agents/buddy"]
    assert [it.code for it in plan.warnings] == ["left-suspended"]
    assert [it.address for it in plan.suspended] == [STORE]


def test_a_destruction_tells_the_keys_of_what_goes() -> None:
    desired = {AGENT: replace(want(AGENT)[AGENT], key="key")}
    plan = make_destruction(desired, have(AGENT) | have(KEPT), owner=OWNER, traits=TRAITS, allow=EVERYTHING_ALLOWED)

    assert {change.address: change.key for change in plan.changes} == {AGENT: "key", KEPT: ""}


def test_drift_of_what_is_suspended_is_drift() -> None:
    plan = planned(want(STORE, {"a": 1}, suspend=True), have(STORE, {"a": 2}, applied={"a": 1}))

    assert [it.address for it in drift_in(plan).drifted] == [STORE]


# -- a replacement that was asked for


def test_a_replacement_that_is_asked_for_says_so_and_is_guarded_like_any_other() -> None:
    live = have(STORE, {"a": 1})
    asked = Allowances(replace=frozenset({STORE}))
    plan = planned(want(STORE, {"a": 1}), live, asked)

    (change,) = plan.changes
    assert (change.action, change.reason, change.fields) == (Action.REPLACE, "replacement was asked for", ())
    assert change.loses_data
    assert codes(plan) == ["data-loss"]
    protected = planned(want(STORE, {"a": 1}, prevent_destroy=True), live, asked)
    assert codes(protected) == ["prevent-destroy", "data-loss"]
    allowed = replace(asked, data_loss=frozenset({STORE}))
    assert codes(planned(want(STORE, {"a": 1}), live, allowed)) == []
    left = planned(want(STORE, {"a": 1}), live, replace(asked, no_delete=True))
    assert left.left_out == (STORE,)


# -- renamed keys

OLD, NEW = Address("agents", "old"), Address("agents", "new")
DEFINED = {"kind": "prompt", "instructions": "Help."}


def test_a_renamed_key_is_recognised_and_the_line_to_add_is_named() -> None:
    plan = planned(want(NEW, DEFINED), have(OLD, {**DEFINED, "theirs": 1}))

    warning = next(it for it in plan.warnings if it.code == "renamed")
    assert (warning.code, warning.where) == ("renamed", HERE)
    assert "agents/old" in warning.message
    assert warning.hint == "If it is the same one, add one line to the entry: `live_name: old`"
    kept = {OLD: replace(want(NEW, DEFINED)[NEW], address=OLD, key="new")}
    assert planned(kept, have(OLD, DEFINED)).warnings == ()
    assert planned(kept, have(OLD, DEFINED)).is_empty
    other = {NEW: replace(want(NEW, DEFINED)[NEW], key="key")}
    told = next(it for it in planned(other, have(OLD, DEFINED)).warnings if it.code == "renamed")
    assert told.hint == "If it is the same one, correct a line of the entry: `live_name: old`"


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        pytest.param(want(NEW, DEFINED), have(OLD, {"kind": "prompt"}), id="another definition"),
        pytest.param(want(NEW, {}), have(OLD, DEFINED), id="nothing is declared"),
        pytest.param(
            want(NEW, DEFINED), have(OLD, DEFINED) | have(Address("agents", "older"), DEFINED), id="two may be meant"
        ),
        pytest.param(
            want(NEW, DEFINED) | want(Address("agents", "newer"), DEFINED), have(OLD, DEFINED), id="two may mean it"
        ),
        pytest.param(want(NEW, DEFINED), have(OLD, DEFINED, owner=STRANGER), id="it is somebody else's"),
        pytest.param(want(NEW, DEFINED), have(Address("connections", "old"), DEFINED), id="of another kind"),
    ],
)
def test_what_is_not_clearly_a_rename_is_none(desired: dict[Address, Desired], live: State) -> None:
    assert "renamed" not in [it.code for it in planned(desired, live).warnings]


def test_a_store_is_recognised_by_what_can_never_change() -> None:
    fields = {"chat_model": "gpt", "embedding_model": "embed", "description": "Old."}
    new = Address("stores", "new")
    plan = planned(want(new, {**fields, "description": "New."}), have(STORE, fields), Allowances())

    assert "renamed" in [it.code for it in plan.warnings]
    told = next(it for it in plan.warnings if it.code == "renamed")
    assert "would be deleted, with every memory in it" in told.message
    assert "is as that is declared in what can never be changed and has no entry" in told.message
    assert told.hint.endswith("`live_name: prefs`")
    assert codes(plan) == ["data-loss"]


def test_a_name_that_yaml_would_misread_is_quoted_in_the_line_to_add() -> None:
    plan = planned(want(NEW, DEFINED) | want(KEPT), have(Address("agents", "on"), DEFINED) | have(KEPT))

    assert plan.warnings[0].hint.endswith('`live_name: "on"`')


def test_a_new_key_of_what_is_suspended_is_told_too() -> None:
    plan = planned(want(NEW, DEFINED, suspend=True), have(OLD, DEFINED))

    assert "renamed" in [it.code for it in plan.warnings]
