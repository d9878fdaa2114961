"""The law of saved plans: written, read back and held against what is live, a plan is the plan that it was.

So what `apply --plan` does is what `apply` would have done, over every kind and field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from provisioner.kinds import TRAITS
from provisioner.manifest.load import load_entries
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.plan import Plan
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_destruction, make_plan
from provisioner.render.plan_json import plan_document, plan_json
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.saved.reading import SavedPlan, read_plan
from provisioner.saved.resume import resume
from tests.apply.test_round_trips import EVERY, World, apply, entries_of, look, read
from tests.kinds.samples import Entry, Samples
from tests.planes.world import Foundry
from tests.whole import tries

some = settings(
    max_examples=tries(20, least=2),
    deadline=None,
    phases=[Phase.generate],  # an example takes seconds, and to look for a smaller one minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ALLOWED = Allowances(adopt=True, max_deletes=None, data_loss=frozenset({Address("stores", "drawn")}))
lifecycles = st.sampled_from([{}, {"on_remove": "keep"}, {"prevent_destroy": False}, {"ignore": True}])


def planned(planes: Planes, desired: World) -> Plan:
    plan = make_plan(desired, look(planes, desired), owner="me", traits=TRAITS, allow=ALLOWED)
    return replace(plan, target=planes.target)


def saved_of(plan: Plan) -> SavedPlan:
    return read_plan(plan_json(plan), "it")


def resumed(saved: SavedPlan, planes: Planes) -> Plan:
    named = {needed for change in saved.plan.changes for needed in change.needs}
    loaded = load_entries("me", saved.entries, named - saved.entries.keys(), file="it", environ={})
    assert loaded.manifest is not None, loaded.diagnostics
    desired = loaded.manifest.resources
    return replace(resume(saved, desired, look(planes, desired), traits=TRAITS), target=planes.target)


def holds_for(plan: Plan, planes: Planes) -> None:
    saved = saved_of(plan)
    if saved.obstacles:  # a sample with a literal in a secret's place
        return
    again = resumed(saved, planes)
    assert again.changes == plan.changes
    assert again.digest == plan.digest
    shown = replace(saved.plan, is_saved=False)
    assert plan_text(shown) == plan_text(plan)
    assert plan_markdown(shown) == plan_markdown(plan)
    assert [it["fields"] for it in plan_document(shown)["changes"]] == [
        it["fields"] for it in plan_document(plan)["changes"]
    ]


@EVERY
def test_a_saved_plan_is_the_plan_that_it_was(samples: Samples, foundry: Foundry, planes: Planes) -> None:
    @some
    @given(samples.drawn, samples.drawn, lifecycles)
    def holds(entry: Entry, other: Entry, lifecycle: Mapping[str, object]) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        if lifecycle.get("ignore"):
            lifecycle = {"ignore": sorted(entry)[:1]}
        first = read(entries_of(samples, {**entry, "lifecycle": lifecycle}))
        creation = planned(planes, first)
        holds_for(creation, planes)
        apply(planes, creation, foundry)
        saved = saved_of(creation)
        assert saved.obstacles or resumed(saved, planes).is_empty
        change = planned(planes, read(entries_of(samples, other)))
        holds_for(change, planes)
        holds_for(replace(planned(planes, {}), refusals=()), planes)  # an empty manifest is refused elsewhere

    holds()


def test_a_saved_destruction_is_what_it_was(foundry: Foundry, planes: Planes) -> None:
    store = {"description": "d", "chat_model": "chat", "embedding_model": "embed"}
    model = {
        "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"},
        "sku": {"name": "Standard"},
    }
    embedding = {**model, "model": {"format": "OpenAI", "name": "text-embedding-3-large", "version": "1"}}
    world = read(
        {
            Address("deployments", "chat"): model,
            Address("deployments", "embed"): {**embedding, "lifecycle": {"on_remove": "keep"}},
            Address("stores", "drawn"): store,
        }
    )
    apply(planes, planned(planes, world), foundry)
    plan = make_destruction(world, look(planes, world), owner="me", traits=TRAITS, allow=ALLOWED)

    holds_for(replace(plan, target=planes.target), planes)
