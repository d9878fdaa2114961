from __future__ import annotations

import dataclasses
import inspect
from types import ModuleType

import pytest

from provisioner.model import address, diagnostic, errors, plan, progress, resource, traits
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Finding, Location, Severity
from provisioner.model.errors import (
    Failure,
    Forbidden,
    Interrupted,
    ManifestInvalid,
    PlaneError,
    ProvisionerError,
    Refused,
    Stale,
    Unreadable,
)
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Outcome,
    Status,
)
from provisioner.model.resource import Live, Marker

STORE = Address("stores", "prefs")
CHANGE = Change(action=Action.CREATE, address=STORE)


def test_an_address_is_written_and_read_the_same_way() -> None:
    assert Address.parse(str(STORE)) == STORE
    assert Address.parse("agents/a/b") == Address("agents", "a/b")


@pytest.mark.parametrize("text", ["", "stores", "stores/", "/prefs", "/"])
def test_half_an_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address; write it as kind/name"):
        Address.parse(text)


def test_addresses_sort_by_kind_and_then_by_name() -> None:
    assert sorted([STORE, Address("agents", "z"), Address("stores", "a")]) == [
        Address("agents", "z"),
        Address("stores", "a"),
        STORE,
    ]


def test_diagnostics_sort_by_place_and_those_without_one_come_last() -> None:
    placed = [
        Diagnostic(code=code, message="", where=Location(file=file, line=line, column=column))
        for file, line, column, code in [("a", 1, 2, "x"), ("a", 2, 1, "b"), ("a", 2, 1, "c"), ("b", 1, 1, "a")]
    ]
    nowhere = Diagnostic(code="a", message="")
    assert sorted([nowhere, *reversed(placed)], key=lambda it: it.order) == [*placed, nowhere]


def test_only_errors_are_errors() -> None:
    assert Diagnostic(code="x", message="").is_error
    assert not Diagnostic(code="x", message="", severity=Severity.WARNING).is_error
    assert Finding(path=(), code="x", message="").severity is Severity.ERROR


def test_every_error_says_what_and_what_to_do_and_has_an_exit_code() -> None:
    failure = Failure(message="no", code="Quota", status=400, request_id="r", advice="ask")
    refusals = (Diagnostic(code="x", message=""),)
    plane = PlaneError(failure, ambiguous=True, wait_s=2.0)
    raised = [
        ProvisionerError("what", "do"),
        ManifestInvalid(refusals),
        Refused(refusals),
        Forbidden(refusals),
        Stale(refusals),
        Interrupted("stopped"),
        plane,
        Unreadable((plane,)),
    ]
    assert {type(error) for error in raised} == {
        it for _, it in inspect.getmembers(errors, inspect.isclass) if issubclass(it, ProvisionerError)
    }
    assert [error.exit_code for error in raised] == [1, 1, 1, 1, 1, 130, 1, 1]
    assert all(error.message and error.message == str(error) for error in raised)
    assert (plane.hint, plane.failure, plane.ambiguous, plane.wait_s) == ("ask", failure, True, 2.0)
    assert not PlaneError(failure).ambiguous
    assert (
        ManifestInvalid(refusals).diagnostics == Refused(refusals).refusals == Forbidden(refusals).refusals == refusals
    )
    assert Unreadable((plane,)).causes == (plane,)


def test_a_field_change_is_named_by_its_path() -> None:
    assert FieldChange(path=("options", "ttl"), before=1, after=2).name == "options.ttl"


def test_only_deletes_and_replaces_destroy() -> None:
    destroying = {it for it in Action if dataclasses.replace(CHANGE, action=it).destroys}
    assert destroying == {Action.DELETE, Action.REPLACE}


@pytest.mark.parametrize(
    ("before", "action", "adopts"),
    [
        pytest.param(None, Action.CREATE, False, id="nothing was there"),
        pytest.param(Live(address=STORE, fields={}), Action.ADOPT, True, id="unmarked"),
        pytest.param(Live(address=STORE, fields={}), Action.REPLACE, True, id="unmarked and replaced"),
        pytest.param(Live(address=STORE, fields={}), Action.DELETE, False, id="deleted"),
        pytest.param(Live(address=STORE, fields={}, marker=Marker(owner="me")), Action.UPDATE, False, id="ours"),
    ],
)
def test_taking_over_what_is_unmarked_is_adoption(before: Live | None, action: Action, adopts: bool) -> None:
    assert dataclasses.replace(CHANGE, before=before, action=action).is_adoption is adopts


def test_events_carry_what_happened() -> None:
    outcome = Outcome(change=CHANGE, status=Status.FAILED, reason="no", failure=Failure(message="no"))
    started = ApplyStarted(plan=Plan(owner="me", changes=(CHANGE,)))
    assert started.plan.changes == (ChangeStarted(change=CHANGE).change,)
    assert ChangeNoted(change=CHANGE, note="waiting").note == "waiting"
    assert ApplyFinished(outcomes=(ChangeFinished(outcome=outcome).outcome,)).outcomes == (outcome,)


@pytest.mark.parametrize("module", [address, diagnostic, plan, progress, resource, traits], ids=lambda it: it.__name__)
def test_every_value_is_frozen(module: ModuleType) -> None:
    for _, value in inspect.getmembers(module, dataclasses.is_dataclass):
        assert isinstance(value, type)
        assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
