"""What holds for every manifest and every live state."""

from __future__ import annotations

from dataclasses import replace
from graphlib import TopologicalSorter

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.document import ABSENT, Document, lies_under, lookup, only, without
from provisioner.model.redact import redacted
from provisioner.model.resource import Desired, Lifecycle, Live, OnRemove
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.meaning import covers, is_nothing
from provisioner.reconcile.order import in_order, predecessors
from tests.strategies import (
    ADDRESSES,
    EVERYTHING_ALLOWED,
    OWNER,
    STRANGER,
    World,
    any_documents,
    documents,
    filled,
    flat,
    lifecycles,
    marker_of,
    planned,
    predict,
    worlds,
)
from tests.whole import tries

thorough = settings(max_examples=tries(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
ALLOWANCES = st.builds(
    Allowances,
    adopt=st.booleans(),
    data_loss=st.frozensets(st.sampled_from(ADDRESSES)),
    max_deletes=st.one_of(st.none(), st.integers(0, 3)),
)


@settings(thorough, max_examples=tries(120))
@given(worlds())
def test_after_the_plan_there_is_nothing_left_to_do(world: World) -> None:
    assert world.after.plan().is_empty


@thorough
@given(worlds())
def test_what_the_service_fills_in_leaves_nothing_to_do_either(world: World) -> None:
    assert planned(world.desired, predict(world.plan(), world.live, fills_in=True)).is_empty


@thorough
@given(worlds())
def test_the_order_of_the_manifest_does_not_matter(world: World) -> None:
    plan = world.plan()
    turned = planned(dict(reversed([*world.desired.items()])), dict(reversed([*world.live.items()])))
    assert turned == plan
    assert turned.digest == plan.digest


@thorough
@given(documents, lifecycles, st.sampled_from(ADDRESSES))
def test_a_live_state_needs_nothing_to_become_itself(fields: Document, lifecycle: Lifecycle, at: Address) -> None:
    wanted = Desired(address=at, fields=fields, lifecycle=lifecycle)
    for shown in (fields, filled(fields)):
        live = Live(address=at, fields=shown, marker=marker_of(fields, lifecycle))
        plan = planned({at: wanted}, {at: live})
        assert plan.is_empty
        assert plan.unchanged == (at,)


@thorough
@given(worlds())
def test_needs_run_before_dependents_and_deletes_the_other_way(world: World) -> None:
    plan = world.plan()
    place = {change.address: index for index, change in enumerate(plan.changes)}
    for change in plan.changes:
        if change.action is Action.DELETE:
            for user in plan.changes:
                if user.before and change.address in user.before.needs and user.address != change.address:
                    assert place[user.address] < place[change.address]
        else:
            for needed in change.needs & place.keys() - {change.address}:
                assert place[needed] < place[change.address]


@thorough
@given(worlds())
def test_references_without_a_circle_give_an_order_without_one(world: World) -> None:
    changes = world.plan().changes
    waits = predecessors(changes)
    assert set(TopologicalSorter(waits).static_order()) == {change.address for change in changes}
    assert all(address not in before for address, before in waits.items())
    assert in_order(reversed(changes), TRAITS) == changes


@thorough
@given(worlds())
def test_nothing_that_is_not_ours_is_changed_or_deleted(world: World) -> None:
    after = world.after.live
    for address, found in world.live.items():
        foreign = found.marker is not None and found.marker.owner != OWNER
        unlisted = found.marker is None and address not in world.desired
        if foreign or unlisted:
            assert after[address] == found


@thorough
@given(worlds())
def test_what_is_external_is_never_changed(world: World) -> None:
    plan = world.plan()
    for address, wanted in world.desired.items():
        if wanted.external:
            assert world.after.live.get(address) == world.live.get(address)
            missing = any(it.code == "external-missing" and str(address) in it.message for it in plan.refusals)
            assert missing == (address not in world.live)


@thorough
@given(worlds(), ALLOWANCES)
def test_a_plan_is_refused_exactly_for_what_was_not_allowed(world: World, allow: Allowances) -> None:
    plan = world.plan(allow)
    refused = {
        (it.code, address) for it in plan.refusals for address in ADDRESSES if it.message.startswith(f"{address} ")
    }
    for change in plan.changes:
        wanted, marker = world.desired.get(change.address), change.before.marker if change.before else None
        said = wanted.lifecycle.prevent_destroy if wanted else None
        protected = (marker is not None and marker.prevent_destroy) if said is None else said
        destroys = change.action in (Action.DELETE, Action.REPLACE)
        loses = destroys and change.address.kind == "stores"
        assert (("prevent-destroy", change.address) in refused) == (destroys and protected)
        assert (("data-loss", change.address) in refused) == (loses and change.address not in allow.data_loss)
        assert (("needs-adopt", change.address) in refused) == (
            change.before is not None and marker is None and not allow.adopt
        )
    for address, wanted in world.desired.items():
        found = world.live.get(address)
        foreign = found is not None and found.marker is not None and found.marker.owner != OWNER
        assert (("foreign-owner", address) in refused) == (foreign and not wanted.external)
        assert (("external-missing", address) in refused) == (wanted.external and found is None)
    too_many = allow.max_deletes is not None and sum(change.destroys for change in plan.changes) > allow.max_deletes
    assert any(it.code == "too-many-deletes" for it in plan.refusals) == too_many
    empty = all(wanted.external for wanted in world.desired.values()) and plan.count(Action.DELETE) > 0
    assert any(it.code == "nothing-declared" for it in plan.refusals) == empty


@thorough
@given(worlds(), ALLOWANCES)
def test_what_is_allowed_changes_the_refusals_and_never_the_changes(world: World, allow: Allowances) -> None:
    allowed, plan = world.plan(), world.plan(allow)
    assert plan.changes == allowed.changes
    assert set(allowed.refusals) <= set(plan.refusals)


@thorough
@given(worlds(), ALLOWANCES)
def test_no_delete_plans_the_same_changes_without_those_that_destroy(world: World, allow: Allowances) -> None:
    whole, spared = world.plan(), world.plan(replace(allow, no_delete=True))
    assert set(spared.left_out) == {change.address for change in whole.changes if change.destroys}
    kept = {change.address: change for change in whole.changes if not change.destroys}
    assert {change.address: change for change in spared.changes} == kept
    assert {warning.code for warning in spared.warnings} >= ({"left-out"} if spared.left_out else set())
    assert not {"data-loss", "prevent-destroy", "too-many-deletes"} & {it.code for it in spared.refusals}


@thorough
@given(worlds())
def test_taking_over_touches_what_is_declared_here_and_nothing_else_of_the_old_owner(world: World) -> None:
    allow = replace(EVERYTHING_ALLOWED, take_over=frozenset({STRANGER}))
    plan = world.plan(allow)
    after = predict(plan, world.live)
    told = {it.message.split(" ")[0] for it in plan.warnings if it.code == "not-taken-over"}
    for address, found in world.live.items():
        if found.marker is None or found.marker.owner != STRANGER:
            continue
        wanted, now = world.desired.get(address), after[address].marker
        taken = wanted is not None and not wanted.external
        assert now is not None
        assert now.owner == (OWNER if taken else STRANGER)
        assert taken or after[address] == found
        assert (str(address) in told) == (wanted is None)
    assert planned(world.desired, after).is_empty


@thorough
@given(worlds())
def test_what_stays_unlike_the_manifest_after_the_plan_is_named(world: World) -> None:
    """In a remark or a warning: what is ignored, and no more."""
    after = world.after.live
    plan = world.plan()
    remarks = {str(change.address): " ".join(change.remarks) for change in plan.changes}
    warnings = {it.message.split(" ")[0]: it.message for it in plan.warnings}
    for address, wanted in world.desired.items():
        live, told = after.get(address), remarks.get(str(address), "") + warnings.get(str(address), "")
        if live is None or live.marker is None or live.marker.owner != OWNER or wanted.external:
            continue
        declared = only(wanted.fields, wanted.lifecycle.ignore)
        differs = not covers(live.fields, declared)
        assert ("`lifecycle.ignore`" in told) == differs


@thorough
@given(worlds())
def test_only_what_names_it_after_the_plan_refers_to_what_goes(world: World) -> None:
    plan, after = world.plan(), world.after.live
    touched = {change.address for change in plan.changes}
    for change in plan.changes:
        for user, found in after.items() if change.destroys else ():
            wanted = world.desired.get(user)
            told = wanted is None or wanted.external or (user in touched and not wanted.lifecycle.ignore)
            if told and user != change.address:
                assert (change.address in found.needs) == (user in change.referrers)
        assert set(change.referrers) <= {*after, change.address}


@thorough
@given(worlds())
def test_every_change_reports_what_it_does(world: World) -> None:
    plan = world.plan()
    for change in plan.changes:
        found, wanted = world.live.get(change.address), world.desired.get(change.address)
        assert change.before == found
        assert (change.action is Action.CREATE) == (found is None)
        assert (change.action in (Action.DELETE, Action.RELEASE)) == (wanted is None)
        assert (change.action is Action.REPLACE) == any(field.forces_replace for field in change.fields)
        assert (change.after is None) == (change.action is Action.DELETE)
        assert (change.marker is None) == (change.action in (Action.DELETE, Action.RELEASE))
        for field in change.fields:
            assert found is not None
            assert field.before == lookup(found.fields, field.path)
            assert (field.origin is None) == (found.marker is None)
    touched = {change.address for change in plan.changes}
    assert not touched & set(plan.unchanged)
    assert list(plan.unchanged) == sorted(plan.unchanged)
    assert touched | set(plan.unchanged) <= {*world.desired, *world.live}


@thorough
@given(worlds())
def test_the_manifest_is_live_after_the_plan_wherever_it_is_not_ignored(world: World) -> None:
    after = world.after.live
    for change in world.plan().changes:
        wanted = world.desired.get(change.address)
        if wanted is not None and change.action is not Action.CREATE:
            live = after[change.address].fields
            for path, value in flat(without(wanted.fields, wanted.lifecycle.ignore)).items():
                if not (isinstance(value, dict) or value is None):
                    assert lookup(live, path) == value


@thorough
@given(worlds())
def test_ignored_fields_keep_their_live_value(world: World) -> None:
    for change in world.plan().changes:
        wanted, found = world.desired.get(change.address), world.live.get(change.address)
        if wanted is None or found is None or change.action is Action.REPLACE:
            continue
        ignore = wanted.lifecycle.ignore
        assert not any(lies_under(field.path, ignore) for field in change.fields)
        assert change.after is not None
        for path, value in flat(only(found.fields, ignore)).items():
            overridden = any(path[: len(field.path)] == field.path for field in change.fields)
            assert overridden or lookup(change.after, path) == value
        for path in ignore:
            if lookup(found.fields, path) is ABSENT:
                assert lookup(change.after, path) is ABSENT


@thorough
@given(worlds())
def test_an_update_carries_along_what_is_live_and_unmanaged(world: World) -> None:
    for change in world.plan().changes:
        if change.action not in (Action.UPDATE, Action.ADOPT):
            continue
        assert change.before is not None
        assert change.after is not None
        moved = tuple(field.path for field in change.fields)
        for path, value in flat(change.before.fields).items():
            if not (lies_under(path, moved) or any(lies_under(other, (path,)) for other in moved)):
                assert lookup(change.after, path) == value or is_nothing(value)


@thorough
@given(worlds())
def test_a_removed_resource_is_kept_where_its_marker_says_so(world: World) -> None:
    actions = {change.address: change.action for change in world.plan().changes}
    for address, found in world.live.items():
        if address in world.desired or found.marker is None or found.marker.owner != OWNER:
            continue
        kept = found.marker.on_remove is OnRemove.KEEP
        assert actions[address] is (Action.RELEASE if kept else Action.DELETE)
        if kept:
            assert world.after.live[address] == replace(found, marker=None, revision=found.revision + "+")


@thorough
@given(any_documents, st.integers(33, 600))
@example({"pwd": {"type": "string"}}, 33)
def test_the_record_fits_its_room_whatever_is_declared(fields: Document, size: int) -> None:
    assert len(AppliedRecord.of(fields, size)) <= size


@thorough
@given(any_documents)
def test_a_record_with_room_for_all_knows_every_field_and_its_value(fields: Document) -> None:
    record = AppliedRecord(AppliedRecord.of(fields, 10_000))
    for path, value in flat(fields).items():
        assert record.knows(path)
        assert record.holds(path, value)
        if (
            redacted(fields) == fields
        ):  # of what is hidden for its name, the record does not tell one value from another
            assert not record.holds(path, [value])


@thorough
@given(st.integers(1, 45), st.data())
def test_a_removed_tag_is_found_however_many_there_are(count: int, data: st.DataObject) -> None:
    at = Address("deployments", "a")
    tags = {f"tag-{number}": data.draw(st.sampled_from(["", "x", "y"])) for number in range(count)}
    kept = {key: tags[key] for key in data.draw(st.sets(st.sampled_from(sorted(tags))))}
    rest = {"model": {"name": "m", "format": "f"}, "sku": {"name": "s", "capacity": 1}}
    once = {**rest, "tags": tags}
    marker = marker_of(once, Lifecycle(), size=TRAITS["deployments"].marker_size)
    wanted = {at: Desired(address=at, fields={**rest, "tags": kept})}
    plan = planned(wanted, {at: Live(address=at, fields=once, marker=marker)})
    gone = {("tags", key) for key in tags.keys() - kept.keys()}
    fields = [field for change in plan.changes for field in change.fields]
    assert {field.path for field in fields} == gone
    assert {(field.after, field.origin) for field in fields} <= {(ABSENT, Origin.EDIT)}
    assert planned(wanted, predict(plan, {at: Live(address=at, fields=once, marker=marker)})).is_empty


def test_the_worlds_know_every_kind() -> None:
    assert {address.kind for address in ADDRESSES} == set(TRAITS)
