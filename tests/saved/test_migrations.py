"""A saved plan of a migration, and what is left of it wherever an apply was ended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from provisioner.kinds import TRAITS
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.errors import Stale
from provisioner.model.memory import Holding, Scopes
from provisioner.model.migration import Part
from provisioner.model.plan import Change, Plan, Target
from provisioner.model.resource import Desired, Live, OnReplace
from provisioner.render.plan_json import plan_json
from provisioner.saved.reading import NotAPlan, SavedPlan, read_plan
from provisioner.saved.resume import resume
from tests.reconcile import test_migrations as in_place
from tests.reconcile import test_successors as beside
from tests.reconcile.manifests import AGENT, NOTHING, STORE
from tests.strategies import names, planned

TARGET = Target(endpoint="https://a.services.ai.azure.com/api/projects/p")
HOLDING = Holding(scopes=Scopes(names=("ada", "grace"), origins={"manifest": 2}), kinds={"user_profile": 3})
State = dict[Address, Live]
Wanted = dict[Address, Desired]


def counted(change: Change) -> Change:
    way = change.migration
    if way is None:
        return change
    return replace(change, holding=HOLDING, migration=replace(way, holding=HOLDING, settle_s=60.0, rate=500))


def saved(plan: Plan, *, names_scopes: bool = True) -> SavedPlan:
    plan = replace(plan, target=TARGET, changes=tuple(map(counted, plan.changes)))
    return read_plan(plan_json(plan, names_scopes=names_scopes), "it")


def left(kept: SavedPlan, desired: Wanted, live: State) -> Plan:
    entries = {at: replace(it, key="", succeeds=()) for at, it in desired.items()}
    return resume(kept, entries, live, traits=TRAITS)


# -- in place


def in_place_plan(live: State, desired: Wanted | None = None) -> SavedPlan:
    return saved(planned(desired or in_place.wanted(), live, NOTHING))


def test_what_is_copied_stands_in_the_file_and_nowhere_else() -> None:
    plan = planned(in_place.wanted(), in_place.old(), NOTHING)
    changes = tuple(map(counted, plan.changes))
    kept = saved(plan)
    assert kept.plan.changes[0].migration == changes[0].migration
    assert "ada" not in plan_json(replace(plan, target=TARGET, changes=changes))
    shown = saved(plan, names_scopes=False)
    assert any("plan --out plan.json" in it for it in shown.obstacles)
    assert not any("plan --out plan.json" in it for it in kept.obstacles)


def test_a_fresh_one_is_left_whole() -> None:
    rest = left(in_place_plan(in_place.old()), in_place.wanted(), in_place.old())
    (change,) = rest.changes
    assert change.migration is not None
    assert (change.migration.part, change.migration.resumes) == (Part.MOVE, False)
    assert (change.migration.holding, change.migration.rate, change.migration.settle_s) == (HOLDING, 500, 60.0)


@pytest.mark.parametrize(
    ("live", "part"),
    [
        pytest.param({**in_place.old(), **in_place.shadow()}, Part.MOVE, id="the shadow is there"),
        pytest.param(in_place.shadow(), Part.RESTORE, id="only the shadow is there"),
        pytest.param({**in_place.new(), **in_place.shadow()}, Part.RESTORE, id="the new one is there"),
    ],
)
def test_one_that_was_begun_goes_on(live: State, part: Part) -> None:
    kept = in_place_plan(in_place.old())
    desired = in_place.wanted()
    (change,) = left(kept, desired, applied(live, kept, desired)).changes
    assert change.migration is not None
    assert (change.migration.part, change.migration.resumes) == (part, True)
    assert change.migration.holding == HOLDING


def applied(live: State, kept: SavedPlan, desired: Wanted) -> State:
    """With the mark that the plan leaves on the new store."""
    found = live.get(STORE)
    if found is None or found.identity != "store_2":
        return live
    (change,) = left(kept, desired, in_place.old()).changes
    return {**live, STORE: replace(found, marker=change.marker)}


def test_nothing_is_left_of_one_that_was_applied() -> None:
    kept, desired = in_place_plan(in_place.old()), in_place.wanted()
    assert left(kept, desired, applied(in_place.new(), kept, desired)).is_empty


def test_what_vanished_without_a_shadow_is_told() -> None:
    with pytest.raises(Stale) as told:
        left(in_place_plan(in_place.old()), in_place.wanted(), {})
    assert any("create" in it.message or "gone now" in it.message for it in told.value.moved)


def test_what_was_made_anew_by_somebody_is_told() -> None:
    theirs = {STORE: replace(in_place.new(in_place.OLD)[STORE], marker=None)}
    with pytest.raises(Stale):
        left(in_place_plan(in_place.old()), in_place.wanted(), theirs)


def test_a_shadow_that_is_not_needed_goes() -> None:
    desired, live = in_place.wanted(in_place.OLD), {**in_place.old(), **in_place.shadow()}
    kept = saved(planned(desired, live, Allowances(max_deletes=0)))
    rest = left(kept, desired, live)
    assert names(rest.changes) == ["delete stores/prefs-shadow"]
    assert rest.changes[0].migration is not None
    assert not rest.refusals
    assert left(kept, desired, in_place.old()).is_empty


# -- side by side


def beside_plan(live: State) -> tuple[SavedPlan, Wanted]:
    return saved(beside.plan_of(beside.wanted(), live)), beside.meant_by(beside.wanted(), live)


LIVE = {**beside.OURS, **beside.agent()}
ALL = [f"migrate {beside.NEXT}", "update agents/buddy", "delete stores/prefs"]


def test_a_fresh_move_is_left_whole() -> None:
    kept, desired = beside_plan(LIVE)
    rest = left(kept, desired, LIVE)
    assert names(rest.changes) == ALL
    assert not rest.refusals
    for change, was in zip(rest.changes, kept.plan.changes, strict=True):
        assert (change.key, change.loses_data) == (was.key, False)
        assert change.migration == was.migration
    assert rest.changes[0].marker is not None
    assert rest.changes[0].marker.key == "prefs"
    assert rest.digest == kept.plan.digest


def test_a_move_that_was_begun_goes_on() -> None:
    kept, desired = beside_plan(LIVE)
    rest = left(kept, desired, {**LIVE, **beside.begun()})
    assert names(rest.changes) == ALL
    assert names(left(kept, desired, {**LIVE, **beside.successor()}).changes) == ALL[1:]
    moved = {**beside.OURS, **beside.successor(), **beside.agent(beside.NAME)}
    marker = rest.changes[1].marker
    moved = {**moved, AGENT: replace(moved[AGENT], marker=marker)}
    assert names(left(kept, desired, moved).changes) == ["delete stores/prefs"]
    ended = {at: it for at, it in moved.items() if at != STORE}
    assert left(kept, desired, ended).is_empty


def test_the_end_of_an_old_one_alone_may_be_saved() -> None:
    live = {**beside.OURS, **beside.successor(), **beside.agent(beside.NAME)}
    kept, desired = beside_plan(live)
    assert names(kept.plan.changes) == ["delete stores/prefs"]
    rest = left(kept, desired, live)
    assert names(rest.changes) == ["delete stores/prefs"]
    assert rest.changes[0].migration == kept.plan.changes[0].migration
    assert not rest.refusals


def test_copies_that_are_not_needed_go_with_a_saved_plan_too() -> None:
    for fields in (beside.OLD, beside.NEWER):
        live = {**LIVE, **beside.begun()}
        kept = saved(beside.plan_of(beside.wanted(fields), live))
        rest = left(kept, beside.meant_by(beside.wanted(fields), live), live)
        assert rest.digest == kept.plan.digest
        assert [it.migration for it in rest.changes] == [it.migration for it in kept.plan.changes]
        assert not rest.refusals


# -- what cannot be believed


@pytest.mark.parametrize(
    ("key", "value"),
    [("rate", -1), ("settle_s", -1), ("settle_s", 1e9), ("way", "by_ship"), ("part", "all"), ("scopes", ["a:b"])],
)
def test_a_migration_that_cannot_be_is_refused(key: str, value: object) -> None:
    plan = planned(in_place.wanted(), in_place.old(), NOTHING)
    plan = replace(plan, target=TARGET, changes=tuple(map(counted, plan.changes)))
    document = json.loads(plan_json(plan, names_scopes=True))
    document["changes"][0]["migration"][key] = value
    with pytest.raises(NotAPlan):
        read_plan(summed_anew(document), "it")


def summed_anew(document: dict[str, object]) -> str:
    from provisioner.model.checksum import UNSUMMED, summed  # noqa: PLC0415

    return summed(json.dumps({**document, "checksum": UNSUMMED}, indent=2, ensure_ascii=False) + "\n")


def test_every_choice_of_an_entry_can_be_saved() -> None:
    for on_replace in (OnReplace.MIGRATE, OnReplace.SIDE_BY_SIDE):
        assert in_place_plan(in_place.old(), in_place.wanted(on_replace=on_replace)).plan.changes
