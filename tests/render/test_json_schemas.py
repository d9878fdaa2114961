"""The published schemas are current, describe every key, and fit every document that is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from provisioner.model.check import CheckReport
from provisioner.model.errors import ManifestInvalid, PlaneError, ProvisionerError, Refused, Unreadable
from provisioner.model.plan import Plan
from provisioner.model.progress import Event
from provisioner.render.abandoned import abandoned
from provisioner.render.check_schema import check_schema
from provisioner.render.checks import checks_document
from provisioner.render.doctor import doctor_document
from provisioner.render.events_json import abandoned_document, event_document, failed_document, planned_document
from provisioner.render.json_schemas import doctor_schema, events_schema, plan_schema
from provisioner.render.log_schema import log_schema
from provisioner.render.plan_json import plan_document
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "plan": plan_schema(),
    "events": events_schema(),
    "check": check_schema(),
    "doctor": doctor_schema(),
    "log": log_schema(),
}
few = settings(max_examples=tries(40))


def closed(schema: Any) -> Any:
    """The same schema, without room for keys that it does not describe."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: closed(value) for key, value in schema.items()}
    return {**strict, "additionalProperties": False} if "properties" in schema else strict


PLAN = Draft202012Validator(closed(SCHEMAS["plan"]))
EVENT = Draft202012Validator(closed(SCHEMAS["events"]))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_current(name: str, request: pytest.FixtureRequest) -> None:
    file = ROOT / "schemas" / f"{name}.v1.schema.json"
    text = json.dumps(SCHEMAS[name], indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-golden"):
        file.write_text(text, encoding="utf-8")

    Draft202012Validator.check_schema(SCHEMAS[name])
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_described(name: str) -> None:
    assert [key for key, part in _properties(SCHEMAS[name]) if "$ref" not in part and not part.get("description")] == []


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, list):
        for each in schema:
            yield from _properties(each)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for inner in schema.values():
            yield from _properties(inner)


@pytest.mark.parametrize("name", SCHEMAS)
def test_keys_of_a_later_version_are_no_mistake(name: str) -> None:
    document: dict[str, Any] = planned_document(sample.sample_plan())
    line = {"time": "2026-05-04T09:30:00.000+00:00", "level": "info", "logger": "x", "event": "message", "message": "m"}
    document = {
        "plan": document["plan"],
        "events": document,
        "check": checks_document(CheckReport(results=())),
        "doctor": doctor_document([]),
        "log": {**line, "run_id": "2f0f7f0e-8f5e-4b6e-9c39-6f2b7a1f4d11"},
    }[name]

    assert Draft202012Validator(SCHEMAS[name]).is_valid({**document, "later": 1})
    assert not Draft202012Validator(closed(SCHEMAS[name])).is_valid({**document, "later": 1})


@few
@given(our.plans)
def test_every_plan_fits(plan: Plan) -> None:
    PLAN.validate(plan_document(plan))
    EVENT.validate(planned_document(plan))


@few
@given(our.events)
def test_every_event_fits(event: Event) -> None:
    EVENT.validate(event_document(event))


@pytest.mark.parametrize(
    "error",
    [
        ProvisionerError("No.", "Try."),
        ManifestInvalid(sample.diagnostics()),
        Refused(sample.refusals()),
        PlaneError(sample.FAILURE),
        Unreadable((PlaneError(sample.FAILURE),)),
    ],
    ids=lambda it: type(it).__name__,
)
def test_every_failure_fits(error: ProvisionerError) -> None:
    EVENT.validate(failed_document(error))


def test_a_run_that_was_left_fits() -> None:
    EVENT.validate(abandoned_document(abandoned(sample.sample_plan(), sample.events()[:7])))
