"""Promises for every input: never raises, bounded, the same every time, nothing new on a second reading, quick."""

from __future__ import annotations

import os
import subprocess
import sys
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.emulator.model import Create, Delete, Memory, Prompt, Turn, Update, Wishes
from provisioner.emulator.model.embedded import EmbeddedModel
from tests.whole import tries

SUBJECTS = [
    "I",
    "I'm",
    "I've",
    "my",
    "My name is",
    "I don't",
    "we",
    "if I",
    "forget that I",
    "I no longer",
    "to deploy,",
]
WORDS = [
    "like",
    "use",
    "live",
    "moved",
    "from",
    "to",
    "in",
    "and",
    "but",
    "not",
    "Vim",
    "Zed",
    "Graz",
    "tea",
    "coffee",
    "Python",
    "a nurse",
    "vegetarian",
    "short answers",
    "tabs",
    "any more",
    ",",
    ".",
    "?",
    "\n",
    "on macOS",
    "at work",
    "run",
    "then",
]
TEXTS = st.lists(st.sampled_from(SUBJECTS + WORDS), max_size=14).map(" ".join) | st.text(max_size=80)
ROLES = st.sampled_from(["user", "user", "assistant"])
TURNS = st.lists(st.builds(Turn, ROLES, TEXTS), max_size=4)
KINDS = st.sampled_from(["user_profile", "chat_summary", "procedural"])


def known(contents: list[tuple[str, str]]) -> list[Memory]:
    return [
        Memory(memory_id=f"k{place}", kind=kind, content=content)  # type: ignore[arg-type]
        for place, (kind, content) in enumerate(contents)
    ]


KNOWN = st.lists(st.tuples(KINDS, TEXTS), max_size=5).map(known)


def applied(memories: list[Memory], turns: list[Turn]) -> list[Memory]:
    after = {memory.memory_id: memory for memory in memories}
    for place, operation in enumerate(EmbeddedModel().extract(turns, memories, Wishes()).operations):
        match operation:
            case Create(kind=kind, content=content):
                after[f"n{place}"] = Memory(memory_id=f"n{place}", kind=kind, content=content)
            case Update(memory_id=memory_id, content=content):
                after[memory_id] = Memory(memory_id=memory_id, kind=after[memory_id].kind, content=content)
            case Delete(memory_id=memory_id):
                del after[memory_id]
    return list(after.values())


@given(turns=TURNS, memories=KNOWN)
@settings(max_examples=tries(200))
def test_operations_are_bounded_and_concern_each_memory_once(turns: list[Turn], memories: list[Memory]) -> None:
    operations = EmbeddedModel().extract(turns, memories, Wishes()).operations
    touched = [operation.memory_id for operation in operations if not isinstance(operation, Create)]
    written = [operation.content for operation in operations if not isinstance(operation, Delete)]

    assert len(touched) == len(set(touched))
    assert set(touched) <= {memory.memory_id for memory in memories}
    assert all(content.strip() and len(content) <= 1_000 for content in written)


@given(turns=TURNS)
@settings(max_examples=tries(300))
def test_hearing_the_same_again_adds_nothing(turns: list[Turn]) -> None:
    """What is forgotten and said once more may be made once more."""
    after = applied([], turns)

    again = applied(after, turns)

    assert len(again) <= len(after)
    assert {memory.content for memory in again} <= {memory.content for memory in after}


@given(turns=TURNS, memories=KNOWN)
@settings(max_examples=tries(100))
def test_answers_never_fail_nor_come_out_empty(turns: list[Turn], memories: list[Memory]) -> None:
    assert EmbeddedModel().answer(Prompt(conversation=turns, memories=memories)).text


@given(query=TEXTS, memories=KNOWN)
@settings(max_examples=tries(100))
def test_ranking_gives_each_memory_at_most_once_best_first(query: str, memories: list[Memory]) -> None:
    scored = EmbeddedModel().rank(query, memories).scored

    assert [item.score for item in scored] == sorted((item.score for item in scored), reverse=True)
    assert len({item.memory.memory_id for item in scored}) == len(scored)


HOSTILE = [
    "a",
    " ",
    "\n",
    '"',
    "`",
    "[",
    "(",
    ",",
    ".",
    "_",
    "😀",
    "I ",
    "I like ",
    "my ",
    "and I like tea ",
    "I switched from ",
    "to run ",
    "1. run x\n",
    "if ",
    "A ",
    "please ",
    "well, ",
    "what? ",
    "in Paris ",
    "x_",
    "a'",
    "I have been ",
    "I am really ",
    "I am not ",
    "forget that ",
    "my name is ",
    "- ",
    "a@a.",
    "12.",
    "To run, then run ",
    "' ",
    "I don't ",
    "from a to b ",
    "**",
]


@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_a_hundred_kilobytes_of_anything_are_read_in_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    model = EmbeddedModel()
    memory = Memory(memory_id="m", kind="user_profile", content=text)
    started = process_time()

    model.extract((Turn("user", text),), (memory,), Wishes(user_profile_details=text))
    model.answer(Prompt(conversation=(Turn("user", text),), memories=(memory,)))
    model.rank(text, (memory,))

    assert process_time() - started < 2  # generous: a busy machine, and the first run builds the tables


SCRIPT = """
from provisioner.emulator.model import Memory, Prompt, Turn, Wishes
from provisioner.emulator.model.embedded import EmbeddedModel
model = EmbeddedModel()
said = "I'm on Zed / Fedora, I like tea and chess, and my favourite dish is ramen. To deploy, run ship.sh."
turn = Turn("user", said)
memories = [Memory(memory_id=str(n), kind="user_profile", content=c) for n, c in enumerate(["Uses Vim", "Likes tea"])]
print(model.extract((turn,), memories, Wishes(user_profile_details="tools, drinks; avoid age, money")))
print(model.rank("Which tools and drinks?", memories))
print(model.answer(Prompt(conversation=(turn,), memories=memories)))
"""


def test_every_process_says_the_same() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1


def test_importing_the_interface_loads_neither_the_stemmer_nor_httpx() -> None:
    script = (
        "import sys, provisioner.emulator.model; print({'snowballstemmer', 'httpx', 'jsonschema'} & set(sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    loaded = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)

    assert loaded.stdout.strip() == "set()"
