"""What is applied, exported and adopted plans empty: over every kind and field, as the local Foundry shows it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from provisioner.apply.execute import execute
from provisioner.apply.observe import observe
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import load
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Severity
from provisioner.model.document import Document
from provisioner.model.plan import Plan
from provisioner.model.progress import Status
from provisioner.model.resource import Desired, Live, OnRemove
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_plan
from tests.kinds.samples import Entry, Samples, every
from tests.planes.world import Foundry
from tests.whole import tries

pytestmark = pytest.mark.untraced

World = Mapping[Address, Desired]

some = settings(
    max_examples=tries(30, least=3),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def world(entries: Mapping[Address, Entry], **lifecycle: Any) -> dict[Address, Desired]:
    """As the manifest room makes it of these entries."""
    found = dict(read(entries))
    return {
        address: replace(wanted, lifecycle=replace(wanted.lifecycle, **lifecycle)) for address, wanted in found.items()
    }


def read(entries: Mapping[Address, Document]) -> World:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "manifest.yaml"
        text = dump(name="me", project={}, entries=entries, external=set(), schema="")
        file.write_text(text, encoding="utf-8")
        loaded = load((file,), environ={}, allow_env=(), unset=Severity.ERROR, project_needed=False, endpoint=None)
    assert loaded.manifest is not None, (loaded.diagnostics, text)
    return loaded.manifest.resources


def look(planes: Planes, desired: World) -> dict[Address, Live]:
    return observe(KINDS, planes, desired, parallelism=10)


def plan_for(planes: Planes, desired: World) -> Plan:
    allow = Allowances(adopt=True, max_deletes=None)
    return make_plan(desired, look(planes, desired), owner="me", traits=TRAITS, allow=allow)


def apply(planes: Planes, plan: Plan, foundry: Foundry) -> None:
    finished = execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
    undone = [(str(it.change.address), it.reason) for it in finished.outcomes if it.status is not Status.DONE]
    assert undone == []


def exported(planes: Planes, desired: World) -> World:
    return read({address: KINDS[address.kind].entry(found.fields) for address, found in look(planes, desired).items()})


def differences(plan: Plan) -> list[tuple[str, str, object, object]]:
    return [(str(it.address), field.name, field.before, field.after) for it in plan.changes for field in it.fields]


def entries_of(samples: Samples, entry: Entry) -> dict[Address, Entry]:
    return {**samples.beside, Address(samples.section, "drawn"): entry}


EVERY = pytest.mark.parametrize("samples", every().values(), ids=lambda samples: samples.section)


@EVERY
def test_what_was_applied_plans_empty_and_so_does_its_export(
    samples: Samples, foundry: Foundry, planes: Planes
) -> None:
    @some
    @given(samples.drawn)
    def holds(entry: Entry) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        wanted = world(entries_of(samples, entry))
        apply(planes, plan_for(planes, wanted), foundry)
        again = plan_for(planes, wanted)
        assert differences(again) == []
        assert again.is_empty
        of_export = plan_for(planes, exported(planes, wanted))
        assert differences(of_export) == []
        assert of_export.is_empty

    holds()


@EVERY
def test_what_was_exported_and_adopted_plans_empty(samples: Samples, foundry: Foundry, planes: Planes) -> None:
    @some
    @given(samples.drawn)
    def holds(entry: Entry) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        wanted = world(entries_of(samples, entry), on_remove=OnRemove.KEEP)
        apply(planes, plan_for(planes, wanted), foundry)
        apply(planes, plan_for(planes, {}), foundry)  # released: nobody's, as if somebody had made it by hand
        taken = exported(planes, wanted)
        adopting = plan_for(planes, taken)
        assert differences(adopting) == []
        apply(planes, adopting, foundry)
        again = plan_for(planes, taken)
        assert differences(again) == []
        assert again.is_empty

    holds()


@EVERY
@pytest.mark.parametrize("do", [{"drop": "after"}, {"drop": "before"}, {"status": 503, "after_effect": True}])
def test_a_lost_answer_makes_one_all_the_same(
    samples: Samples, do: dict[str, Any], foundry: Foundry, planes: Planes
) -> None:
    @settings(some, max_examples=2)
    @given(samples.drawn)
    def holds(entry: Entry) -> None:
        foundry.admin.client.post("/_emulator/reset").raise_for_status()
        apply(planes, plan_for(planes, world(samples.beside)), foundry)
        wanted = world(entries_of(samples, entry))
        for method in ("PUT", "POST"):
            foundry.admin.fault(method, "*", **do)
        apply(planes, plan_for(planes, wanted), foundry)
        assert plan_for(planes, wanted).is_empty

    holds()
