from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import closing
from io import StringIO

import pytest
from rich.console import Console

from provisioner.model.plan import Plan
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeStarted,
    Outcome,
    Status,
)
from provisioner.render.terminal_progress import TerminalProgress
from tests.render import sample

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
CREATED = sample.create_deployment()
STARTED = ApplyStarted(plan=Plan(owner="o", changes=(CREATED,)))


def terminal(width: int = 60) -> tuple[StringIO, Console]:
    stream = StringIO()
    return stream, Console(file=stream, force_terminal=True, width=width, height=20, color_system=None)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_running_change_shows_what_it_waits_for_and_a_finished_one_stays() -> None:
    stream, console = terminal()
    with closing(TerminalProgress(stream, console=console, clock=lambda: 5.0)) as progress:
        progress(STARTED)
        progress(ChangeStarted(change=CREATED))
        progress(ChangeNoted(change=CREATED, note="waiting\x1b[2J"))
        time.sleep(0.3)
        progress(ChangeFinished(outcome=Outcome(change=CREATED, status=Status.DONE, elapsed_s=2.1)))
        progress.show("  done  deployments/gpt-4.1-mini  created")
        progress(ApplyFinished(outcomes=()))
    shown = plain(stream.getvalue())

    assert "  + deployments/gpt-4.1-mini creating 0.0s" in shown
    assert "waiting\\u001b" in shown
    assert shown.count("  done  deployments/gpt-4.1-mini  created\n") == 1
    assert "\x1b[2J" not in stream.getvalue()


def test_a_line_longer_than_the_terminal_is_cut_not_wrapped() -> None:
    stream, console = terminal(width=40)
    with closing(TerminalProgress(stream, console=console)) as progress:
        progress(STARTED)
        progress(ChangeStarted(change=CREATED))
        progress(ChangeNoted(change=CREATED, note="waiting " * 20))
        time.sleep(0.3)
    lines = plain(stream.getvalue()).replace("\r", "\n").splitlines()

    assert max(map(len, lines)) <= 40
    assert any(line.endswith("…") for line in lines)


def _start_and_raise(progress: TerminalProgress, error: type[BaseException]) -> None:
    with closing(progress):
        progress(STARTED)
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_terminal_is_restored_however_it_ends(error: type[BaseException]) -> None:
    stream, console = terminal()
    progress = TerminalProgress(stream, console=console)
    with pytest.raises(error):
        _start_and_raise(progress, error)

    assert stream.getvalue().count(HIDE_CURSOR) == stream.getvalue().count(SHOW_CURSOR) == 1


def test_closing_twice_is_fine() -> None:
    stream, console = terminal()
    progress = TerminalProgress(stream, console=console)
    progress(STARTED)
    progress.close()
    progress.close()

    assert stream.getvalue().count(SHOW_CURSOR) == 1


def test_a_stream_that_is_no_terminal_gets_only_what_is_to_stay() -> None:
    stream = StringIO()
    with closing(TerminalProgress(stream, colour=False)) as progress:
        for event in sample.events():
            progress(event)
            if isinstance(event, ChangeFinished):
                progress.show("\x1b[32mdone\x1b[0m")

    assert stream.getvalue() == "done\n" * 3


def test_what_is_to_stay_is_not_broken_at_the_edge_of_the_terminal() -> None:
    stream, console = terminal(width=40)
    TerminalProgress(stream, console=console).show("word " * 20)

    assert stream.getvalue() == "word " * 20 + "\n"


def test_plans_are_rendered_without_rich_or_difflib() -> None:
    program = (
        "import sys, provisioner.render.plan_text, provisioner.render.plan_markdown, provisioner.render.plan_json\n"
        "import provisioner.render.progress, provisioner.render.diagnostics\n"
        "print({'rich', 'difflib', 'yaml'} & set(sys.modules))"
    )

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"
