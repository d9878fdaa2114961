"""Whatever is added to the vocabulary must be rendered everywhere."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import get_args

import pytest
from rich.console import Console

from provisioner.model.action import Action, Origin
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyFinished, Event, Outcome, Status
from provisioner.render.change_lines import remark
from provisioner.render.diagnostics import diagnostics_github, diagnostics_text
from provisioner.render.events_json import event_document
from provisioner.render.outcomes import outcomes_text
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import PlainProgress, Results
from provisioner.render.styles import COLOURFUL
from provisioner.render.terminal_progress import TerminalProgress
from provisioner.render.words import VERBS
from tests.render import sample


def renderers() -> list[Callable[[Event], object]]:
    console = Console(file=StringIO(), force_terminal=True)
    return [
        PlainProgress(list[str]().append),
        event_document,
        TerminalProgress(StringIO(), console=console),
        Results(list[str]().append),
    ]


def test_the_sample_has_every_event_action_and_origin() -> None:
    changes = sample.sample_plan().changes

    assert {type(event) for event in sample.events()} == set(get_args(Event))
    assert {change.action for change in changes} == set(Action)
    assert {field.origin for change in changes for field in change.fields} >= set(Origin)


@pytest.mark.parametrize("event", sample.events(), ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("renderer", renderers(), ids=["plain", "json", "terminal", "results"])
def test_every_event_is_taken_by_every_renderer(renderer: Callable[[Event], object], event: Event) -> None:
    renderer(event)
    renderer(sample.finished())


@pytest.mark.parametrize("action", Action)
def test_every_action_is_rendered(action: Action) -> None:
    plan = Plan(owner="o", changes=(sample.change(action, sample.AGENT, live={}),))

    assert VERBS[action].promise in plan_text(plan, styles=COLOURFUL)
    assert f"| {action.value} |" in plan_markdown(plan)
    assert plan_document(plan)["summary"][action.value] == 1
    assert f"1 to {action.value}" in plan_text(plan)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_is_rendered(status: Status, action: Action) -> None:
    outcome = Outcome(change=sample.change(action, sample.AGENT), status=status)
    row, *_ = outcomes_text(ApplyFinished(outcomes=(outcome,))).splitlines()

    assert row.split()[:2] == [status.value, "agents/dev-buddy"]


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_rendered(severity: Severity) -> None:
    item = Diagnostic(code="c", message="m", severity=severity)

    assert f"1 {severity.value}." in diagnostics_text([item])
    command = {Severity.NOTE: "notice"}.get(severity, severity.value)
    assert diagnostics_github([item]) == f"::{command} title=c::m\n"


@pytest.mark.parametrize("origin", Origin)
def test_every_origin_has_words(origin: Origin) -> None:
    fields = [field for change in sample.sample_plan().changes for field in change.fields if field.origin is origin]

    assert all(remark(field) for field in fields)
