"""An agent with memory, step by step as tutorials teach it, by programs that know the project's endpoint."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.programs.processes import WRITTEN, Ran, run

if TYPE_CHECKING:
    from tests.programs.conftest import Program

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
SOMEBODY_ELSE = "99999999-9999-4999-8999-999999999999"
Applied: TypeAlias = Callable[..., Ran]


def has(facts: list[str], *words: str) -> bool:
    """Each word is in one of the facts."""
    return all(any(word in fact for fact in facts) for word in words)


def test_each_step_of_the_tutorial_sees_what_it_is_about(program: Program) -> None:
    steps: dict[str, dict[str, Any]] = program(sys.executable, WRITTEN / "tutorial.py").steps

    assert (steps["store"]["status"], steps["store"]["name"]) == (200, "workshop-memory")

    extracted = steps["extracted"]
    assert extracted["statuses"][0] != "completed", "never completed at once"
    assert extracted["statuses"][-1] == "completed"
    assert not extracted["has_error_key"]
    assert has(extracted["facts"], "Rust", "bullet points", "Helix", "Debian")
    assert not has(extracted["facts"], "I mostly write Rust"), "facts, not what was said"

    assert has(steps["recalled"]["facts"], "Rust", "Helix")
    assert len(steps["best"]["facts"]) == 1
    assert has(steps["best"]["facts"], "Debian")
    assert steps["other_scope"]["facts"] == []

    assert steps["agent"]["version"] == "1"
    assert has([steps["agent"]["answer"]], "Rust", "bullet points")

    assert has([steps["taught"]["answer"]], "async everywhere", "Rust")
    assert steps["isolated"]["version"] == "2"
    assert not any(word in steps["isolated"]["answer"] for word in ("Rust", "bullet", "Helix", "Debian", "async"))

    theirs = steps["user_id"]
    assert "standing" not in theirs["before"]
    assert "standing desks" in theirs["mine"]
    assert "standing" not in theirs["elses"]
    assert "Rust" not in theirs["mine"], "a scope of its own, not that of any example"


@pytest.fixture
def applied(tmp_path: Path) -> Applied:
    """Runs the program `buddy.py` beside a Foundry whose state file the repository's manifest was applied to."""
    shutil.copy(ROOT / "stores.yaml", tmp_path)
    provisioner: tuple[str, ...] = (sys.executable, "-m", "provisioner")
    here: dict[str, str] = {"PYTHONPATH": str(ROOT)}
    made = run(*provisioner, "apply", "--local", "--state", "foundry.db", "--yes", env=here, cwd=tmp_path)
    assert made.code == 0, made
    assert "4 created" in made.out

    def call(*words: str, **more: str) -> Ran:
        beside = (*provisioner, "emulator", "run", "--state", "foundry.db", "--")
        return run(*beside, sys.executable, WRITTEN / "buddy.py", *words, env={**here, **more}, cwd=tmp_path)

    return call


def test_the_applied_agent_remembers_across_processes_and_keeps_callers_apart(applied: Applied) -> None:
    question = "How should I write a small web server?"

    first = applied("I prefer Elixir and I work on Fedora.")  # ends before the update's delay is over
    again = applied("--until", "Elixir", "Which language do I prefer?").document
    other = applied(question).document
    elses = applied(question, AZURE_CLIENT_ID=SOMEBODY_ELSE).document

    assert first.code == 0, first
    assert has(again, "Elixir"), "in another process, with a Foundry started anew"
    assert has(other, "Elixir", "Fedora")
    assert not any(word in elses[0] for word in ("Elixir", "Fedora"))


def test_the_applied_agent_recalls_in_every_later_call_also_when_it_was_asked_the_same_before(applied: Applied) -> None:
    """The conversation about it is remembered by then too, and must not hide the facts."""
    question = "How should I write a small web server?"

    answers = applied("--pause", "3", "I prefer Elixir.", question, question).document

    assert has(answers[1:2], "Elixir")
    assert has(answers[2:3], "Elixir")
