"""The one table of formats: what is told in each, and how.

What renders plans and reports runs is imported when it is asked: a command pays for the format that was wished for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import click

from provisioner.cli.terminal import Terminal
from provisioner.render.diagnostics import diagnostics_github, diagnostics_json, diagnostics_text
from provisioner.render.graph import dot, mermaid
from provisioner.render.styles import Styles

if TYPE_CHECKING:
    from provisioner.cli.reporters.interface import Reporter
    from provisioner.doctor.verdict import Verdict
    from provisioner.model.accepted import Accepted
    from provisioner.model.address import Address
    from provisioner.model.check import CheckReport
    from provisioner.model.diagnostic import Diagnostic
    from provisioner.model.plan import Plan
    from provisioner.model.rendered import Rendered
    from provisioner.model.resource import Desired
    from provisioner.preflight.offers import Offer
    from provisioner.reconcile.comparison import Comparison
    from provisioner.reconcile.drift import Drift

DEFAULT_SIZE: Final = 60_000  # characters: a comment on GitHub holds 65,536


class PlanText(Protocol):
    """`size` is how many characters there may be, in formats that are cut to a size."""

    def __call__(self, plan: Plan, styles: Styles, width: int, size: int = DEFAULT_SIZE, /) -> str: ...


ProblemsText: TypeAlias = "Callable[[Sequence[Diagnostic], Styles, int], str]"
ModelsText: TypeAlias = "Callable[[Sequence[Offer], str, Sequence[str], Styles, int], str]"
DoctorText: TypeAlias = "Callable[[Sequence[Verdict], Styles, int], str]"
DriftText: TypeAlias = "Callable[[Drift, Styles, int], str]"
ComparedText: TypeAlias = "Callable[[Comparison, Styles, int], str]"
AcceptedText: TypeAlias = "Callable[[Accepted, Styles, int], str]"
CheckedText: TypeAlias = "Callable[[CheckReport, Styles, int], str]"
RenderedText: TypeAlias = "Callable[[Rendered, bool], str]"
GraphText: TypeAlias = "Callable[[Mapping[Address, Desired]], str]"


def _plan_text(plan: Plan, styles: Styles, width: int, _: int = 0, /) -> str:
    from provisioner.render.plan_text import plan_text  # noqa: PLC0415

    return plan_text(plan, styles=styles, width=width)


def _plan_json(plan: Plan, _: Styles, __: int, ___: int = 0, /) -> str:
    from provisioner.render.plan_json import plan_json  # noqa: PLC0415

    return plan_json(plan)


def _plan_saved(plan: Plan, _: Styles, __: int, ___: int = 0, /) -> str:
    """With the scopes that a migration copies: whoever applies it needs them."""
    from provisioner.render.plan_json import plan_json  # noqa: PLC0415

    return plan_json(plan, names_scopes=True)


def _plan_markdown(plan: Plan, _: Styles, __: int, size: int = DEFAULT_SIZE, /) -> str:
    from provisioner.render.plan_markdown import plan_markdown  # noqa: PLC0415

    return plan_markdown(plan, limit=size)


def _plan_html(plan: Plan, _: Styles, __: int, ___: int = 0, /) -> str:
    from provisioner.render.plan_html import plan_html  # noqa: PLC0415

    return plan_html(plan)


def _problems_sarif(items: Sequence[Diagnostic], _: Styles, __: int) -> str:
    from provisioner import __version__  # noqa: PLC0415
    from provisioner.cli.checkout import checkout_here  # noqa: PLC0415
    from provisioner.manifest.codes import CODES  # noqa: PLC0415
    from provisioner.render.sarif import diagnostics_sarif  # noqa: PLC0415

    return diagnostics_sarif(items, codes=CODES, version=__version__, checkout=checkout_here(os.environ))


def _models_text(offers: Sequence[Offer], region: str, notes: Sequence[str], styles: Styles, width: int) -> str:
    from provisioner.render.models import models_text  # noqa: PLC0415

    return models_text(offers, region=region, notes=notes, styles=styles, width=width)


def _models_json(offers: Sequence[Offer], region: str, notes: Sequence[str], _: Styles, __: int) -> str:
    from provisioner.render.models import models_json  # noqa: PLC0415

    return models_json(offers, region=region, notes=notes)


def _doctor_text(verdicts: Sequence[Verdict], styles: Styles, width: int) -> str:
    from provisioner.render.doctor import doctor_text  # noqa: PLC0415

    return doctor_text(verdicts, styles=styles, width=width)


def _doctor_json(verdicts: Sequence[Verdict], _: Styles, __: int) -> str:
    from provisioner.render.doctor import doctor_json  # noqa: PLC0415

    return doctor_json(verdicts)


def _drift_text(drift: Drift, styles: Styles, width: int) -> str:
    from provisioner.render.drift import drift_text  # noqa: PLC0415

    return drift_text(drift, styles=styles, width=width)


def _drift_json(drift: Drift, _: Styles, __: int) -> str:
    from provisioner.render.drift import drift_json  # noqa: PLC0415

    return drift_json(drift)


def _drift_markdown(drift: Drift, _: Styles, __: int) -> str:
    from provisioner.render.drift import drift_markdown  # noqa: PLC0415

    return drift_markdown(drift)


def _compared_text(comparison: Comparison, styles: Styles, width: int) -> str:
    from provisioner.render.comparison import comparison_text  # noqa: PLC0415

    return comparison_text(comparison, styles=styles, width=width)


def _compared_json(comparison: Comparison, _: Styles, __: int) -> str:
    from provisioner.render.comparison import comparison_json  # noqa: PLC0415

    return comparison_json(comparison)


def _compared_markdown(comparison: Comparison, _: Styles, __: int) -> str:
    from provisioner.render.comparison import comparison_markdown  # noqa: PLC0415

    return comparison_markdown(comparison)


def _accepted_text(accepted: Accepted, styles: Styles, width: int) -> str:
    from provisioner.render.accepted import accepted_text  # noqa: PLC0415

    return accepted_text(accepted, styles=styles, width=width)


def _accepted_json(accepted: Accepted, _: Styles, __: int) -> str:
    from provisioner.render.accepted import accepted_json  # noqa: PLC0415

    return accepted_json(accepted)


def _checked_text(report: CheckReport, styles: Styles, width: int) -> str:
    from provisioner.render.checks import checks_text  # noqa: PLC0415

    return checks_text(report, styles=styles, width=width)


def _checked_json(report: CheckReport, _: Styles, __: int) -> str:
    from provisioner.render.checks import checks_json  # noqa: PLC0415

    return checks_json(report)


def _checked_junit(report: CheckReport, _: Styles, __: int) -> str:
    from provisioner.render.checks import checks_junit  # noqa: PLC0415

    return checks_junit(report)


def _rendered_text(rendered: Rendered, origins: bool) -> str:  # noqa: FBT001 - as the table has it
    from provisioner.manifest.rendered_text import rendered_text  # noqa: PLC0415

    return rendered_text(rendered, origins=origins)


def _rendered_json(rendered: Rendered, _: bool) -> str:  # noqa: FBT001
    from provisioner.render.rendered import rendered_json  # noqa: PLC0415

    return rendered_json(rendered)


def _run_text(terminal: Terminal) -> Reporter:
    from provisioner.cli.reporters.text import TextReporter  # noqa: PLC0415

    return TextReporter(terminal, lambda plan: _plan_text(plan, terminal.out, terminal.width))


def _run_json(terminal: Terminal) -> Reporter:
    from provisioner.cli.reporters.json_lines import JsonReporter  # noqa: PLC0415
    from provisioner.cli.this_run import this_run  # noqa: PLC0415

    return JsonReporter(terminal, run_id=this_run().id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a thing is told; None where it is not. `ending` is that of a file in it; what `commands` is meant to
    command a pipeline.
    """

    plan: PlanText | None = None
    problems: ProblemsText | None = None
    graph: GraphText | None = None
    models: ModelsText | None = None
    doctor: DoctorText | None = None
    drift: DriftText | None = None
    compared: ComparedText | None = None
    accepted: AcceptedText | None = None
    checked: CheckedText | None = None
    rendered: RenderedText | None = None
    run: Callable[[Terminal], Reporter] | None = None
    ending: str = ""
    commands: bool = False


FORMATS: Final[Mapping[str, Format]] = {
    "text": Format(
        plan=_plan_text,
        problems=lambda items, styles, width: diagnostics_text(items, styles=styles, width=width),
        models=_models_text,
        doctor=_doctor_text,
        drift=_drift_text,
        compared=_compared_text,
        accepted=_accepted_text,
        checked=_checked_text,
        rendered=_rendered_text,
        run=_run_text,
        ending=".txt",
    ),
    "json": Format(
        plan=_plan_json,
        problems=lambda items, *_: diagnostics_json(items),
        models=_models_json,
        doctor=_doctor_json,
        drift=_drift_json,
        compared=_compared_json,
        accepted=_accepted_json,
        checked=_checked_json,
        rendered=_rendered_json,
        run=_run_json,
        ending=".json",
    ),
    "markdown": Format(plan=_plan_markdown, drift=_drift_markdown, compared=_compared_markdown, ending=".md"),
    "html": Format(plan=_plan_html, ending=".html"),
    "github": Format(problems=lambda items, *_: diagnostics_github(items), commands=True),
    "sarif": Format(problems=_problems_sarif),
    "junit": Format(checked=_checked_junit, ending=".xml"),
    "mermaid": Format(graph=mermaid),
    "dot": Format(graph=dot),
}
PLANS: Final = {name: it.plan for name, it in FORMATS.items() if it.plan is not None}
PROBLEMS: Final = {name: it.problems for name, it in FORMATS.items() if it.problems is not None}
GRAPHS: Final = {name: it.graph for name, it in FORMATS.items() if it.graph is not None}
MODELS: Final = {name: it.models for name, it in FORMATS.items() if it.models is not None}
DOCTOR: Final = {name: it.doctor for name, it in FORMATS.items() if it.doctor is not None}
DRIFTS: Final = {name: it.drift for name, it in FORMATS.items() if it.drift is not None}
COMPARED: Final = {name: it.compared for name, it in FORMATS.items() if it.compared is not None}
ACCEPTED: Final = {name: it.accepted for name, it in FORMATS.items() if it.accepted is not None}
CHECKED: Final = {name: it.checked for name, it in FORMATS.items() if it.checked is not None}
RENDERED: Final = {name: it.rendered for name, it in FORMATS.items() if it.rendered is not None}
RUNS: Final = {name: it.run for name, it in FORMATS.items() if it.run is not None}
PLAN_FILES: Final = {it.ending: it.plan for it in FORMATS.values() if it.plan is not None} | {".json": _plan_saved}
CHECK_FILES: Final = {it.ending: it.checked for it in FORMATS.values() if it.checked is not None}


def format_option(names: Iterable[str], help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002
    """Gives the command the name that was chosen, as `style`; the first one by default."""
    choices = list(names)
    return click.option(
        "--format", "style", type=click.Choice(choices), default=choices[0], show_default=True, help=help
    )


def plan_file(text: str) -> Path:
    """A file whose ending names a format."""
    return _ending_in(text, PLAN_FILES)


def check_file(text: str) -> Path:
    """The same for what checks found."""
    return _ending_in(text, CHECK_FILES)


def _ending_in(text: str, endings: Collection[str]) -> Path:
    path = Path(text)
    if path.suffix not in endings:
        raise click.BadParameter(f'"{text}" must end in one of {", ".join(endings)}, which names its format')
    return path
