"""Which memories are recalled: the labelled questions hold the level reached, single tests say what is promised."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.emulator.model import Memory
from provisioner.emulator.model.embedded import EmbeddedModel
from provisioner.emulator.model.embedded.vectors import FILE, SIZE, likeness, weight
from tests.emulator.model.labelled import HELD_OUT, TUNED_ON, cases, embedded, mean_recall, stems_only


def profile(*contents: str) -> list[Memory]:
    return [
        Memory(memory_id=f"m{place}", kind="user_profile", content=content) for place, content in enumerate(contents)
    ]


def order(query: str, memories: list[Memory]) -> list[str]:
    return [scored.memory.content for scored in EmbeddedModel().rank(query, memories).scored]


@pytest.mark.parametrize(
    ("path", "at_five", "at_one"),
    [pytest.param(HELD_OUT, 0.75, 0.48, id="never-tuned-on"), pytest.param(TUNED_ON, 0.85, 0.67, id="tuned-on")],
)
def test_recall_keeps_the_level_reached_and_far_above_plain_bm25(path: Path, at_five: float, at_one: float) -> None:
    assert mean_recall(embedded, path) >= at_five
    assert mean_recall(embedded, path, 1) >= at_one
    assert mean_recall(stems_only, path) < 0.5


@pytest.mark.parametrize(("path", "least"), [(HELD_OUT, 60), (TUNED_ON, 60)])
def test_there_are_dozens_of_questions_and_each_names_known_memories(path: Path, least: int) -> None:
    everything = list(cases(path))

    assert len(everything) >= least
    assert all(case.relevant <= {memory.memory_id for memory in case.memories} for case in everything)


def test_no_question_that_judges_was_tuned_on() -> None:
    assert {case.query for case in cases(HELD_OUT)}.isdisjoint(case.query for case in cases(TUNED_ON))


def test_a_task_recalls_how_this_person_likes_it_before_their_pets() -> None:
    memories = profile("Has a cat", "Works mostly in Julia", "Likes short, code-first answers")

    assert order("Recommend a way to read CSV files in code for me.", memories)[-1] == "Has a cat"


def test_a_tool_is_found_by_what_sort_of_tool_it_is() -> None:
    memories = profile("Likes tea", "Uses Helix on Debian", "Plays chess")

    assert order("Which editor?", memories)[0] == order("Which operating system?", memories)[0] == memories[1].content


def test_a_profile_is_always_somewhat_relevant() -> None:
    assert order("xyzzy", profile("Likes tea", "Plays chess")) == ["Likes tea", "Plays chess"]


def test_summaries_and_how_tos_come_only_when_they_match() -> None:
    memories = [
        Memory(memory_id="s", kind="chat_summary", content="The user said: How hot should the tea be?"),
        Memory(memory_id="p", kind="procedural", content="To deploy: run ship.sh"),
    ]

    assert order("xyzzy", memories) == []
    assert order("How do I deploy?", memories) == ["To deploy: run ship.sh"]


def test_a_summary_comes_behind_the_facts_it_repeats_unless_it_is_asked_for() -> None:
    memories = [
        *profile("Likes oolong tea"),
        Memory(memory_id="s", kind="chat_summary", content="The user said: I like oolong tea."),
    ]

    assert order("Which tea?", memories)[0] == "Likes oolong tea"
    assert order("What did we talk about last time?", memories)[0].startswith("The user said")


def test_the_order_of_the_memories_does_not_matter() -> None:
    memories = profile("Likes tea", "Plays chess", "Uses Vim", "Lives in Graz")

    assert order("Which editor?", memories) == order("Which editor?", memories[::-1])


def test_nothing_is_ranked_without_memories() -> None:
    ranking = EmbeddedModel().rank("What do I like?", ())

    assert ranking.scored == ()
    assert ranking.usage.embedding_tokens == 4


def test_the_file_of_vectors_is_whole() -> None:
    stems, _, numbers = FILE.read_bytes().partition(b"\n")

    assert len(numbers) == SIZE * len(set(stems.split(b" "))) > SIZE * 20_000


def test_related_words_are_alike_and_frequent_ones_say_little() -> None:
    assert likeness("tea", "coffe") > 0.5
    assert 0 <= likeness("tea", "kernel") < 0.2
    assert likeness("tea", "no such word") == 0
    assert weight("year") < weight("tea") < weight("no such word") == 1


def test_a_first_search_needs_no_package_but_the_stemmer_and_no_network() -> None:
    script = (
        "import sys, socket; socket.socket = None; from provisioner.emulator.model import Memory; "
        "from provisioner.emulator.model.embedded import EmbeddedModel; "
        "memory = Memory(memory_id='m', kind='user_profile', content='Likes tea'); "
        "assert EmbeddedModel().rank('Any drinks?', [memory]).scored; "
        "print({'numpy', 'tokenizers', 'httpx', 'requests', 'torch'} & set(sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    loaded = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)

    assert loaded.stdout.strip() == "set()"
