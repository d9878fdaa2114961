"""A store that moves to another name, and the agents with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.live_names import readdressed
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import Document
from provisioner.model.migration import Part, Way
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live, Marker, OnReplace
from provisioner.model.run_scope import RunScope
from provisioner.reconcile.marker import AppliedRecord, identity_print
from provisioner.reconcile.planner import make_destruction, make_plan
from provisioner.reconcile.selection import live_address
from provisioner.reconcile.successors import successions
from tests.reconcile.manifests import AGENT, NOTHING, STORE, codes, have, want
from tests.strategies import OWNER, names

OLD: Document = {"chat_model": "gpt", "embedding_model": "small"}
NEW: Document = {"chat_model": "gpt", "embedding_model": "large"}
NEWER: Document = {"chat_model": "gpt", "embedding_model": "larger"}
BESIDE = OnReplace.SIDE_BY_SIDE
_Wanted = dict[Address, Desired]
_State = dict[Address, Live]


def uses(name: str) -> Document:
    return {"kind": "prompt", "tools": [{"type": "memory_search_preview", "memory_store_name": name}]}


def agent(name: str = "prefs", at: Address = AGENT, *, owner: str | None = OWNER) -> _State:
    return have(at, uses(name), Address("stores", name), owner=owner)


def wanted(fields: Document = NEW, **lifecycle: Any) -> _Wanted:
    store = want(STORE, fields, **{"on_replace": BESIDE, **lifecycle})
    return {**store, **want(AGENT, uses("prefs"), STORE)}


def store(name: str, fields: Document, *, copy_of: str = "", key: str = "", owner: str = OWNER, **more: Any) -> _State:
    """Its identity is its name."""
    at = Address("stores", name)
    source = Live(address=at, fields={}, identity=copy_of)
    marker = Marker(owner=owner, applied=AppliedRecord.of(fields, 512), key=key, copy_of=identity_print(source), **more)
    return {at: Live(address=at, fields=fields, marker=marker, revision="1", identity=name)}


def plan_of(desired: _Wanted, live: _State, allow: Allowances = NOTHING, *, begins: bool = True) -> Plan:
    meant = meant_by(desired, live, begins=begins, anew=allow.replace)
    replaced = frozenset(live_address(at, (meant, live), OWNER) for at in allow.replace)
    return make_plan(meant, live, owner=OWNER, traits=TRAITS, allow=replace(allow, replace=replaced))


def meant_by(desired: _Wanted, live: _State, *, begins: bool = True, anew: frozenset[Address] = frozenset()) -> _Wanted:
    found = successions(desired, live, OWNER, TRAITS, anew=anew, begins=begins)
    return dict(readdressed(desired, found, KINDS))


OURS = store("prefs", OLD)
NAME = next(it for at, it in ((at, at.name) for at in meant_by(wanted(), OURS)) if it.startswith("prefs-"))
NEXT = Address("stores", NAME)


def successor(fields: Document = NEW, name: str = NAME, *, of: str = "prefs", filled: int = 1, **more: Any) -> _State:
    return store(name, fields, copy_of=of, key="prefs", filled=filled, **more)


def begun(fields: Document = NEW, **more: Any) -> _State:
    """One that is not filled yet."""
    return successor(fields, filled=0, **more)


# -- the way of it


def test_a_new_store_is_filled_then_the_agents_move_then_the_old_one_goes() -> None:
    plan = plan_of(wanted(), {**OURS, **agent()})
    assert names(plan.changes) == [f"migrate {NEXT}", "update agents/buddy", "delete stores/prefs"]
    move, update, retire = plan.changes
    assert (move.before, move.after, move.key, move.referrers) == (OURS[STORE], NEW, "prefs", (AGENT,))
    assert move.marker is not None
    assert (move.marker.key, move.marker.copy_of) == ("prefs", identity_print(OURS[STORE]))
    assert [it.name for it in move.fields] == ["embedding_model"]
    assert update.after == uses(NAME)
    for change, part in ((move, Part.MOVE), (retire, Part.RETIRE)):
        way = change.migration
        assert way is not None
        assert (way.way, way.part, way.source, way.target, way.resumes) == (Way.SIDE_BY_SIDE, part, STORE, NEXT, False)
        assert not change.loses_data
    assert not plan.refusals


def test_the_name_tells_the_definition_apart() -> None:
    assert next(at.name for at in meant_by(wanted(), OURS) if at.kind == "stores") == NAME
    assert NEXT not in meant_by(wanted(NEWER), OURS)
    taken = {**OURS, **store(NAME, OLD, owner="somebody")}
    (other,) = (at for at in meant_by(wanted(), taken) if at.kind == "stores")
    assert other not in (NEXT, STORE)


def test_once_all_is_moved_there_is_nothing_left_to_do() -> None:
    live = {**successor(), **agent(NAME)}
    assert plan_of(wanted(), live).is_empty
    assert plan_of(wanted(on_replace=OnReplace.REFUSE), live).is_empty


def test_what_can_be_changed_in_place_stays_where_it_is() -> None:
    for live in ({**OURS, **agent()}, {**store(NAME, OLD, key="prefs"), **agent(NAME)}):
        plan = plan_of(wanted({**OLD, "description": "new"}), live)
        assert [it.action for it in plan.changes] == [Action.UPDATE]
        assert plan.changes[0].marker is not None
        assert plan.changes[0].marker.key == next(iter(live.values())).marker.key  # type: ignore[union-attr]


def test_the_next_change_goes_on_from_there() -> None:
    plan = plan_of(wanted(NEWER), {**successor(), **agent(NAME)})
    assert [it.action for it in plan.changes] == [Action.MIGRATE, Action.UPDATE, Action.DELETE]
    assert plan.changes[0].address not in (NEXT, STORE)
    assert plan.changes[-1].address == NEXT


def test_what_is_made_anew_by_command_gets_another_name() -> None:
    plan = plan_of(wanted(OLD), {**OURS, **agent()}, Allowances(replace=frozenset({STORE})))
    assert [it.action for it in plan.changes] == [Action.MIGRATE, Action.UPDATE, Action.DELETE]
    assert plan.changes[0].is_asked


def test_an_entry_with_a_name_of_its_own_is_moved_by_its_key() -> None:
    live = {**store("theirs", OLD), **agent("theirs")}
    at = Address("stores", "theirs")
    desired = {at: replace(want(at, NEW, on_replace=BESIDE)[at], key="prefs"), **want(AGENT, uses("theirs"), at)}
    plan = plan_of(desired, live)
    assert names(plan.changes) == [f"migrate {NEXT}", "update agents/buddy", "delete stores/theirs"]
    done = {**successor(of="theirs"), **agent(NAME)}
    assert plan_of(desired, done).is_empty


# -- where an earlier run left it


def test_a_store_that_was_not_filled_is_filled_before_the_agents_move() -> None:
    plan = plan_of(wanted(), {**OURS, **begun(), **agent()})
    assert names(plan.changes) == [f"migrate {NEXT}", "update agents/buddy", "delete stores/prefs"]
    assert all(it.migration is None or it.migration.resumes for it in plan.changes)


def test_once_it_is_filled_the_agents_move_and_the_old_one_goes() -> None:
    plan = plan_of(wanted(), {**OURS, **successor(), **agent()})
    assert names(plan.changes) == ["update agents/buddy", "delete stores/prefs"]
    plan = plan_of(wanted(), {**OURS, **successor(), **agent(NAME)})
    assert names(plan.changes) == ["delete stores/prefs"]
    assert not plan.changes[0].loses_data
    assert not plan.refusals


def test_an_edit_that_was_taken_back_before_it_was_filled_leaves_a_copy_to_go() -> None:
    plan = plan_of(wanted(OLD), {**OURS, **begun(), **agent()})
    (change,) = plan.changes
    assert (change.action, change.address, change.loses_data) == (Action.DELETE, NEXT, False)
    way = change.migration
    assert way is not None
    assert (way.part, way.source, way.target) == (Part.DISCARD, STORE, NEXT)
    assert not plan.refusals


def test_of_two_that_were_begun_the_one_that_is_wanted_is_filled_and_the_other_goes() -> None:
    live = {**OURS, **begun(), **agent()}
    plan = plan_of(wanted(NEWER), live)
    (move,) = (it for it in plan.changes if it.action is Action.MIGRATE)
    assert move.before == OURS[STORE]
    other = move.address
    assert names(plan.changes) == [
        f"delete {NEXT}",
        f"migrate {other}",
        "update agents/buddy",
        "delete stores/prefs",
    ]
    both = {**live, **begun(NEWER, name=other.name)}
    assert sorted(names(plan_of(wanted(NEWER), both).changes)) == sorted(names(plan.changes))
    assert not plan.refusals


@pytest.mark.parametrize("fields", [OLD, NEWER], ids=["taken back", "edited again"])
def test_what_was_filled_is_ended_before_a_new_edit_is_begun(fields: Document) -> None:
    plan = plan_of(wanted(fields), {**OURS, **successor(), **agent()})
    assert names(plan.changes) == ["update agents/buddy", "delete stores/prefs"]
    assert [it.code for it in plan.warnings] == ["put-off"]
    after = plan_of(wanted(fields), {**store(NAME, NEW, key="prefs"), **agent(NAME)})
    assert [it.action for it in after.changes] == [Action.MIGRATE, Action.UPDATE, Action.DELETE]


@pytest.mark.parametrize("on_replace", OnReplace)
def test_what_was_begun_is_ended_whatever_the_entry_says_now(on_replace: OnReplace) -> None:
    plan = plan_of(wanted(on_replace=on_replace), {**OURS, **begun(), **agent()})
    assert names(plan.changes) == [f"migrate {NEXT}", "update agents/buddy", "delete stores/prefs"]


def test_what_is_to_be_made_anew_in_place_lets_a_copy_go_first() -> None:
    plan = plan_of(wanted(NEWER, on_replace=OnReplace.MIGRATE), {**OURS, **begun(), **agent()})
    assert names(plan.changes) == [f"delete {NEXT}", "migrate stores/prefs"]
    assert not plan.refusals


def test_without_its_entry_each_is_a_store_as_any_other() -> None:
    desired = {at: it for at, it in wanted().items() if at != STORE} | want(Address("agents", "kept"))
    plan = plan_of(desired, {**OURS, **successor()})
    assert {(it.address, it.loses_data) for it in plan.changes if it.action is Action.DELETE} == {
        (STORE, True),
        (NEXT, True),
    }


def test_a_destruction_takes_all_of_them() -> None:
    live = {**OURS, **successor(), **agent()}
    desired = meant_by(wanted(), live, begins=False)
    plan = make_destruction(desired, live, owner=OWNER, traits=TRAITS, allow=Allowances(data_loss=frozenset((STORE,))))
    assert {it.address for it in plan.changes} == {STORE, NEXT, AGENT}
    assert codes(plan) == ["data-loss"]


def test_the_store_of_another_owner_is_none_of_its_candidates() -> None:
    live = {**OURS, **successor(OLD, owner="somebody"), **agent()}
    assert meant_by(wanted(OLD), live) == wanted(OLD)


# -- what forbids it, and what it leaves


def test_protection_refuses_the_end_of_the_old_one() -> None:
    for desired, live in (
        (wanted(prevent_destroy=True), OURS),
        (wanted(), store("prefs", OLD, prevent_destroy=True)),
    ):
        assert codes(plan_of(desired, {**live, **agent()})) == ["prevent-destroy"]
    unprotected = store("prefs", OLD, prevent_destroy=True)
    assert not plan_of(wanted(prevent_destroy=False), {**unprotected, **agent()}).refusals


def test_without_deletions_the_old_one_stays() -> None:
    plan = plan_of(wanted(), {**OURS, **agent()}, Allowances(no_delete=True))
    assert names(plan.changes) == [f"migrate {NEXT}", "update agents/buddy"]
    assert plan.left_out == (STORE,)


def test_it_counts_as_no_deletion() -> None:
    assert not plan_of(wanted(), {**OURS, **agent()}, Allowances(max_deletes=0)).refusals


def test_what_others_use_is_told() -> None:
    theirs = agent(at=Address("agents", "theirs"), owner="somebody")
    plan = plan_of(wanted(), {**OURS, **agent(), **theirs})
    (warning,) = plan.warnings
    assert warning.code == "left-behind"
    assert warning.message.startswith("agents/theirs names stores/prefs, which goes")
    assert not plan.refusals


def test_a_suspended_agent_keeps_the_old_one() -> None:
    desired = {**wanted(), **want(AGENT, uses("prefs"), STORE, suspend=True)}
    assert codes(plan_of(desired, {**OURS, **agent()})) == ["still-referred"]


def test_a_suspended_store_is_left_as_it_is() -> None:
    for live in (OURS, {**OURS, **begun()}, {**OURS, **successor(OLD)}):
        plan = plan_of(wanted(suspend=True), {**live, **agent()})
        assert Action.DELETE not in {it.action for it in plan.changes}
        assert Action.MIGRATE not in {it.action for it in plan.changes}


@pytest.mark.parametrize("pattern", ["stores/prefs", str(NEXT)])
def test_both_are_in_the_scope_of_a_run_or_neither_is(pattern: str) -> None:
    live = {**OURS, **agent()}
    targeted = plan_of(wanted(), live, Allowances(scope=RunScope(targets=(pattern,))))
    assert {it.address for it in targeted.changes} == {NEXT, STORE}
    assert codes(targeted) == ["still-referred"]  # by the agent, which is not moved
    excluded = plan_of(wanted(), live, Allowances(scope=RunScope(excludes=(pattern,))))
    assert not any(it.address.kind == "stores" for it in excluded.changes)


def test_where_nothing_is_begun_the_entry_means_what_is_live() -> None:
    assert meant_by(wanted(), {**OURS, **agent()}, begins=False) == wanted()
    moved = meant_by(wanted(NEWER), {**OURS, **successor(), **agent()}, begins=False)
    assert moved[NEXT].succeeds == (STORE,)
    assert moved[AGENT].fields == uses(NAME)
