"""Named cases: what was hard to get right, and what must never go wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisioner.kinds import TRAITS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import ABSENT, Document
from provisioner.model.resource import Condition, Desired, Lifecycle, Live, Marker, OnRemove
from provisioner.reconcile.guard import idle_allowances
from provisioner.reconcile.planner import make_destruction
from tests.reconcile.manifests import (
    AGENT,
    HERE,
    MODEL,
    NOTHING,
    SPILL,
    STORE,
    codes,
    have,
    only_change,
    removed,
    want,
)
from tests.strategies import OWNER, STRANGER, World, marker_of, names, planned

# -- values


@pytest.mark.parametrize(
    ("declared", "live", "changes"),
    [
        pytest.param({"a": None}, {}, 0, id="null is like absent"),
        pytest.param({"a": {"b": None}}, {}, 0, id="nested null is like absent"),
        pytest.param({"a": None}, {"a": 1}, 1, id="null clears a value"),
        pytest.param({"a": {}}, {}, 0, id="an empty mapping is like absent"),
        pytest.param({"a": {}}, {"a": {"b": 1}}, 0, id="an empty mapping declares nothing inside"),
        pytest.param({"a": []}, {}, 0, id="an empty list is like absent"),
        pytest.param({"a": 1}, {"a": 1.0}, 0, id="1 and 1.0 are one number"),
        pytest.param({"a": 1}, {"a": True}, 1, id="1 is not true"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, 1, id="a list in another order is another list"),
        pytest.param({"a": {"b": 1}}, {"a": None}, 1, id="a mapping over null"),
    ],
)
def test_values_that_look_alike(declared: Document, live: Document, changes: int) -> None:
    plan = planned(want(AGENT, declared), have(AGENT, live, applied=declared))
    assert len(plan.changes) == changes
    assert World(want(AGENT, declared), have(AGENT, live, applied=declared)).after.plan().is_empty


def test_an_empty_mapping_wipes_nothing_that_is_live() -> None:
    live = have(AGENT, {"tags": {"theirs": 1}, "a": 1}, applied={"tags": {}, "a": 1})
    change = only_change(want(AGENT, {"tags": {}, "a": 2}), live)
    assert change.after == {"tags": {"theirs": 1}, "a": 2}


def test_a_field_removed_deep_inside_goes_and_its_neighbours_stay() -> None:
    applied = {"card": {"skills": {"a": 1, "b": 2}}}
    live = {"card": {"skills": {"a": 1, "b": 2, "theirs": 3}}}
    change = only_change(want(AGENT, {"card": {"skills": {"a": 1}}}), have(AGENT, live, applied=applied))
    assert change.after == {"card": {"skills": {"a": 1, "theirs": 3}}}
    assert [(it.name, it.before, it.after, it.origin) for it in change.fields] == [
        ("card.skills.b", 2, ABSENT, Origin.EDIT)
    ]


def test_a_mapping_that_loses_its_last_field_goes_with_it() -> None:
    change = only_change(want(AGENT, {"a": 1}), have(AGENT, {"a": 1, "card": {"x": 1}}))
    assert change.after == {"a": 1}


def test_keys_with_dots_are_not_paths() -> None:
    desired = want(AGENT, {"a.b": {"c": 1}})
    live = have(AGENT, {"a.b": {"c": 1}, "a": {"b.c": 2, "b": {"c": 3}}}, applied={"a.b": {"c": 1}})
    assert planned(desired, live).is_empty


# -- ignore


def test_an_ignored_field_is_written_on_create_and_left_alone_ever_after() -> None:
    desired = want(MODEL, {"sku": {"capacity": 5}, "x": 1}, ignore=(("sku", "capacity"),))
    assert only_change(desired, {}).after == {"sku": {"capacity": 5}, "x": 1}
    assert planned(desired, have(MODEL, {"sku": {"capacity": 9}, "x": 1})).is_empty
    assert only_change(desired, have(MODEL, {"sku": {"capacity": 9}, "x": 2})).after == {"sku": {"capacity": 9}, "x": 1}


def test_an_ignored_field_is_not_remembered_as_ours() -> None:
    """So that managing it later is an edit, and not the repair of a drift that was allowed."""
    fields = {"sku": {"capacity": 5}, "x": 1}
    ignored = {"ignore": (("sku", "capacity"),)}
    created = World(want(MODEL, fields, **ignored), {}).after.live[MODEL]
    moved = {MODEL: replace(created, fields={"sku": {"capacity": 9}, "x": 1})}
    assert [it.origin for it in only_change(want(MODEL, fields), moved).fields] == [Origin.EDIT]


def test_an_ignored_field_that_is_gone_stays_gone() -> None:
    desired = want(MODEL, {"a": 1, "x": 1}, ignore=(("a",),))
    assert only_change(desired, have(MODEL, {"x": 2})).after == {"x": 1}


def test_an_ignored_field_comes_back_with_a_new_object() -> None:
    fields = {"model": {"name": "new", "version": "2"}}
    desired = want(MODEL, fields, ignore=(("model", "version"), ("rai_policy_name",)))
    live = have(MODEL, {"model": {"name": "old", "version": "1"}, "rai_policy_name": "theirs"})
    change = only_change(desired, live)
    assert change.action is Action.REPLACE
    assert change.after == {**fields, "rai_policy_name": "theirs"}


def test_a_difference_around_an_ignored_field_is_still_repaired() -> None:
    desired = want(AGENT, {"a": {"b": 1, "c": 2}}, ignore=(("a", "b"),))
    world = World(desired, have(AGENT, {"a": "text"}))
    assert only_change(desired, have(AGENT, {"a": "text"})).after == {"a": {"c": 2}}
    assert world.after.plan().is_empty
    assert planned(want(AGENT, {"a": {"b": 1}}, ignore=(("a", "b"),)), have(AGENT, {"a": "text"})).is_empty


def test_a_removed_field_that_is_ignored_stays() -> None:
    assert planned(want(AGENT, {}, ignore=(("a",),)), have(AGENT, {"a": {"b": 1}})).is_empty


# -- replacing


def test_another_model_drops_what_belonged_to_the_old_one_and_nothing_else() -> None:
    live = have(
        MODEL,
        {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "1"}, "rai_policy_name": "P", "sku": {"name": "S"}},
        applied={"model": {"format": "OpenAI", "name": "gpt-4o"}},
    )
    change = only_change(want(MODEL, {"model": {"format": "OpenAI", "name": "gpt-4.1"}}), live)
    assert change.action is Action.REPLACE
    assert change.after == {
        "model": {"format": "OpenAI", "name": "gpt-4.1"},
        "rai_policy_name": "P",
        "sku": {"name": "S"},
    }
    assert not change.loses_data


def test_another_kind_of_agent_replaces_it_and_keeps_nothing_of_the_old_one() -> None:
    live = have(AGENT, {"kind": "prompt", "model": "gpt", "state": "disabled"}, MODEL)
    change = only_change(want(AGENT, {"kind": "workflow", "workflow": "…"}), live)
    assert change.action is Action.REPLACE
    assert change.after == {"kind": "workflow", "workflow": "…"}


def test_capacity_and_version_change_in_place() -> None:
    live = have(MODEL, {"model": {"name": "m", "version": "1"}, "sku": {"name": "S", "capacity": 1}})
    desired = want(MODEL, {"model": {"name": "m", "version": "2"}, "sku": {"name": "S", "capacity": 2}})
    assert only_change(desired, live).action is Action.UPDATE


# -- data is sacred

OLD_STORE = {"chat_model": "a", "embedding_model": "e", "options": {"user_profile_enabled": True}}


def test_replacing_a_store_is_refused_in_so_many_words() -> None:
    desired = want(STORE, {**OLD_STORE, "chat_model": "b", "options": {"user_profile_enabled": False}})
    live = {**have(STORE, OLD_STORE), **have(AGENT, {}, STORE)}
    (refusal,) = planned({**desired, **want(AGENT, {}, STORE)}, live, NOTHING).refusals
    assert refusal.code == "data-loss"
    assert refusal.message == (
        "stores/prefs would be replaced because chat_model and options.user_profile_enabled cannot change on a live "
        "store; every memory of every scope in it would be destroyed. agents/buddy refers to it."
    )
    assert refusal.hint == (
        "To have them moved into the new one, set `lifecycle: {on_replace: migrate}` in its manifest entry. If this is "
        "meant, name it: --allow-data-loss stores/prefs"
    )
    assert refusal.where == HERE


def test_deleting_a_store_is_refused_and_tells_who_refers_to_it() -> None:
    other = Address("agents", "other")
    live = {**have(STORE, OLD_STORE), **have(AGENT, {}, STORE), **have(other, {}, STORE, owner=STRANGER)}
    plan = planned(want(AGENT, {}, STORE), live, NOTHING)
    (refusal,) = plan.refusals
    assert refusal.message == (
        "stores/prefs would be deleted; every memory of every scope in it would be destroyed. agents/buddy and "
        "agents/other refer to it."
    )
    assert refusal.where is None


def test_deleting_a_store_nobody_refers_to_says_no_more() -> None:
    (refusal,) = removed(have(STORE, OLD_STORE)).refusals
    assert refusal.message.endswith("in it would be destroyed.")


def test_a_store_is_lost_only_when_it_is_named() -> None:
    another = Address("stores", "another")
    live = {**have(STORE, OLD_STORE), **have(another, OLD_STORE)}
    plan = removed(live, Allowances(data_loss=frozenset({STORE})))
    assert [(it.code, "another" in it.message) for it in plan.refusals] == [("data-loss", True)]


def test_an_option_that_is_no_longer_declared_and_has_its_default_loses_nothing() -> None:
    declared = {"options": {"user_profile_enabled": True, "user_profile_details": ""}}
    live = {"options": {**declared["options"], "default_ttl_seconds": 0}}
    assert planned(want(STORE, {}), have(STORE, live, applied=declared)).is_empty


def test_an_option_that_is_no_longer_declared_and_is_not_the_default_is_data_loss() -> None:
    plan = planned(want(STORE, {}), have(STORE, {"options": {"default_ttl_seconds": 60}}), NOTHING)
    assert codes(plan) == ["data-loss"]
    assert plan.changes[0].after == {}


# -- protection


def test_a_protected_resource_is_not_deleted_even_when_its_entry_is_gone() -> None:
    plan = removed(have(AGENT, prevent_destroy=True))
    assert codes(plan) == ["prevent-destroy"]
    assert plan.refusals[0].message == "agents/buddy would be deleted, but it is protected by `prevent_destroy`."
    assert "put its entry back" in plan.refusals[0].hint
    assert "apply that first" in plan.refusals[0].hint


def test_protection_can_be_taken_off_in_the_manifest_while_the_entry_is_there() -> None:
    live = have(MODEL, {"model": {"name": "a"}}, prevent_destroy=True)
    replaced = {"model": {"name": "b"}}
    assert codes(planned(want(MODEL, replaced, prevent_destroy=False), live, NOTHING)) == []
    plan = planned(want(MODEL, replaced, prevent_destroy=True), have(MODEL, {"model": {"name": "a"}}), NOTHING)
    assert codes(plan) == ["prevent-destroy"]
    assert plan.refusals[0].message == "deployments/gpt would be replaced, but it is protected by `prevent_destroy`."
    assert plan.refusals[0].hint == (
        "If this is meant, set `lifecycle: {prevent_destroy: false}` in its manifest entry."
    )


def test_turning_protection_on_or_off_is_a_change_of_its_own() -> None:
    change = only_change(want(AGENT, {"a": 1}, prevent_destroy=True), have(AGENT, {"a": 1}))
    assert change.action is Action.UPDATE
    assert change.fields == ()
    assert change.lifecycle_fields == (("lifecycle.prevent_destroy", False, True),)
    assert change.marker is not None
    assert change.marker.prevent_destroy
    live = have(AGENT, {"a": 1}, prevent_destroy=True, on_remove=OnRemove.KEEP)
    change = only_change(want(AGENT, {"a": 1}, prevent_destroy=False), live)
    assert change.lifecycle_fields == (
        ("lifecycle.prevent_destroy", True, False),
        ("lifecycle.on_remove", "keep", "delete"),
    )


def test_a_removed_entry_that_says_keep_is_released() -> None:
    change = only_change({}, have(STORE, OLD_STORE, on_remove=OnRemove.KEEP))
    assert (change.action, change.after, change.marker, change.lifecycle_fields) == (
        Action.RELEASE,
        OLD_STORE,
        None,
        (),
    )
    assert not change.destroys
    assert not change.is_adoption


def test_more_deletes_than_allowed_are_refused() -> None:
    live = {address: found for name in "abcd" for address, found in have(Address("agents", name)).items()}
    (refusal,) = removed(live).refusals
    assert refusal.code == "too-many-deletes"
    assert refusal.message == "4 deletions are planned, more than the 3 that are allowed at once."
    assert refusal.hint == "Check that the manifest is whole; if this is meant, add --max-deletes 4"
    assert codes(removed(live, Allowances(max_deletes=4))) == []
    assert codes(removed(live, Allowances(max_deletes=None))) == []


# -- ownership


def test_two_owners_do_not_share_a_resource() -> None:
    plan = planned(want(AGENT, {"a": 1}), have(AGENT, {"a": 2}, owner=STRANGER))
    assert plan.is_empty
    assert plan.unchanged == ()
    (refusal,) = plan.refusals
    assert refusal.code == "foreign-owner"
    assert refusal.message == (
        'agents/buddy exists and belongs to the manifest named "somebody-else", not to "dev-buddy".'
    )


def test_of_two_live_ones_of_a_name_the_manifest_cannot_own_both() -> None:
    other = have(AGENT, {"a": 2}, owner=STRANGER)[AGENT]

    def told(namesake: Live, *taken: str) -> list[str]:
        live = {AGENT: replace(have(AGENT, {"a": 1})[AGENT], namesake=namesake)}
        return codes(planned(want(AGENT, {"a": 1}), live, Allowances(take_over=frozenset(taken))))

    assert told(other) == told(replace(other, marker=None)) == []
    assert told(have(AGENT, {"a": 2})[AGENT]) == told(other, STRANGER) == ["live-twice"]


def test_what_is_ours_goes_though_what_cannot_be_read_hides_it() -> None:
    ours = have(AGENT, {"a": 1})[AGENT]
    hides = replace(have(AGENT, {}, owner=None)[AGENT], odd="no id", namesake=ours)
    live = {AGENT: hides}
    for plan in (planned({}, live), make_destruction({}, live, owner=OWNER, traits=TRAITS)):
        assert names(plan.changes) == ["delete agents/buddy"]
        assert [warning.code for warning in plan.warnings] == ["unreadable-object"]


def test_what_belongs_to_another_owner_may_be_referred_to() -> None:
    desired = {MODEL: Desired(address=MODEL, external=True), **want(AGENT, {}, MODEL)}
    plan = planned(desired, have(MODEL, owner=STRANGER), NOTHING)
    assert names(plan.changes) == ["create agents/buddy"]
    assert plan.unchanged == (MODEL,)
    assert plan.refusals == ()


def test_an_external_resource_must_be_there() -> None:
    plan = planned({MODEL: Desired(address=MODEL, external=True, where=HERE)}, {})
    assert codes(plan) == ["external-missing"]
    assert plan.refusals[0].where == HERE


@pytest.mark.parametrize("live", [{"a": 1}, {"a": 2}], ids=["equal", "different"])
def test_an_unmarked_resource_of_the_same_name_is_adopted_only_when_told(live: Document) -> None:
    plan = planned(want(AGENT, {"a": 1}), have(AGENT, live, owner=None), NOTHING)
    (change,) = plan.changes
    assert change.action is Action.ADOPT
    assert change.is_adoption
    assert [(it.before, it.origin) for it in change.fields] == ([] if live == {"a": 1} else [(2, None)])
    assert codes(plan) == ["needs-adopt"]
    assert change.lifecycle_fields == ()
    assert codes(planned(want(AGENT, {"a": 1}), have(AGENT, live, owner=None))) == []


def test_an_unmarked_store_with_another_definition_needs_both_words() -> None:
    plan = planned(want(STORE, {"chat_model": "b"}), have(STORE, {"chat_model": "a"}, owner=None), NOTHING)
    assert sorted(codes(plan)) == ["data-loss", "needs-adopt"]
    assert plan.changes[0].is_adoption


def test_a_version_made_in_the_portal_is_drift_when_an_earlier_one_is_ours() -> None:
    marker = marker_of({"instructions": "ours"}, Lifecycle())
    live = Live(address=AGENT, fields={"instructions": "theirs"}, marker=marker, revision="3", marker_revision="2")
    change = only_change(want(AGENT, {"instructions": "ours"}), {AGENT: live})
    assert change.action is Action.UPDATE
    assert [it.origin for it in change.fields] == [Origin.DRIFT]


def test_a_marker_of_an_unknown_make_is_read_as_if_nothing_had_been_applied() -> None:
    live = Live(address=AGENT, fields={"a": 1, "b": 2}, marker=Marker(owner=OWNER, applied="?"), revision="1")
    change = only_change(want(AGENT, {"a": 2}), {AGENT: live})
    assert [(it.name, it.origin) for it in change.fields] == [("a", Origin.EDIT)]


# -- order


def test_what_is_needed_comes_first_and_what_needs_it_goes_first() -> None:
    desired = {**want(AGENT, {}, MODEL, STORE), **want(STORE, {}, MODEL), **want(MODEL)}
    live = {**have(AGENT, {}, MODEL, STORE), **have(STORE, {}, MODEL), **have(MODEL)}
    assert names(planned(desired, {}).changes) == [
        "create deployments/gpt",
        "create stores/prefs",
        "create agents/buddy",
    ]
    assert names(planned({}, live).changes) == ["delete agents/buddy", "delete stores/prefs", "delete deployments/gpt"]


def test_independent_changes_are_sorted_by_address() -> None:
    desired = {**want(Address("stores", "b")), **want(Address("stores", "a")), **want(Address("deployments", "z"))}
    assert names(planned(desired, {}).changes) == ["create deployments/z", "create stores/a", "create stores/b"]


def test_a_reference_is_dropped_before_its_target_is_deleted() -> None:
    live = {**have(AGENT, {"store": 1}, STORE), **have(STORE)}
    assert names(planned(want(AGENT, {}), live).changes) == ["update agents/buddy", "delete stores/prefs"]


def test_replacing_a_model_whose_user_is_deleted_and_whose_other_user_lets_go_of_that_is_no_circle() -> None:
    """The agent waits for the model, the store's end for the agent; so the model must not wait for the store's end."""
    live = {
        **have(MODEL, {"model": {"name": "a"}}),
        **have(STORE, {}, MODEL),
        **have(AGENT, {"tools": [1]}, MODEL, STORE),
    }
    desired = {**want(MODEL, {"model": {"name": "b"}}), **want(AGENT, {}, MODEL)}
    assert names(planned(desired, live).changes) == [
        "replace deployments/gpt",
        "update agents/buddy",
        "delete stores/prefs",
    ]


def test_spillover_between_deployments_is_ordered_by_reference() -> None:
    desired = {**want(MODEL, {"x": 1}, SPILL), **want(SPILL)}
    assert names(planned(desired, {}).changes) == ["create deployments/spill", "create deployments/gpt"]
    live = {**have(MODEL, {"x": 1}, SPILL), **have(SPILL)}
    assert names(planned({}, live).changes) == ["delete deployments/gpt", "delete deployments/spill"]
    turned = {**want(SPILL, {"x": 2}, MODEL), **want(MODEL, {"x": 2})}
    assert names(planned(turned, live).changes) == ["update deployments/gpt", "update deployments/spill"]


def test_a_deployment_that_names_itself_waits_for_nobody() -> None:
    assert names(planned(want(MODEL, {}, MODEL), {}).changes) == ["create deployments/gpt"]
    assert names(planned({}, have(MODEL, {}, MODEL)).changes) == ["delete deployments/gpt"]


def test_what_still_refers_to_a_deleted_resource_does_not_wait_for_it() -> None:
    live = {**have(AGENT, {"a": 1}, STORE), **have(STORE)}
    assert names(planned(want(AGENT, {"a": 2}, STORE), live).changes) == ["update agents/buddy", "delete stores/prefs"]


# -- the plan itself


def test_plans_count_their_actions() -> None:
    plan = planned({**want(AGENT), **want(MODEL)}, have(STORE))
    assert (plan.count(Action.CREATE), plan.count(Action.DELETE), plan.count(Action.UPDATE)) == (2, 1, 0)
    assert not plan.is_empty
    assert plan.owner == OWNER


def test_the_digest_of_a_plan_moves_with_everything_it_would_do() -> None:
    base = (want(AGENT, {"a": 1}), have(AGENT, {"a": 2}))
    others = [
        (want(AGENT, {"a": 3}), have(AGENT, {"a": 2})),
        (want(AGENT, {"a": 1}), have(AGENT, {"a": 4})),
        (want(AGENT, {"a": 1}), have(AGENT, {"a": 2}, applied={"a": 1})),
        (want(AGENT, {"a": 1}, prevent_destroy=True), have(AGENT, {"a": 2})),
        (want(AGENT, {"a": 1}), have(AGENT, {"a": 2}, owner=None)),
        (want(STORE, {"a": 1}), have(STORE, {"a": 2})),
        (want(AGENT, {"a": 1}), {}),
    ]
    digests = {planned(*world).digest for world in [base, *others]}
    assert len(digests) == 1 + len(others)
    assert planned(*base).digest == planned(want(AGENT, {"a": 1.0}), have(AGENT, {"a": 2})).digest


# -- what went wrong, or is not done yet


@pytest.mark.parametrize(
    ("condition", "reason"),
    [(Condition.FAILED, "its last write failed"), (Condition.PENDING, "it is still being made")],
)
def test_what_is_not_ready_is_planned_though_no_field_differs(condition: Condition, reason: str) -> None:
    live = {MODEL: replace(have(MODEL, {"a": 1})[MODEL], condition=condition)}
    change = only_change(want(MODEL, {"a": 1}), live)
    assert (change.action, change.fields, change.reason) == (Action.UPDATE, (), reason)
    assert only_change(want(MODEL, {"a": 2}), live).reason == reason
    assert only_change({}, live).reason == ""


def test_a_reason_makes_another_plan_and_none_the_same() -> None:
    ready = have(MODEL, {"a": 1})
    failed = {MODEL: replace(ready[MODEL], condition=Condition.FAILED)}
    pending = {MODEL: replace(ready[MODEL], condition=Condition.PENDING)}
    digests = {planned(want(MODEL, {"a": 2}), live).digest for live in (ready, failed, pending)}
    assert len(digests) == 3
    assert only_change(want(MODEL, {"a": 2}), ready).reason == ""


def test_what_is_external_or_not_ours_may_be_as_it_is() -> None:
    failed = {AGENT: replace(have(AGENT, owner=STRANGER)[AGENT], condition=Condition.FAILED)}
    assert planned({}, failed).is_empty
    assert planned({AGENT: Desired(address=AGENT, external=True)}, failed).is_empty


# -- what was allowed


def test_an_allowance_that_no_change_needs_is_told() -> None:
    other, unlisted = Address("stores", "other"), Address("stores", "slip")
    plan = planned({}, {**have(STORE), **have(AGENT)})
    allow = Allowances(data_loss=frozenset({STORE, other, unlisted, AGENT}))
    assert idle_allowances(plan, allow) == (AGENT, other, unlisted)
    assert idle_allowances(plan, Allowances(data_loss=frozenset({STORE}))) == ()
    assert idle_allowances(plan, NOTHING) == ()


def test_what_cannot_be_read_refuses_the_plan_where_it_is_declared() -> None:
    live = {AGENT: Live(address=AGENT, fields={}, odd="name is a list, not text")}
    plan = planned(want(AGENT, {"kind": "prompt"}), live)
    (refusal,) = plan.refusals
    assert (refusal.code, refusal.where, plan.changes, plan.warnings) == ("unreadable-object", HERE, (), ())
    assert "name is a list, not text" in refusal.message


def test_what_cannot_be_read_and_is_external_is_there() -> None:
    live = {AGENT: Live(address=AGENT, fields={}, odd="name is a list, not text")}
    plan = planned({AGENT: replace(want(AGENT)[AGENT], external=True)}, live)
    assert (plan.refusals, plan.changes, plan.warnings) == ((), (), ())


def test_what_cannot_be_read_and_is_not_declared_is_never_deleted_and_told() -> None:
    live = {AGENT: Live(address=AGENT, fields={}, odd="name is a list, not text")}
    plan = planned({}, live)
    assert (plan.refusals, plan.changes) == ((), ())
    (warning,) = plan.warnings
    assert (warning.code, warning.is_error) == ("unreadable-object", False)
    assert str(AGENT) in warning.message
