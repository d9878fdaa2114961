"""Small manifests that once made plan or apply say what was not so, each with the outcome that is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner.apply.execute import execute
from provisioner.apply.observe import observe
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import Manifest, load
from provisioner.manifest.write import dump
from provisioner.model.action import Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Severity
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Outcome, Status
from provisioner.planes.service import Planes
from provisioner.reconcile.planner import make_plan
from provisioner.render.plan_text import plan_text
from provisioner.render.styles import PLAIN
from tests.planes.world import Foundry

CASES = Path(__file__).parents[1] / "cases"
PATCHED = {"method": "PATCH", "path": "*/deployments/*"}  # what changes a capacity today; the case says PUT
CHAT = Address("deployments", "chat")
HELPER = Address("agents", "helper")


def read(path: Path) -> Manifest:
    loaded = load((path,), environ={}, allow_env=(), unset=Severity.ERROR, project_needed=False, endpoint=None)
    assert loaded.manifest is not None, loaded.diagnostics
    return loaded.manifest


def case(name: str) -> Manifest:
    return read(CASES / f"{name}.yaml")


def document(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


def plan_for(planes: Planes, manifest: Manifest, **allow: Any) -> Plan:
    live = observe(KINDS, planes, manifest.resources, parallelism=10)
    return make_plan(manifest.resources, live, owner=manifest.name, traits=TRAITS, allow=Allowances(**allow))


def apply(planes: Planes, manifest: Manifest, foundry: Foundry, **allow: Any) -> ApplyFinished:
    plan = plan_for(planes, manifest, **allow)
    assert not plan.refusals
    return execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)


def applied(planes: Planes, manifest: Manifest, foundry: Foundry) -> None:
    assert {it.status for it in apply(planes, manifest, foundry).outcomes} <= {Status.DONE}


def outcome_of(finished: ApplyFinished, address: Address) -> Outcome:
    (found,) = (it for it in finished.outcomes if it.change.address == address)
    return found


def names(plan: Plan) -> list[str]:
    return [field.name for change in plan.changes for field in change.fields]


def exported(planes: Planes, manifest: Manifest, folder: Path) -> Manifest:
    live = observe(KINDS, planes, manifest.resources, parallelism=10)
    entries = {address: KINDS[address.kind].entry(found.fields) for address, found in live.items()}
    file = folder / "live.yaml"
    file.write_text(dump(name=manifest.name, project={}, entries=entries, external=set(), schema=""), encoding="utf-8")
    return read(file)


def test_an_answer_without_effect_is_no_update(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("15-capacity-ignored-1"), foundry)
    foundry.admin.post("faults", {"faults": [document("15-fault") | {"match": PATCHED}]})
    finished = apply(planes, case("15-capacity-ignored-2"), foundry)
    failure = outcome_of(finished, Address("deployments", "tuned")).failure
    assert failure is not None
    assert failure.message == "deployments/tuned was accepted, but sku.capacity is still 10."
    assert 60 <= sum(foundry.clock.slept) < 120
    assert names(plan_for(planes, case("15-capacity-ignored-2"))) == ["sku.capacity"]


def test_an_effect_that_shows_late_is_waited_for(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("15-capacity-ignored-1"), foundry)
    foundry.admin.fault("PATCH", "*/deployments/*", stale_answer=True)
    foundry.admin.fault("GET", "*/deployments/tuned", nth=2, times=2, stale_s=3600)
    applied(planes, case("15-capacity-ignored-2"), foundry)
    assert sum(foundry.clock.slept) == 10
    assert plan_for(planes, case("15-capacity-ignored-2")).is_empty


def test_model_and_capacity_go_in_two_requests_where_one_is_refused(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("16-version-and-capacity-1"), foundry)
    foundry.admin.post("faults", {"faults": [document("16-fault")]})
    foundry.admin.forget_requests()
    applied(planes, case("16-version-and-capacity-2"), foundry)
    assert [it["method"] for it in foundry.admin.requests() if it["method"] in ("PUT", "PATCH")] == [
        "PUT",
        "PUT",
        "PATCH",
    ]
    assert plan_for(planes, case("16-version-and-capacity-2")).is_empty


def test_a_refused_replacement_leaves_the_old_deployment(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("19-replace-typo-1"), foundry)
    finished = apply(planes, case("19-replace-typo-2"), foundry)
    failure = outcome_of(finished, CHAT).failure
    assert failure is not None
    assert failure.code == "DeploymentModelNotSupported"
    assert failure.message.endswith(" The old one was put back as it was.")
    assert (
        "\nLocalFoundry: A local Foundry has the models of its catalogue. Add one with --catalogue" in failure.message
    )
    assert plan_for(planes, case("19-replace-typo-1")).is_empty
    applied(planes, case("19-replace-typo-3"), foundry)
    assert plan_for(planes, case("19-replace-typo-3")).is_empty


@pytest.mark.parametrize("name", ["33-casing", "40-empty", "41-sku-extras"])
def test_what_was_applied_plans_empty_and_so_does_its_export(
    foundry: Foundry, planes: Planes, tmp_path: Path, name: str
) -> None:
    manifest = case(name)
    applied(planes, manifest, foundry)
    assert plan_for(planes, manifest) == Plan(owner=manifest.name, unchanged=tuple(sorted(manifest.resources)))
    assert plan_for(planes, exported(planes, manifest, tmp_path)).is_empty


def test_what_somebody_adds_to_a_document_written_in_full_is_drift_member_by_member(
    foundry: Foundry, planes: Planes
) -> None:
    manifest = case("34-additive-drift")
    applied(planes, manifest, foundry)
    foundry.admin.post("drift", document("34-drift"))
    plan = plan_for(planes, manifest)
    assert [(field.name, field.origin) for change in plan.changes for field in change.fields] == [
        ("text.format.schema.properties.b", Origin.DRIFT),
        ("tools.0.openapi.spec.paths./orders/{id}", Origin.DRIFT),
        ("tools.1.headers", Origin.DRIFT),
        ("tools.2.parameters.properties.y", Origin.DRIFT),
    ]
    applied(planes, manifest, foundry)
    tool = (planes.project.get("agents/helper") or {})["versions"]["latest"]["definition"]["tools"][1]
    assert tool.get("headers") is None, tool
    assert plan_for(planes, manifest).is_empty


def test_an_unrelated_edit_shows_what_it_takes_away(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("34-additive-drift"), foundry)
    foundry.admin.post("drift", document("34-drift"))
    plan = plan_for(planes, case("34-additive-drift-2"))
    assert "instructions" in names(plan)
    assert "tools.1.headers" in names(plan)


def test_a_copy_of_our_version_is_seen_through(foundry: Foundry, planes: Planes) -> None:
    """Somebody reads the agent, adds to it and sends all back, our marker among it."""
    manifest = case("34-additive-drift")
    applied(planes, manifest, foundry)
    latest = (planes.project.get("agents/helper") or {})["versions"]["latest"]
    definition = {**latest["definition"], "tools": [*latest["definition"]["tools"]]}
    definition["tools"][1] = {**definition["tools"][1], "headers": {"x-forward": "https://elsewhere.example.com"}}
    planes.project.post("agents/helper/versions", {"definition": definition, "metadata": latest["metadata"]})
    plan = plan_for(planes, manifest)
    assert [(field.name, field.origin) for change in plan.changes for field in change.fields] == [
        ("tools.1.headers", Origin.DRIFT)
    ]


def test_what_others_set_beside_the_manifest_is_carried_along_and_said(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("42-pinned-1"), foundry)
    foundry.admin.drift("agent", "helper", {"temperature": 0.3})
    assert plan_for(planes, case("42-pinned-1")).is_empty
    (change,) = plan_for(planes, case("42-pinned-2")).changes
    assert change.remarks == ("Set outside the manifest and carried along: temperature.",)
    assert (change.after or {})["temperature"] == 0.3


def test_an_endpoint_that_pins_a_version_is_told_before_and_after(foundry: Foundry, planes: Planes) -> None:
    applied(planes, case("42-pinned-1"), foundry)
    rules = [{"type": "FixedRatio", "agent_version": "1", "traffic_percentage": 100}]
    planes.project.patch("agents/helper", {"agent_endpoint": {"version_selector": {"version_selection_rules": rules}}})
    manifest = case("42-pinned-2")
    (change,) = plan_for(planes, manifest).changes
    (said,) = change.remarks
    assert said.startswith("The endpoint serves version 1; the new version takes no traffic.")
    (told,) = outcome_of(apply(planes, manifest, foundry), HELPER).remarks
    assert told.startswith("The endpoint serves version 1; version 2 takes no traffic. To move it, set")


def test_names_of_a_functions_parameters_can_be_reviewed(planes: Planes) -> None:
    text = plan_text(plan_for(planes, case("14-names-not-secrets")), styles=PLAIN, width=100)
    assert "minLength: 12" in text
    assert "Key of the tenant." in text
    assert "sensitive" not in text


def test_every_case_is_tried_somewhere() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in CASES.parent.rglob("test_*.py"))
    untried = [file.stem for file in CASES.iterdir() if file.stem.partition(".")[0] not in sources]
    assert untried == []
