"""A store whose models change, and whose memories are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import Document
from provisioner.model.memory import Holding, Scopes
from provisioner.model.migration import Estimate, Migration, Part, Way, estimate
from provisioner.model.plan import Change, Plan
from provisioner.model.policy import Policy
from provisioner.model.resource import Desired, Live, Marker, OnReplace
from provisioner.model.run_scope import RunScope
from provisioner.reconcile.drift import drift_in
from provisioner.reconcile.marker import identity_print, read_marker, write_marker
from provisioner.render.drift import drift_document, drift_markdown, drift_text
from tests.reconcile.manifests import AGENT, KEPT, MODEL, NOTHING, STORE, codes, have, removed, want
from tests.strategies import OWNER, names, planned

OLD: Document = {"chat_model": "gpt", "embedding_model": "small"}
NEW: Document = {"chat_model": "gpt", "embedding_model": "large"}
SHADOW = Address("stores", "prefs-shadow")
MIGRATE = OnReplace.MIGRATE


def old(fields: Document = OLD, *, identity: str = "store_1", **lifecycle: Any) -> dict[Address, Live]:
    ((at, found),) = have(STORE, fields, **lifecycle).items()
    return {at: replace(found, identity=identity)}


def new(fields: Document = NEW) -> dict[Address, Live]:
    return old(fields, identity="store_2")


def shadow(
    fields: Document = NEW, *, of: str = "store_1", key: str = "prefs", owner: str = OWNER
) -> dict[Address, Live]:
    source = Live(address=STORE, fields={}, identity=of)
    marker = Marker(owner=owner, key=key, copy_of=identity_print(source), is_shadow=True)
    return {SHADOW: Live(address=SHADOW, fields=fields, marker=marker, revision="1", identity="store_s")}


def wanted(fields: Document = NEW, on_replace: OnReplace = MIGRATE, **lifecycle: Any) -> dict[Address, Desired]:
    return want(STORE, fields, on_replace=on_replace, **lifecycle)


def the_change(plan: Plan) -> Change:
    (change,) = plan.changes
    assert not plan.refusals
    return change


def told(change: Change) -> tuple[Action, Part, Address, Address, bool]:
    way = change.migration
    assert way is not None
    assert way.way is Way.IN_PLACE
    return change.action, way.part, way.source, way.target, way.resumes


# -- what the entry says


def test_a_change_of_a_model_migrates_what_the_store_holds() -> None:
    change = the_change(planned(wanted(), old(), NOTHING))
    assert told(change) == (Action.MIGRATE, Part.MOVE, STORE, SHADOW, False)
    assert (change.loses_data, change.before, change.after) == (False, old()[STORE], NEW)
    assert [it.name for it in change.fields] == ["embedding_model"]


@pytest.mark.parametrize("on_replace", [OnReplace.REFUSE, OnReplace.RECREATE])
def test_without_that_word_it_is_replaced_and_refused(on_replace: OnReplace) -> None:
    plan = planned(wanted(on_replace=on_replace), old(), NOTHING)
    assert names(plan.changes) == ["replace stores/prefs"]
    assert codes(plan) == ["data-loss"]


def test_what_can_be_changed_in_place_needs_no_migration() -> None:
    change = the_change(planned(wanted({**OLD, "description": "new"}), old(), NOTHING))
    assert (change.action, change.migration) == (Action.UPDATE, None)


def test_only_what_can_be_copied_is_migrated() -> None:
    live = have(MODEL, {"model": {"name": "old"}})
    change = the_change(planned(want(MODEL, {"model": {"name": "new"}}, on_replace=MIGRATE), live, NOTHING))
    assert change.action is Action.REPLACE


def test_what_is_to_be_made_anew_by_command_is_migrated_too() -> None:
    plan = planned(wanted(OLD), old(), Allowances(replace=frozenset({STORE})))
    assert told(the_change(plan)) == (Action.MIGRATE, Part.MOVE, STORE, SHADOW, False)
    assert the_change(plan).is_asked


def test_agents_that_refer_to_it_are_named() -> None:
    desired = {**wanted(), **want(AGENT, {"a": 1}, STORE)}
    live = {**old(), **have(AGENT, {"a": 1}, STORE)}
    assert the_change(planned(desired, live, NOTHING)).referrers == (AGENT,)


def test_the_shadow_is_called_what_nobody_else_is() -> None:
    taken = {**old(), **have(SHADOW, OLD, owner=None)}
    assert the_change(planned(wanted(), taken, NOTHING)).migration.target == Address("stores", "prefs-shadow-2")  # type: ignore[union-attr]
    long = Address("stores", "x" * 256)
    change = the_change(planned(want(long, NEW, on_replace=MIGRATE), have(long, OLD), NOTHING))
    assert change.migration is not None
    assert change.migration.target.name == "x" * 249 + "-shadow"


# -- where an earlier run left it


def test_a_run_that_was_ended_while_the_shadow_was_filled_goes_on() -> None:
    change = the_change(planned(wanted(), {**old(), **shadow()}, NOTHING))
    assert told(change) == (Action.MIGRATE, Part.MOVE, STORE, SHADOW, True)
    assert not change.is_asked


def test_where_only_the_shadow_is_left_the_store_is_made_and_filled() -> None:
    change = the_change(planned(wanted(), shadow(), NOTHING))
    assert told(change) == (Action.MIGRATE, Part.RESTORE, STORE, SHADOW, True)
    assert (change.before, change.after, change.destroys) == (None, NEW, False)


def test_a_new_store_that_was_not_filled_is_filled() -> None:
    change = the_change(planned(wanted(), {**new(), **shadow()}, NOTHING))
    assert told(change) == (Action.MIGRATE, Part.RESTORE, STORE, SHADOW, True)
    assert (change.fields, change.destroys) == ((), False)


def test_a_new_store_that_is_to_change_again_is_moved_again() -> None:
    change = the_change(planned(wanted({**NEW, "chat_model": "other"}), {**new(), **shadow()}, NOTHING))
    assert told(change) == (Action.MIGRATE, Part.MOVE, STORE, SHADOW, True)


def test_an_edit_that_was_taken_back_leaves_only_the_shadow_to_go() -> None:
    change = the_change(planned(wanted(OLD), {**old(), **shadow()}, NOTHING))
    assert (change.address, *told(change)) == (SHADOW, Action.DELETE, Part.DISCARD, STORE, SHADOW, True)
    assert not change.loses_data
    assert "stores/prefs has all of it" in change.remarks[0]


def test_beside_that_the_store_itself_may_change() -> None:
    plan = planned(wanted({**OLD, "description": "new"}), {**old(), **shadow()}, NOTHING)
    assert names(plan.changes) == ["update stores/prefs", "delete stores/prefs-shadow"]


@pytest.mark.parametrize("on_replace", OnReplace)
def test_what_was_begun_is_ended_whatever_the_entry_says_now(on_replace: OnReplace) -> None:
    for live in ({**old(), **shadow()}, shadow(), {**new(), **shadow()}):
        change = the_change(planned(wanted(on_replace=on_replace), live, NOTHING))
        assert change.action is Action.MIGRATE
        assert change.migration is not None
        assert change.migration.resumes


def test_what_was_asked_for_is_not_asked_for_again() -> None:
    """The same command, run again: what it began is ended, and that is all."""
    allow = Allowances(replace=frozenset({STORE}))
    assert told(the_change(planned(wanted(), {**new(), **shadow()}, allow)))[1] is Part.RESTORE
    assert told(the_change(planned(wanted(OLD), {**old(), **shadow()}, allow)))[1] is Part.MOVE


def test_a_shadow_whose_entry_is_gone_is_a_store_as_any_other() -> None:
    plan = removed(shadow())
    assert names(plan.changes) == ["delete stores/prefs-shadow"]
    assert plan.changes[0].loses_data
    assert codes(plan) == ["data-loss"]


def test_the_shadow_of_another_owner_is_left_alone() -> None:
    change = the_change(planned(wanted(), {**old(), **shadow(owner="somebody")}, NOTHING))
    assert told(change) == (Action.MIGRATE, Part.MOVE, STORE, Address("stores", "prefs-shadow-2"), False)


def test_a_shadow_goes_with_the_key_of_an_entry_that_has_another_name_live() -> None:
    entry = {STORE: replace(wanted()[STORE], key="likes")}
    assert told(the_change(planned(entry, shadow(key="likes"), NOTHING)))[1] is Part.RESTORE
    assert "delete stores/prefs-shadow" in names(planned(entry, shadow(key="prefs"), NOTHING).changes)


# -- what forbids it


@pytest.mark.parametrize("said", [None, True])
def test_what_is_protected_is_not_migrated(said: bool | None) -> None:
    plan = planned(wanted(prevent_destroy=said), old(prevent_destroy=True), NOTHING)
    assert codes(plan) == ["prevent-destroy"]
    assert "would be migrated" in plan.refusals[0].message


def test_what_is_protected_now_is_still_restored() -> None:
    """Nothing goes that anybody wants to keep."""
    assert not planned(wanted(prevent_destroy=True), shadow(), NOTHING).refusals
    assert not planned(wanted(prevent_destroy=True), {**new(), **shadow()}, NOTHING).refusals


def test_a_policy_that_protects_refuses_it() -> None:
    plan = planned(wanted(), old(), Allowances(policy=Policy.of({"protected": True})))
    assert codes(plan) == ["policy-protected"]
    assert "stores/prefs would be migrated" in plan.refusals[0].message


def test_it_counts_as_no_deletion() -> None:
    policy = Policy.of({"max_deletes": 0})
    for live in (old(), {**old(), **shadow()}):
        assert not planned(wanted(), live, Allowances(max_deletes=0, policy=policy)).refusals
    assert not planned(wanted(OLD), {**old(), **shadow()}, Allowances(max_deletes=0, policy=policy)).refusals


def test_without_deletions_it_is_left_out() -> None:
    plan = planned(wanted(), old(), Allowances(no_delete=True))
    assert (plan.changes, plan.left_out) == ((), (STORE,))
    assert planned(wanted(), shadow(), Allowances(no_delete=True)).changes


def test_what_is_suspended_or_out_of_scope_leaves_its_shadow_alone() -> None:
    live = {**old(), **shadow()}
    for fields in (OLD, NEW):
        assert not planned(wanted(fields, suspend=True), live, NOTHING).changes
        everything = {**wanted(fields), **want(KEPT)}
        excluded = Allowances(scope=RunScope(excludes=("stores/prefs",)))
        assert names(planned(everything, {**live, **have(KEPT)}, excluded).changes) == []


def test_a_plan_of_a_migration_has_a_digest_of_its_own() -> None:
    migration = planned(wanted(), old(), NOTHING)
    assert migration.digest != planned(wanted(on_replace=OnReplace.RECREATE), old()).digest
    assert migration.digest == planned(wanted(), old(), NOTHING).digest


# -- the mark


@pytest.mark.parametrize("key", ["prefs", "a,b", "100%", "füß, 50%2C", "prevent_destroy"])
def test_the_mark_of_a_copy_is_read_as_it_was_written(key: str) -> None:
    marker = Marker(owner=OWNER, key=key, copy_of="abcd_-12", is_shadow=True, prevent_destroy=True)
    assert read_marker(write_marker(marker)) == ({}, marker)


def test_what_is_no_copy_has_no_such_words() -> None:
    assert write_marker(Marker(owner=OWNER)) == {"provisioner-owner": OWNER, "provisioner-applied": ""}


def test_a_migration_that_is_under_way_is_nobodys_drift() -> None:
    for live in ({**old(), **shadow()}, shadow(), {**new(), **shadow()}):
        drift = drift_in(planned(wanted(), live, NOTHING))
        assert (drift.is_empty, drift.migrating) == (True, (STORE,))
        assert "A migration of stores/prefs is under way" in drift_text(drift)
        assert "A migration of stores/prefs is under way" in drift_markdown(drift)
        assert drift_document(drift)["migrating"] == [{"kind": "stores", "name": "prefs"}]
    assert not drift_in(planned(wanted(), old(), NOTHING)).migrating


# -- estimates


def held(items: int, scopes: int, *, way: Way = Way.IN_PLACE, part: Part = Part.MOVE, rate: int = 1000) -> Estimate:
    names_of = tuple(f"s{number}" for number in range(scopes))
    holding = Holding(scopes=Scopes(names=names_of), kinds={"user_profile": items})
    found = estimate(Migration(way=way, part=part, source=STORE, target=SHADOW, holding=holding, rate=rate))
    assert found is not None
    return found


def test_an_estimate_counts_what_is_written_and_read() -> None:
    in_place, beside = held(1000, 10), held(1000, 10, way=Way.SIDE_BY_SIDE)
    assert (in_place.requests, beside.requests) == (2000 + 8 * 20, 1000 + 3 * 20)
    assert in_place.duration_s == pytest.approx(60 * in_place.requests / 1000)
    assert 0 < in_place.away_s < in_place.duration_s
    assert beside.away_s == 0
    restored = held(1000, 10, part=Part.RESTORE)
    assert (restored.requests, restored.away_s) == (1000 + 3 * 20, restored.duration_s)
    assert held(1000, 10, way=Way.SIDE_BY_SIDE, part=Part.RETIRE).requests == 60
    assert held(1000, 10, rate=0).duration_s == 0


def test_without_a_count_there_is_no_estimate() -> None:
    way = Migration(way=Way.IN_PLACE, source=STORE, target=SHADOW)
    assert estimate(way) is None
    assert estimate(replace(way, holding=Holding())) is None
