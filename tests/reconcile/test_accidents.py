"""Nothing is deleted by accident, and what a plan says of protection, owners and leftovers is so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.kinds import TRAITS
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired, Live, OnRemove
from provisioner.reconcile.planner import make_destruction
from tests.reconcile.manifests import AGENT, KEPT, MODEL, NOTHING, STORE, codes, have, only_change, removed, want
from tests.strategies import EVERYTHING_ALLOWED, OWNER, STRANGER, names, planned

OLD_STORE = {"chat_model": "a", "embedding_model": "e"}
NEW_STORE = {"chat_model": "b", "embedding_model": "e"}
A, B = {"model": {"format": "OpenAI", "name": "a"}}, {"model": {"format": "OpenAI", "name": "b"}}


def destroyed(desired: dict[Address, Desired], live: dict[Address, Live], allow: Allowances = NOTHING) -> Plan:
    return make_destruction(desired, live, owner=OWNER, traits=TRAITS, allow=allow)


def warned(plan: Plan) -> list[str]:
    assert not any(warning.is_error for warning in plan.warnings)
    return [warning.code for warning in plan.warnings]


# -- a manifest that declares nothing


def test_a_manifest_that_declares_nothing_does_not_delete_all_there_is() -> None:
    plan = planned({}, {**have(AGENT), **have(MODEL)}, EVERYTHING_ALLOWED)
    (refusal,) = plan.refusals
    assert refusal.code == "nothing-declared"
    assert refusal.message == (
        'The manifest declares nothing of its own, so all that "dev-buddy" owns would be deleted: agents/buddy and '
        "deployments/gpt."
    )
    assert refusal.hint == "If this is meant, say so: provisioner destroy. If not, put the entries back."


def test_what_is_external_is_nothing_of_its_own_to_declare() -> None:
    desired = {MODEL: Desired(address=MODEL, external=True)}
    assert codes(planned(desired, {**have(MODEL, owner=STRANGER), **have(AGENT)}, NOTHING)) == ["nothing-declared"]


def test_many_names_are_cut() -> None:
    live = {address: it for number in range(7) for address, it in have(Address("agents", f"a{number}")).items()}
    (refusal,) = planned({}, live, EVERYTHING_ALLOWED).refusals
    assert refusal.message.endswith("agents/a0, agents/a1, agents/a2, agents/a3, agents/a4 and 2 more.")


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        pytest.param({}, {}, id="nothing is live"),
        pytest.param({}, have(AGENT, owner=STRANGER), id="what is live is somebody else's"),
        pytest.param({}, have(AGENT, on_remove=OnRemove.KEEP), id="what is live would only be released"),
        pytest.param(want(KEPT), have(AGENT), id="something is declared"),
    ],
)
def test_an_empty_manifest_that_deletes_nothing_is_no_accident(
    desired: dict[Address, Desired], live: dict[Address, Live]
) -> None:
    assert codes(planned(desired, live, NOTHING)) == []


# -- destroy


def test_destroy_deletes_all_that_is_the_owners_and_nothing_else() -> None:
    released = Address("agents", "kept")
    live = {
        **have(AGENT, {}, MODEL),
        **have(MODEL),
        **have(STORE, owner=STRANGER),
        **have(released, on_remove=OnRemove.KEEP),
    }
    plan = destroyed(want(AGENT), live)
    assert names(plan.changes) == ["delete agents/buddy", "release agents/kept", "delete deployments/gpt"]
    assert (plan.refusals, plan.warnings, plan.destruction) == ((), (), True)
    assert destroyed(want(AGENT), have(STORE, owner=STRANGER)).is_empty


def test_destroy_leaves_what_is_external_and_tells_of_it_where_it_carries_our_mark() -> None:
    desired = {MODEL: Desired(address=MODEL, external=True)}
    plan = destroyed(desired, {**have(MODEL), **have(AGENT)})
    assert names(plan.changes) == ["delete agents/buddy"]
    assert warned(plan) == ["left-external"]
    assert plan.warnings[0].message == (
        'deployments/gpt carries the mark of "dev-buddy", but the manifest declares it external, so it is left as it '
        "is."
    )
    assert warned(destroyed(desired, have(MODEL, owner=STRANGER))) == []


@pytest.mark.parametrize(("said", "marked"), [(True, False), (True, True), (None, True), (False, True)])
def test_destroy_asks_the_entry_and_the_live_object(said: bool | None, marked: bool) -> None:
    (refusal,) = destroyed(want(AGENT, prevent_destroy=said), have(AGENT, prevent_destroy=marked)).refusals
    assert refusal.code == "prevent-destroy"
    assert refusal.hint == (
        "If this is meant, set `lifecycle: {prevent_destroy: false}` in its manifest entry and apply that first; then "
        "destroy."
    )


def test_what_neither_protects_is_destroyed() -> None:
    for said in (None, False):
        assert codes(destroyed(want(AGENT, prevent_destroy=said), have(AGENT))) == []
    (refusal,) = destroyed({}, have(AGENT, prevent_destroy=True)).refusals
    assert refusal.hint.startswith("If this is meant, put its entry back with")


def test_destroy_keeps_to_the_other_limits() -> None:
    live = {**have(STORE, OLD_STORE), **have(AGENT)}
    assert codes(destroyed({}, live)) == ["data-loss"]
    assert codes(destroyed({}, live, Allowances(data_loss=frozenset({STORE}), max_deletes=1))) == ["too-many-deletes"]


# -- replacements are deletions, too


def test_a_replacement_counts_as_a_deletion() -> None:
    plan = planned(want(MODEL, B), {**have(MODEL, A), **have(AGENT)}, Allowances(max_deletes=1))
    (refusal,) = plan.refusals
    assert refusal.code == "too-many-deletes"
    assert refusal.message == "1 deletion and 1 replacement are planned, more than the 1 that is allowed at once."
    (refusal,) = planned(want(MODEL, B), have(MODEL, A), Allowances(max_deletes=0)).refusals
    assert refusal.message == "1 replacement is planned, more than the 0 that are allowed at once."
    assert codes(planned(want(MODEL, B), have(MODEL, A), Allowances(max_deletes=1))) == []


def test_no_delete_leaves_out_what_deletes_or_replaces_and_does_the_rest() -> None:
    desired = {**want(MODEL, B), **want(AGENT, {"a": 2}, MODEL), **want(KEPT)}
    live = {**have(MODEL, A), **have(AGENT, {"a": 1}, MODEL), **have(STORE, OLD_STORE)}
    plan = planned(desired, live, Allowances(no_delete=True, max_deletes=0))
    assert names(plan.changes) == ["update agents/buddy", "create agents/kept"]
    assert plan.refusals == ()
    assert plan.left_out == (MODEL, STORE)
    assert plan.unchanged == ()
    replaced, deleted = (warning.message for warning in plan.warnings)
    assert replaced == (
        "deployments/gpt would be replaced because model.name cannot change in place; --no-delete leaves it as it is, "
        "and what refers to it goes on with it."
    )
    assert deleted == "stores/prefs would be deleted; --no-delete leaves it as it is."
    assert warned(plan) == ["left-out", "left-out"]


def test_no_delete_releases_what_is_kept_and_lets_an_empty_manifest_be() -> None:
    live = {**have(AGENT), **have(KEPT, on_remove=OnRemove.KEEP)}
    plan = planned({}, live, Allowances(no_delete=True))
    assert names(plan.changes) == ["release agents/kept"]
    assert (plan.refusals, plan.left_out) == ((), (AGENT,))


# -- three states of protection


@pytest.mark.parametrize("marked", [True, False])
def test_an_entry_that_says_nothing_of_protection_leaves_it_as_it_is(marked: bool) -> None:
    live = have(MODEL, A, prevent_destroy=marked)
    assert planned(want(MODEL, A), live).is_empty
    change = only_change(want(MODEL, {**A, "x": 1}), live)
    assert change.marker is not None
    assert (change.marker.prevent_destroy, change.lifecycle_fields) == (marked, ())
    assert codes(planned(want(MODEL, B), live)) == (["prevent-destroy"] if marked else [])


def test_an_adopted_store_starts_protected_unless_the_entry_says_otherwise() -> None:
    live = have(STORE, OLD_STORE, owner=None)
    change = only_change(want(STORE, OLD_STORE), live)
    assert change.lifecycle_fields == (("lifecycle.prevent_destroy", False, True),)
    assert only_change(want(STORE, OLD_STORE, prevent_destroy=False), live).lifecycle_fields == ()
    assert only_change(want(AGENT), have(AGENT, owner=None)).lifecycle_fields == ()


def lifecycle(change: Change) -> list[str]:
    return [f"{name}: {before} -> {after}" for name, before, after in change.lifecycle_fields]


def test_protection_is_shown_whatever_the_change_is() -> None:
    rules: dict[str, Any] = {"prevent_destroy": True, "on_remove": OnRemove.KEEP}
    both = ["lifecycle.prevent_destroy: False -> True", "lifecycle.on_remove: delete -> keep"]
    assert lifecycle(only_change(want(AGENT, **rules), {})) == both
    assert lifecycle(only_change(want(AGENT, **rules), have(AGENT, owner=None))) == both
    assert lifecycle(only_change(want(AGENT, **rules), have(AGENT))) == both
    assert lifecycle(only_change(want(MODEL, B, **rules), have(MODEL, A))) == both
    assert lifecycle(only_change({}, have(AGENT, **rules))) == ["lifecycle.prevent_destroy: True -> False"]
    assert lifecycle(only_change({}, have(AGENT, prevent_destroy=True))) == []


# -- who refers to it


def test_whoever_the_plan_points_elsewhere_or_deletes_does_not_count() -> None:
    moved, leaving = Address("agents", "moved"), Address("agents", "leaving")
    live = {**have(MODEL), **have(moved, {"model": "gpt"}, MODEL), **have(leaving, {}, MODEL)}
    plan = planned({**want(moved, {"model": "other"}), **want(KEPT)}, live)
    (change,) = (it for it in plan.changes if it.address == MODEL)
    assert change.referrers == ()


def test_whoever_goes_on_naming_it_counts() -> None:
    strange, plain, released, ignoring, external = (Address("agents", name) for name in "abcde")
    live = {
        **have(MODEL),
        **have(strange, {}, MODEL, owner=STRANGER),
        **have(plain, {}, MODEL, owner=None),
        **have(released, {}, MODEL, on_remove=OnRemove.KEEP),
        **have(ignoring, {"model": "gpt"}, MODEL),
        **have(external, {}, MODEL),
    }
    desired = {
        **want(ignoring, {"model": "other"}, ignore=(("model",),)),
        external: Desired(address=external, external=True),
    }
    (change,) = (it for it in planned(desired, live).changes if it.address == MODEL)
    assert change.referrers == (strange, plain, released, ignoring, external)


# -- ignored


def test_what_is_ignored_is_named_where_nothing_else_changes() -> None:
    desired = want(MODEL, {**A, "sku": {"name": "S", "capacity": 30}}, ignore=(("sku", "capacity"), ("tags",)))
    plan = planned(desired, have(MODEL, {**A, "sku": {"name": "S", "capacity": 10}}))
    assert plan.is_empty
    (warning,) = plan.warnings
    assert warning.code == "ignored-difference"
    assert warning.message == (
        "deployments/gpt differs from the manifest and is left as it is, as `lifecycle.ignore` says: sku.capacity."
    )
    assert warning.where is not None


def test_what_is_ignored_is_a_remark_on_a_change_and_nothing_where_it_does_not_differ() -> None:
    desired = want(MODEL, {**A, "x": 2, "sku": {"capacity": 30}}, ignore=(("sku", "capacity"),))
    change = only_change(desired, have(MODEL, {**A, "x": 1, "sku": {"capacity": 10}}))
    assert change.remarks == (
        "Differs from the manifest and is left as it is, as `lifecycle.ignore` says: sku.capacity.",
    )
    assert only_change(desired, have(MODEL, {**A, "x": 1, "sku": {"capacity": 30}})).remarks == ()
    assert only_change(desired, {}).remarks == ()
    plan = planned(desired, have(MODEL, {**A, "x": 2, "sku": {"capacity": 30}}))
    assert (plan.is_empty, plan.warnings) == (True, ())


# -- what a replacement loses


def test_a_replaced_agent_says_what_goes_with_it_and_no_defaults() -> None:
    live = {
        "kind": "prompt",
        "tools": [],
        "draft": False,
        "state": "disabled",
        "agent_endpoint": {"authorization_schemes": [{"type": "Entra"}], "protocol_configuration": {"mcp": {"x": 1}}},
    }
    change = only_change(want(AGENT, {"kind": "workflow"}), have(AGENT, live, applied={"kind": "prompt"}))
    assert change.remarks == (
        "Its versions, its identity and the role assignments of that identity are lost.",
        "Not in the manifest, so not carried over: state, agent_endpoint.protocol_configuration.mcp.x.",
    )


def test_what_is_shown_as_removed_is_not_told_twice() -> None:
    live = {"kind": "prompt", "instructions": "ours", "description": "theirs"}
    applied = {"kind": "prompt", "instructions": "ours"}
    change = only_change(want(AGENT, {"kind": "workflow"}), have(AGENT, live, applied=applied))
    assert "instructions" in {field.name for field in change.fields}
    assert change.remarks[1] == "Not in the manifest, so not carried over: description."


def test_an_updated_agent_loses_nothing() -> None:
    assert only_change(want(AGENT, {"kind": "prompt", "a": 2}), have(AGENT, {"kind": "prompt", "a": 1})).remarks == ()


# -- another name for the manifest

TAKING = Allowances(take_over=frozenset({STRANGER}))


def test_what_an_old_name_owns_is_refused_and_the_way_is_told() -> None:
    (refusal,) = planned(want(AGENT), have(AGENT, owner=STRANGER), NOTHING).refusals
    assert refusal.hint.startswith(
        'If this manifest was once named "somebody-else", add --take-over somebody-else. Otherwise'
    )


def test_what_is_declared_here_is_taken_over_and_shown_as_that() -> None:
    live = have(AGENT, {"a": 1}, owner=STRANGER, prevent_destroy=True)
    plan = planned(want(AGENT, {"a": 1}), live, TAKING)
    (change,) = plan.changes
    assert (change.action, change.fields, plan.refusals) == (Action.ADOPT, (), ())
    assert change.lifecycle_fields == (("owner", STRANGER, OWNER),)
    assert change.remarks == ('It belongs to the manifest named "somebody-else"; this manifest takes it over.',)
    assert change.marker is not None
    assert (change.marker.owner, change.marker.prevent_destroy) == (OWNER, True)
    assert (change.is_takeover, change.is_adoption) == (True, False)


def test_what_is_taken_over_still_tells_drift_from_edits() -> None:
    live = have(AGENT, {"a": 1, "b": 2}, applied={"a": 1, "b": 1}, owner=STRANGER)
    (change,) = planned(want(AGENT, {"a": 2, "b": 1}), live, TAKING).changes
    assert [(it.name, it.origin and it.origin.value) for it in change.fields] == [("a", "edit"), ("b", "drift")]


def test_what_is_not_declared_here_stays_with_the_old_name_and_is_told() -> None:
    live = {**have(AGENT, owner=STRANGER), **have(STORE, OLD_STORE, owner=STRANGER), **have(MODEL, owner="third")}
    plan = planned({**want(AGENT), MODEL: Desired(address=MODEL, external=True)}, live, TAKING)
    assert names(plan.changes) == ["adopt agents/buddy"]
    assert warned(plan) == ["not-taken-over"]
    assert plan.warnings[0].message == (
        'stores/prefs belongs to "somebody-else" and is not declared here, so it is not taken over and stays as it is.'
    )


def test_a_third_owner_is_refused_as_ever() -> None:
    assert codes(planned(want(AGENT), have(AGENT, owner="third"), TAKING)) == ["foreign-owner"]


def test_taking_over_from_oneself_is_nothing() -> None:
    plan = planned(want(KEPT), {**have(KEPT), **have(AGENT)}, Allowances(take_over=frozenset({OWNER})))
    assert (names(plan.changes), plan.warnings) == (["delete agents/buddy"], ())


def test_a_store_that_is_taken_over_and_would_be_replaced_needs_both_words() -> None:
    live = have(STORE, OLD_STORE, owner=STRANGER)
    assert codes(planned(want(STORE, NEW_STORE), live, TAKING)) == ["data-loss"]
    (change,) = planned(want(STORE, NEW_STORE), live, replace(TAKING, data_loss=frozenset({STORE}))).changes
    assert (change.action, change.is_takeover) == (Action.REPLACE, True)


# -- what cannot be read


def odd(live: dict[Address, Live]) -> dict[Address, Live]:
    return {address: replace(found, odd="tools is a number") for address, found in live.items()}


def test_what_cannot_be_read_is_neither_written_nor_deleted() -> None:
    plan = planned(want(AGENT), odd(have(AGENT, owner=None)), EVERYTHING_ALLOWED)
    (refusal,) = plan.refusals
    assert plan.is_empty
    assert (refusal.code, refusal.is_error) == ("unreadable-object", True)
    assert refusal.message == "agents/buddy exists, but what the service shows of it cannot be read: tools is a number."
    for owner in (None, OWNER):
        plan = removed(odd(have(AGENT, owner=owner)))
        assert (plan.changes, plan.refusals, warned(plan)) == ((), (), ["unreadable-object"])
        assert destroyed({}, odd(have(AGENT, owner=owner))).is_empty


def test_what_cannot_be_read_may_be_referred_to() -> None:
    desired = {MODEL: Desired(address=MODEL, external=True), **want(AGENT, {}, MODEL)}
    plan = planned(desired, odd(have(MODEL, owner=None)), NOTHING)
    assert (names(plan.changes), plan.refusals, plan.warnings) == (["create agents/buddy"], (), ())
