"""One table says what is told in which format; each is paid for by those who ask for it."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from provisioner.cli.commands import apply, check, destroy, graph, plan, validate
from provisioner.cli.formats import CHECK_FILES, CHECKED, FORMATS, GRAPHS, PLAN_FILES, PLANS, PROBLEMS, RUNS
from provisioner.cli.reporters.text import TextReporter
from provisioner.cli.running import told_by
from provisioner.cli.terminal import Terminal
from provisioner.model.plan import Plan
from provisioner.model.progress import ApplyStarted


def choices(command: click.Command) -> list[str]:
    (option,) = (parameter for parameter in command.params if "--format" in parameter.opts)
    assert isinstance(option.type, click.Choice)
    return list(option.type.choices)


@pytest.mark.parametrize(
    ("command", "formats"),
    [
        pytest.param(plan.command, PLANS, id="plan"),
        pytest.param(apply.command, RUNS, id="apply"),
        pytest.param(destroy.command, RUNS, id="destroy"),
        pytest.param(check.command, CHECKED, id="check"),
        pytest.param(validate.command, PROBLEMS, id="validate"),
        pytest.param(graph.command, GRAPHS, id="graph"),
    ],
)
def test_a_command_offers_the_formats_that_can_tell_what_it_tells(command: click.Command, formats: object) -> None:
    assert choices(command) == list(formats)  # type: ignore[call-overload]


def test_no_format_tells_nothing_and_no_two_have_the_same_ending() -> None:
    assert FORMATS.keys() == PLANS.keys() | RUNS.keys() | PROBLEMS.keys() | GRAPHS.keys() | CHECKED.keys()
    assert len(PLAN_FILES) == len(PLANS)
    assert len(CHECK_FILES) == len(CHECKED)


def test_the_table_imports_no_format_of_a_plan_or_a_run() -> None:
    rooms = ("provisioner.cli.reporters", "provisioner.render.plan", "provisioner.render.events")
    program = f"import sys, provisioner.cli.formats\nprint([name for name in sys.modules if name.startswith({rooms})])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


class Closable(TextReporter):
    closed = False

    def close(self) -> None:
        super().close()
        self.closed = True


def run_into(error: type[BaseException], reporter: TextReporter) -> None:
    with told_by(reporter):
        reporter.event(ApplyStarted(plan=Plan(owner="demo")))
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, TypeError])
def test_the_terminal_is_given_back_however_a_run_ends(error: type[BaseException]) -> None:
    reporter = Closable(Terminal.here(no_color=True, environ={}), str)
    with pytest.raises(error):
        run_into(error, reporter)

    assert reporter.closed
