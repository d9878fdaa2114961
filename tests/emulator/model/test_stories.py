"""Memories over several conversations: what piles up, what is replaced, what goes."""

from __future__ import annotations

from itertools import count

import pytest

from provisioner.emulator.model import Create, Delete, Memory, Operation, Turn, Update, Wishes
from provisioner.emulator.model.embedded import EmbeddedModel

PROFILE = Wishes(chat_summary=False, procedural=False)


class Scope:
    """What a caller does with operations: the memories of one scope, by id."""

    def __init__(self, wishes: Wishes = PROFILE) -> None:
        self.model = EmbeddedModel()
        self.wishes = wishes
        self.memories: dict[str, Memory] = {}
        self.ids = count(1)

    def hear(self, *turns: str | Turn) -> tuple[Operation, ...]:
        conversation = [Turn("user", turn) if isinstance(turn, str) else turn for turn in turns]
        operations = self.model.extract(conversation, list(self.memories.values()), self.wishes).operations
        for operation in operations:
            self._apply(operation)
        return operations

    def _apply(self, operation: Operation) -> None:
        match operation:
            case Create(kind=kind, content=content):
                memory_id = f"mem_{next(self.ids)}"
                self.memories[memory_id] = Memory(memory_id=memory_id, kind=kind, content=content)
            case Update(memory_id=memory_id, content=content):
                self.memories[memory_id] = Memory(
                    memory_id=memory_id, kind=self.memories[memory_id].kind, content=content
                )
            case Delete(memory_id=memory_id):
                del self.memories[memory_id]

    @property
    def contents(self) -> list[str]:
        return [memory.content for memory in self.memories.values()]


@pytest.mark.parametrize(
    ("turns", "remembered"),
    [
        pytest.param(["I like tea", "I like tea.", "I really like tea!"], ["Likes tea"], id="restated"),
        pytest.param(["I like tea", "I love tea"], ["Likes tea"], id="restated-in-other-words"),
        pytest.param(["I use Go", "I use Go and Rust"], ["Uses Go and Rust"], id="refined"),
        pytest.param(
            ["I'm on Zed / Fedora.", "I moved from Zed to Kakoune"], ["Uses Kakoune on Fedora"], id="moved-from"
        ),
        pytest.param(["I'm on Zed / Fedora.", "I use Helix now."], ["Uses Helix on Fedora"], id="another-editor"),
        pytest.param(["I'm on Zed / Fedora.", "I'm on Debian now"], ["Uses Zed on Debian"], id="another-system"),
        pytest.param(["I'm on Zed / Fedora.", "I don't use Zed any more"], ["Uses Fedora"], id="one-of-two-ends"),
        pytest.param(["I use Vim", "I also use Emacs"], ["Uses Vim", "Uses Emacs"], id="one-more"),
        pytest.param(
            ["I use Windows at work", "I use Linux at home", "I use macOS at work"],
            ["Uses macOS at work", "Uses Linux at home"],
            id="each-in-its-place",
        ),
        pytest.param(
            ["I work mostly in Perl", "I work mostly in Julia now"], ["Works mostly in Julia"], id="main-language"
        ),
        pytest.param(["I use spaces", "Actually, I prefer tabs"], ["Prefers tabs"], id="a-matter-of-taste"),
        pytest.param(
            ["Always reply in Danish", "Always reply in German"],
            ["Wants the assistant to always reply in German"],
            id="language-of-the-answers",
        ),
        pytest.param(["I like short answers", "I prefer long answers"], ["Prefers long answers"], id="answer-length"),
        pytest.param(
            ["My favourite editor is Vim", "My favourite editor is Zed"], ["Favourite editor is Zed"], id="favourite"
        ),
        pytest.param(["I'm Ada", "My name is Ida"], ["Name is Ida"], id="name"),
        pytest.param(["I live in Graz", "I moved to Linz"], ["Lives in Linz"], id="home"),
        pytest.param(["I moved from Graz to Linz"], ["Lives in Linz"], id="move-without-a-before"),
        pytest.param(["I work at Contoso", "I joined Fabrikam"], ["Works at Fabrikam"], id="employer"),
        pytest.param(["I'm a nurse", "I'm a software engineer now"], ["Is a software engineer"], id="role"),
        pytest.param(["I'm 34", "I'm 35 years old"], ["Is 35 years old"], id="age"),
        pytest.param(["I eat meat", "I no longer eat meat"], [], id="eats-no-longer"),
        pytest.param(["I drink coffee", "I don't drink coffee"], ["Does not drink coffee"], id="contradicted"),
        pytest.param(["I hate jazz", "I love jazz"], ["Loves jazz"], id="a-change-of-heart"),
        pytest.param(
            ["I like tea, coffee and cocoa", "I don't like coffee"],
            ["Likes tea and cocoa", "Does not like coffee"],
            id="one-of-a-list-contradicted",
        ),
        pytest.param(["I use Docker", "I stopped using Docker"], [], id="stopped"),
        pytest.param(["I live in Rome", "I no longer live in Rome"], [], id="ended"),
        pytest.param(
            ["I like tea", "I play chess", "Please forget that I like tea"], ["Plays chess"], id="forget-that"
        ),
        pytest.param(["I'm Ada", "I like tea", "Forget my name."], ["Likes tea"], id="forget-my-name"),
        pytest.param(["I'm Ada", "I like tea", "Forget everything about me"], [], id="forget-everything"),
        pytest.param(["I like tea", "Forget it."], ["Likes tea"], id="forget-it-means-nothing"),
        pytest.param(["I use Docker. I no longer use Docker."], [], id="both-in-one-message"),
        pytest.param(["I no longer use Docker"], [], id="nothing-to-end"),
    ],
)
def test_a_newer_statement_takes_the_older_ones_place(turns: list[str], remembered: list[str]) -> None:
    scope = Scope()
    for turn in turns:
        scope.hear(turn)

    assert scope.contents == remembered


@pytest.mark.parametrize(
    ("known", "said", "remembered"),
    [
        # The same said with "not", or no longer
        ("Is allergic to peanuts", "Actually I'm not allergic to peanuts", ["Is not allergic to peanuts"]),
        ("Is allergic to nuts and eggs", "I'm no longer allergic to nuts", ["Is allergic to eggs"]),
        (
            "Is allergic to nuts and eggs",
            "I'm not allergic to eggs",
            ["Is allergic to nuts", "Is not allergic to eggs"],
        ),
        ("Speaks French", "I don't speak French", ["Does not speak French"]),
        ("Likes tea", "I'm not allergic to tea", ["Likes tea", "Is not allergic to tea"]),
        # Tools, however their use is known
        ("Works mostly in Python", "I don't use Python anymore, I use Rust now", ["Uses Rust"]),
        ("Main language is Perl", "I no longer use Perl", []),
        ("Works mostly in Perl and Ruby", "I've stopped using Perl", ["Works mostly in Ruby"]),
        ("Knows Perl", "I no longer use Perl", ["Knows Perl"]),
        ("Works at Ruby Central", "I no longer use Ruby", ["Works at Ruby Central"]),
        ("Uses VS Code", "Neovim is my editor now", ["Editor is Neovim"]),
        ("Lives in Rome", "Paris is my home now", ["Home is Paris"]),
        ("Uses VS Code", "I've been using Neovim instead of VS Code", ["Uses Neovim"]),
        ("Drinks coffee", "I drink matcha instead of coffee", ["Drinks matcha"]),
        # One given up for another
        ("Works at Acme", "I left Acme and joined Globex", ["Works at Globex"]),
        ("Drives a Volvo", "I sold my Volvo and bought a Tesla", ["Has a Tesla"]),
        ("Owns a boat", "I sold my boat", []),
        # What has the same words and is something else
        ("Has an office dog", "I left the office", ["Has an office dog"]),
        ("Runs the server farm", "I stopped the server", ["Runs the server farm"]),
        ("Likes coffee cake", "I gave up coffee", ["Likes coffee cake"]),
        ("Likes coffee cake", "I don't like coffee", ["Likes coffee cake", "Does not like coffee"]),
        ("Has a cat", "I sold my boat", ["Has a cat"]),
        ("Lives in Graz", "I moved from Graz to Linz", ["Lives in Linz"]),
        # What a person is
        ("Is married", "I got divorced", ["Is divorced"]),
        ("Is single", "I recently got married", ["Is married"]),
        ("Is vegetarian", "I eat meat again", ["Eats meat"]),
        ("Is vegetarian", "I eat cheese", ["Is vegetarian", "Eats cheese"]),
        ("Is vegan", "I eat vegan cheese", ["Is vegan", "Eats vegan cheese"]),
    ],
)
def test_what_is_no_longer_so_does_not_stay(known: str, said: str, remembered: list[str]) -> None:
    scope = Scope()
    scope.memories["known"] = Memory(memory_id="known", kind="user_profile", content=known)
    scope.hear(said)

    assert scope.contents == remembered


def test_a_contradiction_keeps_the_memorys_id() -> None:
    scope = Scope()
    scope.hear("I live in Graz")

    assert scope.hear("I live in Linz now") == (Update(memory_id="mem_1", content="Lives in Linz"),)


def test_memories_worded_by_others_are_updated_too() -> None:
    scope = Scope()
    scope.memories["own"] = Memory(memory_id="own", kind="user_profile", content="The user lives in Graz.")

    assert scope.hear("I moved to Linz") == (Update(memory_id="own", content="Lives in Linz"),)


def test_other_kinds_are_left_alone() -> None:
    scope = Scope()
    scope.memories["own"] = Memory(memory_id="own", kind="procedural", content="Likes tea")

    scope.hear("Forget everything about me", "I like tea")

    assert scope.contents == ["Likes tea", "Likes tea"]


SUMMARY = Wishes(user_profile=False, procedural=False)


def test_the_summary_is_one_and_rolls_on() -> None:
    scope = Scope(SUMMARY)
    scope.hear("I like tea. How hot should the water be?", Turn("assistant", "80 degrees."))
    scope.hear("And for how long should it steep?")

    assert scope.contents == [
        "The user said: Likes tea; How hot should the water be?; And for how long should it steep?"
    ]


def test_the_summary_is_bounded_and_forgets_the_oldest() -> None:
    scope = Scope(SUMMARY)
    for number in range(200):
        scope.hear(f"How do I build part number {number} of this?")

    (summary,) = scope.contents
    assert len(summary) <= 1_000
    assert "number 199" in summary
    assert "number 1 of" not in summary


def test_a_secret_is_in_no_memory_of_any_kind() -> None:
    scope = Scope(Wishes())

    scope.hear("My password is hunter2. Is hunter2 a good password? To log in: type the password hunter2.")

    assert scope.contents == []


def test_small_talk_is_not_summarised() -> None:
    assert Scope(SUMMARY).hear("Thanks!") == ()


HOW_TO = Wishes(user_profile=False, chat_summary=False)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("To deploy, run `make ship` and then `make verify`.", ["To deploy: run `make ship` and then `make verify`"]),
        ("To release: first tag, then push.", ["To release: first tag, then push"]),
        ("Always run the linter before pushing.", ["Always run the linter before pushing"]),
        ("How do I deploy?", []),
        ("To be honest, run away.", []),
        ("To my surprise, it rained for a week.", []),
        ("To Kim, it was the best one ever.", []),
        ("I like tea.", []),
        ("Run the tests.", []),
    ],
)
def test_how_tos_of_the_user_are_kept_nearly_as_given(said: str, kept: list[str]) -> None:
    scope = Scope(HOW_TO)
    scope.hear(said)

    assert scope.contents == kept


def test_a_how_to_for_the_same_goal_replaces_the_earlier_one() -> None:
    scope = Scope(HOW_TO)
    scope.hear("To deploy, run ship.sh.")

    assert scope.hear("To deploy, use the Ship button.") == (
        Update(memory_id="mem_1", content="To deploy: use the Ship button"),
    )


def test_the_assistants_steps_are_no_how_to() -> None:
    steps = Turn("assistant", "To clear the cache, run `cache --drop`.")

    assert Scope(HOW_TO).hear("How do I clear it?", steps, "Great, that worked!") == ()


def test_what_is_switched_off_is_not_extracted() -> None:
    off = Wishes(user_profile=False, chat_summary=False, procedural=False)

    assert Scope(off).hear("I like tea. To deploy, run ship.sh. How do I brew it?") == ()


def test_usage_is_estimated_from_what_is_read_and_written() -> None:
    usage = EmbeddedModel().extract((Turn("user", "I like oolong tea."),), (), PROFILE).usage

    assert (usage.input_tokens, usage.output_tokens, usage.embedding_tokens) == (5, 4, 4)
    assert usage.total_tokens == 13
