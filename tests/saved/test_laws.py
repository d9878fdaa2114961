"""Laws of saved plans over drawn worlds: what is left of one that was begun comes to its end; what moved is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.action import Action
from provisioner.model.document import Document, leaves, lookup, place, without
from provisioner.model.errors import Stale
from provisioner.model.plan import Plan, Target
from provisioner.model.redact import HIDDEN
from provisioner.render.json_text import json_text
from provisioner.render.plan_json import plan_json
from provisioner.saved.reading import SavedPlan, read_plan
from provisioner.saved.resume import resume
from tests.strategies import State, World, names, predict, worlds
from tests.whole import tries

some = settings(max_examples=tries(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
TARGET = Target(endpoint="https://a.services.ai.azure.com/api/projects/p")


@st.composite
def settled(draw: st.DrawFn) -> World:
    """A world in which what is left alone names what its entry names: in life, the same fields say both."""
    world = draw(worlds())
    changed = {change.address for change in world.plan().changes}
    own = {at: it for at, it in world.desired.items() if at not in changed and not it.external}
    live = {at: replace(it, needs=own[at].needs) if at in own else it for at, it in world.live.items()}
    return World(world.desired, live)


def saved_of(world: World) -> tuple[Plan, SavedPlan]:
    """As if nothing had forbidden it."""
    plan = replace(world.plan(), target=TARGET, refusals=())
    return plan, read_plan(plan_json(plan), "it")


def left(saved: SavedPlan, world: World, live: State) -> Plan:
    return resume(saved, world.desired, live, traits=TRAITS)


@some
@given(settled())
def test_a_fresh_plan_is_left_whole(world: World) -> None:
    plan, saved = saved_of(world)

    again = left(saved, world, world.live)

    assert again.changes == plan.changes
    assert again.digest == plan.digest


@some
@given(settled())
def test_nothing_is_left_of_one_that_was_applied(world: World) -> None:
    plan, saved = saved_of(world)
    assume(not any(change.reason for change in plan.changes if change.action is Action.RELEASE))

    assert names(left(saved, world, predict(plan, world.live)).changes) == []


@some
@given(settled(), st.integers(0, 10))
def test_one_that_was_begun_is_finished(world: World, begun: int) -> None:
    plan, saved = saved_of(world)
    half = predict(replace(plan, changes=plan.changes[:begun]), world.live)

    rest = left(saved, world, half)

    assert sorted(names(rest.changes)) == sorted(names(plan.changes[begun:]))
    assert predict(rest, half) == predict(plan, world.live)


@some
@given(settled(), st.data())
def test_a_field_that_moved_is_found(world: World, data: st.DataObject) -> None:
    plan, saved = saved_of(world)
    touched = [change for change in plan.changes if change.before is not None and change.before.fields]
    assume(touched)
    change = data.draw(st.sampled_from(touched))
    assert change.before is not None
    places = [path for path, value in leaves(change.before.fields) if HIDDEN not in json_text(value)]
    path = data.draw(st.sampled_from(places))
    document: Any = _copied(change.before.fields)
    place(document, path, "moved")
    assume(lookup(change.after or {}, path) != "moved")
    live = {**world.live, change.address: replace(change.before, fields=document)}

    with pytest.raises(Stale) as caught:
        left(saved, world, live)

    assert any(str(change.address) in it.message for it in caught.value.moved)


@some
@given(settled(), st.data())
def test_what_is_gone_is_found(world: World, data: st.DataObject) -> None:
    _, saved = saved_of(world)
    stays = (Action.DELETE, Action.REPLACE)
    touched = [it.address for it in saved.plan.changes if it.before is not None and it.action not in stays]
    assume(touched)
    address = data.draw(st.sampled_from(touched))

    with pytest.raises(Stale) as caught:
        left(saved, world, {at: found for at, found in world.live.items() if at != address})

    assert f"{address} was there when planned, is gone now." in [it.message for it in caught.value.moved]


@some
@given(settled())
def test_what_is_not_in_the_plan_may_be_anything(world: World) -> None:
    plan, saved = saved_of(world)
    kept = {change.address for change in plan.changes} | {it.live.address for it in plan.referred}
    others = {
        at: replace(found, fields=without(found.fields, (("description",),)), needs=frozenset())
        for at, found in world.live.items()
        if at not in kept
    }

    assert names(left(saved, world, {**world.live, **others}).changes) == names(plan.changes)


def _copied(value: Document) -> Document:
    return {key: _copied(inner) if isinstance(inner, dict) else inner for key, inner in value.items()}


@some
@given(settled())
def test_what_was_made_anew_does_not_go(world: World) -> None:
    """Also where a run of the same manifest made it: nobody reviewed that its memories go."""
    plan, saved = saved_of(world)
    for change in (it for it in plan.changes if it.action is Action.REPLACE):
        anew = replace(world.live[change.address], identity="anew", marker=change.marker)

        try:
            rest = left(saved, world, {**world.live, change.address: anew})
        except Stale:
            continue

        assert change.address not in [it.address for it in rest.changes if it.destroys]
