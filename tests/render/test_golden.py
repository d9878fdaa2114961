"""Each renderer, exactly, over one plan that has everything in it and over the empty one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from provisioner.model.accepted import Accepted, Left, Written
from provisioner.model.plan import Plan
from provisioner.reconcile.drift import drift_in
from provisioner.render.accepted import accepted_text
from provisioner.render.diagnostics import diagnostics_github, diagnostics_json, diagnostics_text
from provisioner.render.drift import drift_json, drift_markdown, drift_text
from provisioner.render.events_json import event_document
from provisioner.render.failures import failure_text
from provisioner.render.graph import dot, mermaid
from provisioner.render.json_text import json_text
from provisioner.render.outcomes import outcomes_text
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import PlainProgress, Results
from provisioner.render.styles import COLOURFUL
from tests.render import sample

Golden: TypeAlias = Callable[[str, str], None]

EMPTY = Plan(owner=sample.OWNER, unchanged=(sample.DEPLOYMENT, sample.AGENT))


def test_plan_text(golden: Golden) -> None:
    golden("plan.txt", plan_text(sample.sample_plan()))


def test_names_that_describe_are_shown_and_values_are_not(golden: Golden) -> None:
    golden("plan-names.txt", plan_text(sample.plan_of_names()))


def test_plan_text_in_a_narrow_terminal(golden: Golden) -> None:
    golden("plan-narrow.txt", plan_text(sample.sample_plan(), width=40))


def test_outcomes_in_a_narrow_terminal(golden: Golden) -> None:
    golden("outcomes-narrow.txt", outcomes_text(sample.finished(), width=40))


def test_plan_text_in_colour(golden: Golden) -> None:
    golden("plan-colour.txt", plan_text(sample.sample_plan(), styles=COLOURFUL))


def test_plan_markdown(golden: Golden) -> None:
    golden("plan.md", plan_markdown(sample.sample_plan()))


def test_plan_markdown_that_must_be_short(golden: Golden) -> None:
    golden("plan-short.md", plan_markdown(sample.sample_plan(), title="Plan for prod", limit=3_500))


def test_drift_text(golden: Golden) -> None:
    golden("drift.txt", drift_text(drift_in(sample.sample_plan())))


def test_drift_text_in_a_narrow_terminal(golden: Golden) -> None:
    golden("drift-narrow.txt", drift_text(drift_in(sample.sample_plan()), width=40))


def test_drift_markdown(golden: Golden) -> None:
    golden("drift.md", drift_markdown(drift_in(sample.sample_plan())))


def test_drift_json(golden: Golden) -> None:
    golden("drift.json", drift_json(drift_in(sample.sample_plan())))


def test_what_was_written_into_the_manifest(golden: Golden) -> None:
    written = (
        Written(address=sample.AGENT, path=("instructions",), file="prompts/dev-buddy.md"),
        Written(address=sample.DEPLOYMENT, path=("sku", "capacity"), file="stores.yaml", line=28),
    )
    left = (Left(address=sample.AGENT, path=("model",), why="comes from a variable"),)
    golden("accepted.txt", accepted_text(Accepted(written=written, left=left), width=60))


def test_plan_json(golden: Golden) -> None:
    golden("plan.json", json.dumps(plan_document(sample.sample_plan()), indent=2) + "\n")


def test_an_empty_plan_is_one_sentence() -> None:
    sentence, digest = plan_text(EMPTY).strip().split("\n\n")
    assert sentence == "No changes. Everything is as the manifest says (2 unchanged)."
    assert digest == f"Digest: {EMPTY.digest}"


def test_an_empty_plan_with_warnings_does_not_claim_that_all_is_well(golden: Golden) -> None:
    golden("plan-warned.txt", plan_text(replace(EMPTY, target=sample.TARGET, warnings=sample.warnings())))


def test_an_empty_plan_in_markdown(golden: Golden) -> None:
    golden("plan-empty.md", plan_markdown(EMPTY))


def test_an_empty_plan_in_json(golden: Golden) -> None:
    golden("plan-empty.json", json.dumps(plan_document(EMPTY), indent=2) + "\n")


def test_a_plan_that_is_only_refused(golden: Golden) -> None:
    golden("plan-refused.txt", plan_text(Plan(owner=sample.OWNER, refusals=sample.refusals())))


def test_diagnostics_text(golden: Golden) -> None:
    golden("diagnostics.txt", diagnostics_text(sample.diagnostics()))


def test_diagnostics_json(golden: Golden) -> None:
    golden("diagnostics.json", diagnostics_json(sample.diagnostics()))


def test_diagnostics_github(golden: Golden) -> None:
    golden("diagnostics-github.txt", diagnostics_github(sample.diagnostics()))


def test_outcomes(golden: Golden) -> None:
    golden("outcomes.txt", outcomes_text(sample.finished()))


def test_outcomes_of_an_interrupted_run(golden: Golden) -> None:
    golden("outcomes-interrupted.txt", outcomes_text(sample.finished(interrupted=True), styles=COLOURFUL))


def test_progress_in_a_log(golden: Golden) -> None:
    lines, ticks = list[str](), count(start=100, step=7)
    progress = PlainProgress(lines.append, clock=lambda: float(next(ticks)))
    for event in sample.events():
        progress(event)

    golden("progress.txt", "\n".join(lines) + "\n")


def test_results_as_they_come(golden: Golden) -> None:
    lines: list[str] = []
    results = Results(lines.append)
    for event in sample.events():
        results(event)

    golden("results.txt", "\n".join(lines) + "\n")


def test_progress_as_json_lines(golden: Golden) -> None:
    golden("progress.jsonl", "".join(f"{json_text(event_document(event))}\n" for event in sample.events()))


def test_failure(golden: Golden) -> None:
    golden("failure.txt", failure_text("The plan cannot be made.", "Sign in first: az login", sample.FAILURE))


def test_mermaid(golden: Golden) -> None:
    golden("graph-mermaid.txt", mermaid(sample.resources()))


def test_dot(golden: Golden) -> None:
    golden("graph-dot.txt", dot(sample.resources()))
